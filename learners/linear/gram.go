package linear

import (
	"context"

	"aibms/internal/safego"
)

const (
	gramChunks   = 32
	gramElements = 8 << 20 // numbers that all partial matrices hold at most
)

// gram returns the (p+1) x (p+1) matrix sum of d_i u_i u_i' over every step-th row, where u_i is x_i followed by a one: the lower triangle is filled, row-major.
// O(n m^2 / (2 step)) time for m numbers per row.
func (d *design) gram(ctx context.Context, weight []float64, step int) ([]float64, error) {
	return d.gramAround(ctx, weight, step, nil)
}

// gramAround is gram of x_i - shift. shift is nil unless the design is dense.
func (d *design) gramAround(ctx context.Context, weight []float64, step int, shift []float64) ([]float64, error) {
	q := d.p + 1
	rows := (d.n + step - 1) / step
	chunks := min(gramChunks, max(1, gramElements/(q*q)))
	size := max((rows+chunks-1)/chunks, int(chunkElements/d.perRow()), 1)
	chunks = (rows + size - 1) / size
	parts := make([][]float64, chunks)
	err := safego.Chunks(ctx, rows, size, d.workers, func(c, lo, hi int) error {
		g := make([]float64, q*q)
		parts[c] = g
		pack := newGramPack(d)
		for lo < hi {
			if err := ctx.Err(); err != nil {
				return err
			}
			end := min(hi, lo+pack.rows)
			d.addGram(lo, end, step, weight, shift, g, pack)
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

// gramPack holds a block of dense rows, each followed by a one and padded with zeros to width columns: as panels of four columns, and, times the weights of the
// rows, as panels of two. A panel lies in one piece, row after row.
type gramPack struct {
	rows, width int
	plain       [][4]float64 // width/4 panels of rows
	scaled      [][2]float64 // width/2 panels of rows
}

func newGramPack(d *design) *gramPack {
	if d.dense == nil {
		return &gramPack{rows: 256}
	}
	k := &gramPack{width: (d.p + 1 + 3) &^ 3}
	k.rows = max(8, 2*blockElements/k.width)
	k.plain = make([][4]float64, k.width/4*k.rows)
	k.scaled = make([][2]float64, k.width/2*k.rows)
	return k
}

// set stores a row as row r of the panels. row has width numbers.
func (k *gramPack) set(r int, row []float64, weight float64) {
	for j := 0; j+4 <= len(row); j += 4 {
		a, b, c, d := row[j], row[j+1], row[j+2], row[j+3]
		k.plain[j/4*k.rows+r] = [4]float64{a, b, c, d}
		k.scaled[j/2*k.rows+r] = [2]float64{weight * a, weight * b}
		k.scaled[(j/2+1)*k.rows+r] = [2]float64{weight * c, weight * d}
	}
}

// addGram adds weight_i u_i u_i', u_i = (x_i - shift, 1), of the rows lo*step, (lo+1)*step ... to the lower triangle of g.
func (d *design) addGram(lo, hi, step int, weight, shift, g []float64, pack *gramPack) {
	q := d.p + 1
	if d.dense == nil {
		last := g[d.p*q:]
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
				last[j] += v
			}
			last[d.p] += f
		}
		return
	}
	used := 0
	line := make([]float64, pack.width)
	line[d.p] = 1
	for r := lo; r < hi; r++ {
		i := r * step
		f := weight[i]
		if f == 0 {
			continue
		}
		copy(line, d.denseRow(i))
		for j, m := range shift {
			line[j] -= m
		}
		pack.set(used, line, f)
		used++
	}
	// tiles of 2 x 4: eight sums live in registers while the loop runs down the rows
	for a := 0; a < q; a += 2 {
		left := pack.scaled[a/2*pack.rows:][:used]
		for b := 0; b <= a; b += 4 {
			right := pack.plain[b/4*pack.rows:][:len(left)]
			var s00, s01, s02, s03, s10, s11, s12, s13 float64
			for r := range left {
				u0, u1 := left[r][0], left[r][1]
				v := &right[r]
				v0, v1, v2, v3 := v[0], v[1], v[2], v[3]
				s00 += u0 * v0
				s01 += u0 * v1
				s02 += u0 * v2
				s03 += u0 * v3
				s10 += u1 * v0
				s11 += u1 * v1
				s12 += u1 * v2
				s13 += u1 * v3
			}
			addTile(g, q, a, b, s00, s01, s02, s03)
			addTile(g, q, a+1, b, s10, s11, s12, s13)
		}
	}
}

// addTile adds four sums to row a of the q x q matrix g, from column b, as far as they lie in it.
func addTile(g []float64, q, a, b int, s ...float64) {
	if a >= q {
		return
	}
	row := g[a*q:]
	for k, v := range s {
		if b+k <= a {
			row[b+k] += v
		}
	}
}
