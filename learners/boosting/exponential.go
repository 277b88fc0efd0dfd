package boosting

import (
	"fmt"
	"math"
)

// poisson is minus the log-likelihood of counts with the mean exp(z), but for what does not depend on z:
//
//	exp(z) - y z;  gradient exp(z) - y, hessian exp(z)
type poisson struct{}

func (poisson) outputs() int { return 1 }

func (poisson) check(t *target) error {
	for i, y := range t.y {
		if y < 0 && t.weightOf(i) > 0 {
			return fmt.Errorf("%s: loss 'poisson' needs targets >= 0, got %v in training row %d", learnerName, y, i+1)
		}
	}
	if !(mean(t) > 0) {
		return fmt.Errorf("%s: loss 'poisson' needs a target above 0, every one is 0", learnerName)
	}
	return nil
}

// start is the logarithm of the mean.
func (poisson) start(t *target) []float64 { return []float64{math.Log(mean(t))} }

func (poisson) derive(t *target, lo, hi int, margins, gradients, hessians [][]float64) float64 {
	sum := 0.0
	for i := lo; i < hi; i++ {
		w, y, z := t.weightOf(i), t.y[i], margins[0][i]
		m := exp(z)
		gradients[0][i], hessians[0][i] = w*(m-y), w*m
		sum += w * (m - y*z)
	}
	return sum
}

func (poisson) loss(t *target, lo, hi int, margins [][]float64) float64 {
	sum := 0.0
	for i := lo; i < hi; i++ {
		sum += t.weightOf(i) * (exp(margins[0][i]) - t.y[i]*margins[0][i])
	}
	return sum
}

// gamma is minus the log-likelihood of gamma-distributed numbers of one shape with the mean exp(z), but for what does not depend on z:
//
//	y exp(-z) + z;  gradient 1 - y exp(-z), hessian y exp(-z)
//
// The hessian is held at half of its expected value, 1, or above: a target far below the mean would give a step without bound.
type gamma struct{}

func (gamma) outputs() int { return 1 }

func (gamma) check(t *target) error {
	for i, y := range t.y {
		if !(y > 0) && t.weightOf(i) > 0 {
			return fmt.Errorf("%s: loss 'gamma' needs targets > 0, got %v in training row %d", learnerName, y, i+1)
		}
	}
	return nil
}

// start is the logarithm of the mean.
func (gamma) start(t *target) []float64 { return []float64{math.Log(mean(t))} }

func (gamma) derive(t *target, lo, hi int, margins, gradients, hessians [][]float64) float64 {
	sum := 0.0
	for i := lo; i < hi; i++ {
		w, z := t.weightOf(i), margins[0][i]
		r := t.y[i] * exp(-z)
		gradients[0][i], hessians[0][i] = w*(1-r), w*max(0.5, r)
		sum += w * (r + z)
	}
	return sum
}

func (gamma) loss(t *target, lo, hi int, margins [][]float64) float64 {
	sum := 0.0
	for i := lo; i < hi; i++ {
		sum += t.weightOf(i) * (t.y[i]*exp(-margins[0][i]) + margins[0][i])
	}
	return sum
}

var (
	_ objective = poisson{}
	_ checking  = poisson{}
	_ objective = gamma{}
	_ checking  = gamma{}
)
