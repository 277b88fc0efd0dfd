package quality

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// figure is what a learner reaches beside what its peer reaches at equal settings: a line of docs/quality.md.
type figure struct {
	learner, set, settings, metric string
	peer                           string
	ours, theirs                   sample
	allowed                        float64 // by how much ours may be worse
	equal                          bool    // ours may be no better either
}

// lower are the metrics of which less is better.
var lower = []string{"log_loss", "rmse", "absolute_error", "pinball", "poisson_deviance", "gamma_deviance", "inertia", "objective", "error of restored rows"}

// ahead is by how much ours is better.
func (f *figure) ahead() float64 {
	if slices.Contains(lower, f.metric) {
		return f.theirs.mean - f.ours.mean
	}
	return f.ours.mean - f.theirs.mean
}

// good reports whether ours is what it must be.
func (f *figure) good() bool {
	d := f.ahead()
	return d >= -f.allowed && !(f.equal && d > f.allowed)
}

// check holds ours against the peer's and the page against what was found, or writes it there.
func (f figure) check(t *testing.T) {
	t.Helper()
	sign := ""
	if f.equal {
		sign = ", or better,"
	}
	text := fmt.Sprintf("%s %s, %s has %s; %.4g worse%s is allowed", f.metric, f.ours, f.peer, f.theirs, f.allowed, sign)
	if f.good() {
		t.Log(text)
	} else {
		t.Error(text)
	}
	found := f.row()
	shown, ok, err := page.put(found)
	switch {
	case err != nil:
		t.Error(err)
	case *rewrite:
	case !ok:
		t.Errorf("docs/quality.md has no such line; -rewrite adds it: %s", found)
	default:
		// on another processor rounding may lead elsewhere, as far as chance or half of what is allowed
		near := f.allowed/2 + 2*math.Sqrt(2/float64(f.ours.runs))*f.ours.deviation
		if !within(shown[cellOurs], found[cellOurs], near) || shown[cellTheirs] != found[cellTheirs] || shown[cellRuns] != found[cellRuns] || math.Abs(number(shown[cellAllowed])-number(found[cellAllowed])) > number(found[cellAllowed])/5 {
			t.Errorf("docs/quality.md has %s, found is %s; -rewrite puts it in", shown, found)
		}
	}
}

// within reports whether the numbers at the beginning of two cells are no further apart than that, and a unit of the last decimal.
func within(a, b string, apart float64) bool {
	unit := 1.0
	if text, _, _ := strings.Cut(b, " "); strings.Contains(text, ".") {
		unit = math.Pow(10, -float64(len(text)-1-strings.Index(text, ".")))
	}
	return math.Abs(number(a)-number(b)) <= apart+1.01*unit
}

// number is the one at the beginning of a cell, after a sign of two sides.
func number(cell string) float64 {
	text, _, _ := strings.Cut(strings.TrimPrefix(cell, "± "), " ")
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// Cells of a row of the page. Those before ours say which it is.
const (
	cellLearner = iota
	cellSet
	cellSettings
	cellMetric
	cellPeer
	cellOurs
	cellTheirs
	cellDifference
	cellAllowed
	cellRuns
	cells
)

// row is a line of the page, as text.
type row [cells]string

func (f *figure) row() row {
	r := row{cellLearner: f.learner, cellSet: f.set, cellSettings: f.settings, cellMetric: f.metric, cellPeer: f.peer, cellOurs: f.ours.String(), cellTheirs: f.theirs.String(), cellAllowed: fmt.Sprintf("%.2g", f.allowed)}
	if f.equal {
		r[cellAllowed] = "± " + r[cellAllowed]
	}
	if r[cellRuns] = fmt.Sprint(f.ours.runs); f.ours.runs != f.theirs.runs {
		r[cellRuns] += " / " + fmt.Sprint(f.theirs.runs)
	}
	if r[cellDifference] = decimal(f.ahead(), math.Abs(f.theirs.mean)); number(r[cellDifference]) > 0 {
		r[cellDifference] = "+" + r[cellDifference]
	}
	return r
}

func (s sample) String() string {
	mean, deviation := decimal(s.mean, math.Abs(s.mean)), decimal(s.deviation, math.Abs(s.mean))
	if number(deviation) == 0 {
		return mean
	}
	return mean + " ± " + deviation
}

// decimal writes a number with as many decimals as a number of such a size is shown with.
func decimal(v, size float64) string {
	decimals := 4
	for ; size >= 100 && decimals > 0; size /= 10 {
		decimals--
	}
	text := fmt.Sprintf("%.*f", decimals, v)
	if number(text) == 0 {
		return fmt.Sprintf("%.*f", decimals, 0.0) // not -0
	}
	return text
}
