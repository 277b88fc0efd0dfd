package svm

import (
	"context"
	"math"

	"aibms/internal/safego"
)

// problem is the dual of every form of support vector machine, in one variable b_i a row:
//
//	minimise  1/2 b'K b - t'b + kink |b|_1     b_i = sum of a_ig over the groups g
//	subject to  low_ig <= a_ig <= high_ig,  sum_i a_ig = as at the start, for each group g
//
//	form           t          kink       groups
//	c, classes     y_i        0          one: a_i from 0 to y_i c s_i                 (y_i = -1 or 1, s_i row weight)
//	c, numbers     y_i        epsilon    one: a_i from -c s_i to c s_i
//	nu, classes    0          0          rows of each class: a_i from 0 to y_i s_i, sums y_i nu S/2     (S sum of weights)
//	nu, numbers    y_i        0          two, both of all rows: a_i from 0 to c s_i, and from -c s_i to 0; sums c nu S/2 and its negative
//
// Written with b = y alpha, or alpha - alpha*, the signs of the classes leave the matrix: K is the kernel alone, so that its rows serve every problem on the same rows.
type problem struct {
	target []float64 // t by row
	kink   float64
	groups []bounds
}

// bounds are where the variables of a group start and may go, by row.
type bounds struct{ start, low, high []float64 }

// solution is what solve found, by row.
type solution struct {
	b         []float64
	value     []float64 // t - K b
	level     []float64 // of each group: what value is, less the kink, for a variable that can go both ways; the multiplier of its sum
	steps     int
	converged bool
}

// solver minimises problems on the same rows by sequential minimal optimisation: a step moves two variables of a group by equal and opposite amounts.
//
// Variable i can go up when a_i < high_i, and then -d objective / d a_i = u_i = v_i - kink s with v = t - K b and s = 1 (-1 while a_i < 0); it can go down when a_i > low_i, with
// w_i = v_i - kink s, s = -1 (1 while a_i > 0). The optimum is reached when max u <= min w + tol in each group. Each step takes
//
//	i = argmax u,   j = argmax (u_i - w_j)^2 / (K_ii + K_jj - 2 K_ij) over w_j < u_i:
//
// R.-E. Fan, P.-H. Chen, C.-J. Lin: Working set selection using second order information for training support vector machines, JMLR 6 (2005). It is the method of
// LIBSVM (C.-C. Chang, C.-J. Lin, 2011), section 4, with these differences: regression has one variable a row whose |b_i| has a kink at 0, where LIBSVM has two of which one is zero; a row of the
// kernel serves all problems; variables are set aside and taken back in passes; a kernel's rows for taking back are computed four at a time.
//
// Variables that stay at a bound are set aside (shrinking): those with u < min w and w > max u, every now and then. The others stand in front, in all arrays and in the cached rows, so that each
// loop is over the first active places. v of the others is made anew when the problem of the active ones is solved, and once before.
//
// Above it: a step costs O(active), and O(active p) when a row is not in the cache. Memory: the rows (n p numbers), about 12 numbers a row, and the cache.
//
// Its arrays are by position; row is the row of a position. Nothing it finds depends on workers or on the size of the cache.
type solver struct {
	kernel  *kernel
	points  *points
	cache   *rowCache
	tol     float64
	most    int // steps at most
	shrink  bool
	workers int
	// Variables are set aside when more rows of the kernel were asked for than roomy, or after patience steps for each of those: to move variables, in each row that is kept, costs as much as some
	// steps save. That does not depend on what the cache holds in fact, which the memory and the workers decide.
	roomy, patience int

	checkpoint func(s *solver, gap float64) // called now and then; may be nil
	reached    func(s *solver, last bool)   // called now and then while v of all rows is known, and at the end; may be nil

	n, active int
	row       []int32
	kink      float64
	v, t      []float64
	diagonal  []float64
	groups    []variables
	none      []float32 // zeros
	asked     []bool    // by row: its row of the kernel was asked for
	rows      int       // of those
	u, sums   []float64 // of one row
}

