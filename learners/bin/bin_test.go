package bin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func bins(t *testing.T, x *mat.Dense, o Options) *Matrix {
	t.Helper()
	m, err := New(context.Background(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// mixed has columns of many kinds: normal, few values, heavy-tailed, a heavy value among many, constant, with missing ones, all missing, infinite.
func mixed(n int) *mat.Dense {
	rng := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(n, 8, nil)
	for i := range n {
		v := rng.NormFloat64()
		x.SetRow(i, []float64{v, float64(rng.IntN(9)), math.Exp(4 * v), max(0, v), 3, v, math.NaN(), 1 / float64(rng.IntN(400)-200)})
		if rng.IntN(5) == 0 {
			x.Set(i, 5, math.NaN())
		}
	}
	return x
}

func TestCodesKeepTheOrderOfValues(t *testing.T) {
	for _, n := range []int{1, 2, 3, 200, 255, 256, 257, 5000} {
		for _, most := range []int{2, 3, 16, 255} {
			x := mixed(n)
			m := bins(t, x, Options{MaxBins: most})
			for j, f := range m.Features {
				if f.Bins() > most || len(f.High) != f.Bins() {
					t.Fatalf("%d rows, column %d: %d bins, %d at most", n, j, f.Bins(), most)
				}
				for b := range f.Low {
					if f.Low[b] > f.High[b] || b > 0 && f.High[b-1] >= f.Low[b] || math.IsInf(f.Low[b], 0) || math.IsInf(f.High[b], 0) {
						t.Fatalf("%d rows, column %d: bin %d is %v to %v", n, j, b, f.Low[b], f.High[b])
					}
					if b > 0 {
						if cut := f.Cut(b-1, b); cut < f.High[b-1] || cut >= f.Low[b] {
							t.Fatalf("the cut %v is not between %v and %v", cut, f.High[b-1], f.Low[b])
						}
					}
				}
				for i, code := range m.Codes[j] {
					v := x.At(i, j)
					switch {
					case math.IsNaN(v):
						if code != Missing || !f.Missing {
							t.Fatalf("a missing value has code %d", code)
						}
					case finite(v) < f.Low[code] || finite(v) > f.High[code]:
						t.Fatalf("column %d: %v has code %d, %v to %v", j, v, code, f.Low[code], f.High[code])
					case f.Code(v) != code:
						t.Fatalf("column %d: Code(%v) is %d, the row has %d", j, v, f.Code(v), code)
					}
				}
			}
			codes, err := m.Encode(context.Background(), x, 2)
			if err != nil || !reflect.DeepEqual(codes, m.Codes) {
				t.Fatalf("the same rows are encoded differently (%v)", err)
			}
		}
	}
}

func TestFewValuesHaveABinEach(t *testing.T) {
	x := mixed(3000)
	m := bins(t, x, Options{})
	distinct := map[float64]bool{}
	for i := range 3000 {
		distinct[finite(x.At(i, 7))+0] = true
	}
	for j, want := range map[int]int{1: 9, 4: 1, 6: 0} {
		if got := m.Features[j].Bins(); got != want {
			t.Errorf("column %d has %d bins, %d distinct values", j, got, want)
		}
	}
	if m.Features[1].Cut(3, 6) != 4.5 {
		t.Errorf("the cut between 3 and 6 is %v", m.Features[1].Cut(3, 6))
	}
	if len(distinct) < 256 || m.Features[7].Bins() < 200 {
		t.Errorf("%d distinct values have %d bins", len(distinct), m.Features[7].Bins())
	}
}

func TestBinsHoldAboutEqualMass(t *testing.T) {
	const n = 50_000
	m := bins(t, mixed(n), Options{MaxBins: 100})
	for _, j := range []int{0, 2, 3} {
		count := make([]int, m.Features[j].Bins())
		for _, code := range m.Codes[j] {
			count[code]++
		}
		if len(count) < 99 {
			t.Errorf("column %d has only %d bins", j, len(count))
		}
		if j == 3 { // half the rows are zero; the rest share 99 bins
			if count[0] < n*4/10 || m.Features[3].High[0] != 0 {
				t.Errorf("the heavy value has %d rows in a bin up to %v", count[0], m.Features[3].High[0])
			}
			count = count[1:]
		}
		if slices.Max(count) > 3*slices.Min(count) {
			t.Errorf("column %d: bins of %d to %d rows", j, slices.Min(count), slices.Max(count))
		}
	}
}

func TestSameBinsOnAnyNumberOfWorkersAndFromASample(t *testing.T) {
	const n = 4*sampled + 12345
	rng := rand.New(rand.NewPCG(3, 4))
	x := mat.NewDense(n, 3, nil)
	for i := range n {
		x.SetRow(i, []float64{rng.NormFloat64(), rng.ExpFloat64(), float64(rng.IntN(100))})
	}
	first := bins(t, x, Options{Workers: 1})
	if !reflect.DeepEqual(first, bins(t, x, Options{Workers: 3})) {
		t.Error("three workers make other bins than one")
	}
	count := make([]int, 255)
	for _, code := range first.Codes[0] {
		count[code]++
	}
	if slices.Max(count) > 2*slices.Min(count) || first.Features[2].Bins() != 100 {
		t.Errorf("bins of %d to %d rows", slices.Min(count), slices.Max(count))
	}
}

func TestWeightsAreRepeatedRows(t *testing.T) {
	x := mixed(2000)
	w := make([]float64, 2000)
	var rows []float64
	repeated := 0
	for i := range w {
		w[i] = float64(i % 3)
		for range i % 3 {
			rows = append(rows, x.RawRowView(i)...)
			repeated++
		}
	}
	for _, categorical := range []bool{false, true} {
		kinds := slices.Repeat([]bool{categorical}, 8)
		a := bins(t, x, Options{MaxBins: 50, Weights: w, Categorical: kinds})
		b := bins(t, mat.NewDense(repeated, 8, rows), Options{MaxBins: 50, Categorical: kinds})
		if !reflect.DeepEqual(a.Features, b.Features) {
			t.Errorf("categorical %v: weights and repeated rows make different bins", categorical)
		}
	}
}

func TestCategoriesAreBins(t *testing.T) {
	var values []float64
	for c := range 300 {
		for range 1 + c%7 {
			values = append(values, float64(c))
		}
	}
	values = append(values, math.NaN())
	x := mat.NewDense(len(values), 1, values)
	m := bins(t, x, Options{Categorical: []bool{true}})
	f := &m.Features[0]
	if f.Bins() != 255 || !f.Missing {
		t.Fatalf("%d bins, missing %v", f.Bins(), f.Missing)
	}
	rare := 0 // the 45 categories without a bin
	for i, code := range m.Codes[0] {
		switch {
		case code == Missing:
			rare++
		case f.Low[code] != values[i] || f.High[code] != values[i]:
			t.Fatalf("category %v has the bin of %v", values[i], f.Low[code])
		}
		if code != f.Code(values[i]) {
			t.Fatalf("category %v has code %d, then %d", values[i], code, f.Code(values[i]))
		}
	}
	if want := 43 + 2*2 + 1; rare != want { // 43 categories of one row, two of two rows, the missing one
		t.Errorf("%d rows without a bin, want %d", rare, want)
	}
	if f.Code(1000) != Missing || f.Code(2.5) != Missing {
		t.Error("an unseen category has a bin")
	}
	few := bins(t, x, Options{Categorical: []bool{true}, MaxBins: 10})
	if few.Features[0].Bins() != 10 || few.Features[0].Low[0] != 6 {
		t.Errorf("%d bins, the first is category %v", few.Features[0].Bins(), few.Features[0].Low[0])
	}
}

func TestWrongArguments(t *testing.T) {
	x := mixed(10)
	for _, o := range []Options{{MaxBins: 1}, {MaxBins: 256}, {Weights: make([]float64, 9)}, {Categorical: make([]bool, 3)}} {
		if _, err := New(context.Background(), x, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	if _, err := New(context.Background(), nil, Options{}); err == nil {
		t.Error("no rows: no error")
	}
	if _, err := bins(t, x, Options{}).Encode(context.Background(), mat.NewDense(2, 3, nil), 1); err == nil {
		t.Error("Encode of other columns: no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New(ctx, x, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context New returned %v", err)
	}
}

func BenchmarkNew(b *testing.B) {
	for _, size := range [][2]int{{100_000, 28}, {1_000_000, 8}} {
		x := mat.NewDense(size[0], size[1], nil)
		rng := rand.New(rand.NewPCG(5, 6))
		for k := range x.RawMatrix().Data {
			x.RawMatrix().Data[k] = rng.NormFloat64()
		}
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			for b.Loop() {
				if _, err := New(context.Background(), x, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size[0]*size[1]), "ns/value")
		})
	}
}
