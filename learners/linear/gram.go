package linear

import (
	"context"

	"aibms/internal/safego"
	"aibms/learners/matmul"
)

const (
	gramChunks   = 32
	gramElements = 8 << 20 // numbers that all partial matrices hold at most
)

// gram returns the (p+1) x (p+1) matrix sum of d_i u_i u_i' over every step-th row, where u_i is x_i followed by a one: the lower triangle is filled, row-major.
// O(n m^2 / (2 step)) time for m numbers per row.
func (d *design) gram(ctx context.Context, weight []float64, step int) ([]float64, error) {
	return d.gramAround(ctx, weight, step, nil, nil)
}

// gramAround is gram of u_i = (x_i, also_i) - shift followed by a one, where also are numbers of each row, in slices of n. shift and also are nil, for zeros and nothing, unless the design is
// dense; the matrix is q x q, q = p + len(also) + 1.
func (d *design) gramAround(ctx context.Context, weight []float64, step int, shift []float64, also [][]float64) ([]float64, error) {
	q := d.p + len(also) + 1
	rows := (d.n + step - 1) / step
	chunks := min(gramChunks, max(1, gramElements/(q*q)))
	size := max((rows+chunks-1)/chunks, int(chunkElements/d.perRow()), 1)
	chunks = (rows + size - 1) / size
	parts := make([][]float64, chunks)
	err := safego.Chunks(ctx, rows, size, d.workers, func(c, lo, hi int) error {
		g := make([]float64, q*q)
		parts[c] = g
		pack := newGramPack(d, q)
		for lo < hi {
			if err := ctx.Err(); err != nil {
				return err
			}
			end := min(hi, lo+pack.rows)
			d.addGram(lo, end, step, weight, shift, also, g, pack)
			lo = end
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	total := parts[0]
	for _, part := range parts[1:] {
		for i, v := range part {
			total[i] += v
		}
	}
	return total, nil
}

// gramPack holds a block of dense rows, each with what follows it, as they are and times their weights.
type gramPack struct {
	rows          int
	plain, scaled []float64 // rows x q
	workspace     matmul.Workspace[float64]
}

func newGramPack(d *design, q int) *gramPack {
	if d.dense == nil {
		return &gramPack{rows: 256}
	}
	const rows = 128 // what the kernel adds up at once
	return &gramPack{rows: rows, plain: make([]float64, rows*q), scaled: make([]float64, rows*q)}
}

// addGram adds weight_i u_i u_i', u_i as for gramAround, of the rows lo*step, (lo+1)*step ... to the lower triangle of g.
func (d *design) addGram(lo, hi, step int, weight, shift []float64, also [][]float64, g []float64, pack *gramPack) {
	q := d.p + 1
	if d.dense == nil {
		sums := g[d.p*q:]
		for r := lo; r < hi; r++ {
			i := r * step
			f := weight[i]
			if f == 0 {
				continue
			}
			columns := d.column[d.start[i]:d.start[i+1]]
			values := d.value[d.start[i]:d.start[i+1]]
			for a, j := range columns {
				v := f * values[a]
				row := g[int(j)*q:]
				for b := 0; b <= a; b++ { // the columns of a row ascend
					row[columns[b]] += v * values[b]
				}
				sums[j] += v
			}
			sums[d.p] += f
		}
		return
	}
	used := 0
	q += len(also)
	for r := lo; r < hi; r++ {
		i := r * step
		f := weight[i]
		if f == 0 {
			continue
		}
		line, scaled := pack.plain[used*q:][:q], pack.scaled[used*q:][:q]
		copy(line, d.denseRow(i))
		for k, v := range also {
			line[d.p+k] = v[i]
		}
		line[q-1] = 1
		for j, m := range shift {
			line[j] -= m
		}
		for j, v := range line {
			scaled[j] = f * v
		}
		used++
	}
	pack.workspace.AddSymmetric(matmul.Of(q, q, q, g), matmul.Of(used, q, q, pack.scaled), matmul.Of(used, q, q, pack.plain))
}
