package neural

import (
	"math"

	"aibms/learners/matmul"
)

// loss is what training makes small, as a function of the outputs z of a row and its target t. Several numbers have an output each, and their losses are added up.
type loss uint8

const (
	logistic loss = iota // two classes, one output: log(1 + exp(z)) - t z, t = 0 or 1
	softmax              // K classes: log sum_k exp z_k - z_t
	squared              // (z - t)^2 / 2
	huber                // the same up to |z - t| = delta, linear beyond: Huber, Annals of Mathematical Statistics 35 (1964)
)

var losses = []string{"logistic", "softmax", "squared_error", "huber"}

// criterion is a loss with its setting.
type criterion struct {
	loss  loss
	delta float64 // of huber, in standard deviations of the target
}

// of returns the loss of one row, and sets back, unless nil, to its derivatives by the outputs. target is the code of the class, or a number for each output.
func (c criterion) of(z, target, back []float64) float64 {
	switch c.loss {
	case logistic:
		e := math.Exp(-math.Abs(z[0]))
		if back != nil {
			p := 1 / (1 + e)
			if z[0] < 0 {
				p = e / (1 + e)
			}
			back[0] = p - target[0]
		}
		return max(z[0], 0) - target[0]*z[0] + math.Log1p(e)
	case softmax:
		top, sum := math.Inf(-1), 0.0
		for _, v := range z {
			top = max(top, v)
		}
		for k, v := range z {
			e := math.Exp(v - top)
			sum += e
			if back != nil {
				back[k] = e
			}
		}
		if back != nil {
			for k := range back {
				back[k] /= sum
			}
			back[int(target[0])]--
		}
		return top - z[int(target[0])] + math.Log(sum)
	}
	sum := 0.0
	for k, v := range z {
		d := v - target[k]
		cost, slope := d*d/2, d
		if size := math.Abs(d); c.loss == huber && size > c.delta {
			cost, slope = c.delta*(size-c.delta/2), math.Copysign(c.delta, d)
		}
		sum += cost
		if back != nil {
			back[k] = slope
		}
	}
	return sum
}

// lossOf is the sum of the weighted losses of rows of k outputs each. It sets delta, unless nil, to the derivatives by them, times scale. weights nil are ones.
func lossOf[T matmul.Float](c criterion, outputs []T, k int, targets, weights []float64, scale float64, delta []T) float64 {
	rows := len(outputs) / k
	each := len(targets) / rows // 1, or k numbers
	both := make([]float64, 2*k)
	z, back := both[:k], both[k:]
	if delta == nil {
		back = nil
	}
	total := 0.0
	for i := range rows {
		for j, v := range outputs[i*k:][:k] {
			z[j] = float64(v)
		}
		weight := 1.0
		if weights != nil {
			weight = weights[i]
		}
		total += weight * c.of(z, targets[i*each:][:each], back)
		for j, v := range back {
			delta[i*k+j] = T(v * weight * scale)
		}
	}
	return total
}
