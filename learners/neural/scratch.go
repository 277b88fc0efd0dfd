package neural

import (
	"context"

	"aibms/learners/matmul"
)

// scratch is the memory in which a block of rows goes through a network, forwards and backwards. It is used by one goroutine.
type scratch[T matmul.Float] struct {
	a         *architecture
	workspace matmul.Workspace[T]
	rows      int
	inputs    []T     // rows x inputs
	codes     []int32 // rows x tables: rows of the embeddings
	values    [][]T   // of each layer rows x units: what it passes on
	kept      [][]T   // of hidden layers, what the derivative of the activation needs; nil where values will do
	mask      [][]T   // of hidden layers with dropout: by what the units were multiplied
	hat       [][]T   // of hidden layers with normalisation
	inverse   [][]T
	moments   []T // of batch normalisation: the means of the units, then their variances
	delta     []T // rows x widest: derivatives by the sums of a layer
	other     []T
	gradient  []T // by the parameters; nil where only predictions are made
	loss      float64
	numbers   []int32   // of the rows
	targets   []float64 // rows x outputs; of classes rows
	weights   []float64
	touched   float64 // what touch read, so that it is not left out
}

// newScratch makes room for blocks of up to rows rows. learn says that derivatives are wanted, dropout that units may be left out.
func newScratch[T matmul.Float](a *architecture, rows int, learn, dropout bool) *scratch[T] {
	s := &scratch[T]{a: a, rows: rows, inputs: make([]T, rows*a.inputs), codes: make([]int32, rows*len(a.tables))}
	last := len(a.layers) - 1
	s.kept, s.mask, s.hat, s.inverse = make([][]T, last), make([][]T, last), make([][]T, last), make([][]T, last)
	for i, l := range a.layers {
		s.values = append(s.values, make([]T, rows*l.out))
		if !learn || i == last {
			continue
		}
		if a.activation == gelu || a.activation == tanh {
			s.kept[i] = make([]T, rows*l.out)
		}
		if dropout {
			s.mask[i] = make([]T, rows*l.out)
		}
		switch a.norm {
		case layerNormalization:
			s.hat[i], s.inverse[i] = make([]T, rows*l.out), make([]T, rows)
		case batchNormalization:
			s.hat[i], s.inverse[i] = make([]T, rows*l.out), make([]T, l.out)
		}
	}
	if learn {
		s.moments = make([]T, a.statistics)
		s.delta, s.other = make([]T, rows*a.widest()), make([]T, rows*a.widest())
		s.gradient = make([]T, a.size)
		s.numbers, s.targets, s.weights = make([]int32, rows), make([]float64, rows*a.outputs()), make([]float64, rows)
	}
	return s
}

// bytesOf is how much memory newScratch takes, in single precision.
func (a *architecture) bytesOf(rows int, learn bool) int64 {
	units := int64(a.inputs + len(a.tables))
	for i, l := range a.layers {
		each := int64(1)
		if learn && i < len(a.layers)-1 {
			each = 4
		}
		units += each * int64(l.out)
	}
	if !learn {
		return 4 * units * int64(rows)
	}
	return 4 * ((units+2*int64(a.widest())+2*int64(a.outputs())+3)*int64(rows) + int64(a.size) + int64(a.statistics))
}

// stripWork is how many multiplications are made between two looks at the context: a few milliseconds.
const stripWork = 1 << 27

// product sets or adds to c the product of a and b, and ends with ctx.
func (s *scratch[T]) product(ctx context.Context, c, a, b matmul.Matrix[T], add bool) error {
	strip := max(6, stripWork/max(1, a.Columns*c.Columns)/6*6)
	for lo := 0; lo < c.Rows; lo += strip {
		if lo > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		hi := min(c.Rows, lo+strip)
		part, left := c.Slice(lo, hi, 0, c.Columns), a.Slice(lo, hi, 0, a.Columns)
		if add {
			s.workspace.AddMul(part, left, b)
		} else {
			s.workspace.Mul(part, left, b)
		}
	}
	return nil
}

func rowMajor[T matmul.Float](rows, columns int, data []T) matmul.Matrix[T] {
	return matmul.Of(rows, columns, columns, data)
}

