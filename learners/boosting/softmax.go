package boosting

import "math"

// softmax is the negative log-likelihood of K classes, with p_k = exp(z_k) / sum exp(z) and a tree for each class in every round:
//
//	-log p_y;  gradient p_k - [y = k], hessian K/(K-1) p_k (1 - p_k)
//
// The hessian is the diagonal of the true one, larger by K/(K-1): that makes the step of a leaf the one of Friedman 2001, algorithm 6, which holds the sum of the margins.
type softmax struct{ classes int }

func (s softmax) outputs() int { return s.classes }

// rarest is the share that a class without rows is given.
const rarest = 1e-12

// start is the logarithm of each class's share of the weight.
func (s softmax) start(t *target) []float64 {
	share := make([]float64, s.classes)
	total := t.total()
	for i, y := range t.y {
		share[int(y)] += t.weightOf(i) / total
	}
	for k := range share {
		share[k] = math.Log(max(rarest, share[k]))
	}
	return share
}

func (s softmax) derive(t *target, lo, hi int, margins, gradients, hessians [][]float64) float64 {
	p := make([]float64, s.classes)
	factor := float64(s.classes) / float64(s.classes-1)
	sum := 0.0
	for i := lo; i < hi; i++ {
		w, y := t.weightOf(i), int(t.y[i])
		sum += w * s.row(margins, i, y, p)
		for k, v := range p {
			d := v
			if k == y {
				d--
			}
			gradients[k][i], hessians[k][i] = w*d, w*factor*v*(1-v)
		}
	}
	return sum
}

func (s softmax) loss(t *target, lo, hi int, margins [][]float64) float64 {
	p := make([]float64, s.classes)
	sum := 0.0
	for i := lo; i < hi; i++ {
		sum += t.weightOf(i) * s.row(margins, i, int(t.y[i]), p)
	}
	return sum
}

// row fills the probabilities of row i and returns -log p of class y.
func (s softmax) row(margins [][]float64, i, y int, p []float64) float64 {
	for k := range p {
		p[k] = margins[k][i]
	}
	own := p[y]
	top, total := toProbabilities(p)
	return top - own + math.Log(total)
}

// toProbabilities turns margins into probabilities in place. It returns the largest margin and the sum of exp(z - top).
func toProbabilities(z []float64) (top, total float64) {
	top = z[0]
	for _, v := range z[1:] {
		top = max(top, v)
	}
	for k, v := range z {
		z[k] = exp(v - top)
		total += z[k]
	}
	for k := range z {
		z[k] /= total
	}
	return top, total
}

var _ objective = softmax{}
