package linear

import (
	"context"
	"math"
)

// interiorPoint minimises a piecewise linear loss with a ridge and an L1 penalty,
//
//	F(w) = sum_i c_i r_i(b_i - a_i.w) + 1/2 sum_j R_j w_j^2 + sum_j t_j |w_j|,   r_i(e) = q_i max(e, 0) + (1 - q_i) max(-e, 0)
//
// which is quantile regression (q_i = q) and, with b_i = y_i and q_i = 1 for y_i = 1, 0 for y_i = -1, the hinge loss. t_j |w_j| is one more row with
// a = the j-th unit vector, b = 0, c = 2 t_j, q = 1/2. With e = u - v, u, v >= 0, and the dual m (one number a row) the optimum is where
//
//	A w + u - v = b,   A' m = R w,   u p = 0,   v q = 0,   p = c q_i - m >= 0,   q = m + c (1 - q_i) >= 0
//
// Newton steps on these equations with u p = v q = target, target -> 0 (Mehrotra's predictor and corrector), come down to one system a step:
//
//	(R + A' T A) dw = A' m - R w + A' T h,   T = 1 / (u/p + v/q),   h = (b - A w - u + v) - (target/p - u) + (target/q - v)
//
//	w, u, v, m, p, q          as above (p is slackP, q is slackQ)
//	T                         theta
//
// Stops when F(w) - (b.m - 1/2 w' R w), the duality gap, and the part of it that rests on A' m - R w are below tol |F|.
//
// S. Portnoy, R. Koenker: The Gaussian hare and the Laplacian tortoise, Statistical Science 12 (1997), section 3; M. C. Ferris, T. S. Munson: Interior-point methods
// for massive support vector machines, SIAM J. Optimization 13 (2002); S. Mehrotra, SIAM J. Optimization 2 (1992). A step costs O(n m^2 / 2 + d^3 / 6) and four
// passes over the data; 15 to 40 steps whatever the size.
type interiorPoint struct {
	x         *design
	intercept bool
	b         []float64 // n
	cost      []float64 // n: c
	share     []float64 // n: q_i
	ridge     ridge
	l1        float64 // t of the coefficients; the intercept has none
	tol       float64
	maxIter   int
	report    report
}

// maxInterior is how many features interiorPoint takes when there are fewer rows: its matrix has the square of that many numbers.
const maxInterior = 4000

// tooWide reports whether the matrix of interiorPoint would be far larger than the data.
func tooWide(n, p int) bool { return p > maxInterior && p > n }

// pinball is r_i of a row.
func pinball(e, share float64) float64 { return share*max(e, 0) + (1-share)*max(-e, 0) }

// minimise moves w, the coefficients and perhaps an intercept, to the optimum.
func (s *interiorPoint) minimise(ctx context.Context, w []float64) (value float64, converged bool, err error) {
	t := newInteriorState(s, w)
	if err := t.start(ctx); err != nil {
		return 0, false, err
	}
	first := math.NaN()
	best, bestW := math.Inf(1), append([]float64(nil), w...)
	for iteration := 1; iteration <= s.maxIter; iteration++ {
		gap, err := t.residuals(ctx)
		if err != nil {
			return 0, false, err
		}
		if iteration == 1 {
			first = t.value
		}
		if t.value < best {
			best = t.value
			copy(bestW, w)
		}
		s.report(iteration, best, bestW)
		if math.Abs(gap) <= max(s.tol, 1e-13)*magnitude(t.value, first) && t.value <= best*(1+s.tol) {
			return t.value, true, nil
		}
		moved, err := t.step(ctx)
		if err != nil {
			return 0, false, err
		}
		if !(moved > 1e-12) { // rounding has the last word
			break
		}
	}
	copy(w, bestW)
	return best, false, nil
}

// interiorState is the iterate. Vectors over rows have n entries, and p more for the rows of the L1 penalty.
type interiorState struct {
	*interiorPoint
	d, rows                        int
	w                              []float64
	b, cost, share                 []float64
	u, v, m, slackP, slackQ        []float64
	primal                         []float64 // b - A w - u + v
	dual                           []float64 // A' m - R w
	theta, h                       []float64
	du, dv, dm, adw, dw, rhs       []float64
	affineU, affineV               []float64 // products of the predictor's steps
	keepU, keepV, keepM, keepW     []float64
	value, target, complementarity float64
	hessianCopy                    []float64
	residual, correction           []float64
	sums                           []float64
}

func newInteriorState(s *interiorPoint, w []float64) *interiorState {
	n := s.x.n
	rows := n
	if s.l1 > 0 {
		rows += s.x.p
	}
	t := &interiorState{interiorPoint: s, d: len(w), rows: rows, w: w}
	for _, v := range []*[]float64{&t.b, &t.cost, &t.share, &t.u, &t.v, &t.m, &t.slackP, &t.slackQ, &t.primal, &t.theta, &t.h, &t.du, &t.dv, &t.dm, &t.adw,
		&t.affineU, &t.affineV, &t.keepU, &t.keepV, &t.keepM} {
		*v = make([]float64, rows)
	}
	for _, v := range []*[]float64{&t.dual, &t.dw, &t.rhs, &t.residual, &t.correction, &t.keepW} {
		*v = make([]float64, t.d)
	}
	t.sums = make([]float64, s.x.p+1)
	copy(t.b, s.b)
	copy(t.cost, s.cost)
	copy(t.share, s.share)
	for i := n; i < rows; i++ {
		t.cost[i], t.share[i] = 2*s.l1, 0.5
	}
	return t
}

