package neural

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"

	"aibms/learners/data"
	"aibms/learners/matmul"
	"aibms/learners/vector"
)

const (
	wild    = 1e3 // a feature with a larger number is centred and scaled before it is made single precision
	inBound = 1e6 // what goes into the network is held within this, so that nothing overflows
)

// scaling makes numbers single precision: (x - offset) * factor, for each feature that is a number. Where no number of the training rows is larger than wild that is x itself.
type scaling struct {
	offset, factor []float64
}

// newScaling looks at the training rows. It fails when a number is not finite.
func newScaling(ctx context.Context, a *architecture, e *data.Examples, rows []int32) (scaling, error) {
	s := scaling{offset: make([]float64, len(a.numeric)), factor: make([]float64, len(a.numeric))}
	x := e.X.RawMatrix()
	sizes := make([]float64, len(a.numeric))
	for n, i := range rows {
		if n%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return s, err
			}
		}
		row := x.Data[int(i)*x.Stride:][:x.Cols]
		for k, j := range a.numeric {
			v := math.Abs(row[j])
			if !(v <= math.MaxFloat64) {
				return s, fmt.Errorf("%s: feature %s is %v in training row %d; it must be a finite number", learnerName, e.Features[j], row[j], i+1)
			}
			if v > sizes[k] {
				sizes[k] = v
			}
		}
	}
	for k, j := range a.numeric {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		size := sizes[k]
		s.factor[k] = 1
		if size > wild {
			mean, deviation := spread(len(rows), size, nil, func(i int) float64 { return x.Data[int(rows[i])*x.Stride+j] })
			s.offset[k] = mean
			if deviation > 0 {
				s.factor[k] = 1 / deviation
			}
		}
	}
	return s, nil
}

// spread is the weighted mean and standard deviation of n numbers, none of which is larger than size. Equal numbers have the deviation 0 and themselves as mean.
func spread(n int, size float64, weights []float64, at func(i int) float64) (mean, deviation float64) {
	if size == 0 {
		return 0, 0
	}
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	total, sum, same := 0.0, 0.0, true
	for i := range n {
		total += weight(i)
		sum += weight(i) * (at(i) / size)
		same = same && at(i) == at(0)
	}
	if same {
		return at(0), 0
	}
	mean = sum / total
	square := 0.0
	for i := range n {
		d := at(i)/size - mean
		square += weight(i) * d * d
	}
	return mean * size, math.Sqrt(square/total) * size
}

// gather fills the inputs, and codes, with rows of x: those listed, or nil for the n rows from lo on. parameters hold the embeddings.
func (s *scratch[T]) gather(x blas64.General, rows []int32, lo, n int, to scaling, parameters []T) {
	gatherNumbers(s, x, rows, lo, n, to)
	for k, t := range s.a.tables {
		for i := range n {
			r := lo + i
			if rows != nil {
				r = int(rows[i])
			}
			code := t.categories // unknown
			if v := x.Data[r*x.Stride+t.feature]; v >= 0 && v < float64(t.categories) {
				code = int(v)
			}
			s.codes[i*len(s.a.tables)+k] = int32(code)
			copy(s.inputs[i*s.a.inputs+t.column:][:t.width], parameters[t.at+code*t.width:])
		}
	}
}

func gatherNumbers[T matmul.Float](s *scratch[T], x blas64.General, rows []int32, lo, n int, to scaling) {
	numeric, offset, factor := s.a.numeric, to.offset[:len(s.a.numeric)], to.factor[:len(s.a.numeric)]
	single, _ := any(s.inputs).([]float32)
	if rows != nil {
		touch(s, x, rows[:n])
	}
	together := len(numeric) > 0 && numeric[len(numeric)-1]-numeric[0] == len(numeric)-1 // one next to the other
	for i := range n {
		r := lo + i
		if rows != nil {
			r = int(rows[i])
		}
		from, at := x.Data[r*x.Stride:][:x.Cols], i*s.a.inputs
		if single != nil && together {
			vector.Narrow(single[at:][:len(numeric)], from[numeric[0]:], offset, factor, inBound)
			continue
		}
		in := s.inputs[at:][:len(numeric)]
		for k, j := range numeric {
			in[k] = T(max(-inBound, min(inBound, (from[j]-offset[k])*factor[k])))
		}
	}
}

// touch reads a number of each cache line of some rows. These reads wait for memory at the same time, which reads among the work on one row after the other do not.
func touch[T matmul.Float](s *scratch[T], x blas64.General, rows []int32) {
	sum := 0.0
	for _, r := range rows {
		row := x.Data[int(r)*x.Stride:][:x.Cols]
		for j := 0; j < len(row); j += 8 {
			sum += row[j]
		}
		sum += row[len(row)-1]
	}
	s.touched = sum
}