// variables are those of a group.
type variables struct {
	a, low, high []float64
	up, down     []float64 // what is added to v to get u and w; -Inf and Inf when a is at its bound

	i      int // where u is largest, -1: nowhere
	most   float64
	least  float64 // of w
	second int     // the best to go down with i, -1: none
	fall   float64 // of the objective with it, times two
}

// newSolver makes a solver for the rows pts whose cache may hold bytes.
func newSolver(k *kernel, pts *points, bytes int64, tol float64, most int, shrink bool, workers int) *solver {
	n := pts.n
	s := &solver{kernel: k, points: pts, cache: newRowCache(n, bytes), tol: tol, most: most, shrink: shrink, workers: workers, roomy: n, patience: patience, n: n, asked: make([]bool, n), row: make([]int32, n),
		v: make([]float64, n), t: make([]float64, n), diagonal: make([]float64, n), none: make([]float32, n), u: make([]float64, pts.p), sums: make([]float64, rowChunk)}
	for i := range s.row {
		s.row[i] = int32(i)
		pts.row(s.u, i)
		s.diagonal[i] = float64(float32(k.value(s.u)))
	}
	return s
}

const patience = 8

// solverBytes is how much newSolver allocates for n rows of p features and two groups, beside the blocks of the cache.
func solverBytes(n, p int64) int64 { return n * (8*p + 8 + 3*8 + 2*5*8 + 3*4 + 32) }

// load puts a problem into the arrays.
func (s *solver) load(p *problem) {
	s.kink, s.active = p.kink, s.n
	for len(s.groups) < len(p.groups) {
		s.groups = append(s.groups, variables{a: make([]float64, s.n), low: make([]float64, s.n), high: make([]float64, s.n), up: make([]float64, s.n), down: make([]float64, s.n)})
	}
	s.groups = s.groups[:len(p.groups)]
	for q, r := range s.row {
		s.t[q] = p.target[r]
		for g := range s.groups {
			x, b := &s.groups[g], &p.groups[g]
			x.low[q], x.high[q] = b.low[r], b.high[r]
			x.a[q] = max(b.low[r], min(b.start[r], b.high[r]))
			s.place(x, q)
		}
	}
}

// place sets what is added to v for the variable at q.
func (s *solver) place(x *variables, q int) {
	a := x.a[q]
	x.up[q], x.down[q] = -s.kink, s.kink
	if a < 0 {
		x.up[q] = s.kink
	}
	if a > 0 {
		x.down[q] = -s.kink
	}
	if a >= x.high[q] {
		x.up[q] = math.Inf(-1)
	}
	if a <= x.low[q] {
		x.down[q] = math.Inf(1)
	}
}

// room is how far the variable at q can go up in one step: to its bound, or to the kink.
func (s *solver) room(x *variables, q int) (room, end float64) {
	end = x.high[q]
	if s.kink > 0 && x.a[q] < 0 {
		end = min(end, 0)
	}
	return end - x.a[q], end
}

// roomBelow is room for going down.
func (s *solver) roomBelow(x *variables, q int) (room, end float64) {
	end = x.low[q]
	if s.kink > 0 && x.a[q] > 0 {
		end = max(end, 0)
	}
	return x.a[q] - end, end
}

// b is the sum of the groups at q.
func (s *solver) b(q int) float64 {
	v := s.groups[0].a[q]
	if len(s.groups) > 1 {
		v += s.groups[1].a[q]
	}
	return v
}

// solve minimises p. value, when not nil, is t - K b at the start, by row.
func (s *solver) solve(ctx context.Context, p *problem, value []float64) (*solution, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.load(p)
	if value != nil {
		for q, r := range s.row {
			s.v[q] = value[r]
		}
	} else if err := s.restore(ctx, 0); err != nil {
		return nil, err
	}
	steps, converged, err := s.minimise(ctx)
	if err != nil {
		return nil, err
	}
	found := &solution{b: make([]float64, s.n), value: make([]float64, s.n), steps: steps, converged: converged}
	for q, r := range s.row {
		found.b[r], found.value[r] = s.b(q), s.v[q]
	}
	found.level = s.levels()
	return found, nil
}

