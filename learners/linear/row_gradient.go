package linear

import "math"

// boundedLoss is a marginLoss whose second derivative is bounded.
type boundedLoss interface {
	marginLoss
	// maxCurvature bounds the second derivative of the loss, without weight.
	maxCurvature() float64
}

func (o *marginObjective) addRowGradient(i int, w, g []float64) {
	p := o.x.p
	z := [1]float64{o.x.rowDot(i, w) + o.bias(w)}
	var first, second [1]float64
	o.loss.derive(z[:], o.y[i:i+1], o.weight[i:i+1], first[:], second[:])
	o.x.addRow(i, first[0], g)
	if o.intercept {
		g[p] += first[0]
	}
}

func (o *marginObjective) meanCurvature() float64 {
	return o.loss.(boundedLoss).maxCurvature() * meanSquare(o.x, o.weight)
}

func (o *marginObjective) ridgeOf(j int) float64 { return o.ridge.at(o.x.p)(j) }

func (o *softmaxObjective) addRowGradient(i int, w, g []float64) {
	z := make([]float64, o.k)
	top := math.Inf(-1)
	for k := range z {
		c, b := o.block(k, w)
		z[k] = o.x.rowDot(i, c) + b
		top = max(top, z[k])
	}
	sum := 0.0
	for k := range z {
		z[k] = math.Exp(z[k] - top)
		sum += z[k]
	}
	for k := range z {
		r := z[k] / sum
		if k == o.y[i] {
			r--
		}
		r *= o.weight[i]
		c, _ := o.block(k, g)
		o.x.addRow(i, r, c)
		if o.intercept {
			g[(k+1)*o.blockSize()-1] += r
		}
	}
}

func (o *softmaxObjective) meanCurvature() float64 { return 0.5 * meanSquare(o.x, o.weight) }

func (o *softmaxObjective) ridgeOf(j int) float64 { return o.ridge.at(o.x.p)(j % o.blockSize()) }

// meanSquare is the weighted mean of |x_i|^2 + 1 over the rows.
func meanSquare(x *design, weight []float64) float64 {
	sum, total := 0.0, 0.0
	for i := 0; i < x.n; i++ {
		sum += weight[i] * (x.rowSquare(i) + 1)
		total += weight[i]
	}
	return sum / total
}
