package neighbors

import (
	"context"
	"fmt"
	"math"
	"slices"

	"aibms/learners"
	"aibms/learners/artifact"
)

var algorithms = []string{"brute", "kd_tree", "ball_tree"}

// save writes the rows in the order of the leaves, with several targets all of a row together. Images and bounds are computed again when the model is loaded.
func (m *model) save(w *artifact.Writer) {
	flag := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	w.Int64s("shape", []int64{int64(len(m.order)), int64(m.p), int64(m.classes), int64(m.k), flag(m.byDistance), int64(slices.Index(algorithms, m.algorithm)), int64(m.leafSize), flag(m.weighted)})
	w.Float64s("power", []float64{m.norm.power})
	w.Float64s("rows", m.rows)
	w.Float64s("target", m.target)
	w.Int32s("order", m.order)
	if m.weighted {
		w.Float64s("weights", m.weights)
	}
	w.Float64s("mean", m.space.mean)
	if m.space.columns != nil {
		w.Int32s("columns", m.space.columns)
	} else {
		w.Float64s("directions", m.space.axes)
	}
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+name+": %s", artifact.ErrCorrupt, fmt.Sprintf(format, args...))
}

func load(version int, r *artifact.Reader) (learners.Model, error) {
	if version != 1 {
		return nil, fmt.Errorf("%s: state version %d is not known", name, version)
	}
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	if len(shape) != 8 {
		return nil, corrupt("%d numbers of shape", len(shape))
	}
	for i, limit := range []int64{math.MaxInt32, 1 << 24, 1 << 24, 1 << 53, 1, 2, math.MaxInt64, 1} {
		if shape[i] < 0 || shape[i] > limit {
			return nil, corrupt("number %d of shape is %d", i, shape[i])
		}
	}
	n, p := int(shape[0]), int(shape[1])
	m := &model{p: p, classes: int(shape[2]), k: int(shape[3]), byDistance: shape[4] == 1, algorithm: algorithms[shape[5]], leafSize: int(shape[6]), weighted: shape[7] == 1}
	if n < 1 || p < 1 || m.classes == 1 || m.k < 1 || m.leafSize < 1 {
		return nil, corrupt("shape %v", shape)
	}
	power, err := r.Float64s("power")
	if err != nil {
		return nil, err
	}
	if len(power) != 1 || !(power[0] >= 1 && power[0] <= 100) {
		return nil, corrupt("power %v", power)
	}
	m.norm = norm{power[0]}
	if err := m.loadRows(r, n); err != nil {
		return nil, err
	}
	if err := m.loadSpace(r); err != nil {
		return nil, err
	}
	return m, m.ready(context.Background())
}

// numbers reads a section of count finite numbers.
func numbers(r *artifact.Reader, section string, count int) ([]float64, error) {
	v, err := r.Float64s(section)
	if err != nil {
		return nil, err
	}
	if len(v) != count || !finite(v) {
		return nil, corrupt("section %q has %d numbers, or one that is not finite; %d are wanted", section, len(v), count)
	}
	return v, nil
}

func (m *model) loadRows(r *artifact.Reader, n int) (err error) {
	if m.rows, err = numbers(r, "rows", n*m.p); err != nil {
		return err
	}
	if m.target, err = r.Float64s("target"); err != nil {
		return err
	}
	if m.targets = len(m.target) / n; m.targets < 1 || m.targets*n != len(m.target) || m.targets > 1 && m.classes > 0 || !finite(m.target) {
		return corrupt("%d targets of %d rows, or one that is not finite", len(m.target), n)
	}
	for _, y := range m.target {
		if m.classes > 0 && (y != math.Trunc(y) || y < 0 || y >= float64(m.classes)) {
			return corrupt("class %v of %d", y, m.classes)
		}
	}
	if m.order, err = r.Int32s("order"); err != nil {
		return err
	}
	seen := make([]bool, n)
	for _, i := range m.order {
		if i < 0 || int(i) >= n || seen[i] {
			return corrupt("the order of the rows is not one")
		}
		seen[i] = true
	}
	if len(m.order) != n {
		return corrupt("the order of %d rows for %d", len(m.order), n)
	}
	total := float64(n)
	if m.weighted {
		if m.weights, err = numbers(r, "weights", n); err != nil {
			return err
		}
		total = 0
		for _, w := range m.weights {
			if !(w > 0) {
				return corrupt("a row weight of %v", w)
			}
			total += w
		}
	}
	if !(total >= float64(m.k)) || math.IsInf(total, 1) {
		return corrupt("%d neighbours of rows that count as %g", m.k, total)
	}
	return nil
}

func (m *model) loadSpace(r *artifact.Reader) (err error) {
	s := &space{norm: m.norm, p: m.p}
	m.space = s
	if s.mean, err = numbers(r, "mean", m.p); err != nil {
		return err
	}
	if m.norm.power != 2 {
		if s.columns, err = r.Int32s("columns"); err != nil {
			return err
		}
		if len(s.columns) != min(m.p, maxWidth) {
			return corrupt("%d columns of %d features", len(s.columns), m.p)
		}
		seen := make([]bool, m.p)
		for _, j := range s.columns {
			if j < 0 || int(j) >= m.p || seen[j] {
				return corrupt("column %d of %d features, or it is named twice", j, m.p)
			}
			seen[j] = true
		}
		s.width = (len(s.columns) + 7) &^ 7
		return nil
	}
	if s.axes, err = r.Float64s("directions"); err != nil {
		return err
	}
	a := len(s.axes) / m.p
	if a < 1 || a*m.p != len(s.axes) || a > maxWidth || a == maxWidth && m.p > maxWidth {
		return corrupt("%d numbers of directions", len(s.axes))
	}
	for k := range a {
		for l := range k + 1 {
			want := 0.0
			if k == l {
				want = 1
			}
			if d := dot(s.axes[k*m.p:(k+1)*m.p], s.axes[l*m.p:(l+1)*m.p]); !(math.Abs(d-want) < 1e-10) {
				return corrupt("directions %d and %d are not orthonormal", l, k)
			}
		}
	}
	s.setWidth()
	return nil
}
