package boosting

import (
	"fmt"
	"slices"
	"strings"

	"aibms/learners/data"
)

// directions reads the hyper-parameters monotone_increasing and monotone_decreasing: 1, -1 or 0 for each feature, nil when all are 0.
//
// A split by a feature with a direction must have the values of its sides in that order, and all leaves below it stay on their side of the middle between them; so every tree is monotone, and the
// sum of the trees too. This is the basic method of LightGBM, and scikit-learn's.
func (l *gradientBoosting) directions(e *data.Examples) ([]int8, error) {
	features := e.Features
	var directions []int8
	for _, given := range []struct {
		name, list string
		direction  int8
	}{{"monotone_increasing", l.increasing, 1}, {"monotone_decreasing", l.decreasing, -1}} {
		for _, f := range strings.Split(given.list, ",") {
			if f = strings.TrimSpace(f); f == "" {
				continue
			}
			j := slices.IndexFunc(features, func(known string) bool { return strings.EqualFold(known, f) })
			if j < 0 {
				return nil, fmt.Errorf("%s: %s names '%s', which is no feature; there are: %s", learnerName, given.name, f, strings.Join(features, ", "))
			}
			if directions == nil {
				directions = make([]int8, len(features))
			}
			if directions[j] != 0 {
				return nil, fmt.Errorf("%s: monotone_increasing and monotone_decreasing name '%s' twice", learnerName, f)
			}
			if e.Categories != nil && e.Categories[j] > 0 {
				return nil, fmt.Errorf("%s: %s names '%s', which is a category: it has no order", learnerName, given.name, f)
			}
			directions[j] = given.direction
		}
	}
	if directions != nil && (l.loss == "softmax" || l.loss == "absolute_error" || l.loss == "quantile") {
		return nil, fmt.Errorf("%s: loss '%s' cannot keep monotone_increasing and monotone_decreasing; other losses can", learnerName, l.loss)
	}
	return directions, nil
}
