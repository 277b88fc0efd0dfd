package svm

import (
	"math"
	"math/bits"

	"aibms/learners/exponential"
)

// platt turns decision values f into probabilities of the second class: p = 1 / (1 + exp(-(a f + b))).
type platt struct{ a, b float64 }

func (p platt) probability(f float64) float64 {
	z := p.a*f + p.b
	e := exponential.Exp(-math.Abs(z), 0)
	if z >= 0 {
		return 1 / (1 + e)
	}
	return e / (1 + e)
}

// fitPlatt minimises the cross-entropy between p and soft targets,
//
//   - sum_i s_i ( t_i log p_i + (1 - t_i) log(1 - p_i) ),   t_i = (N1 + 1) / (N1 + 2) for y_i = 1,  1 / (N0 + 2) for y_i = -1
//
// where N1 and N0 are the weights s of the two classes, by Newton's method with steps halved until the value falls enough.
//
// J. Platt: Probabilistic outputs for support vector machines (1999); H.-T. Lin, C.-J. Lin, R. C. Weng: A note on Platt's probabilistic outputs for support vector
// machines, Machine Learning 68 (2007), whose formulas for the loss do not overflow. O(n) an iteration.
func fitPlatt(f, y, weight []float64) platt {
	n1, n0 := 0.0, 0.0
	for i, s := range weight {
		if y[i] > 0 {
			n1 += s
		} else {
			n0 += s
		}
	}
	high, low := (n1+1)/(n1+2), 1/(n0+2)
	target := func(i int) float64 {
		if y[i] > 0 {
			return high
		}
		return low
	}
	value := func(p platt) float64 {
		sum := 0.0
		for i, s := range weight {
			z := p.a*f[i] + p.b
			sum += s * (max(z, 0) - target(i)*z + math.Log1p(exponential.Exp(-math.Abs(z), 0)))
		}
		return sum
	}
	p := platt{0, math.Log((n1 + 1) / (n0 + 1))}
	at := value(p)
	for range 100 {
		var ga, gb, aa, ab, bb float64 // gradient, second derivatives
		for i, s := range weight {
			q := p.probability(f[i])
			d, c := s*(q-target(i)), s*q*(1-q)
			ga += d * f[i]
			gb += d
			aa += c * f[i] * f[i]
			ab += c * f[i]
			bb += c
		}
		if math.Abs(ga) < 1e-9*(1+n0+n1) && math.Abs(gb) < 1e-9*(1+n0+n1) {
			break
		}
		aa += 1e-12 * (1 + aa)
		bb += 1e-12 * (1 + bb)
		det := aa*bb - ab*ab
		da, db := -(bb*ga-ab*gb)/det, -(aa*gb-ab*ga)/det
		slope := ga*da + gb*db
		moved := false
		for size := 1.0; size > 1e-10; size /= 2 {
			next := platt{p.a + size*da, p.b + size*db}
			if v := value(next); v < at+1e-4*size*slope {
				p, at, moved = next, v, true
				break
			}
		}
		if !moved {
			break
		}
	}
	return p
}

// couple fills p with the probabilities of k classes that fit those of pairs best: r[i*k+j] is that of class i against class j. It minimises
//
//	sum_i sum_j!=i (r_ji p_i - r_ij p_j)^2   over p >= 0 with sum p = 1
//
// T.-F. Wu, C.-J. Lin, R. C. Weng: Probability estimates for multi-class classification by pairwise coupling, JMLR 5 (2004), algorithm 2. q has k*k numbers, qp has k; both are overwritten. O(k^2) a round.
func couple(p, r, q, qp []float64) {
	k := len(p)
	for i := range k {
		p[i] = 1 / float64(k)
		q[i*k+i] = 0
		for j := range k {
			if j != i {
				q[i*k+i] += r[j*k+i] * r[j*k+i]
				q[i*k+j] = -r[j*k+i] * r[i*k+j]
			}
		}
	}
	for range max(100, k) {
		pqp := 0.0
		for i := range k {
			qp[i] = 0
			for j := range k {
				qp[i] += q[i*k+j] * p[j]
			}
			pqp += p[i] * qp[i]
		}
		worst := 0.0
		for i := range k {
			worst = max(worst, math.Abs(qp[i]-pqp))
		}
		if worst < 1e-5/float64(k) {
			break
		}
		for i := range k {
			d := (pqp - qp[i]) / q[i*k+i]
			p[i] += d
			pqp = (pqp + d*(d*q[i*k+i]+2*qp[i])) / ((1 + d) * (1 + d))
			for j := range k {
				qp[j] = (qp[j] + d*q[i*k+j]) / (1 + d)
				p[j] /= 1 + d
			}
		}
	}
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	for i := range p {
		p[i] /= sum
	}
}

// leastPair keeps the probabilities of pairs off 0 and 1, so that couple divides by no zero.
const leastPair = 1e-7

// foldOf assigns a row to one of folds by a hash of its content: the order of the rows does not matter, and equal rows share a fold, so that a row of weight two counts like two rows.
func foldOf(x []float64, y float64, folds int, seed uint64) int {
	h := mixHash(seed, math.Float64bits(y))
	for _, v := range x {
		h = mixHash(h, math.Float64bits(v+0)) // -0 and 0 are equal
	}
	high, _ := bits.Mul64(h, uint64(folds))
	return int(high)
}

// mixHash adds v to the hash h (splitmix64).
func mixHash(h, v uint64) uint64 {
	z := (h ^ v) + 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}
