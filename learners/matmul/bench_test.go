package matmul

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// shapes are m, n, k: a square, the layers of a small network forwards and backwards, distances of a block of rows, a narrow X'X.
var shapes = [][3]int{{1024, 1024, 1024}, {200, 64, 23}, {200, 32, 64}, {23, 64, 200}, {1024, 1000, 23}, {28, 28, 100000}}

func gflops(b *testing.B, m, n, k int) {
	b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GF/s")
}

func benchmark[T Float](b *testing.B) {
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		b.Run(fmt.Sprintf("%dx%dx%d", m, n, k), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			x, y := Of(m, k, k, random[T](rng, m*k)), Of(k, n, n, random[T](rng, k*n))
			if k > 10000 {
				x = y.T()
			}
			c := Of(m, n, n, make([]T, m*n))
			var w Workspace[T]
			w.Mul(c, x, y)
			b.ResetTimer()
			for range b.N {
				w.Mul(c, x, y)
			}
			gflops(b, m, n, k)
		})
	}
}

func BenchmarkFloat64(b *testing.B) { benchmark[float64](b) }
func BenchmarkFloat32(b *testing.B) { benchmark[float32](b) }

func BenchmarkPortable(b *testing.B) {
	portable(b)
	b.Run("float64", benchmark[float64])
	b.Run("float32", benchmark[float32])
}

func BenchmarkGram(b *testing.B) {
	for _, shape := range [][2]int{{100000, 28}, {2000, 1000}} {
		n, p := shape[0], shape[1]
		b.Run(fmt.Sprintf("%dx%d", n, p), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			x, c := Of(n, p, p, random[float64](rng, n*p)), Of(p, p, p, make([]float64, p*p))
			for range b.N {
				if err := Gram(b.Context(), 1, c, x, nil, nil); err != nil {
					b.Fatal(err)
				}
			}
			gflops(b, p, p, n)
		})
	}
}

func BenchmarkGonum(b *testing.B) {
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		rng := rand.New(rand.NewPCG(1, 1))
		b.Run(fmt.Sprintf("float64/%dx%dx%d", m, n, k), func(b *testing.B) {
			x, y := random[float64](rng, m*k), random[float64](rng, k*n)
			c := blas64.General{Rows: m, Cols: n, Stride: n, Data: make([]float64, m*n)}
			b.ResetTimer()
			for range b.N {
				blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, blas64.General{Rows: m, Cols: k, Stride: k, Data: x}, blas64.General{Rows: k, Cols: n, Stride: n, Data: y}, 0, c)
			}
			gflops(b, m, n, k)
		})
		b.Run(fmt.Sprintf("float32/%dx%dx%d", m, n, k), func(b *testing.B) {
			x, y := random[float32](rng, m*k), random[float32](rng, k*n)
			c := blas32.General{Rows: m, Cols: n, Stride: n, Data: make([]float32, m*n)}
			b.ResetTimer()
			for range b.N {
				blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, blas32.General{Rows: m, Cols: k, Stride: k, Data: x}, blas32.General{Rows: k, Cols: n, Stride: n, Data: y}, 0, c)
			}
			gflops(b, m, n, k)
		})
	}
}
