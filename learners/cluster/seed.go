package cluster

import (
	"context"
	"math"
	"math/rand/v2"

	"aibms/learners/matmul"
)

// candidates is of how many drawn rows k-means++ takes the best.
func candidates(k int) int { return 2 + int(math.Log(float64(k))) }

// seed draws the first centres.
func (l *kMeans) seed(ctx context.Context, r *rows, rng *rand.Rand) (*centres, error) {
	c := newCentres(l.k, r.p)
	d := &drawing{r: r, mass: make([]float64, r.n)}
	for i := range d.mass {
		d.mass[i] = r.weight(i)
	}
	if err := d.sum(ctx); err != nil {
		return nil, err
	}
	if l.init == "random" {
		return c, l.seedRandom(ctx, d, c, rng)
	}
	return c, l.seedFar(ctx, d, c, rng)
}

// drawing draws rows in proportion to mass. Rows are found by their running sum, so that a row of twice the mass is drawn as two rows one after the other would be.
type drawing struct {
	r     *rows
	mass  []float64
	parts []float64 // of each chunk
	total float64
}

func (d *drawing) sum(ctx context.Context) error {
	d.parts, d.total = make([]float64, (d.r.n+d.r.chunk-1)/d.r.chunk), 0
	for c := range d.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, m := range d.mass[c*d.r.chunk : min(d.r.n, (c+1)*d.r.chunk)] {
			d.parts[c] += m
		}
		d.total += d.parts[c]
	}
	return nil
}

// draw returns the row at share u of the mass; the last row of positive mass when rounding leads beyond all.
func (d *drawing) draw(u float64) int {
	left := u * d.total
	last := 0
	for c, part := range d.parts {
		if left >= part && c < len(d.parts)-1 {
			left -= part
			continue
		}
		for i := c * d.r.chunk; i < min(d.r.n, (c+1)*d.r.chunk); i++ {
			if d.mass[i] > 0 {
				if last = i; left < d.mass[i] {
					return i
				}
			}
			left -= d.mass[i]
		}
	}
	return last
}

// seedRandom takes rows that differ from each other as far as a hundred draws for each find such.
func (l *kMeans) seedRandom(ctx context.Context, d *drawing, c *centres, rng *rand.Rand) error {
	s := new(scratch)
	for j := range l.k {
		if err := ctx.Err(); err != nil {
			return err
		}
		for range 100 {
			i := d.draw(rng.Float64())
			copy(c.row(j), d.r.load(s, nil, i, i+1).Data)
			twice := false
			for o := range j {
				twice = twice || equal(c.row(o), c.row(j))
			}
			if !twice {
				break
			}
		}
	}
	c.ready()
	return nil
}

func equal(a, b []float64) bool {
	for i, v := range a {
		if v != b[i] {
			return false
		}
	}
	return true
}

// seedFar is k-means++: mass is the weight times the squared distance to the nearest centre so far.
func (l *kMeans) seedFar(ctx context.Context, d *drawing, c *centres, rng *rand.Rand) error {
	r, s := d.r, new(scratch)
	first := d.draw(rng.Float64())
	copy(c.row(0), r.load(s, nil, first, first+1).Data)
	count := candidates(l.k)
	line := max(quad, count)
	distance := make([]float64, r.n*line)
	closest := make([]float64, r.n)
	for i := range closest {
		closest[i] = math.Inf(1)
	}
	some := newCentres(1, r.p)
	copy(some.at, c.row(0))
	for j := 1; ; j++ {
		potential, err := l.distances(ctx, r, some, closest, distance, line)
		if err != nil {
			return err
		}
		best := 0
		for t, v := range potential {
			if v < potential[best] {
				best = t
			}
		}
		copy(c.row(j-1), some.row(best))
		if j == l.k {
			break
		}
		for i := range closest {
			closest[i] = min(closest[i], distance[i*line+best])
			d.mass[i] = r.weight(i) * closest[i]
		}
		if err := d.sum(ctx); err != nil {
			return err
		}
		if !(d.total > 0) || math.IsInf(d.total, 1) { // all rows are centres, or nothing can be computed with
			for i := range d.mass {
				d.mass[i] = r.weight(i)
			}
			if err := d.sum(ctx); err != nil {
				return err
			}
		}
		if some.k != count {
			some = newCentres(count, r.p)
		}
		for t := range count {
			i := d.draw(rng.Float64())
			copy(some.row(t), r.load(s, nil, i, i+1).Data)
		}
	}
	c.ready()
	return nil
}

