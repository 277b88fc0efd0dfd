package linear

import (
	"math"

	"aibms/learners/exponential"
)

// logisticLoss is l(y, z) = log(1 + exp(-y z)) for y = -1 or 1.
type logisticLoss struct{}

func (logisticLoss) derive(z, y, weight, first, second []float64) float64 {
	sum := 0.0
	var logs logSum
	y, weight, first, second = y[:len(z)], weight[:len(z)], first[:len(z)], second[:len(z)]
	for i, v := range z {
		second[i] = -math.Abs(v)
	}
	exponentials(second) // never overflow
	for i, v := range z {
		m := y[i] * v
		e := second[i]
		q := 1 / (1 + e)           // probability of the likelier side
		s, wrong := weight[i], e*q // wrong: probability of the class that is not y
		logs.add(s, e)
		if m < 0 {
			sum -= s * m
			wrong = q
		}
		first[i] = -s * y[i] * wrong
		second[i] = s * e * q * q
	}
	return sum + logs.total()
}

// exponentials replaces each number, at most 0, by its exp.
func exponentials(x []float64) {
	whole := len(x) &^ (exponential.Lane - 1)
	if whole > 0 {
		exponential.All(x[:whole], 0)
	}
	for i := whole; i < len(x); i++ {
		x[i] = exponential.Exp(x[i], 0)
	}
}

// logSum adds up weight * log(1 + e) for numbers e between 0 and 1. It multiplies the terms of equal weights that follow each other and takes one logarithm of
// hundreds of them; small e go through the series instead, so that no digits are lost.
type logSum struct {
	sum, weight, product float64
}

func (l *logSum) add(weight, e float64) {
	if e < 1e-3 {
		l.sum += weight * e * (1 - e*(1.0/2-e*(1.0/3-e*(1.0/4-e*(1.0/5)))))
		return
	}
	if weight != l.weight || l.product > 1e300 {
		l.flush()
		l.weight = weight
	}
	l.product *= 1 + e
}

func (l *logSum) flush() {
	if l.weight != 0 {
		l.sum += l.weight * math.Log(l.product)
	}
	l.product = 1
}

func (l *logSum) total() float64 {
	l.flush()
	return l.sum
}

func (logisticLoss) maxCurvature() float64 { return 0.25 }

// sigmoid is 1 / (1 + exp(-z)), without overflow and with full relative precision on both sides.
func sigmoid(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

// sigmoids is sigmoid(-z) and sigmoid(z), to the last bit, for the price of one.
func sigmoids(z float64) (negative, positive float64) {
	e := math.Exp(-math.Abs(z))
	large, small := 1/(1+e), e/(1+e)
	if z >= 0 {
		return small, large
	}
	return large, small
}
