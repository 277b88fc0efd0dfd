// Package bin turns the features of a matrix into codes of one byte: what learners that grow trees look for splits in.
//
// New makes a Matrix: a Feature for each column, which says what values a code stands for, and the codes of the rows, column-major. Equal values have equal
// codes, and larger values never have smaller ones. The same rows give the same bins on any number of workers.
package bin

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
)

const (
	// MaxBins is the largest number of bins of a feature.
	MaxBins = 255
	// Missing is the code of a missing value (NaN), and of a category that has no bin of its own.
	Missing uint8 = 255
)

// Options say how to bin. The zero Options are 255 bins, no categories, rows of equal weight, one worker.
type Options struct {
	MaxBins     int       // bins of a feature at most, 2 to 255; 0 is 255
	Categorical []bool    // of each feature: whether its values are codes of categories, each a bin of its own; nil: none is
	Weights     []float64 // of each row; a row of weight 0 gets codes but shapes no bin; nil: 1 each
	Workers     int       // goroutines, each on columns of its own; below 1 is 1
}

// Matrix holds the codes of n rows. It is immutable and safe for concurrent use; what it returns must not be changed.
//
// Memory: a byte for each value, and 2 + 2 KB for each feature.
type Matrix struct {
	Rows     int
	Features []Feature
	Codes    [][]uint8 // of each feature: n codes
}

// Feature says which values the bins of one column hold. Bins are numbered 0 to Bins()-1.
//
// A number's bin b holds the training values from Low[b] to High[b], and Low[b] <= High[b] < Low[b+1]. A feature with at most MaxBins distinct values has a bin for each. All
// numbers are finite: infinities count as the largest number. A feature whose values are all missing has no bins.
type Feature struct {
	Categorical bool      // bin b is the category Low[b] = High[b]; the order of bins means nothing
	Low, High   []float64 // smallest and largest training value of each bin
	Missing     bool      // a training row of positive weight has the code Missing

	edges []float64 // edges[b] is the largest number that has code b, for all bins but the last
}

// Bins is the number of bins, Missing not counted.
func (f *Feature) Bins() int { return len(f.Low) }

// Cut is the threshold between the bins a < b of a feature of numbers when a node has no rows between them: values <= Cut have codes <= a or, if no training row
// of the node has it, codes below b. It is the middle of the values beside it.
func (f *Feature) Cut(a, b int) float64 { return Middle(f.High[a], f.Low[b]) }

// Middle is a number m with a <= m < b, half-way between finite a < b as far as rounding allows.
func Middle(a, b float64) float64 {
	m := a/2 + b/2
	if !(m >= a && m < b) {
		return a
	}
	return m
}

// Code is the code of a value.
func (f *Feature) Code(v float64) uint8 {
	if v != v || len(f.Low) == 0 {
		return Missing
	}
	v = finite(v)
	lo, hi := 0, len(f.edges)
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); f.edges[m] < v {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if f.Categorical && f.Low[lo] != v {
		return Missing
	}
	return uint8(lo)
}

// finite is v, with the largest number for an infinity.
func finite(v float64) float64 {
	if v > math.MaxFloat64 {
		return math.MaxFloat64
	}
	if v < -math.MaxFloat64 {
		return -math.MaxFloat64
	}
	return v
}

// Memory is how many bytes New needs for n rows of p features, on the given number of workers.
func Memory(n, p, workers int) int { return n*p + 4096*p + max(1, workers)*40*min(n, sampled) }

// New bins the n x p matrix x. It returns the context's error soon after ctx ends.
func New(ctx context.Context, x *mat.Dense, o Options) (*Matrix, error) {
	if x == nil {
		return nil, fmt.Errorf("there are no rows to bin")
	}
	n, p := x.Dims()
	if o.MaxBins == 0 {
		o.MaxBins = MaxBins
	}
	if o.MaxBins < 2 || o.MaxBins > MaxBins {
		return nil, fmt.Errorf("the number of bins must be 2 to %d, got %d", MaxBins, o.MaxBins)
	}
	if o.Weights != nil && len(o.Weights) != n || o.Categorical != nil && len(o.Categorical) != p {
		return nil, fmt.Errorf("%d row weights and %d kinds of features do not fit a %d x %d matrix", len(o.Weights), len(o.Categorical), n, p)
	}
	m := &Matrix{Rows: n, Features: make([]Feature, p), Codes: make([][]uint8, p)}
	err := safego.Chunks(ctx, p, 1, o.Workers, func(j, _, _ int) error {
		c := column{x: x.RawMatrix().Data[j:], stride: x.RawMatrix().Stride, n: n, weights: o.Weights}
		f := &m.Features[j]
		f.Categorical = o.Categorical != nil && o.Categorical[j]
		if err := c.fit(ctx, f, o.MaxBins); err != nil {
			return err
		}
		m.Codes[j] = make([]uint8, n)
		return c.encode(ctx, f, m.Codes[j])
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Encode returns the codes of other rows by the same bins, column-major.
func (m *Matrix) Encode(ctx context.Context, x *mat.Dense, workers int) ([][]uint8, error) {
	if x == nil || x.RawMatrix().Cols != len(m.Features) {
		return nil, fmt.Errorf("rows of %d features are needed", len(m.Features))
	}
	raw := x.RawMatrix()
	codes := make([][]uint8, raw.Cols)
	err := safego.Chunks(ctx, raw.Cols, 1, workers, func(j, _, _ int) error {
		codes[j] = make([]uint8, raw.Rows)
		s := newSearch(&m.Features[j])
		for i := range codes[j] {
			if i%step == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			codes[j][i] = s.code(raw.Data[i*raw.Stride+j])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}
