package neighbors

import "math"

// norm is a metric. Distances are compared in a reduced form that needs no root: the sum over j of |a_j - b_j|^power. An overflow is +Inf, and so is what is not a number.
type norm struct {
	power float64 // 1: manhattan, 2: euclidean, else minkowski
}

func newNorm(metric string, p float64) norm {
	switch metric {
	case "euclidean":
		return norm{2}
	case "manhattan":
		return norm{1}
	}
	return norm{p}
}

// reduced is the distance between a and b without the root, always by the same order of sums.
func (m norm) reduced(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	j := 0
	switch m.power {
	case 2:
		for ; j+4 <= len(a); j += 4 {
			d0, d1, d2, d3 := a[j]-b[j], a[j+1]-b[j+1], a[j+2]-b[j+2], a[j+3]-b[j+3]
			s0 += d0 * d0
			s1 += d1 * d1
			s2 += d2 * d2
			s3 += d3 * d3
		}
		for ; j < len(a); j++ {
			s0 += (a[j] - b[j]) * (a[j] - b[j])
		}
	case 1:
		for ; j+4 <= len(a); j += 4 {
			s0 += math.Abs(a[j] - b[j])
			s1 += math.Abs(a[j+1] - b[j+1])
			s2 += math.Abs(a[j+2] - b[j+2])
			s3 += math.Abs(a[j+3] - b[j+3])
		}
		for ; j < len(a); j++ {
			s0 += math.Abs(a[j] - b[j])
		}
	default:
		for ; j < len(a); j++ {
			s0 += math.Pow(math.Abs(a[j]-b[j]), m.power)
		}
	}
	if d := (s0 + s1) + (s2 + s3); d == d {
		return d
	}
	return math.Inf(1)
}

// raise is the reduced form of a difference or distance >= 0.
func (m norm) raise(d float64) float64 {
	switch m.power {
	case 2:
		return d * d
	case 1:
		return d
	}
	return math.Pow(d, m.power)
}

// root is the distance of a reduced one.
func (m norm) root(d float64) float64 {
	switch m.power {
	case 2:
		return math.Sqrt(d)
	case 1:
		return d
	}
	return math.Pow(d, 1/m.power)
}
