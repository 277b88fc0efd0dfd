package linear

import "context"

func (o *marginObjective) features() *design { return o.x }

func (o *marginObjective) columnModel(ctx context.Context, x *columns) (quadratic, error) {
	var dense [][]float64
	if o.intercept {
		dense = append(dense, ones(x.n))
	}
	return newColumnQuadratic(ctx, x, dense, 1, o.curvature, nil, o.ridge.at(x.p))
}

func (o *softmaxObjective) features() *design { return o.x }

func (o *softmaxObjective) columnModel(ctx context.Context, x *columns) (quadratic, error) {
	var dense [][]float64
	if o.intercept {
		dense = append(dense, ones(x.n))
	}
	return newColumnQuadratic(ctx, x, dense, o.k, o.weight, o.probability, o.ridge.at(x.p))
}

// at returns the penalty's second derivative by coordinate j of a block of p coefficients and what follows them.
func (r ridge) at(p int) func(j int) float64 {
	return func(j int) float64 {
		if j < p {
			return r.strength
		}
		return r.bias
	}
}

func ones(n int) []float64 { return constants(n, 1) }

func constants(n int, value float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = value
	}
	return v
}
