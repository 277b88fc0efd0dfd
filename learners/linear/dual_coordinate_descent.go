package linear

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// dualCoordinateDescent fits a support vector machine with the hinge loss or its square:
//
//	primal:  P(w) = 1/2 |w|^2 + sum_i C_i max(0, 1 - y_i w.x_i), or squared: C_i max(0, 1 - y_i w.x_i)^2
//	dual:    D(a) = sum_i a_i - 1/2 |w(a)|^2 - 1/2 sum_i d_i a_i^2,  0 <= a_i <= U_i,  w(a) = sum_i a_i y_i x_i
//
// where U_i = C_i and d_i = 0, or squared: U_i has no end and d_i = 1 / (2 C_i).
//
// Each step maximises D over one a_i exactly:  a_i <- min(max(a_i - G / (|x_i|^2 + d_i), 0), U_i),  G = y_i w.x_i - 1 + d_i a_i,  and keeps w(a) up to date.
//
//	x_i        the row followed by the constant scale, whose coefficient times scale is the intercept
//	a, C, y    alpha, cost, y
//	U, d       upper, extra
//	norm       |x_i|^2 + d_i
//	G, PG      slope and its projection: zero where the bound holds a_i back
//	active     rows still in the game: a row at its bound with a slope beyond the largest violation of the last epoch is set aside (shrinking), and looked
//	           at again before the end
//
// Rows are visited in an order shuffled anew each epoch. Stops when the duality gap P(w) - D(a) is below tol P(w): the certified distance to the optimum.
//
// C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. S. Keerthi, S. Sundararajan: A dual coordinate descent method for large-scale linear SVM, ICML 2008, Algorithm 3 and
// section 3.2. An epoch costs one pass over the active rows; linear convergence, slow when C is large or many rows are alike.
type dualCoordinateDescent struct {
	x       *design
	y       []float64
	cost    []float64
	squared bool
	scale   float64 // 0: no intercept
	tol     float64
	maxIter int
	rng     *rand.Rand
	report  report
}

// minimise sets w, the p coefficients and the intercept, and returns P(w).
func (s *dualCoordinateDescent) minimise(ctx context.Context, w []float64) (value float64, converged bool, err error) {
	n, p := s.x.n, s.x.p
	clear(w)
	w, bias := w[:p], &w[p] // *bias is the coefficient of the constant, until the end
	defer func() { *bias *= s.scale }()
	alpha, norm := make([]float64, n), make([]float64, n)
	active := make([]int, 0, n)
	err = s.x.eachChunk(ctx, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			norm[i] = s.x.rowSquare(i) + s.scale*s.scale
		}
	})
	if err != nil {
		return 0, false, err
	}
	upper, extra := s.cost, make([]float64, n)
	if s.squared {
		upper = make([]float64, n)
		for i, c := range s.cost {
			upper[i] = math.Inf(1)
			if c > 0 {
				extra[i] = 1 / (2 * c)
			}
			norm[i] += extra[i]
		}
	}
	for i := range norm {
		if s.cost[i] > 0 {
			active = append(active, i)
		}
	}
	all := append([]int(nil), active...)
	high, low := math.Inf(1), math.Inf(-1) // largest and smallest slope that keeps a row at its bound in the game
	checkAt := 1
	for epoch := 1; epoch <= s.maxIter; epoch++ {
		if err := shuffle(ctx, s.rng, active); err != nil {
			return 0, false, err
		}
		top, bottom, work := math.Inf(-1), math.Inf(1), 0
		for k := 0; k < len(active); k++ {
			if work += p; work > 1<<18 {
				work = 0
				if err := ctx.Err(); err != nil {
					return 0, false, err
				}
			}
			i := active[k]
			slope := s.y[i]*(s.x.rowDot(i, w)+*bias*s.scale) - 1 + extra[i]*alpha[i]
			projected := slope
			switch {
			case alpha[i] == 0:
				if slope > high {
					active[k] = active[len(active)-1]
					active = active[:len(active)-1]
					k--
					continue
				}
				projected = min(slope, 0)
			case alpha[i] == upper[i]:
				if slope < low {
					active[k] = active[len(active)-1]
					active = active[:len(active)-1]
					k--
					continue
				}
				projected = max(slope, 0)
			}
			top, bottom = max(top, projected), min(bottom, projected)
			if projected == 0 {
				continue
			}
			next := upper[i]
			if norm[i] > 0 {
				next = min(max(alpha[i]-slope/norm[i], 0), upper[i])
			}
			if step := (next - alpha[i]) * s.y[i]; step != 0 {
				s.x.addRow(i, step, w)
				*bias += step * s.scale
			}
			alpha[i] = next
		}
		settled := !(top-bottom > s.tol) // nothing moves any more, or no row is left
		if epoch >= checkAt || settled {
			checkAt = epoch + 1 + epoch/4
			primal, dual, err := s.values(ctx, w, *bias, alpha)
			if err != nil {
				return 0, false, err
			}
			value = primal
			point := slices.Clone(w)
			if s.scale > 0 {
				point = append(point, *bias*s.scale)
			}
			s.report(epoch, value, point)
			if primal-dual <= max(s.tol, 1e-14)*math.Abs(primal) {
				return value, true, nil
			}
			if settled {
				active = append(active[:0], all...)
				high, low = math.Inf(1), math.Inf(-1)
				continue
			}
		}
		high, low = top, bottom
		if !(high > 0) {
			high = math.Inf(1)
		}
		if !(low < 0) {
			low = math.Inf(-1)
		}
	}
	primal, dual, err := s.values(ctx, w, *bias, alpha)
	if err != nil {
		return 0, false, err
	}
	return primal, primal-dual <= max(s.tol, 1e-14)*math.Abs(primal), nil
}

// values returns P(w) and D(a), in one pass.
func (s *dualCoordinateDescent) values(ctx context.Context, w []float64, bias float64, alpha []float64) (primal, dual float64, err error) {
	z := make([]float64, s.x.n)
	sums := make([]float64, 2)
	err = s.x.reduce(ctx, sums, func(lo, hi int, part []float64) {
		s.x.margins(lo, hi, w, bias*s.scale, z[lo:hi])
		if !s.squared {
			part[0] += hingeLoss(z[lo:hi], s.y[lo:hi], s.cost[lo:hi])
			for _, a := range alpha[lo:hi] {
				part[1] += a
			}
			return
		}
		for i := lo; i < hi; i++ {
			short := max(0, 1-s.y[i]*z[i])
			part[0] += s.cost[i] * short * short
			if a := alpha[i]; a > 0 {
				part[1] += a - a*a/(4*s.cost[i])
			}
		}
	})
	half := (dot(w, w) + bias*bias) / 2
	return sums[0] + half, sums[1] - half, err
}

// shuffle puts v in random order. It ends early with the context's error.
func shuffle(ctx context.Context, rng *rand.Rand, v []int) error {
	for i := len(v) - 1; i > 0; i-- {
		if i%(1<<16) == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		j := rng.IntN(i + 1)
		v[i], v[j] = v[j], v[i]
	}
	return nil
}
