package matmul

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// onBoth runs a test with the vector instructions, where there are any, and with the portable kernel.
func onBoth(t *testing.T, f func(t *testing.T)) {
	if Accelerated() {
		t.Run("accelerated", f)
	}
	t.Run("portable", func(t *testing.T) {
		portable(t)
		f(t)
	})
}

func portable(t testing.TB) {
	Portable(true)
	t.Cleanup(func() { Portable(false) })
}

func random[T Float](rng *rand.Rand, n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(rng.NormFloat64())
	}
	return s
}

// layouts are views of the same random rows x columns numbers: row-major, with a gap after each row, transposed.
func layouts[T Float](rng *rand.Rand, rows, columns int) []Matrix[T] {
	plain := Of(rows, columns, columns, random[T](rng, rows*columns))
	gaps := Of(rows, columns, columns+3, random[T](rng, rows*(columns+3)))
	across := Of(columns, rows, rows, make([]T, rows*columns)).T()
	for i := range rows {
		for j := range columns {
			v := plain.Data[i*columns+j]
			gaps.Data[i*gaps.RowStride+j] = v
			across.Data[i*across.RowStride+j*across.ColumnStride] = v
		}
	}
	return []Matrix[T]{plain, gaps, across}
}

func (a Matrix[T]) at(i, j int) T { return a.Data[i*a.RowStride+j*a.ColumnStride] }

// fused is a*b + s with one rounding.
func fused[T Float](a, b, s T) T {
	var zero T
	if _, single := any(zero).(float32); !single {
		return T(math.FMA(float64(a), float64(b), float64(s)))
	}
	x := new(big.Float).SetPrec(300).SetFloat64(float64(a) * float64(b)) // exact: 48 bits
	v, _ := x.Add(x, big.NewFloat(float64(s))).Float32()
	return T(v)
}

// plain is a*b + s with two roundings.
func plain[T Float](a, b, s T) T { return s + T(a*b) }

// element is what the package documents for an element of a product, in the plainest way.
func element[T Float](a, b Matrix[T], i, j int, c T, add bool) T {
	step := plain[T]
	if Accelerated() {
		step = fused[T]
	}
	for k0 := 0; k0 < a.Columns; k0 += 128 {
		var sum T
		for t := k0; t < min(a.Columns, k0+128); t++ {
			sum = step(a.at(i, t), b.at(t, j), sum)
		}
		if k0 == 0 && !add {
			c = sum
		} else {
			c += sum
		}
	}
	return c
}

// TestDefinition holds every element of products of many shapes against the documented sum, to the last bit, whatever the layout; both kernels against their own rounding.
func TestDefinition(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		t.Run("float64", definition[float64])
		t.Run("float32", definition[float32])
	})
}

func definition[T Float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var w Workspace[T]
	for _, shape := range [][3]int{{1, 1, 1}, {1, 7, 3}, {5, 8, 2}, {6, 16, 9}, {7, 17, 31}, {13, 24, 128}, {12, 33, 129}, {97, 20, 140}, {20, 40, 400}, {3, 5, 700}, {101, 9, 4}, {98, 16, 5}, {2, 1100, 3}, {1, 600, 64}, {8, 130, 300}} {
		m, n, k := shape[0], shape[1], shape[2]
		as, bs := layouts[T](rng, m, k), layouts[T](rng, k, n)
		start := random[T](rng, m*n)
		for _, add := range []bool{false, true} {
			want := slices.Clone(start)
			for i := range m {
				for j := range n {
					want[i*n+j] = element(as[0], bs[0], i, j, start[i*n+j], add)
				}
			}
			for x, a := range as {
				for y, b := range bs {
					name := fmt.Sprintf("%d x %d x %d, layouts %d and %d, add %v", m, n, k, x, y, add)
					packed := Pack(b)
					for way, multiply := range []func(c Matrix[T]){
						func(c Matrix[T]) {
							if add {
								w.AddMul(c, a, b)
							} else {
								w.Mul(c, a, b)
							}
						},
						func(c Matrix[T]) {
							if add {
								w.AddMulPacked(c, a, packed)
							} else {
								w.MulPacked(c, a, packed)
							}
						},
					} {
						wide := Of(m, n, n+2, make([]T, m*(n+2)))
						for i := range m {
							copy(wide.Data[i*(n+2):][:n], start[i*n:])
						}
						multiply(wide)
						for i := range m {
							if got := wide.Data[i*(n+2):][:n]; !slices.Equal(got, want[i*n:][:n]) {
								t.Fatalf("%s, way %d: row %d is %v, want %v", name, way, i, got, want[i*n:][:n])
							}
							if wide.Data[i*(n+2)+n] != 0 || wide.Data[i*(n+2)+n+1] != 0 {
								t.Fatalf("%s, way %d: wrote behind row %d", name, way, i)
							}
						}
					}
				}
			}
		}
	}
}

