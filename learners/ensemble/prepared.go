package ensemble

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/feature"
)

// needs is what a learner needs of its features: what the automatic rules would do for it alone.
type needs int

const (
	asTheyAre    needs = 0
	filled       needs = 1 // missing numbers become the median of the feature
	standardised needs = 2 // numbers become (x - mean) / deviation
	expanded     needs = 4 // categories become a column of 0 and 1 for each
	mostNeeds          = filled | standardised | expanded
)

// needsOf tells it from the traits of a learner, for rows that have features of categories or not.
func needsOf(s *learners.Spec, categories bool) needs {
	n := asTheyAre
	if !s.Traits.Missing {
		n |= filled
	}
	if s.Traits.NeedsScaling {
		n |= standardised
	}
	if categories && !s.Traits.Categories {
		n |= expanded
	}
	return n
}

// hasCategories reports whether a feature is one of categories.
func hasCategories(categories []int) bool {
	return slices.ContainsFunc(categories, func(k int) bool { return k > 0 })
}

// seenBy is what a learner sees of rows, before it is known which categories occur: where it takes only numbers, a column for each category.
func seenBy(spec *learners.Spec, s learners.Shape) learners.Shape {
	if needsOf(spec, hasCategories(s.Categories))&expanded == 0 {
		return s
	}
	for _, k := range s.Categories {
		if k > 0 {
			s.Features += min(k, feature.MostColumns) - 1
		}
	}
	s.Categories = nil
	return s
}

// preparation is what was learned of the features of the training rows, by weight, for the learners that need it.
type preparation struct {
	scales []feature.Scale // for each feature; of categories nothing
	// places are, for each feature of categories, for each code its column among those of the feature; -1: it has none, being rare or of no row. nil for a feature of numbers.
	places [][]int32
	first  []int // for each feature its first column once categories are expanded, and at the end how many columns there are
	seen   []int // for each feature of categories how many of them have a row
}

// rowsBetweenChecks is how many rows are worked on before the context is looked at.
const rowsBetweenChecks = 1024

// columnsAtOnce is how many columns are taken out of the rows together: a line of the cache.
const columnsAtOnce = 8