// apply sets out to A v.
func (t *interiorState) apply(ctx context.Context, v, out []float64) error {
	p, bias := t.x.p, 0.0
	if t.intercept {
		bias = v[p]
	}
	err := t.x.eachChunk(ctx, func(lo, hi int) { t.x.margins(lo, hi, v[:p], bias, out[lo:hi]) })
	if t.rows > t.x.n {
		copy(out[t.x.n:], v[:p])
	}
	return err
}

// applyTransposed sets out to A' r.
func (t *interiorState) applyTransposed(ctx context.Context, r, out []float64) error {
	p := t.x.p
	err := t.x.reduce(ctx, t.sums, func(lo, hi int, part []float64) {
		t.x.addRows(lo, hi, r[lo:hi], part[:p])
		for _, v := range r[lo:hi] {
			part[p] += v
		}
	})
	copy(out, t.sums[:t.d])
	for j, v := range r[t.x.n:] {
		out[j] += v
	}
	return err
}

// start sets the dual to the middle of its box and the primal to the errors at w, moved off their bounds.
func (t *interiorState) start(ctx context.Context) error {
	if err := t.apply(ctx, t.w, t.adw); err != nil {
		return err
	}
	total, size := 0.0, 0.0
	for i, c := range t.cost {
		total += c
		size += c * math.Abs(t.b[i]-t.adw[i])
	}
	shift := 3 * size / total
	if !(shift > 0) {
		shift = 1
	}
	for i, c := range t.cost {
		e := t.b[i] - t.adw[i]
		t.u[i], t.v[i] = max(e, 0)+shift, max(-e, 0)+shift
		t.slackP[i], t.slackQ[i] = c*t.v[i]/(t.u[i]+t.v[i]), c*t.u[i]/(t.u[i]+t.v[i])
		t.m[i] = c*t.share[i] - t.slackP[i]
	}
	return nil
}

// residuals computes what the equations lack, the value F(w) and the duality gap.
func (t *interiorState) residuals(ctx context.Context) (gap float64, err error) {
	if err := t.apply(ctx, t.w, t.adw); err != nil {
		return 0, err
	}
	if err := t.applyTransposed(ctx, t.m, t.dual); err != nil {
		return 0, err
	}
	p := t.x.p
	negated := make([]float64, t.d)
	half := t.ridge.add(p, t.w, negated)
	lack := 0.0
	for j := range t.dual {
		t.dual[j] -= negated[j]
		lack += math.Abs(t.dual[j] * t.w[j])
	}
	loss, dual, count := 0.0, 0.0, 0
	t.complementarity = 0
	for i, c := range t.cost {
		if c == 0 {
			continue
		}
		e := t.b[i] - t.adw[i]
		t.primal[i] = e - t.u[i] + t.v[i]
		loss += c * pinball(e, t.share[i])
		dual += t.b[i] * t.m[i]
		t.complementarity += t.u[i]*t.slackP[i] + t.v[i]*t.slackQ[i]
		count += 2
	}
	t.complementarity /= float64(max(count, 1))
	t.value = loss + half
	return t.value - (dual - half) + lack, nil
}

// step makes one predictor-corrector step and returns its length.
func (t *interiorState) step(ctx context.Context) (length float64, err error) {
	for i, c := range t.cost {
		t.theta[i] = 0
		if c > 0 {
			t.theta[i] = 1 / (t.u[i]/t.slackP[i] + t.v[i]/t.slackQ[i])
		}
	}
	h, err := t.x.gram(ctx, t.theta[:t.x.n], 1)
	if err != nil {
		return 0, err
	}
	h = leading(h, t.x.p+1, t.d)
	t.ridge.addDiagonal(t.x.p, h, t.d)
	for j, v := range t.theta[t.x.n:] {
		h[j*t.d+j] += v
	}
	t.hessianCopy = append(t.hessianCopy[:0], h...)
	f, err := factorHessian(ctx, h, t.d)
	if err != nil {
		return 0, err
	}
	clear(t.affineU)
	clear(t.affineV)
	t.target = 0
	if err := t.direction(ctx, f); err != nil {
		return 0, err
	}
	a := t.longest(1)
	after := 0.0
	count := 0
	for i, c := range t.cost {
		if c == 0 {
			continue
		}
		after += (t.u[i]+a*t.du[i])*(t.slackP[i]-a*t.dm[i]) + (t.v[i]+a*t.dv[i])*(t.slackQ[i]+a*t.dm[i])
		count += 2
		t.affineU[i], t.affineV[i] = -t.du[i]*t.dm[i], t.dv[i]*t.dm[i]
	}
	ratio := after / float64(max(count, 1)) / t.complementarity
	t.target = ratio * ratio * ratio * t.complementarity
	if err := t.direction(ctx, f); err != nil {
		return 0, err
	}
	if a, err = t.center(ctx, f, t.longest(1)); err != nil {
		return 0, err
	}
	a = min(1, 0.99*a)
	for i, c := range t.cost {
		if c == 0 {
			continue
		}
		t.u[i] += a * t.du[i]
		t.v[i] += a * t.dv[i]
		t.m[i] += a * t.dm[i]
		t.slackP[i] -= a * t.dm[i]
		t.slackQ[i] += a * t.dm[i]
	}
	addScaled(t.w, a, t.dw)
	return a, nil
}

