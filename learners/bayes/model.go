package bayes

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
)

// model is a fitted naive_bayes. It is immutable and safe for concurrent use.
type model struct {
	distribution      string
	binarize          float64   // bernoulli: above it is a yes
	features, classes int       // p, K
	prior             []float64 // K logarithms; -Inf for a class without rows
	levels            []int     // p: of how many categories the feature is; 0: a number
	// K x q, q the features that are numbers. gaussian: means and variances (infinite where a feature says nothing); bernoulli: logarithms of the probabilities of yes and no;
	// multinomial, complement: the first alone, logarithms of theta and weights.
	first, second []float64
	shares        []float64 // of each feature that is a category, each category, each class: the logarithm of its probability

	numeric []int
	// of a gaussian: 1/(2 variance), and the part of the logarithm that does not depend on x, for each feature, and for each class the sum with its prior
	scale, fixed []float64
	constant     []float64
}

// prepare makes what prediction wants of what is saved.
func (m *model) prepare() {
	for j, levels := range m.levels {
		if levels == 0 {
			m.numeric = append(m.numeric, j)
		}
	}
	m.constant = slices.Clone(m.prior)
	if m.distribution != gaussian {
		return
	}
	q := len(m.numeric)
	m.scale, m.fixed = make([]float64, len(m.second)), make([]float64, len(m.second))
	for i, v := range m.second {
		if !math.IsInf(v, 1) {
			m.scale[i], m.fixed[i] = 0.5/v, -0.5*math.Log(2*math.Pi*v)
		}
		m.constant[i/q] += m.fixed[i]
	}
}

func (m *model) Predict(x, out *mat.Dense) error {
	if x == nil {
		return fmt.Errorf("there are no rows to predict")
	}
	n, p := x.Dims()
	if p != m.features {
		return fmt.Errorf("the model has %d features, got %d columns", m.features, p)
	}
	if out == nil {
		return fmt.Errorf("there is no matrix for the predictions")
	}
	if r, k := out.Dims(); r != n || k != m.classes {
		return fmt.Errorf("predictions need a %d x %d matrix, got %d x %d", n, m.classes, r, k)
	}
	straight := len(m.numeric) == p
	numbers := make([]float64, len(m.numeric))
	for i := range n {
		row, joint := x.RawRowView(i), out.RawRowView(i)
		if straight {
			numbers = row
		} else {
			for at, j := range m.numeric {
				numbers[at] = row[j]
			}
		}
		m.addNumbers(numbers, joint)
		if !straight {
			m.addCategories(row, joint)
		}
		m.probabilities(joint)
	}
	return nil
}

// addNumbers sets joint to the logarithm of the prior and of the probabilities of the features that are numbers.
func (m *model) addNumbers(x, joint []float64) {
	q := len(x)
	if m.distribution == gaussian {
		for k := range joint {
			s := squares(x, m.first[k*q:(k+1)*q], m.scale[k*q:(k+1)*q])
			if s == s {
				joint[k] = m.constant[k] - s
			} else {
				joint[k] = m.withoutMissing(x, k)
			}
		}
		return
	}
	copy(joint, m.prior)
	for k := range joint {
		first := m.first[k*q : (k+1)*q]
		sum := 0.0
		if m.distribution == bernoulli {
			second := m.second[k*q : (k+1)*q]
			for j, v := range x {
				if v == v {
					if v > m.binarize {
						sum += first[j]
					} else {
						sum += second[j]
					}
				}
			}
		} else {
			for j, v := range x {
				if v == v {
					sum += v * first[j]
				}
			}
		}
		joint[k] += sum
	}
}

// squares is the sum of (x - mean)^2 scale, in four sums so that additions need not wait for each other.
func squares(x, mean, scale []float64) float64 {
	mean, scale = mean[:len(x)], scale[:len(x)]
	var a, b, c, d float64
	j := 0
	for ; j+4 <= len(x); j += 4 {
		u, v, w, z := x[j]-mean[j], x[j+1]-mean[j+1], x[j+2]-mean[j+2], x[j+3]-mean[j+3]
		a += u * u * scale[j]
		b += v * v * scale[j+1]
		c += w * w * scale[j+2]
		d += z * z * scale[j+3]
	}
	for ; j < len(x); j++ {
		u := x[j] - mean[j]
		a += u * u * scale[j]
	}
	return (a + b) + (c + d)
}

// withoutMissing is the logarithm for class k when values are missing: the others alone count.
func (m *model) withoutMissing(x []float64, k int) float64 {
	sum := m.prior[k]
	for j, v := range x {
		at := k*len(x) + j
		if d := v - m.first[at]; v == v && m.scale[at] > 0 {
			sum += m.fixed[at] - d*d*m.scale[at]
		}
	}
	return sum
}

func (m *model) addCategories(row, joint []float64) {
	offset, K := 0, m.classes
	for j, levels := range m.levels {
		if levels == 0 {
			continue
		}
		if v := row[j]; v >= 0 && v < float64(levels) && v == math.Trunc(v) {
			at := offset + int(v)*K
			for k, share := range m.shares[at : at+K] {
				joint[k] += share
			}
		}
		offset += levels * K
	}
}