// without makes ready a problem like the one that found solves but for rows that p bounds to zero: it puts into p where to start, near the solution, and returns t - K b there, by row. What the rows
// out leave in the sum is taken from others on the side that has too much, by position. O(n) a row that changes.
func (s *solver) without(ctx context.Context, found *solution, p *problem) ([]float64, error) {
	for q, r := range s.row {
		s.v[q] = found.value[r]
	}
	b := p.groups[0]
	copy(b.start, found.b)
	take := func(q int, amount float64) error {
		row, err := s.kernelRow(ctx, q, s.n)
		if err != nil {
			return err
		}
		b.start[s.row[q]] -= amount
		addScaled(s.v, row, amount)
		return nil
	}
	surplus := 0.0
	for q, r := range s.row {
		if a := b.start[r]; a != 0 && b.low[r] == 0 && b.high[r] == 0 {
			if err := take(q, a); err != nil {
				return nil, err
			}
			surplus -= a
		}
	}
	for q, r := range s.row {
		if a := b.start[r]; a*surplus > 0 {
			if math.Abs(a) > math.Abs(surplus) {
				a = surplus
			}
			if err := take(q, a); err != nil {
				return nil, err
			}
			surplus -= a
		}
	}
	value := make([]float64, s.n)
	for q, r := range s.row {
		value[r] = s.v[q]
	}
	return value, nil
}

// asks is how many steps pass between two looks at the context when no row is computed, which looks itself.
const asks = 64

func (s *solver) minimise(ctx context.Context) (steps int, converged bool, err error) {
	every := min(s.n, 1000) // steps between looks for variables to set aside
	next := 0
	takenBack := false // all variables once before the end
	s.look()
	for {
		if steps%asks == 0 {
			if err := ctx.Err(); err != nil {
				return steps, false, err
			}
		}
		gap, best, err := s.second(ctx)
		if err != nil {
			return steps, false, err
		}
		if gap < s.tol || best < 0 {
			if s.active == s.n {
				s.say(gap, true)
				return steps, true, nil
			}
			if err := s.takeBack(ctx); err != nil {
				return steps, false, err
			}
			next = steps + 1 // set aside again at once
			continue
		}
		if steps >= s.most {
			if s.active < s.n {
				if err := s.takeBack(ctx); err != nil {
					return steps, false, err
				}
			}
			s.say(gap, true)
			return steps, false, nil
		}
		if steps >= next {
			next = steps + every
			s.say(gap, false)
			if s.shrink && steps > 0 && (s.rows > s.roomy || steps >= s.patience*s.rows) {
				if !takenBack && gap <= 10*s.tol && s.active < s.n {
					takenBack = true
					if err := s.takeBack(ctx); err != nil {
						return steps, false, err
					}
				}
				if s.setAside() {
					s.look()
					continue
				}
			}
		}
		if err := s.move(ctx, &s.groups[best]); err != nil {
			return steps, false, err
		}
		steps++
	}
}

// say tells the listeners where the problem stands.
func (s *solver) say(gap float64, last bool) {
	if s.checkpoint != nil {
		s.checkpoint(s, gap)
	}
	if s.reached != nil && s.active == s.n {
		s.reached(s, last)
	}
}

// look finds i of each group.
func (s *solver) look() {
	for g := range s.groups {
		x := &s.groups[g]
		x.i, x.most = step(s.v[:s.active], x.up[:s.active], s.none, s.none, 0)
	}
}

// second finds the second variable of each group, and returns by how much the optimum is missed and the group whose step promises most, -1 when none can move.
func (s *solver) second(ctx context.Context) (gap float64, best int, err error) {
	gap, best = math.Inf(-1), -1
	fall := 0.0
	for g := range s.groups {
		x := &s.groups[g]
		if x.second = -1; x.i < 0 {
			continue
		}
		row, err := s.kernelRow(ctx, x.i, s.active)
		if err != nil {
			return 0, -1, err
		}
		x.second, x.fall, x.least = gain(s.v[:s.active], x.down[:s.active], s.diagonal, row, x.most, s.diagonal[x.i])
		gap = max(gap, x.most-x.least)
		if x.second >= 0 && x.fall > fall {
			fall, best = x.fall, g
		}
	}
	return gap, best, nil
}