// forward runs the first rows of inputs through the network. Units are left out with drop; nil leaves none out. Batch normalisation is over these rows.
func (s *scratch[T]) forward(ctx context.Context, parameters []T, rows int, drop *dropout) error {
	in := s.inputs[:rows*s.a.inputs]
	for i, l := range s.a.layers {
		z := s.values[i][:rows*l.out]
		if err := s.product(ctx, rowMajor(rows, l.out, z), rowMajor(rows, l.in, in), rowMajor(l.in, l.out, parameters[l.weights:l.bias]), false); err != nil {
			return err
		}
		bias := parameters[l.bias:][:l.out]
		if i == len(s.a.layers)-1 {
			addRow(z, bias)
			break
		}
		switch s.a.norm {
		case layerNormalization:
			addRow(z, parameters[l.inner:][:l.out])
			normalizeRows(z, parameters[l.gain:][:l.out], bias, s.hat[i], s.inverse[i])
		case batchNormalization:
			half := len(s.moments) / 2
			normalizeColumns(z, parameters[l.gain:][:l.out], bias, s.hat[i], s.inverse[i], s.moments[l.statistic:][:l.out], s.moments[half+l.statistic:][:l.out])
		default:
			addRow(z, bias)
		}
		apply(s.a.activation, z, s.kept[i])
		if drop != nil {
			leaveOut(drop, z, s.mask[i])
		}
		in = z
	}
	return nil
}

// backward adds to the gradient (add) or sets it to what follows from delta, which holds the derivatives of the loss by the outputs of the rows that went forward.
func (s *scratch[T]) backward(ctx context.Context, parameters []T, rows int, dropped, add bool) error {
	g := s.gradient
	if !add {
		for _, t := range s.a.tables {
			clear(g[t.at:][:(t.categories+1)*t.width])
		}
		for _, l := range s.a.layers {
			clear(g[l.bias:][:l.out])
			if l.gain >= 0 {
				clear(g[l.gain:][:l.out])
			}
			if l.inner >= 0 {
				clear(g[l.inner:][:l.out])
			}
		}
	}
	for i := len(s.a.layers) - 1; i >= 0; i-- {
		l := s.a.layers[i]
		d := s.delta[:rows*l.out]
		if i < len(s.a.layers)-1 {
			if dropped {
				multiply(d, s.mask[i][:len(d)])
			}
			derive(s.a.activation, d, s.values[i], s.kept[i])
		}
		switch {
		case l.gain < 0:
			addColumns(g[l.bias:][:l.out], d)
		case s.a.norm == layerNormalization:
			normalizeRowsBack(d, parameters[l.gain:][:l.out], s.hat[i], s.inverse[i], g[l.gain:][:l.out], g[l.bias:][:l.out])
			addColumns(g[l.inner:][:l.out], d)
		default:
			normalizeColumnsBack(d, parameters[l.gain:][:l.out], s.hat[i], s.inverse[i], g[l.gain:][:l.out], g[l.bias:][:l.out])
		}
		in := s.inputs
		if i > 0 {
			in = s.values[i-1]
		}
		delta := rowMajor(rows, l.out, d)
		if err := s.product(ctx, rowMajor(l.in, l.out, g[l.weights:l.bias]), rowMajor(rows, l.in, in[:rows*l.in]).T(), delta, add); err != nil {
			return err
		}
		if i == 0 && len(s.a.tables) == 0 {
			break
		}
		weights := rowMajor(l.in, l.out, parameters[l.weights:l.bias])
		if err := s.product(ctx, rowMajor(rows, l.in, s.other[:rows*l.in]), delta, weights.T(), false); err != nil {
			return err
		}
		s.delta, s.other = s.other, s.delta
	}
	for k, t := range s.a.tables {
		for i := range rows {
			to := g[t.at+int(s.codes[i*len(s.a.tables)+k])*t.width:][:t.width]
			for j, v := range s.delta[i*s.a.inputs+t.column:][:t.width] {
				to[j] += v
			}
		}
	}
	return nil
}

// dropout draws the units that are left out: Srivastava et al.: Dropout, JMLR 15 (2014), with the others made larger in training rather than all smaller afterwards.
type dropout struct {
	state uint64
	rate  float64
}

// next is splitmix64: Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
func (d *dropout) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// leaveOut multiplies values by 0 or 1 / (1 - rate), and keeps by which in mask.
func leaveOut[T matmul.Float](d *dropout, values, mask []T) {
	limit := uint64(d.rate * (1 << 32))
	factors := [2]T{T(1 / (1 - d.rate)), 0}
	bits := uint64(0)
	for i := range values {
		if i%2 == 0 {
			bits = d.next()
		}
		mask[i] = factors[(bits&(1<<32-1)-limit)>>63]
		values[i] *= mask[i]
		bits >>= 32
	}
}
