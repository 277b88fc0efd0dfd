package cluster

import (
	"context"
	"math"
	"math/rand/v2"
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
	distance := make([]float64, r.n*count)
	closest := make([]float64, r.n)
	for i := range closest {
		closest[i] = math.Inf(1)
	}
	some := newCentres(1, r.p)
	copy(some.at, c.row(0))
	for j := 1; ; j++ {
		potential, err := l.distances(ctx, r, some, closest, distance)
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
			closest[i] = min(closest[i], distance[i*some.k+best])
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

// distances sets distance to the squared ones of all rows to the candidates, and returns for each the weighted sum over rows of the distance to it or the closest centre.
func (l *kMeans) distances(ctx context.Context, r *rows, c *centres, closest, distance []float64) ([]float64, error) {
	c.ready()
	parts := make([][]float64, (r.n+r.chunk-1)/r.chunk)
	err := r.each(ctx, r.p*c.k, func(chunk, lo, hi int, s *scratch) error {
		if parts[chunk] == nil {
			parts[chunk] = make([]float64, c.k)
		}
		scores := c.scores(s, r.load(s, nil, lo, hi))
		for i := lo; i < hi; i++ {
			w, to := r.weight(i), distance[i*c.k:(i+1)*c.k]
			for t, v := range scores[(i-lo)*c.k : (i-lo+1)*c.k] {
				size := r.square[i] + c.square[t]
				v += size
				if v < 1e-14*size { // the same row, but for rounding
					v = 0
				}
				to[t] = v
				parts[chunk][t] += w * min(v, closest[i])
			}
		}
		return nil
	})
	potential := make([]float64, c.k)
	for _, part := range parts {
		for t, v := range part {
			potential[t] += v
		}
	}
	return potential, err
}
