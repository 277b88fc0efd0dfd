package neural

import (
	"math"

	"aibms/learners/matmul"
	"aibms/learners/vector"
)

// activation is the function of a hidden unit.
type activation uint8

const (
	relu     activation = iota // max(z, 0)
	tanh                       // tanh z
	gelu                       // z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))): Hendrycks, Gimpel: Gaussian error linear units (2016), by their approximation
	identity                   // of the last layer, and of one whose activation comes later
)

var activations = []string{"relu", "tanh", "gelu"}

// apply sets z to f(z). kept, unless nil, gets what derive needs beside f(z).
func apply[T matmul.Float](f activation, z, kept []T) {
	switch f {
	case relu:
		if s, ok := any(z).([]float32); ok {
			vector.Relu(s)
			return
		}
		for i, v := range z {
			z[i] = max(v, 0)
		}
	case tanh:
		for i, v := range z {
			z[i] = tanhOf(v)
		}
		if kept != nil {
			copy(kept, z)
		}
	case gelu:
		if kept != nil {
			copy(kept, z)
		}
		for i, v := range z {
			z[i] = v / 2 * (1 + tanhOf(geluInner(v)))
		}
	}
}

const geluFactor = 0.7978845608028654 // sqrt(2/pi)

func geluInner[T matmul.Float](z T) T { return geluFactor * (z + 0.044715*z*z*z) }

// derive multiplies delta, the derivatives of the loss by f(z), by f'(z). value is f(z), perhaps times a positive number or zero where delta is zero; kept is what apply left.
func derive[T matmul.Float](f activation, delta, value, kept []T) {
	switch f {
	case relu:
		if d, ok := any(delta).([]float32); ok {
			vector.DeriveRelu(d, any(value).([]float32))
			return
		}
		for i, v := range value[:len(delta)] {
			if v == 0 {
				delta[i] = 0
			}
		}
	case tanh:
		for i, v := range kept[:len(delta)] {
			delta[i] *= 1 - v*v
		}
	case gelu:
		for i, z := range kept[:len(delta)] {
			t := tanhOf(geluInner(z))
			delta[i] *= (1 + t + z*(1-t*t)*geluFactor*(1+3*0.044715*z*z)) / 2
		}
	}
}

// tanhOf is the hyperbolic tangent, in single precision to a few units in the last place.
func tanhOf[T matmul.Float](x T) T {
	if v, ok := any(x).(float32); ok {
		return T(tanh32(v))
	}
	return T(math.Tanh(float64(x)))
}

// tanh32 is x + x^3 q(x^2) near zero, elsewhere 1 - 2 / (exp(2x) + 1). q is the polynomial of degree 4 that comes closest to it on [0, 1/4], to 5e-9.
func tanh32(x float32) float32 {
	switch {
	case x > 9.02:
		return 1
	case x < -9.02:
		return -1
	case x < 0.5 && x > -0.5:
		z := x * x
		q := (((float32(-0.0069510564)*z+0.021474749)*z-0.053934105)*z+0.1333323)*z - 0.3333333
		return x + x*z*q
	}
	return 1 - 2/(exp32(2*x)+1)
}

// exp32 is exp for |x| < 80: x = n ln 2 + r, exp(x) = 2^n (1 + r + r^2 q(r)). q is the polynomial of degree 4 that comes closest to it for |r| <= ln 2 / 2, to 6e-8.
func exp32(x float32) float32 {
	const (
		shift = 12582912 // 1.5 * 2^23: adding and taking it away rounds to a whole number
		high  = 0.693359375
		low   = -2.12194440e-4 // ln 2 = high + low
	)
	n := x*math.Log2E + shift
	whole := n - shift
	r := x - whole*high
	r -= whole * low
	q := (((float32(0.0013941214)*r+0.008363235)*r+0.041666374)*r+0.16666576)*r + 0.5
	y := 1 + r + r*r*q
	return y * math.Float32frombits(uint32(int32(whole)+127)<<23)
}
