package cluster

import (
	"context"
	"math"
	"math/rand/v2"

	"aibms/learners"
)

// bounds are what is kept of each row so that comparing it can be spared.
type bounds int

const (
	none    bounds = iota
	hamerly        // upper, and one lower for all other centres
	elkan          // upper, and a lower for each centre
)

// run is one start: the centres, and what Lloyd's iteration knows of each row.
//
// Hamerly's bounds: upper is at least the distance of a row to its centre, lower at most that to any other. When centres have moved, upper grows by the move of the row's centre, and
// lower shrinks by the largest move of another. A row with upper < lower keeps its centre, and so does one with upper < half the distance of its centre from the next one.
// Elkan's have a lower bound for each other centre, which shrinks by the move of that one; a row keeps its centre when upper < that bound or half the distance between the two centres,
// for each of the others. A row that does not is held against all centres by either: in blocks that is faster than one by one.
// Distances are computed as |x|^2 + |c|^2 - 2 x.c, so both bounds allow for the rounding of that: a row keeps its centre only where comparing would give the same one.
type run struct {
	r *rows
	c *centres

	keep         bounds
	cluster      []int32 // of each row; -1: none yet
	upper, lower []float64
	compared     int       // rows that the last assign held against the centres
	sums         []float64 // k x p: of the weighted rows of each centre
	weight       []float64 // k: of the rows of each centre
	report       func(iteration int, loss float64) error
	curve        []learners.Iteration

	inertia   float64
	converged bool
	equal     bool // there are fewer distinct rows than centres
}

func newRun(r *rows, c *centres, k int) *run {
	s := &run{r: r, c: c, cluster: make([]int32, r.n), sums: make([]float64, k*r.p), weight: make([]float64, k), report: func(int, float64) error { return nil }}
	for i := range s.cluster {
		s.cluster[i] = -1
	}
	return s
}

// refresh is how many iterations pass between two times that the sums are added up anew, so that rounding does not pile up.
const refresh = 16

// few is the share of the rows whose change of centre lets chosen bounds begin.
const few = 0.005

// bound keeps other bounds from now on.
func (s *run) bound(keep bounds) {
	s.keep, s.upper, s.lower = keep, nil, nil
	if keep == none {
		return
	}
	lower := s.r.n
	if keep == elkan {
		lower *= s.c.k
	}
	s.upper, s.lower = make([]float64, s.r.n), make([]float64, lower)
	for i := range s.upper { // nothing is known yet
		s.upper[i] = math.Inf(1)
	}
}

// lloyd iterates until no row changes its centre, the centres hardly move, or max iterations have passed. With choose it begins without bounds, takes Hamerly's when few rows change, and
// leaves them when they spare less than three quarters of the rows, since rows that lie apart take longer.
func (s *run) lloyd(ctx context.Context, max int, tol float64, choose bool) error {
	s.bound(s.keep)
	tried := 0
	moves := make([]float64, s.c.k)
	for i := 1; i <= max; i++ {
		changed, err := s.assign(ctx, moves, i%refresh == 1)
		if err != nil {
			return err
		}
		if changed == 0 {
			s.converged = true
			return s.report(i, s.loss())
		}
		switch {
		case choose && tried == 0 && float64(changed) < few*float64(s.r.n):
			s.bound(hamerly)
			tried = i
		case choose && tried > 0 && i > tried+1 && s.compared > s.r.n/4: // the first iteration with bounds only sets them
			s.bound(none)
			choose = false
		}
		moved, err := s.update(ctx, moves)
		if err != nil {
			return err
		}
		if err := s.report(i, s.loss()); err != nil {
			return err
		}
		if moved <= tol*s.r.variance {
			s.converged = true
			return nil
		}
	}
	return nil
}