// TestTwins compares the kernels with each other: they differ by rounding alone.
func TestTwins(t *testing.T) {
	if !Accelerated() {
		t.Skip("this processor has the portable kernel only")
	}
	t.Run("float64", func(t *testing.T) { twins[float64](t, 0x1p-52) })
	t.Run("float32", func(t *testing.T) { twins[float32](t, 0x1p-23) })
}

func twins[T Float](t *testing.T, epsilon float64) {
	rng := rand.New(rand.NewPCG(3, 4))
	m, n, k := 45, 70, 600
	a, b := layouts[T](rng, m, k)[0], layouts[T](rng, k, n)[0]
	var w Workspace[T]
	fast, slow := Of(m, n, n, make([]T, m*n)), Of(m, n, n, make([]T, m*n))
	w.Mul(fast, a, b)
	portable(t)
	w.Mul(slow, a, b)
	same := 0
	for i := range m {
		for j := range n {
			size := 0.0
			for l := range k {
				size += math.Abs(float64(a.at(i, l)) * float64(b.at(l, j)))
			}
			switch d := math.Abs(float64(fast.at(i, j)) - float64(slow.at(i, j))); {
			case d == 0:
				same++
			case !(d <= float64(k)*epsilon*size):
				t.Fatalf("element %d, %d differs by %g", i, j, d)
			}
		}
	}
	if same == m*n {
		t.Error("the kernels agree to the last bit: the same one ran twice")
	}
}

// TestRowsAlone holds that a row of a product does not depend on the other rows, nor on the number of workers.
func TestRowsAlone(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		m, n, k := 203, 45, 530
		a, b := layouts[float64](rng, m, k)[0], layouts[float64](rng, k, n)[0]
		var w Workspace[float64]
		c := Of(m, n, n, make([]float64, m*n))
		w.Mul(c, a, b)
		for _, size := range []int{1, 2, 5, 6, 7, 96, 100} {
			for lo := 0; lo < m; lo += size {
				hi := min(m, lo+size)
				part := Of(hi-lo, n, n, make([]float64, (hi-lo)*n))
				w.Mul(part, a.Slice(lo, hi, 0, k), b)
				if !slices.Equal(part.Data, c.Data[lo*n:hi*n]) {
					t.Fatalf("rows %d to %d alone differ", lo, hi)
				}
			}
		}
		for _, workers := range []int{1, 2, 3, 4, 9} {
			shared := Of(m, n, n, make([]float64, m*n))
			if err := Mul(t.Context(), workers, shared, a, b); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(shared.Data, c.Data) {
				t.Errorf("%d workers give other bits", workers)
			}
		}
	})
}