// move makes the step of a group's two variables.
func (s *solver) move(ctx context.Context, x *variables) error {
	i, j := x.i, x.second
	ki, err := s.kernelRow(ctx, i, s.active)
	if err != nil {
		return err
	}
	kj, err := s.kernelRow(ctx, j, s.active)
	if err != nil {
		return err
	}
	k := float64(ki[j])
	delta := (x.most - (s.v[j] + x.down[j])) / max(s.diagonal[i]+s.diagonal[j]-(k+k), leastCurvature)
	above, top := s.room(x, i)
	below, bottom := s.roomBelow(x, j)
	delta = min(delta, above, below)
	if x.a[i] += delta; delta == above {
		x.a[i] = top
	}
	if x.a[j] -= delta; delta == below {
		x.a[j] = bottom
	}
	s.place(x, i)
	s.place(x, j)
	first := true
	for g := range s.groups {
		x := &s.groups[g]
		if first {
			x.i, x.most = step(s.v[:s.active], x.up[:s.active], ki, kj, delta)
			first = false
			continue
		}
		x.i, x.most = step(s.v[:s.active], x.up[:s.active], s.none, s.none, 0)
	}
	return nil
}

// setAside puts the variables that stay at a bound behind the active ones, and reports whether there were any.
func (s *solver) setAside() bool {
	for g := range s.groups {
		x := &s.groups[g]
		x.most, x.least = math.Inf(-1), math.Inf(1)
		for q, v := range s.v[:s.active] {
			x.most, x.least = max(x.most, v+x.up[q]), min(x.least, v+x.down[q])
		}
	}
	stays := func(q int) bool {
		for g := range s.groups {
			x := &s.groups[g]
			if u := s.v[q] + x.up[q]; u >= x.least && u > math.Inf(-1) {
				return false
			}
			if w := s.v[q] + x.down[q]; w <= x.most && w < math.Inf(1) {
				return false
			}
		}
		return true
	}
	var aside []bool
	left := 0
	for q := range s.active {
		gone := stays(q)
		aside = append(aside, gone)
		if !gone {
			left++
		}
	}
	if left == s.active {
		return false
	}
	var below, above []int
	from := left
	for q := range left {
		if aside[q] {
			for aside[from] {
				from++
			}
			below, above = append(below, q), append(above, from)
			from++
		}
	}
	s.cache.swaps(below, above)
	for k, a := range below {
		b := above[k]
		s.points.swap(a, b)
		s.row[a], s.row[b] = s.row[b], s.row[a]
		for _, f := range [][]float64{s.v, s.t, s.diagonal} {
			f[a], f[b] = f[b], f[a]
		}
		for g := range s.groups {
			x := &s.groups[g]
			for _, f := range [][]float64{x.a, x.low, x.high, x.up, x.down} {
				f[a], f[b] = f[b], f[a]
			}
		}
	}
	s.active = left
	s.cache.resize(left)
	return true
}

// takeBack makes all variables active again.
func (s *solver) takeBack(ctx context.Context) error {
	from := s.active
	s.active = s.n
	if err := s.restore(ctx, from); err != nil {
		return err
	}
	s.cache.resize(s.n)
	s.look()
	return nil
}

// levels are those of the groups.
func (s *solver) levels() []float64 {
	var all []float64
	for g := range s.groups {
		all = append(all, s.level(&s.groups[g]))
	}
	return all
}

// level is where the values of the variables of x that can go both ways lie, their kinks taken off; the middle of what is allowed when there are none.
func (s *solver) level(x *variables) float64 {
	sum, free := 0.0, 0
	most, least := math.Inf(-1), math.Inf(1)
	for q, v := range s.v {
		if x.up[q] == x.down[q] {
			sum += v + x.up[q]
			free++
		}
		most, least = max(most, v+x.up[q]), min(least, v+x.down[q])
	}
	switch {
	case free > 0:
		return sum / float64(free)
	case math.IsInf(most, 0) && math.IsInf(least, 0): // no variable at all can move
		return 0
	case math.IsInf(most, 0):
		return least
	case math.IsInf(least, 0):
		return most
	}
	return (most + least) / 2
}

// rowChunk is how many columns of a row of the kernel are computed at once.
const rowChunk = 256