// probabilities turns logarithms into probabilities that sum to one. Where all are so small that nothing is left of them, the priors decide.
func (m *model) probabilities(joint []float64) {
	largest := slices.Max(joint) // NaN when there is one
	if math.IsInf(largest, 0) || largest != largest {
		copy(joint, m.prior)
		largest = slices.Max(joint)
	}
	sum := 0.0
	for k, v := range joint {
		joint[k] = math.Exp(v - largest)
		sum += joint[k]
	}
	for k := range joint {
		joint[k] /= sum
	}
}

// Save writes the model.
//
//	section        type      what
//	shape          int64     features p, classes K
//	distribution   texts     its name
//	binarize       float64   bernoulli: the number above which a value is a yes
//	prior          float64   of each class: the logarithm, -Inf for a class without rows
//	levels         int32     of each feature: of how many categories it is, 0 for a number
//	numbers        float64   of each class and each feature that is a number: the mean, the logarithm of the probability of yes, or the weight
//	others         float64   the same: the variance, or the logarithm of the probability of no; nothing for multinomial and complement
//	shares         float64   of each feature that is a category, each category, each class: the logarithm of its probability
func (m *model) Save(w *artifact.Writer) error {
	levels := make([]int32, len(m.levels))
	for j, v := range m.levels {
		levels[j] = int32(v)
	}
	w.Int64s("shape", []int64{int64(m.features), int64(m.classes)})
	w.Strings("distribution", []string{m.distribution})
	w.Float64s("binarize", []float64{m.binarize})
	w.Float64s("prior", m.prior)
	w.Int32s("levels", levels)
	w.Float64s("numbers", m.first)
	w.Float64s("others", m.second)
	w.Float64s("shares", m.shares)
	return nil
}

// load reads what Save wrote and trusts none of it.
func load(version int, r *artifact.Reader) (learners.Model, error) {
	if version < 1 {
		return nil, fmt.Errorf("%w: %s has no state version %d", artifact.ErrCorrupt, name, version)
	}
	if version > 1 {
		return nil, fmt.Errorf("%w: %s has state version %d, this server reads up to 1", artifact.ErrNewer, name, version)
	}
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	distribution, err := r.Strings("distribution")
	if err != nil {
		return nil, err
	}
	levels, err := r.Int32s("levels")
	if err != nil {
		return nil, err
	}
	m := new(model)
	var binarize []float64
	for section, into := range map[string]*[]float64{"binarize": &binarize, "prior": &m.prior, "numbers": &m.first, "others": &m.second, "shares": &m.shares} {
		if *into, err = r.Float64s(section); err != nil {
			return nil, err
		}
	}
	if len(shape) != 2 || shape[0] < 1 || shape[0] != int64(len(levels)) || shape[1] < 2 || shape[1] != int64(len(m.prior)) || len(distribution) != 1 || len(binarize) != 1 || math.IsNaN(binarize[0]) || !slices.Contains(distributions, distribution[0]) {
		return nil, fmt.Errorf("%w: shape %v of %v, %d priors, %d features", artifact.ErrCorrupt, shape, distribution, len(m.prior), len(levels))
	}
	m.features, m.classes, m.distribution, m.binarize = int(shape[0]), int(shape[1]), distribution[0], binarize[0]
	q, shares := int64(0), int64(0)
	for _, v := range levels {
		if v < 0 {
			return nil, fmt.Errorf("%w: a feature of %d categories", artifact.ErrCorrupt, v)
		}
		if v == 0 {
			q++
		}
		m.levels = append(m.levels, int(v))
		shares += int64(v)
	}
	second := q * shape[1]
	if m.distribution != gaussian && m.distribution != bernoulli {
		second = 0
	}
	if int64(len(m.first)) != q*shape[1] || int64(len(m.second)) != second || int64(len(m.shares)) != shares*shape[1] {
		return nil, fmt.Errorf("%w: %d, %d and %d numbers of %d features in %d classes", artifact.ErrCorrupt, len(m.first), len(m.second), len(m.shares), m.features, m.classes)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.prepare()
	return m, nil
}

func (m *model) check() error {
	for _, v := range m.prior {
		if !(v <= 0) {
			return fmt.Errorf("%w: a prior is exp(%v)", artifact.ErrCorrupt, v)
		}
	}
	if math.IsInf(slices.Max(m.prior), -1) {
		return fmt.Errorf("%w: no class has a prior", artifact.ErrCorrupt)
	}
	for _, part := range [][]float64{m.first, m.shares} {
		for _, v := range part {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("%w: a number is %v", artifact.ErrCorrupt, v)
			}
		}
	}
	for _, v := range m.second {
		if v != v || m.distribution == gaussian && !(v >= 1e-300) || m.distribution == bernoulli && math.IsInf(v, 0) {
			return fmt.Errorf("%w: a variance or a number is %v", artifact.ErrCorrupt, v)
		}
	}
	return nil
}
