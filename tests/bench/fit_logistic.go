package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// maxObjectiveGap is how far, relative to it, our objective may be above the peer's.
const maxObjectiveGap = 1e-4

func fitLogistic() Figure {
	return Figure{
		Name: "fit_logistic_regression_1m28", Unit: "CPU s", Least: 1.5, Aim: 5, Size: Size{Rows: 1_000_000, Columns: 28},
		Ours:    "fitting logistic_regression to standardised doubles in memory, one thread",
		Peer:    "scikit-learn's LogisticRegression (lbfgs), one thread, imports and the transport of the data not counted",
		Why:     "the learner by itself",
		Grow:    []Size{{Rows: 2_000_000}, {Columns: 56}},
		Prepare: prepareFitLogistic,
	}
}

func prepareFitLogistic(b *Bench, s Size) (*Sides, error) {
	train := &data.Examples{X: mat.NewDense(s.Rows, s.Columns, nil), Y: make([]float64, s.Rows), Classes: []string{"0", "1"}}
	for j := range s.Columns {
		train.Features = append(train.Features, fmt.Sprintf("x%d", j+1))
	}
	for i := range s.Rows {
		if point(i, train.X.RawRowView(i)) {
			train.Y[i] = 1
		}
	}
	file := filepath.Join(b.dir, "fit_logistic.f64")
	if err := writeDoubles(file, train.X.RawMatrix().Data, train.Y); err != nil {
		return nil, err
	}
	w, err := b.pythonWorker()
	if err != nil {
		return nil, err
	}
	const name = "fit_logistic"
	if err := w.prepare(b.ctx, name, "fit_logistic", map[string]any{"file": file, "rows": s.Rows, "columns": s.Columns}); err != nil {
		return nil, err
	}
	var ours, theirs line
	return &Sides{
		Ours: func() (float64, error) {
			begin, err := cpuSeconds()
			if err != nil {
				return 0, err
			}
			model, err := fit(b, "logistic_regression", train)
			if err != nil {
				return 0, err
			}
			end, err := cpuSeconds()
			if err != nil {
				return 0, err
			}
			coefficients, intercept := model.(learners.Coefficients).Coefficients()
			ours = line{mat.Row(nil, 0, coefficients), intercept[0]}
			return end - begin, nil
		},
		Peer: func() (float64, error) {
			t, err := w.run(b.ctx, name)
			if err != nil {
				return 0, err
			}
			return t.CPU, json.Unmarshal(t.Value, &theirs)
		},
		Guard: func() error {
			a, p := logisticObjective(train, ours), logisticObjective(train, theirs)
			b.say("objective: ours %.9g, the peer's %.9g", a, p)
			if !(a-p <= maxObjectiveGap*p) {
				return fmt.Errorf("our objective is %.9g, the peer's %.9g: more than %g above it", a, p, maxObjectiveGap)
			}
			return nil
		},
		Close: func() error { return errors.Join(w.drop(b.ctx, name), os.Remove(file)) },
	}, nil
}

// line is a linear function of the features.
type line struct {
	Coefficients []float64 `json:"coefficients"`
	Intercept    float64   `json:"intercept"`
}

// logisticObjective is what logistic_regression minimises: 1/2 |w|^2 + sum of log(1 + exp(-y (x.w + b))), y = -1 or 1.
func logisticObjective(e *data.Examples, l line) float64 {
	return square(l.Coefficients)/2 + sumOver(e, l, func(z, y float64) float64 {
		m := z * (2*y - 1)
		return math.Log1p(math.Exp(-math.Abs(m))) - min(m, 0)
	})
}

// hingeObjective is what linear_svm minimises: 1/2 (|w|^2 + b^2) + sum of max(0, 1 - y (x.w + b))^2, y = -1 or 1.
func hingeObjective(e *data.Examples, l line) float64 {
	return square(l.Coefficients)/2 + l.Intercept*l.Intercept/2 + sumOver(e, l, func(z, y float64) float64 {
		m := max(0, 1-z*(2*y-1))
		return m * m
	})
}

// ridgeObjective is what linear_regression with penalty l2 minimises: |w|^2 + sum of (y - x.w - b)^2.
func ridgeObjective(e *data.Examples, l line) float64 {
	return square(l.Coefficients) + sumOver(e, l, func(z, y float64) float64 { return (y - z) * (y - z) })
}

func square(w []float64) float64 {
	sum := 0.0
	for _, v := range w {
		sum += v * v
	}
	return sum
}

// sumOver adds up f(x.w + b, y) over the rows.
func sumOver(e *data.Examples, l line, f func(z, y float64) float64) float64 {
	sum := 0.0
	for i, y := range e.Y {
		z := l.Intercept
		for j, x := range e.X.RawRowView(i) {
			z += x * l.Coefficients[j]
		}
		sum += f(z, y)
	}
	return sum
}

// writeDoubles writes numbers one after the other, little-endian: how matrices reach the Python process.
func writeDoubles(file string, parts ...[]float64) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	var bytes [8]byte
	for _, part := range parts {
		for _, v := range part {
			binary.LittleEndian.PutUint64(bytes[:], math.Float64bits(v))
			if _, err := w.Write(bytes[:]); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
