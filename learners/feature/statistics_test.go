package feature

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// awkward returns numbers of every size: a few bits or many, subnormal, near overflow, of both signs.
func awkward(rng *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		for {
			out[i] = math.Float64frombits(rng.Uint64())
			if rng.IntN(3) == 0 {
				out[i] = float64(rng.IntN(2000) - 1000)
			}
			if finite(out[i]) {
				break
			}
		}
	}
	return out
}

func TestExactSumIsTheRoundedMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 3, 1023, 1024, 1025, 5000} {
		values := awkward(rng, n)
		if n == 3 {
			values = []float64{math.MaxFloat64, math.MaxFloat64, math.MaxFloat64}
		}
		var sum exactSum
		want := new(big.Float).SetPrec(4000)
		for _, x := range values {
			sum.add(x)
			want.Add(want, new(big.Float).SetFloat64(x))
		}
		mean, _ := new(big.Float).SetPrec(53).Quo(want, new(big.Float).SetInt64(int64(n))).Float64()
		if got := sum.mean(float64(n)); got != mean {
			t.Errorf("%d values: mean %v, want %v", n, got, mean)
		}
	}
	var nothing exactSum
	nothing.add(math.SmallestNonzeroFloat64)
	nothing.add(-math.SmallestNonzeroFloat64)
	if got := nothing.mean(2); got != 0 {
		t.Errorf("x - x is %v", got)
	}
}

func TestMeasure(t *testing.T) {
	huge := math.MaxFloat64
	for _, c := range []struct {
		col  []float64
		want moments
	}{
		{nil, moments{0, nan, nan, nan, nan}},
		{[]float64{nan, nan}, moments{0, nan, nan, nan, nan}},
		{[]float64{7}, moments{1, 7, 0, 7, 7}},
		{[]float64{0.1, 0.1, 0.1}, moments{3, 0.1, 0, 0.1, 0.1}},
		{[]float64{1, nan, 3}, moments{2, 2, 1, 1, 3}},
		{[]float64{1e9, 1e9 + 1}, moments{2, 1e9 + 0.5, 0.5, 1e9, 1e9 + 1}},
		// the mean 2^53 + 1/3 rounds to 2^53; the standard deviation is that of the true mean
		{[]float64{1 << 53, 1 << 53, 1<<53 + 2}, moments{3, 1<<53 + 0, math.Sqrt(8. / 9), 1 << 53, 1<<53 + 2}},
		{[]float64{huge, -huge}, moments{2, 0, huge, -huge, huge}},
		{[]float64{huge, huge, huge / 2}, moments{3, huge / 6 * 5, huge / 2 * math.Sqrt(2./9), huge / 2, huge}},
		{[]float64{5e-324, 0, 0, 5e-324}, moments{4, 0, 0, 0, 5e-324}},
	} {
		got, err := measure(t.Context(), c.col, nil)
		near := func(a, b float64) bool { return a == b || a != a && b != b || math.Abs(a-b) <= 1e-15*math.Abs(b) }
		if err != nil || got.count != c.want.count || !near(got.mean, c.want.mean) || !near(got.min, c.want.min) || !near(got.max, c.want.max) ||
			c.want.max != 5e-324 && !near(got.stdDev, c.want.stdDev) {
			t.Errorf("%v: %+v, %v; want %+v", c.col, got, err, c.want)
		}
	}
}

func TestSorted(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	whole := make([]float64, 3000)
	for i := range whole {
		whole[i] = float64(rng.IntN(10) - 5)
	}
	for _, values := range [][]float64{nil, {nan}, {2, nan, -1}, awkward(rng, 511), awkward(rng, 512), awkward(rng, 40_000), whole} {
		values = append(slices.Clone(values), math.Copysign(0, -1), nan, 0)
		want := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
		slices.Sort(want)
		got, err := sorted(t.Context(), values)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d values are not sorted: %v", len(values), err)
		}
		for _, x := range got {
			if x == 0 && math.Signbit(x) {
				t.Error("-0 is left")
			}
		}
	}
}

func TestMedianIsTheQuantile(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	whole, normal := make([]float64, 3001), make([]float64, 5000)
	for i := range whole {
		whole[i] = float64(rng.IntN(10) - 5)
	}
	for i := range normal {
		normal[i] = rng.NormFloat64()
	}
	for _, values := range [][]float64{nil, {nan}, {3}, {2, nan, -1}, {-math.MaxFloat64, math.MaxFloat64}, {math.Copysign(0, -1), 0, 1}, {1e-300, 1e300}, awkward(rng, 511), awkward(rng, 40_000), whole, whole[:3000], normal, normal[1:]} {
		ascending, err := sorted(t.Context(), values)
		if err != nil {
			t.Fatal(err)
		}
		got, known, err := median(t.Context(), values)
		if err != nil || known != (len(ascending) > 0) || known && math.Float64bits(got) != math.Float64bits(quantile(ascending, 0.5)) {
			t.Errorf("median of %d values: %v, %v, %v", len(values), got, known, err)
		}
	}
	if _, _, err := median(&countdown{context.Background(), 1}, normal); err == nil {
		t.Error("median does not end with its context")
	}
}

func TestQuantile(t *testing.T) {
	huge := math.MaxFloat64
	for _, c := range []struct {
		values  []float64
		q, want float64
	}{
		{[]float64{3}, 0.7, 3},
		{[]float64{1, 2}, 0.5, 1.5},
		{[]float64{1, 2, 3, 4}, 0, 1},
		{[]float64{1, 2, 3, 4}, 1, 4},
		{[]float64{1, 2, 3, 4}, 0.25, 1.75},
		{[]float64{-huge, huge}, 0.5, 0},
		{[]float64{huge, huge}, 0.3, huge},
		{[]float64{0.1, 0.1}, 0.3, 0.1},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("%v-quantile of %v: %v, want %v", c.q, c.values, got, c.want)
		}
	}
}

// countdown is a context that ends after some looks at it.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestFitStopsWithTheContext(t *testing.T) {
	ds, items := everything(60, 16)
	whole := &countdown{t.Context(), 1 << 30}
	if _, _, err := Fit(whole, items, ds, nil, nil); err != nil {
		t.Fatal(err)
	}
	looks := 1<<30 - whole.left
	if looks < 2*len(items) {
		t.Errorf("%d looks at the context for %d items", looks, len(items))
	}
	for n := range looks {
		if _, _, err := Fit(&countdown{t.Context(), n}, items, ds, nil, nil); !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d of %d looks: %v", n, looks, err)
		}
	}
}

func TestTransformStopsWithTheContext(t *testing.T) {
	ds, items := everything(4*blockRows, 16)
	p, _ := mustFit(t, items, ds, nil)
	for n := range 4 {
		if _, _, err := p.Transform(&countdown{t.Context(), n}, ds, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("after %d blocks: %v", n, err)
		}
	}
}
