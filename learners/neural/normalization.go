package neural

import (
	"math"

	"aibms/learners/matmul"
)

// normalization is what is done to the sums of a hidden layer before their activation.
type normalization uint8

const (
	noNormalization    normalization = iota
	batchNormalization               // each unit to mean 0 and variance 1 over the rows of a batch; later with running means of both. Ioffe, Szegedy: Batch normalization, ICML 2015
	layerNormalization               // each row to mean 0 and variance 1 over its units. Ba, Kiros, Hinton: Layer normalization (2016)
)

var normalizations = []string{"none", "batch", "layer"}

const (
	normEpsilon  = 1e-5 // added to variances
	batchInertia = 0.9  // share of the old running statistics that a batch leaves
)

// normalizeRows sets each row of z, of as many units as gain has, to gain * hat + bias, where hat is the row with mean 0 and variance 1. hat and inverse (one over the standard
// deviation of each row) are kept unless nil.
func normalizeRows[T matmul.Float](z, gain, bias, hat, inverse []T) {
	units := len(gain)
	for i := 0; i*units < len(z); i++ {
		row := z[i*units:][:units]
		mean, square := 0.0, 0.0
		for _, v := range row {
			mean += float64(v)
		}
		mean /= float64(units)
		for _, v := range row {
			square += (float64(v) - mean) * (float64(v) - mean)
		}
		scale := 1 / math.Sqrt(square/float64(units)+normEpsilon)
		for j, v := range row {
			h := T((float64(v) - mean) * scale)
			row[j] = gain[j]*h + bias[j]
			if hat != nil {
				hat[i*units+j] = h
			}
		}
		if inverse != nil {
			inverse[i] = T(scale)
		}
	}
}

// normalizeRowsBack turns delta, the derivatives by gain * hat + bias, into those by z, and adds the derivatives by gain and bias.
func normalizeRowsBack[T matmul.Float](delta, gain, hat, inverse, gainBack, biasBack []T) {
	units := len(gain)
	for i := 0; i*units < len(delta); i++ {
		d, h := delta[i*units:][:units], hat[i*units:][:units]
		sum, dot := 0.0, 0.0
		for j, v := range d {
			gainBack[j] += v * h[j]
			biasBack[j] += v
			v *= gain[j]
			d[j] = v
			sum += float64(v)
			dot += float64(v) * float64(h[j])
		}
		sum, dot = sum/float64(units), dot/float64(units)
		for j, v := range d {
			d[j] = inverse[i] * T(float64(v)-sum-float64(h[j])*dot)
		}
	}
}

// normalizeColumns sets each column of z to gain * hat + bias, where hat is the column with mean 0 and variance 1 over the rows, and keeps hat, inverse, and the mean and variance.
func normalizeColumns[T matmul.Float](z, gain, bias, hat, inverse, mean, variance []T) {
	units := len(gain)
	rows := float64(len(z) / units)
	sum := make([]float64, 2*units)
	square := sum[units:]
	sum = sum[:units]
	for i := 0; i < len(z); i += units {
		for j, v := range z[i:][:units] {
			sum[j] += float64(v)
		}
	}
	for j := range sum {
		sum[j] /= rows
	}
	for i := 0; i < len(z); i += units {
		for j, v := range z[i:][:units] {
			d := float64(v) - sum[j]
			square[j] += d * d
		}
	}
	for j := range units {
		mean[j], variance[j] = T(sum[j]), T(square[j]/max(1, rows-1))
		inverse[j] = T(1 / math.Sqrt(square[j]/rows+normEpsilon))
	}
	for i := 0; i < len(z); i += units {
		row, h := z[i:][:units], hat[i:][:units]
		for j, v := range row {
			h[j] = T(float64(v)-sum[j]) * inverse[j]
			row[j] = gain[j]*h[j] + bias[j]
		}
	}
}

// normalizeColumnsBack is normalizeRowsBack for normalizeColumns.
func normalizeColumnsBack[T matmul.Float](delta, gain, hat, inverse, gainBack, biasBack []T) {
	units := len(gain)
	rows := float64(len(delta) / units)
	sum := make([]float64, 2*units)
	dot := sum[units:]
	for i := 0; i < len(delta); i += units {
		d, h := delta[i:][:units], hat[i:][:units]
		for j, v := range d {
			sum[j] += float64(v)
			dot[j] += float64(v) * float64(h[j])
		}
	}
	for j := range units {
		gainBack[j] += T(dot[j])
		biasBack[j] += T(sum[j])
		sum[j], dot[j] = sum[j]/rows, dot[j]/rows
	}
	for i := 0; i < len(delta); i += units {
		d, h := delta[i:][:units], hat[i:][:units]
		for j, v := range d {
			d[j] = gain[j] * inverse[j] * T(float64(v)-sum[j]-float64(h[j])*dot[j])
		}
	}
}