// newPreparation takes some passes over the rows; O(n p).
func newPreparation(ctx context.Context, e *data.Examples) (*preparation, error) {
	n, p := e.Dims()
	s := &preparation{scales: make([]feature.Scale, p), places: make([][]int32, p), seen: make([]int, p)}
	rows, weights := make([]int32, 0, n), []float64(nil)
	for i := range n {
		if w := e.Weight(i); w > 0 {
			rows = append(rows, int32(i))
			if e.Weights != nil {
				weights = append(weights, w)
			}
		}
	}
	var columns [columnsAtOnce][]float64
	for k := range min(p, columnsAtOnce) {
		columns[k] = make([]float64, len(rows))
	}
	for low := 0; low < p; low += columnsAtOnce {
		high := min(low+columnsAtOnce, p)
		for k, i := range rows {
			if k%rowsBetweenChecks == 0 {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			for c, v := range e.X.RawRowView(int(i))[low:high] {
				columns[c][k] = v
			}
		}
		for j := low; j < high; j++ {
			col := columns[j-low]
			var err error
			if categoriesOf(e, j) > 0 {
				s.places[j], s.seen[j], err = placesOf(ctx, col, weights, e.Categories[j])
			} else if s.scales[j], err = feature.FitScale(ctx, col, weights); err != nil && ctx.Err() == nil {
				err = fmt.Errorf("feature %s: %w", e.Features[j], err)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	s.layOut()
	return s, nil
}

// categoriesOf is of how many categories feature j is; 0 for numbers.
func categoriesOf(e *data.Examples, j int) int {
	if e.Categories == nil {
		return 0
	}
	return e.Categories[j]
}

// placesOf gives the most frequent codes of a column their places, in the order of the codes, and tells how many codes there are.
func placesOf(ctx context.Context, col, weights []float64, categories int) (places []int32, seen int, err error) {
	counts := make([]float64, categories)
	for k, v := range col {
		if k%rowsBetweenChecks == 0 {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
		}
		if v >= 0 && v < float64(categories) {
			if weights != nil {
				counts[int(v)] += weights[k]
			} else {
				counts[int(v)]++
			}
		}
	}
	places = slices.Repeat([]int32{-1}, categories)
	known, err := feature.Frequent(ctx, counts, feature.MostColumns)
	for at, code := range known {
		places[code] = int32(at)
	}
	for _, n := range counts {
		if n > 0 {
			seen++
		}
	}
	return places, seen, err
}

// layOut gives each feature its columns. A table without any has one that is always 0.
func (s *preparation) layOut() {
	s.first = make([]int, 1, len(s.places)+1)
	at := 0
	for _, places := range s.places {
		if places == nil {
			at++
		}
		at += columnsOf(places)
		s.first = append(s.first, at)
	}
}

// columnsOf is how many codes have a place.
func columnsOf(places []int32) int {
	last := int32(-1)
	for _, at := range places {
		last = max(last, at)
	}
	return int(last) + 1
}

// width is how many columns learners of these needs see.
func (s *preparation) width(n needs) int {
	if n&expanded == 0 {
		return len(s.scales)
	}
	return max(1, s.first[len(s.places)])
}

// column is what a column of an expanded table holds: a feature of numbers, or one code of a feature of categories.
type column struct {
	feature int
	code    int // -1 of numbers
}

// columns are those of the expanded table in their order; none for the one that is always 0.
func (s *preparation) columns() []column {
	out := make([]column, s.first[len(s.places)])
	for j, places := range s.places {
		if places == nil {
			out[s.first[j]] = column{j, -1}
		}
		for code, at := range places {
			if at >= 0 {
				out[s.first[j]+int(at)] = column{j, code}
			}
		}
	}
	return out
}

// apply fills out, rows as those of x, with what a learner of these needs sees.
func (s *preparation) apply(n needs, x, out *mat.Dense) {
	rows, _ := x.Dims()
	for i := range rows {
		from, to := x.RawRowView(i), out.RawRowView(i)
		if n&expanded != 0 {
			clear(to)
		}
		for j, v := range from {
			places := s.places[j]
			at := j
			if n&expanded != 0 {
				at = s.first[j]
			}
			switch {
			case places == nil:
				if n&filled != 0 && math.IsNaN(v) {
					v = s.scales[j].Fill
				}
				if n&standardised != 0 {
					v = s.scales[j].Of(v)
				}
				to[at] = v
			case n&expanded == 0:
				to[at] = v
			case v >= 0 && v < float64(len(places)) && places[int(v)] >= 0:
				to[at+int(places[int(v)])] = 1
			}
		}
	}
}

// prepared are rows to train on, as each learner needs them. Copies are made when the first learner asks for them.
type prepared struct {
	train, validate *data.Examples
	preparation     *preparation // nil: no learner needs any
	complete        bool         // no number is missing, neither to train nor to validate
	made            [mostNeeds + 1]*pair
}

type pair struct{ train, validate *data.Examples }

// prepare is for the learners of a list.
func prepare(ctx context.Context, list []choice, train, validate *data.Examples) (*prepared, error) {
	if n, p := train.Dims(); n == 0 || p == 0 || train.X == nil {
		return nil, fmt.Errorf("there are no rows or no features")
	}
	r := &prepared{train: train, validate: validate}
	if !slices.ContainsFunc(list, func(c choice) bool { return r.needsOf(c.spec) != asTheyAre }) {
		return r, nil
	}
	var err error
	if r.preparation, err = newPreparation(ctx, train); err != nil {
		return nil, err
	}
	for _, e := range []*data.Examples{train, validate} {
		gaps, err := hasGaps(ctx, e)
		if err != nil {
			return nil, err
		}
		if gaps {
			return r, nil
		}
	}
	r.complete = true
	return r, nil
}

// needsOf are those of a learner of these rows. Without a target there are none: the features are the space in which distances are measured.
func (r *prepared) needsOf(s *learners.Spec) needs {
	if r.train.Y == nil {
		return asTheyAre
	}
	return needsOf(s, hasCategories(r.train.Categories))
}

// hasGaps reports whether a number is missing.
func hasGaps(ctx context.Context, e *data.Examples) (bool, error) {
	if e == nil {
		return false, nil
	}
	n, _ := e.Dims()
	for i := range n {
		if i%rowsBetweenChecks == 0 {
			if err := ctx.Err(); err != nil {
				return false, err
			}
		}
		for j, v := range e.X.RawRowView(i) {
			if math.IsNaN(v) && categoriesOf(e, j) == 0 {
				return true, nil
			}
		}
	}
	return false, nil
}

// seen are the rows as a learner of these needs sees them.
func (r *prepared) seen(ctx context.Context, n needs) (train, validate *data.Examples, err error) {
	if n == asTheyAre || n == filled && r.complete {
		return r.train, r.validate, nil
	}
	if r.made[n] == nil {
		made := &pair{}
		if made.train, err = r.copied(ctx, n, r.train); err != nil {
			return nil, nil, err
		}
		if r.validate != nil {
			if made.validate, err = r.copied(ctx, n, r.validate); err != nil {
				return nil, nil, err
			}
		}
		r.made[n] = made
	}
	return r.made[n].train, r.made[n].validate, nil
}

func (r *prepared) copied(ctx context.Context, n needs, e *data.Examples) (*data.Examples, error) {
	c := *e
	rows, p := e.Dims()
	width := r.preparation.width(n)
	c.X = mat.NewDense(rows, width, nil)
	if n&expanded != 0 {
		c.Categories, c.Features = nil, make([]string, width)
		for k, of := range r.preparation.columns() {
			if c.Features[k] = e.Features[of.feature]; of.code >= 0 {
				c.Features[k] = fmt.Sprintf("%s = category %d", e.Features[of.feature], of.code+1)
			}
		}
	}
	for lo := 0; lo < rows; lo += rowsBetweenChecks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hi := min(lo+rowsBetweenChecks, rows)
		r.preparation.apply(n, e.X.Slice(lo, hi, 0, p).(*mat.Dense), c.X.Slice(lo, hi, 0, width).(*mat.Dense))
	}
	return &c, nil
}

// warn tells of categories that the learners of a list which take only numbers do not see, and whether there are any such.
func (r *prepared) warn(name string, env learners.Env, list []choice) (told bool) {
	var of []string
	for _, c := range list {
		if r.needsOf(c.spec)&expanded != 0 && !slices.Contains(of, c.spec.Name) {
			of = append(of, c.spec.Name)
		}
	}
	if of == nil {
		return false
	}
	for j, seen := range r.preparation.seen {
		if seen > feature.MostColumns {
			env.Warnf("%s: %s has %d categories; learners that take only numbers (here %s) see columns of 0 and 1 for the %d most frequent", name, r.train.Features[j], seen, strings.Join(of, ", "), feature.MostColumns)
			told = true
		}
	}
	return told
}

// preparedMemory is how many bytes these learners take beside the rows: the copies that they need, and what it takes to learn how to make them.
func preparedMemory(list []choice, s learners.Shape) int64 {
	if s.Classes == 0 && s.Targets == 0 { // see prepared.needsOf
		return 0
	}
	var made [mostNeeds + 1]bool
	sum := int64(0)
	for _, c := range list {
		if k := needsOf(c.spec, hasCategories(s.Categories)); k != asTheyAre && !made[k] {
			made[k] = true
			sum += 8 * int64(s.Rows) * int64(seenBy(c.spec, s).Features)
		}
	}
	if sum > 0 {
		sum += 8 * int64(s.Rows) * int64(min(s.Features, columnsAtOnce)+7) // columns, weights, and what is sorted of one
	}
	return sum
}

// rowsOf are copies of the given rows of e.
func rowsOf(ctx context.Context, e *data.Examples, rows []int32) (*data.Examples, error) {
	_, p := e.Dims()
	c := &data.Examples{X: mat.NewDense(len(rows), p, nil), Features: e.Features, Categories: e.Categories, Classes: e.Classes}
	if e.Y != nil {
		c.Y = make([]float64, len(rows))
	}
	if e.Weights != nil {
		c.Weights = make([]float64, len(rows))
	}
	for k, i := range rows {
		if k%rowsBetweenChecks == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		copy(c.X.RawRowView(k), e.X.RawRowView(int(i)))
		if e.Y != nil {
			c.Y[k] = e.Y[i]
		}
		if e.Weights != nil {
			c.Weights[k] = e.Weights[i]
		}
	}
	return c, nil
}
