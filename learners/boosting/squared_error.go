package boosting

// squaredError is 1/2 (y - z)^2: gradient z - y, hessian 1. One tree of it is Friedman's LS_Boost (Annals of Statistics 29 (2001), algorithm 2).
type squaredError struct{}

func (squaredError) outputs() int { return 1 }

// start is the weighted mean.
func (squaredError) start(t *target) []float64 { return []float64{mean(t)} }

// mean is the weighted mean of the target, found around its first value so that a constant target is met exactly.
func mean(t *target) float64 {
	first := t.y[0]
	sum, total := 0.0, 0.0
	for i, y := range t.y {
		w := t.weightOf(i)
		sum += w * (y/2 - first/2) // halves, so that the difference of large numbers is finite
		total += w
	}
	return first + 2*(sum/total)
}

func (squaredError) derive(t *target, lo, hi int, margins, gradients, hessians [][]float64) float64 {
	y, z, g, h := t.y[lo:hi], margins[0][lo:hi], gradients[0][lo:hi], hessians[0][lo:hi]
	sum := 0.0
	if t.weight == nil {
		for i := range y {
			d := z[i] - y[i]
			g[i], h[i] = d, 1
			sum += d * d
		}
		return sum / 2
	}
	for i, w := range t.weight[lo:hi] {
		d := z[i] - y[i]
		g[i], h[i] = w*d, w
		sum += w * d * d
	}
	return sum / 2
}

func (squaredError) loss(t *target, lo, hi int, margins [][]float64) float64 {
	sum := 0.0
	for i := lo; i < hi; i++ {
		d := margins[0][i] - t.y[i]
		sum += t.weightOf(i) * d * d
	}
	return sum / 2
}

var _ objective = squaredError{}