// TestGram compares with sums in the plainest way, for both ways of sharing the work, and holds that workers do not matter.
func TestGram(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		for _, shape := range [][2]int{{1, 1}, {3, 40}, {9001, 5}, {1000, 29}, {700, 260}} {
			n, p := shape[0], shape[1]
			rng := rand.New(rand.NewPCG(uint64(n), 7))
			shift, weights := random[float64](rng, p), random[float64](rng, n)
			for l, x := range layouts[float64](rng, n, p) {
				for way := range 4 {
					d, s := []float64(nil), []float64(nil)
					if way&1 != 0 {
						d = weights
					}
					if way&2 != 0 {
						s = shift
					}
					var first []float64
					for _, workers := range []int{1, 2, 4} {
						c := Of(p, p, p+1, make([]float64, p*(p+1)))
						if err := Gram(t.Context(), workers, c, x, s, d); err != nil {
							t.Fatal(err)
						}
						if first == nil {
							first = c.Data
						}
						if !slices.Equal(first, c.Data) {
							t.Fatalf("%d x %d, way %d: %d workers give other bits", n, p, way, workers)
						}
					}
					for range 50 {
						i, j := rng.IntN(p), rng.IntN(p)
						want, size := 0.0, 0.0
						for r := range n {
							u, v, f := x.at(r, i), x.at(r, j), 1.0
							if s != nil {
								u, v = u-s[i], v-s[j]
							}
							if d != nil {
								f = d[r]
							}
							want += f * u * v
							size += math.Abs(f * u * v)
						}
						if got := first[i*(p+1)+j]; math.Abs(got-want) > 1e-13*size || got != first[j*(p+1)+i] {
							t.Fatalf("%d x %d, layout %d, way %d: element %d, %d is %g, want %g", n, p, l, way, i, j, got, want)
						}
					}
				}
			}
		}
	})
}

// TestEmpty: a sum over nothing is zero, and nothing is written where there is no element.
func TestEmpty(t *testing.T) {
	var w Workspace[float32]
	c := Of(2, 3, 3, []float32{1, 2, 3, 4, 5, 6})
	w.AddMul(c, Of(2, 0, 0, []float32(nil)), Of(0, 3, 3, []float32(nil)))
	if !slices.Equal(c.Data, []float32{1, 2, 3, 4, 5, 6}) {
		t.Errorf("adding nothing gives %v", c.Data)
	}
	w.Mul(c, Of(2, 0, 0, []float32(nil)), Of(0, 3, 3, []float32(nil)))
	if !slices.Equal(c.Data, make([]float32, 6)) {
		t.Errorf("the product over nothing is %v", c.Data)
	}
	w.Mul(Of(0, 3, 3, []float32(nil)), Of(0, 4, 4, []float32(nil)), Of(4, 3, 3, make([]float32, 12)))
	w.Mul(Of(3, 0, 0, []float32(nil)), Of(3, 4, 4, make([]float32, 12)), Of(4, 0, 0, []float32(nil)))
	if err := Mul(t.Context(), 2, Of(0, 3, 3, []float32(nil)), Of(0, 4, 4, []float32(nil)), Of(4, 3, 3, make([]float32, 12))); err != nil {
		t.Error(err)
	}
	if err := Gram(t.Context(), 2, Of(0, 0, 0, []float32(nil)), Of(3, 0, 0, []float32(nil)), nil, nil); err != nil {
		t.Error(err)
	}
}

// TestNotFinite: what is not a number stays in its row and column.
func TestNotFinite(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		m, n, k := 7, 9, 5
		a, b := make([]float64, m*k), make([]float64, k*n)
		for i := range a {
			a[i] = 1
		}
		for i := range b {
			b[i] = 1
		}
		a[6*k+2], b[3*n+8] = math.NaN(), math.Inf(1)
		var w Workspace[float64]
		c := Of(m, n, n, make([]float64, m*n))
		w.Mul(c, Of(m, k, k, a), Of(k, n, n, b))
		for i := range m {
			for j := range n {
				v := c.at(i, j)
				switch {
				case i == 6 && !math.IsNaN(v), i < 6 && j == 8 && !math.IsInf(v, 1), i < 6 && j < 8 && v != 5:
					t.Errorf("element %d, %d is %v", i, j, v)
				}
			}
		}
	})
}

