package boosting

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
)

func TestMonotoneFeatures(t *testing.T) {
	for _, settings := range [][]string{nil, {"l1", "0.5"}, {"growth", "depthwise"}, {"loss", "huber"}, {"loss", "poisson"}, {"min_samples_leaf", "1", "max_leaves", "100", "learning_rate", "1"}} {
		e := regression(2000, 9, 1)
		for i := range e.Y {
			e.Y[i] = math.Abs(math.Sin(3*e.X.At(i, 0)) + e.X.At(i, 0) + e.X.At(i, 1)*e.X.At(i, 2) + normal(i, 500))
			if i%10 == 0 {
				e.X.Set(i, 0, math.NaN())
			}
		}
		wrong := func(m *ensemble) (rises, falls int) { // against x0 rising, x1 falling
			x := mat.NewDense(200, 9, nil)
			for r := range 40 {
				for j, column := range []int{0, 1} {
					for i := range 200 {
						x.SetRow(i, e.X.RawRowView(r))
						x.Set(i, column, float64(i)/33-3)
					}
					out := predictions(t, m, x)
					for i := 1; i < 200; i++ {
						switch d := out.At(i, 0) - out.At(i-1, 0); {
						case j == 0 && d < -1e-12:
							falls++
						case j == 1 && d > 1e-12:
							rises++
						}
					}
				}
			}
			return rises, falls
		}
		if rises, falls := wrong(mustTrain(t, e, nil, settings...)); rises < 10 || falls < 10 {
			t.Errorf("%v: a free model has %d rises and %d falls; the data are no test", settings, rises, falls)
		}
		m := mustTrain(t, e, nil, append(settings, "monotone_increasing", "X0, x3", "monotone_decreasing", "x1")...)
		if rises, falls := wrong(m); rises > 0 || falls > 0 {
			t.Errorf("%v: %d rises with x1, %d falls with x0", settings, rises, falls)
		}
		out := predictions(t, m, e.X)
		left, total, mean := 0.0, 0.0, 0.0
		for _, y := range e.Y {
			mean += y / 2000
		}
		for i, y := range e.Y {
			left += (out.At(i, 0) - y) * (out.At(i, 0) - y)
			total += (mean - y) * (mean - y)
		}
		if !(left < 0.9*total) {
			t.Errorf("%v: nothing is learned: %v of %v is left", settings, left, total)
		}
	}
}

func TestMonotoneRefusals(t *testing.T) {
	e := regression(100, 9, 1)
	for _, c := range []struct {
		settings []string
		want     string
	}{
		{[]string{"monotone_increasing", "x0,size"}, "names 'size', which is no feature; there are: x0, x1"},
		{[]string{"monotone_increasing", "x0", "monotone_decreasing", "x0"}, "name 'x0' twice"},
		{[]string{"monotone_increasing", "x0", "loss", "quantile"}, "loss 'quantile' cannot"},
	} {
		if _, err := train(t.Context(), e, nil, learners.Env{}, c.settings...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.settings, err, c.want)
		}
	}
}