// rounding is the share of |x|^2 + |c|^2 below which a squared distance is none: the same row, but for rounding.
const rounding = 1e-14

// distances sets distance, line numbers a row, to the squared ones of all rows to the candidates, and returns for each the weighted sum over rows of the distance to it or the closest
// centre.
func (l *kMeans) distances(ctx context.Context, r *rows, c *centres, closest, distance []float64, line int) ([]float64, error) {
	c.ready()
	parts := make([][]float64, (r.n+r.chunk-1)/r.chunk)
	err := r.each(ctx, r.p*c.k, func(chunk, lo, hi int, s *scratch) error {
		if parts[chunk] == nil {
			parts[chunk] = make([]float64, line)
		}
		x, to := r.load(s, nil, lo, hi), distance[lo*line:hi*line]
		if c.k <= quad && line == quad && c.fast() {
			whole := (hi - lo) / tileRows * tileRows
			if whole > 0 {
				c.candidates(s, r, x.Slice(0, whole, 0, r.p), lo, closest[lo:], to[:whole*quad], parts[chunk])
			}
			lo, x, to = lo+whole, x.Slice(whole, hi-lo, 0, r.p), to[whole*quad:]
		}
		if lo < hi {
			c.candidatesSlowly(s, r, x, lo, closest[lo:], to, line, parts[chunk])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	potential := make([]float64, c.k)
	for _, part := range parts {
		for t := range potential {
			potential[t] += part[t]
		}
	}
	return potential, nil
}

// quad is how many candidates the kernel measures at once.
const quad = 4

// candidatesSlowly is distances for the rows of x, the first of which is row lo.
func (c *centres) candidatesSlowly(s *scratch, r *rows, x matmul.Matrix[float64], lo int, closest, to []float64, line int, potential []float64) {
	scores := c.scores(s, x)
	for i := range x.Rows {
		w, square, to := r.weight(lo+i), r.square[lo+i], to[i*line:][:c.k]
		for t, v := range scores[i*c.k : (i+1)*c.k] {
			size := square + c.square[t]
			v += size
			if v < rounding*size {
				v = 0
			}
			to[t] = v
			potential[t] += w * min(v, closest[i])
		}
	}
}

// candidates is candidatesSlowly by the vector instructions, with the same bits, for whole tiles and lines of 4 numbers.
func (c *centres) candidates(s *scratch, r *rows, x matmul.Matrix[float64], lo int, closest, to, potential []float64) {
	n := x.Rows
	weights := r.weights
	if weights != nil {
		weights = weights[lo : lo+n]
	} else {
		weights = room(&s.ones, n)
		for i := range weights {
			weights[i] = 1
		}
	}
	panel, square := room(&s.tile, c.p*quad), [quad]float64{}
	clear(panel)
	for j := range c.k {
		square[j] = c.square[j]
		for t, v := range c.row(j) {
			panel[t*quad+j] = -2 * v
		}
	}
	_ = x.Data[(n-1)*x.RowStride+c.p-1]
	candidatesFMA(n/tileRows, c.p, &x.Data[0], 8*x.RowStride, &panel[0], &square[0], &r.square[lo : lo+n][0], &closest[:n][0], &weights[0], &to[:n*quad][0], &potential[:quad][0], rounding)
}