// parallelRow is from how many products on a row is shared out among workers.
const parallelRow = 1 << 19

// kernelRow returns the first columns of a row of the kernel. It is good until three other rows were asked for.
func (s *solver) kernelRow(ctx context.Context, position, columns int) ([]float32, error) {
	if r := s.row[position]; !s.asked[r] {
		s.asked[r] = true
		s.rows++
	}
	p := s.cache.use(position)
	if p.columns >= columns {
		return p.data, nil
	}
	if err := ctx.Err(); err != nil {
		p.columns = 0
		return nil, err
	}
	from, to := p.columns&^(group-1), roundUp(columns, group)
	p.columns = 0 // until all is there
	s.points.row(s.u, position)
	self := s.points.start[position] + s.kernel.constant()
	if (to-from)*s.points.p < parallelRow || s.workers < 2 {
		for c := from; c < to; c += rowChunk {
			s.rowPart(p.data, s.sums, self, c, min(c+rowChunk, to))
		}
	} else {
		part := roundUp((to-from+s.workers-1)/s.workers, group)
		err := safego.Chunks(ctx, to-from, part, s.workers, func(_, lo, hi int) error {
			sums := make([]float64, rowChunk)
			for c := from + lo; c < from+hi; c += rowChunk {
				s.rowPart(p.data, sums, self, c, min(c+rowChunk, from+hi))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	p.columns = min(to, s.n)
	return p.data, nil
}

// rowPart computes columns lo to hi of the row s.u.
func (s *solver) rowPart(row []float32, sums []float64, self float64, lo, hi int) {
	dotsRow(sums[:hi-lo], s.u, s.points.z[lo*s.points.p:], s.points.start[lo:], self)
	s.kernel.values32(row[lo:hi], sums[:hi-lo])
}

// restoreChunk is for how many positions v is made anew at once.
const restoreChunk = 1024

// restore computes v = t - K b from a position on. O(n p) a support vector whose row the cache has not.
func (s *solver) restore(ctx context.Context, from int) error {
	var vectors []int // positions with b != 0
	for q := range s.n {
		if s.b(q) != 0 {
			vectors = append(vectors, q)
		}
	}
	low := from &^ (group - 1)
	return safego.Chunks(ctx, s.n-low, restoreChunk, s.workers, func(_, lo, hi int) error {
		return s.restorePart(ctx, vectors, from, low+lo, low+hi)
	})
}

// restorePart makes v anew from position lo to hi, but not before from.
func (s *solver) restorePart(ctx context.Context, vectors []int, from, lo, hi int) error {
	columns := roundUp(hi-lo, group)
	sum := make([]float64, columns)
	var fresh [4][]float32
	var sums, x []float64
	var waiting []int // vectors whose rows are in fresh, in order
	for k, q := range vectors {
		if s.cache.columnsOf(q) >= hi {
			addScaled(sum[:hi-lo], s.cache.peek(q)[lo:], s.b(q))
			continue
		}
		if len(waiting) == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if sums == nil {
				sums, x = make([]float64, 4*columns), make([]float64, 4*s.points.p)
				for i := range fresh {
					fresh[i] = make([]float32, columns)
				}
			}
			var self [4]float64
			for _, next := range vectors[k:] {
				if s.cache.columnsOf(next) >= hi {
					continue
				}
				i := len(waiting)
				s.points.row(x[i*s.points.p:][:s.points.p], next)
				self[i] = s.points.start[next] + s.kernel.constant()
				if waiting = append(waiting, next); len(waiting) == 4 {
					break
				}
			}
			dotsFour(sums, columns, columns, x, s.points.p, s.points.z[lo*s.points.p:], s.points.start[lo:], 0, &self)
			for i := range waiting {
				s.kernel.values32(fresh[i], sums[i*columns:][:columns])
			}
		}
		addScaled(sum[:hi-lo], fresh[0][:hi-lo], s.b(q))
		waiting = waiting[1:]
		fresh[0], fresh[1], fresh[2], fresh[3] = fresh[1], fresh[2], fresh[3], fresh[0]
	}
	for q := max(from, lo); q < hi; q++ {
		s.v[q] = s.t[q] - sum[q-lo]
	}
	return nil
}
