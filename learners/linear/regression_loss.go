package linear

import "math"

// squaredLoss is l(y, z) = (y - z)^2 / 2.
type squaredLoss struct{}

func (squaredLoss) derive(z, y, weight, first, second []float64) float64 {
	sum := 0.0
	for i, v := range z {
		e := v - y[i]
		s := weight[i]
		sum += s * e * e
		first[i] = s * e
		second[i] = s
	}
	return sum / 2
}

// smoothPinballLoss stands for the pinball loss of quantile q, e = y - z,
//
//	q max(e, 0) + (1 - q) max(-e, 0) = q e + max(-e, 0)
//
// with max(-e, 0) replaced by width log(1 + exp(-e / width)): it lies above the pinball loss, by at most width log 2. Width 0 is the pinball loss itself, without
// second derivative.
type smoothPinballLoss struct{ q, width float64 }

func (l smoothPinballLoss) derive(z, y, weight, first, second []float64) float64 {
	sum := 0.0
	for i, v := range z {
		e, s := y[i]-v, weight[i]
		if l.width == 0 {
			sum += s * pinball(e, l.q)
			first[i], second[i] = -s*l.q, 0
			if e < 0 {
				first[i] += s
			}
			continue
		}
		t := math.Exp(-math.Abs(e) / l.width)
		below := t / (1 + t) // sigmoid(-e / width)
		if e < 0 {
			below = 1 / (1 + t)
		}
		sum += s * (l.q*e + max(-e, 0) + l.width*math.Log1p(t))
		first[i] = s * (below - l.q)
		second[i] = s * t / ((1 + t) * (1 + t) * l.width)
	}
	return sum
}
