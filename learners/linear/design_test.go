package linear

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
)

// bothLayouts are the same features as a dense and as a sparse design, and as a dense one whose rows lie apart.
func bothLayouts(t *testing.T, n, p int) (e *data.Examples, all []*design) {
	t.Helper()
	e = randomExamples(n, p, 0.8, 21)
	sparse, err := newDesign(t.Context(), e, 3)
	if err != nil {
		t.Fatal(err)
	}
	if sparse.dense != nil {
		t.Fatal("a fifth of the numbers is not zero, and the design is dense")
	}
	wide := mat.NewDense(n, p+3, nil)
	wide.Slice(0, n, 2, p+2).(*mat.Dense).Copy(e.X)
	for _, x := range []*mat.Dense{e.X, wide.Slice(0, n, 2, p+2).(*mat.Dense)} {
		raw := x.RawMatrix()
		all = append(all, &design{n: n, p: p, workers: 3, dense: raw.Data, stride: raw.Stride})
	}
	return e, append(all, sparse)
}

func TestPassesAgreeWithTheirDefinition(t *testing.T) {
	const n, p = 103, 6
	e, all := bothLayouts(t, n, p)
	w := []float64{1, -2, 0.5, 3, -1, 0.25}
	for _, x := range all {
		z, g, squares := make([]float64, n), make([]float64, p), make([]float64, p)
		x.margins(3, n, w, 0.5, z[3:])
		x.addRows(3, n, e.Weights[3:], g)
		x.addSquares(3, n, e.Weights[3:], squares)
		wantG, wantSquares := make([]float64, p), make([]float64, p)
		for i := 3; i < n; i++ {
			want := 0.5
			for j := range p {
				v := e.X.At(i, j)
				want += v * w[j]
				wantG[j] += e.Weights[i] * v
				wantSquares[j] += e.Weights[i] * v * v
			}
			if !near(z[i], want, 1e-13) || !near(x.rowDot(i, w)+0.5, want, 1e-13) {
				t.Errorf("margin of row %d is %v, want %v", i, z[i], want)
			}
			if want := mat.Dot(e.X.RowView(i), e.X.RowView(i)); !near(x.rowSquare(i), want, 1e-13) {
				t.Errorf("square of row %d is %v, want %v", i, x.rowSquare(i), want)
			}
		}
		for j := range p {
			if !near(g[j], wantG[j], 1e-13) || !near(squares[j], wantSquares[j], 1e-13) {
				t.Errorf("column %d: sum %v, want %v; squares %v, want %v", j, g[j], wantG[j], squares[j], wantSquares[j])
			}
		}
	}
}

func TestGramAgreesWithItsDefinition(t *testing.T) {
	for _, p := range []int{1, 2, 3, 4, 7, 8, 13} {
		const n = 217
		e, all := bothLayouts(t, n, p)
		shift := make([]float64, p+2)
		for j := range shift {
			shift[j] = float64(j) - 1.5
		}
		for k, x := range all {
			for _, step := range []int{1, 3} {
				for _, s := range [][]float64{nil, shift} {
					if s != nil && x.dense == nil {
						continue
					}
					var also [][]float64 // numbers that follow each row, before the one
					if s != nil {
						also = [][]float64{e.Y, e.Weights}
					}
					q := p + 1 + len(also)
					g, err := x.gramAround(t.Context(), e.Weights, step, s, also)
					if err != nil {
						t.Fatal(err)
					}
					u := make([]float64, q)
					want := mat.NewDense(q, q, nil)
					for i := 0; i < n; i += step {
						for j := range q - 1 {
							if j < p {
								u[j] = e.X.At(i, j)
							} else {
								u[j] = also[j-p][i]
							}
							if s != nil {
								u[j] -= s[j]
							}
						}
						u[q-1] = 1
						want.RankOne(want, e.Weights[i], mat.NewVecDense(q, u), mat.NewVecDense(q, u))
					}
					for i := range q {
						for j := range i + 1 {
							if !near(g[i*q+j], want.At(i, j), 1e-12) {
								t.Fatalf("layout %d, %d columns, step %d: number %d, %d is %v, want %v", k, p, step, i, j, g[i*q+j], want.At(i, j))
							}
						}
					}
				}
			}
		}
	}
}

func TestFeaturesMustBeFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		e := randomExamples(20, 3, 0, 4)
		e.Features = []string{"age", "income", "debt"}
		e.X.Set(6, 1, bad)
		if _, err := newDesign(t.Context(), e, 1); err == nil || !strings.Contains(err.Error(), `"income"`) || !strings.Contains(err.Error(), "row 7") {
			t.Errorf("%v: error %v", bad, err)
		}
	}
}

func TestSingularValues(t *testing.T) {
	const n = 9 // the Hilbert matrix: condition 5e11
	a, reference := make([][]float64, n), mat.NewDense(n, n, nil)
	for j := range a {
		a[j] = make([]float64, n)
		for i := range a[j] {
			a[j][i] = 1 / float64(i+j+1)
			reference.Set(i, j, a[j][i])
		}
	}
	s, err := singularValues(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	var svd mat.SVD
	svd.Factorize(reference, mat.SVDNone)
	found := make(map[int]bool)
	for _, want := range svd.Values(nil) {
		for k, square := range s.square {
			if math.Abs(math.Sqrt(square)-want) < 1e-15+1e-4*want {
				found[k] = true
			}
		}
	}
	if len(found) != n {
		t.Errorf("%d of %d singular values agree: %v", len(found), n, s.square)
	}
	for i := range n {
		for j := range i {
			if v := dot(s.v[i], s.v[j]); math.Abs(v) > 1e-13 {
				t.Errorf("right vectors %d and %d have the product %g", i, j, v)
			}
		}
	}
}