// center improves the step by up to maxCorrectors further solutions with the same factor, each of which pulls the products u p and v q that the step would leave
// far from the target back into a band around it, so that the next bound comes later; a is the length of the step before. Sums of all corrections stay in
// affineU and affineV.
func (t *interiorState) center(ctx context.Context, f *factored, a float64) (float64, error) {
	for round := 0; round < maxCorrectors && a < 0.9; round++ {
		reach := min(1, 1.1*a+0.1)
		low, high := bandLow*t.target, bandHigh*t.target
		for i, c := range t.cost {
			if c == 0 {
				continue
			}
			t.affineU[i] -= pull((t.u[i]+reach*t.du[i])*(t.slackP[i]-reach*t.dm[i]), low, high)
			t.affineV[i] -= pull((t.v[i]+reach*t.dv[i])*(t.slackQ[i]+reach*t.dm[i]), low, high)
		}
		copy(t.keepU, t.du)
		copy(t.keepV, t.dv)
		copy(t.keepM, t.dm)
		copy(t.keepW, t.dw)
		if err := t.direction(ctx, f); err != nil {
			return 0, err
		}
		next := t.longest(1)
		if next < a+0.01 {
			t.du, t.keepU = t.keepU, t.du
			t.dv, t.keepV = t.keepV, t.dv
			t.dm, t.keepM = t.keepM, t.dm
			t.dw, t.keepW = t.keepW, t.dw
			return a, nil
		}
		a = next
	}
	return a, nil
}

const (
	maxCorrectors = 3
	bandLow       = 0.1
	bandHigh      = 10
)

// pull is what brings a product into the band, but down by no more than the upper end.
func pull(product, low, high float64) float64 {
	switch {
	case product < low:
		return low - product
	case product > high:
		return max(high-product, -high)
	}
	return 0
}

// direction solves for the step towards the present target.
func (t *interiorState) direction(ctx context.Context, f *factored) error {
	for i, c := range t.cost {
		if c == 0 {
			t.h[i] = 0
			continue
		}
		t.h[i] = t.primal[i] - ((t.target-t.affineU[i])/t.slackP[i] - t.u[i]) + ((t.target-t.affineV[i])/t.slackQ[i] - t.v[i])
		t.dm[i] = t.theta[i] * t.h[i] // scratch
	}
	if err := t.applyTransposed(ctx, t.dm, t.rhs); err != nil {
		return err
	}
	for j, v := range t.dual {
		t.rhs[j] += v
	}
	f.solve(t.rhs, t.dw)
	t.refine(f)
	if err := t.apply(ctx, t.dw, t.adw); err != nil {
		return err
	}
	for i, c := range t.cost {
		if c == 0 {
			t.dm[i] = 0
			continue
		}
		t.dm[i] = t.theta[i] * (t.h[i] - t.adw[i])
		t.du[i] = (t.target-t.affineU[i]+t.u[i]*t.dm[i])/t.slackP[i] - t.u[i]
		t.dv[i] = (t.target-t.affineV[i]-t.v[i]*t.dm[i])/t.slackQ[i] - t.v[i]
	}
	return nil
}

// refine improves dw by what the system still lacks: the factor is a little off where columns depend on each other.
func (t *interiorState) refine(f *factored) {
	for round := 0; round < 2; round++ {
		copy(t.residual, t.rhs)
		for i := 0; i < t.d; i++ {
			row := t.hessianCopy[i*t.d:]
			for j := 0; j < i; j++ {
				t.residual[i] -= row[j] * t.dw[j]
				t.residual[j] -= row[j] * t.dw[i]
			}
			t.residual[i] -= row[i] * t.dw[i]
		}
		f.solve(t.residual, t.correction)
		addScaled(t.dw, 1, t.correction)
	}
}

// longest is the share of the way to the nearest bound, at most one.
func (t *interiorState) longest(share float64) float64 {
	a := 1 / share
	for i, c := range t.cost {
		if c == 0 {
			continue
		}
		if t.du[i] < 0 {
			a = min(a, -t.u[i]/t.du[i])
		}
		if t.dv[i] < 0 {
			a = min(a, -t.v[i]/t.dv[i])
		}
		if t.dm[i] > 0 {
			a = min(a, t.slackP[i]/t.dm[i])
		} else if t.dm[i] < 0 {
			a = min(a, -t.slackQ[i]/t.dm[i])
		}
	}
	return min(1, share*a)
}
