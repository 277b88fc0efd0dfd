package feature

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"aibms/learners/data"
)

// TestScaleIsThatOfTheTransformers: FitScale is STANDARD_SCALE(IMPUTE(x, 'median')) of a pipeline, to the same bits, whatever the order of the rows; weights count as copies of rows.
func TestScaleIsThatOfTheTransformers(t *testing.T) {
	nan := math.NaN()
	rng := rand.New(rand.NewPCG(3, 4))
	wide := make([]float64, 1001)
	for i := range wide {
		if wide[i] = math.Exp(5 * rng.NormFloat64()); i%7 == 0 {
			wide[i] = nan
		}
	}
	for name, col := range map[string][]float64{
		"few":     {3, nan, 8, 8, -2.5, 0.1, nan},
		"wide":    wide,
		"no gap":  {1, 2, 4},
		"one":     {7, nan, 7, 7},
		"nothing": {nan, nan},
		"large":   {1e308, -1e308, nan, 1.5e308, -1.7e308},
		"small":   {5e-324, 1e-310, nan, 3e-310},
		"zeros":   {0, math.Copysign(0, -1), nan, 2},
	} {
		p, _, err := Fit(t.Context(), []Item{{Input: "x", As: "x", Calls: []Call{{Name: "IMPUTE", Args: []string{"'median'"}}, {Name: "STANDARD_SCALE"}}}},
			&data.Dataset{Rows: len(col), Columns: []data.Column{{Name: "x", Kind: data.Numeric, Num: col}}}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		weights := make([]float64, len(col))
		var copies []float64
		for i := range col {
			weights[i] = float64(1 + i%3)
			copies = append(copies, slices.Repeat([]float64{col[i]}, 1+i%3)...)
		}
		filled := slices.Clone(col)
		s := fitScale(t, filled, nil)
		for i, x := range col {
			out := make([]float64, 1)
			if _, err := p.TransformRow([]Value{{Num: x}}, out); err != nil {
				t.Fatal(err)
			}
			if got := s.Of(filled[i]); got != out[0] || math.Float64bits(got) != math.Float64bits(out[0]) && got != 0 {
				t.Errorf("%s: %v becomes %v, by the transformers %v", name, x, got, out[0])
			}
		}
		moved := slices.Clone(col)
		slices.Reverse(moved)
		if other := fitScale(t, moved, nil); other != s {
			t.Errorf("%s: %+v, in another order %+v", name, s, other)
		}
		ones := slices.Repeat([]float64{4}, len(col))
		if same := fitScale(t, slices.Clone(col), ones); same != s {
			t.Errorf("%s: %+v, with weights of 4 %+v", name, s, same)
		}
		byWeight, byCopies := fitScale(t, slices.Clone(col), weights), fitScale(t, copies, nil)
		if byWeight.Fill != byCopies.Fill || differs(byWeight.Mean, byCopies.Mean) || differs(byWeight.Deviation, byCopies.Deviation) {
			t.Errorf("%s: by weights %+v, by copies %+v", name, byWeight, byCopies)
		}
	}
}

func differs(a, b float64) bool { return math.Abs(a-b) > 1e-14*math.Abs(b) }

func fitScale(t *testing.T, col, weights []float64) Scale {
	t.Helper()
	s, err := FitScale(t.Context(), col, weights)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestScaleOfFlags: numbers that are 0 and 1 stay as they are, and the more frequent of them fills.
func TestScaleOfFlags(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		col, weights []float64
		want         Scale
	}{
		{[]float64{0, 1, 1, nan}, nil, Scale{Fill: 1, Deviation: 1}},
		{[]float64{0, 1, nan, nan}, nil, Scale{Fill: 0, Deviation: 1}},
		{[]float64{0, 1, 1, nan}, []float64{3, 1, 1, 5}, Scale{Fill: 0, Deviation: 1}},
		{[]float64{1, 1, nan}, nil, Scale{Fill: 1}},
	} {
		if got := fitScale(t, c.col, c.weights); got != c.want || slices.ContainsFunc(c.col, func(x float64) bool { return x != x }) {
			t.Errorf("%v of %v: %+v, want %+v", c.col, c.weights, got, c.want)
		}
	}
	if _, err := FitScale(t.Context(), []float64{1, math.Inf(-1), 2}, nil); err == nil || !strings.Contains(err.Error(), "-Inf") {
		t.Errorf("an infinite value: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FitScale(ctx, []float64{1, 2, 3}, nil); err != context.Canceled {
		t.Errorf("when it is cancelled: %v", err)
	}
	if got := (Scale{Mean: -1e308, Deviation: 1e-3}).Of(1e308); got != math.MaxFloat64 {
		t.Errorf("too large a number is %v", got)
	}
}

// TestFrequent: ties go to the first, and what does not occur is never among them.
func TestFrequent(t *testing.T) {
	for _, c := range []struct {
		counts []float64
		top    int
		want   []int
	}{
		{[]float64{1, 0, 2}, 5, []int{0, 2}},
		{[]float64{1, 3, 1, 0.5, 1}, 3, []int{0, 1, 2}},
		{[]float64{0.5, 3, 2, 2}, 2, []int{1, 2}},
		{nil, 2, []int{}},
	} {
		if got, err := Frequent(t.Context(), c.counts, c.top); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("the %d of %v: %v, %v", c.top, c.counts, got, err)
		}
	}
}