// loss is the mean squared distance of the rows to the means of their clusters: sum w |x|^2 - sum_j |sum_j|^2 / weight_j.
func (s *run) loss() float64 {
	total := s.r.squares
	for j, w := range s.weight {
		if w > 0 {
			total -= dot(s.sums[j*s.c.p:(j+1)*s.c.p], s.sums[j*s.c.p:(j+1)*s.c.p]) / w
		}
	}
	return math.Max(0, total) / s.r.total
}

// assign gives each row to its nearest centre, after the centres have moved by moves, and keeps sums and weight. anew adds them up from all rows. It returns how many rows changed.
func (s *run) assign(ctx context.Context, moves []float64, anew bool) (changed int, err error) {
	r, c := s.r, s.c
	slack := 8 * 0x1p-52 * float64(c.p+4)
	largest, next, most := 0.0, 0.0, -1
	longest := 0.0
	for j, m := range moves {
		if m > largest {
			largest, next, most = m, largest, j
		} else if m > next {
			next = m
		}
		longest = max(longest, c.square[j])
	}
	apart := s.halfway()
	chunks := (r.n + r.chunk - 1) / r.chunk
	sums, weights, changes, compared := make([][]float64, chunks), make([][]float64, chunks), make([]int, chunks), make([]int, chunks)
	err = r.each(ctx, c.p*c.k, func(chunk, lo, hi int, w *scratch) error {
		if sums[chunk] == nil {
			sums[chunk], weights[chunk] = make([]float64, c.k*c.p), make([]float64, c.k)
		}
		which := w.which[:0]
		for i := lo; i < hi && s.keep == none; i++ {
			which = append(which, int32(i))
		}
		for i := lo; i < hi && s.keep != none; i++ {
			if a := s.cluster[i]; a >= 0 && s.keeps(i, int(a), moves, largest, next, most, apart) {
				continue
			}
			which = append(which, int32(i))
		}
		w.which = which
		compared[chunk] += len(which)
		if len(which) > 0 {
			x := r.load(w, which, lo, hi)
			if s.keep == elkan {
				c.compareSlowly(w, x)
			} else {
				c.compare(w, x, s.keep == hamerly)
			}
		}
		for k, i := range which {
			best := w.near[k]
			switch e := slack * (r.square[i] + longest); s.keep {
			case hamerly:
				s.upper[i] = math.Sqrt(max(0, r.square[i]+w.first[k]) + e)
				s.lower[i] = math.Sqrt(max(0, r.square[i]+w.second[k]-e))
			case elkan:
				s.upper[i] = math.Sqrt(max(0, r.square[i]+w.first[k]) + e)
				lower := s.lower[int(i)*c.k:][:c.k]
				for j, v := range w.scores[k*c.k : (k+1)*c.k] {
					lower[j] = math.Sqrt(max(0, r.square[i]+(v+c.square[j])-e))
				}
			}
			old := s.cluster[i]
			if old == best {
				continue
			}
			changes[chunk]++
			s.cluster[i] = best
			if !anew { // the first iteration adds anew
				s.add(sums[chunk], weights[chunk], int(best), int(i), r.weight(int(i)))
				s.add(sums[chunk], weights[chunk], int(old), int(i), -r.weight(int(i)))
			}
		}
		for i := lo; i < hi && anew; i++ {
			s.add(sums[chunk], weights[chunk], int(s.cluster[i]), i, r.weight(i))
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if anew {
		clear(s.sums)
		clear(s.weight)
	}
	s.compared = 0
	for chunk := range chunks {
		changed += changes[chunk]
		s.compared += compared[chunk]
		for i, v := range sums[chunk] {
			s.sums[i] += v
		}
		for j, v := range weights[chunk] {
			s.weight[j] += v
		}
	}
	return changed, nil
}

// add adds w times row i to the sums of centre j.
func (s *run) add(sums, weights []float64, j, i int, w float64) {
	if w == 0 {
		return
	}
	weights[j] += w
	row := at(s.r.x, i)
	to := sums[j*s.c.p:][:len(row)]
	if s.r.shift != nil {
		for t, m := range s.r.shift[:len(row)] {
			to[t] += w * (row[t] - m)
		}
		return
	}
	for t, v := range row {
		to[t] += w * v
	}
}

// keeps moves the bounds of row i, which is at centre a, with the centres and reports whether they rule out that it goes to another.
func (s *run) keeps(i, a int, moves []float64, largest, next float64, most int, apart []float64) bool {
	switch k := s.c.k; s.keep {
	case hamerly:
		s.upper[i] += moves[a]
		if a == most {
			s.lower[i] -= next
		} else {
			s.lower[i] -= largest
		}
		return s.upper[i]*(1+1e-12) < max(s.lower[i], apart[a*k+a])
	case elkan:
		s.upper[i] += moves[a]
		upper := s.upper[i] * (1 + 1e-12)
		lower, apart := s.lower[i*k:(i+1)*k], apart[a*k:(a+1)*k]
		kept := true
		for j, m := range moves {
			lower[j] -= m
			kept = kept && (upper < max(lower[j], apart[j]) || j == a)
		}
		return kept || upper < apart[a]
	}
	return false
}

// halfway is k x k: at most half the distances between centres; on the diagonal half that to the next one.
func (s *run) halfway() []float64 {
	k := s.c.k
	if s.keep == none {
		return nil
	}
	half := make([]float64, k*k)
	if k > 256 { // the square of k is not worth it
		return half
	}
	for j := range k {
		least := math.Inf(1)
		for o := range k {
			if o != j {
				d := math.Sqrt(distance2(s.c.row(j), s.c.row(o))) / 2 * (1 - 1e-9)
				half[j*k+o], least = d, min(least, d)
			}
		}
		half[j*k+j] = least
	}
	return half
}

func distance2(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum
}

// update moves the centres to the means of their rows and those without rows to the farthest rows. It sets moves and returns the sum of their squares.
func (s *run) update(ctx context.Context, moves []float64) (float64, error) {
	if err := s.reseed(ctx); err != nil {
		return 0, err
	}
	total := 0.0
	mean := make([]float64, s.c.p)
	for j, w := range s.weight {
		moves[j] = 0
		if !(w > tiny*s.r.total/float64(s.r.n)) {
			continue
		}
		for t, v := range s.sums[j*s.c.p : (j+1)*s.c.p] {
			mean[t] = v / w
		}
		d := distance2(mean, s.c.row(j))
		copy(s.c.row(j), mean)
		moves[j] = math.Sqrt(d) * (1 + 1e-9)
		total += d
	}
	s.c.ready()
	return total, nil
}

// tiny is the share of a row's mean weight below which a centre has no rows: what rounding leaves of sums that rows were taken from.
const tiny = 1e-9

// reseed gives each centre without rows the row that is farthest from its centre, of those whose centre has others.
func (s *run) reseed(ctx context.Context) error {
	limit := tiny * s.r.total / float64(s.r.n)
	for j, w := range s.weight {
		if w > limit {
			continue
		}
		far, worst := -1, 0.0
		for i, a := range s.cluster {
			if i%1024 == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			if w := s.r.weight(i); w > 0 && s.weight[a] > w*(1+1e-9) {
				d := s.r.square[i] + s.c.square[a] - 2*s.along(i, int(a))
				if d > worst && d > 1e-14*(s.r.square[i]+s.c.square[a]) {
					far, worst = i, d
				}
			}
		}
		if far < 0 {
			s.equal = true
			return nil
		}
		w := s.r.weight(far)
		s.add(s.sums, s.weight, int(s.cluster[far]), far, -w)
		clear(s.sums[j*s.c.p : (j+1)*s.c.p])
		s.weight[j] = 0
		s.add(s.sums, s.weight, j, far, w)
		s.cluster[far] = int32(j)
		if s.keep != none { // nothing is known of it
			s.upper[far] = math.Inf(1)
		}
	}
	return nil
}

// along is x_i . c_j, both less the shift.
func (s *run) along(i, j int) float64 {
	row, c := at(s.r.x, i), s.c.row(j)
	if s.r.shift == nil {
		return dot(row, c)
	}
	sum := 0.0
	for t, v := range row {
		sum += (v - s.r.shift[t]) * c[t]
	}
	return sum
}

// inertia is the weighted sum of the squared distances of rows to their nearest centres.
func inertia(ctx context.Context, r *rows, c *centres) (float64, error) {
	parts := make([]float64, (r.n+r.chunk-1)/r.chunk)
	err := r.each(ctx, c.p*c.k, func(chunk, lo, hi int, w *scratch) error {
		c.compare(w, r.load(w, nil, lo, hi), false)
		for i := lo; i < hi; i++ {
			parts[chunk] += r.weight(i) * math.Max(0, r.square[i]+w.first[i-lo])
		}
		return nil
	})
	total := 0.0
	for _, v := range parts {
		total += v
	}
	return total, err
}

// unshifted are the centres in the space of the features.
func (s *run) unshifted() []float64 {
	out := make([]float64, len(s.c.at))
	copy(out, s.c.at)
	for i := range out {
		if s.r.shift != nil {
			out[i] += s.r.shift[i%s.c.p]
		}
	}
	return out
}

// batches moves the centres to running means over batches of drawn rows. It stops after passes times n rows, when the smoothed loss of the batches has not fallen for ten
// of them, or when the smoothed squared moves fall to tol times the mean variance. A centre that has no rows after a pass moves to a drawn row.
func (s *run) batches(ctx context.Context, rng *rand.Rand, size, passes int, tol float64) error {
	r, c := s.r, s.c
	size = min(size, r.n)
	steps := (r.n + size - 1) / size
	smooth := math.Min(1, 2*float64(size)/float64(r.n+1))
	loss, moved, least, idle := math.NaN(), math.NaN(), math.Inf(1), 0
	seen := make([]float64, c.k)
	work := new(scratch)
	which := make([]int32, size)
	mean := make([]float64, c.p)
	for pass := 1; pass <= passes; pass++ {
		for range steps {
			if err := ctx.Err(); err != nil {
				return err
			}
			for i := range which {
				which[i] = int32(rng.IntN(r.n))
			}
			clear(s.sums)
			clear(s.weight)
			total, weight := 0.0, 0.0
			for lo := 0; lo < size; lo += blockRows {
				part := which[lo:min(size, lo+blockRows)]
				if err := ctx.Err(); err != nil {
					return err
				}
				c.compare(work, r.load(work, part, 0, 0), false)
				for k, i := range part {
					w := r.weight(int(i))
					s.add(s.sums, s.weight, int(work.near[k]), int(i), w)
					total += w * math.Max(0, r.square[i]+work.first[k])
					weight += w
				}
			}
			if weight == 0 {
				continue
			}
			square := 0.0
			for j, w := range s.weight {
				if w == 0 {
					continue
				}
				seen[j] += w
				to := c.row(j)
				for t, v := range s.sums[j*c.p : (j+1)*c.p] {
					mean[t] = to[t] + (v-w*to[t])/seen[j]
				}
				square += distance2(mean, to)
				copy(to, mean)
			}
			c.ready()
			if math.IsNaN(loss) {
				loss, moved = total/weight, square
			} else {
				loss += smooth * (total/weight - loss)
				moved += smooth * (square - moved)
			}
			if idle++; loss < least {
				least, idle = loss, 0
			}
			if tol > 0 && moved <= tol*r.variance || idle >= 10 {
				s.converged = true
				break
			}
		}
		if err := s.report(pass, loss); err != nil {
			return err
		}
		if s.converged {
			return nil
		}
		for j, w := range seen {
			if w == 0 {
				i := rng.IntN(r.n)
				copy(c.row(j), r.load(work, nil, i, i+1).Data)
				c.ready()
			}
		}
	}
	return nil
}
