package linear

// squaredHingeLoss is l(y, z) = max(0, 1 - y z)^2 for y = -1 or 1.
type squaredHingeLoss struct{}

func (squaredHingeLoss) derive(z, y, weight, first, second []float64) float64 {
	sum := 0.0
	for i, v := range z {
		gap := 1 - y[i]*v
		if gap <= 0 {
			first[i], second[i] = 0, 0
			continue
		}
		s := weight[i]
		sum += s * gap * gap
		first[i] = -2 * s * y[i] * gap
		second[i] = 2 * s
	}
	return sum
}

// hingeLoss sums weight times max(0, 1 - y z) over the rows.
func hingeLoss(z, y, weight []float64) float64 {
	sum := 0.0
	for i, v := range z {
		sum += weight[i] * max(0, 1-y[i]*v)
	}
	return sum
}

// heldHinge is l(y, z) = max(0, 1 - y z) for y = -1 or 1, to be measured only: it has no derivatives.
type heldHinge struct{}

func (heldHinge) derive(z, y, weight, first, second []float64) float64 {
	sum := hingeLoss(z, y, weight)
	clear(first)
	clear(second)
	return sum
}