// TestWrongShapes: a view that reaches beyond its numbers must never come to the kernel.
func TestWrongShapes(t *testing.T) {
	good := func() (c, a, b Matrix[float64]) {
		return Of(2, 3, 3, make([]float64, 6)), Of(2, 4, 4, make([]float64, 8)), Of(4, 3, 3, make([]float64, 12))
	}
	for name, spoil := range map[string]func(c, a, b *Matrix[float64]){
		"a is short":           func(c, a, b *Matrix[float64]) { a.Data = a.Data[:7] },
		"b is short":           func(c, a, b *Matrix[float64]) { b.Data = b.Data[:11] },
		"c is short":           func(c, a, b *Matrix[float64]) { c.Data = c.Data[:5] },
		"negative stride":      func(c, a, b *Matrix[float64]) { a.RowStride = -4 },
		"other k":              func(c, a, b *Matrix[float64]) { a.Columns = 3 },
		"other rows":           func(c, a, b *Matrix[float64]) { a.Rows = 1 },
		"other columns":        func(c, a, b *Matrix[float64]) { c.Columns = 2 },
		"c is transposed":      func(c, a, b *Matrix[float64]) { c.RowStride, c.ColumnStride = 1, 2 },
		"rows of c in one row": func(c, a, b *Matrix[float64]) { c.RowStride = 0 },
	} {
		c, a, b := good()
		spoil(&c, &a, &b)
		for way, multiply := range map[string]func(){
			"Workspace.Mul": func() { new(Workspace[float64]).Mul(c, a, b) },
			"Mul":           func() { _ = Mul(context.Background(), 1, c, a, b) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s, %s: no panic", name, way)
					}
				}()
				multiply()
			}()
		}
	}
}

// TestEndsWithContext: an ended context is an error.
func TestEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := Of(300, 3, 3, make([]float64, 900))
	if err := Mul(ctx, 2, Of(300, 300, 300, make([]float64, 90000)), x, x.T()); !errors.Is(err, context.Canceled) {
		t.Errorf("Mul returned %v", err)
	}
	if err := Gram(ctx, 2, Of(3, 3, 3, make([]float64, 9)), x, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Gram returned %v", err)
	}
}

// TestNoAllocation: with a workspace that has grown, a product allocates nothing.
func TestNoAllocation(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	var w Workspace[float32]
	a, b := layouts[float32](rng, 50, 300)[0], layouts[float32](rng, 300, 70)
	c := Of(50, 70, 70, make([]float32, 3500))
	for _, view := range b {
		if allocated := testing.AllocsPerRun(10, func() { w.Mul(c, a, view); w.AddMul(c, a, view) }); allocated != 0 {
			t.Errorf("%v allocations", allocated)
		}
	}
}

// TestGramAndSums is Gram with the sums beside it, with and without weights, on any number of workers, and the sums are the same bits with the instructions and without.
func TestGramAndSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	for _, p := range []int{1, 3, 4, 5, 28, 61} {
		for _, n := range []int{1, 7, 130, 5000} {
			stride := p + rng.IntN(3)
			data, shift, weights := make([]float64, n*stride), make([]float64, p), make([]float64, n)
			for i := range data {
				data[i] = 3 + rng.NormFloat64()
			}
			for j := range shift {
				shift[j] = 3 + rng.NormFloat64()/10
			}
			for i := range weights {
				weights[i] = float64(rng.IntN(3))
			}
			x := Of(n, p, stride, data)
			for _, w := range [][]float64{nil, weights} {
				var bits []float64
				for _, portable := range []bool{false, true} {
					Portable(portable)
					t.Cleanup(func() { Portable(false) })
					want, got, sums := make([]float64, p*p), make([]float64, p*p), make([]float64, p)
					if err := Gram(t.Context(), 1, Of(p, p, p, want), x, shift, w); err != nil {
						t.Fatal(err)
					}
					for workers := 1; workers <= 3; workers++ {
						if err := GramAndSums(t.Context(), workers, Of(p, p, p, got), x, shift, w, sums); err != nil {
							t.Fatal(err)
						}
						if !slices.Equal(got, want) {
							t.Fatalf("%d x %d, %d workers: the products are not those of Gram", n, p, workers)
						}
						if bits == nil {
							bits = slices.Clone(sums)
						}
						if !slices.Equal(sums, bits) {
							t.Fatalf("%d x %d, %d workers, portable %v: sums %v, before %v", n, p, workers, portable, sums, bits)
						}
					}
					for j, v := range sums {
						plain := 0.0
						for i := range n {
							f := 1.0
							if w != nil {
								f = w[i]
							}
							plain += f * (data[i*stride+j] - shift[j])
						}
						if math.Abs(v-plain) > 1e-9*float64(n) {
							t.Fatalf("%d x %d: sum %d is %v, want %v", n, p, j, v, plain)
						}
					}
				}
			}
		}
	}
	Portable(false)
}
