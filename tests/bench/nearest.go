package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/tests/quality"
)

// maxOtherNeighbors is the share of the test rows whose probability may differ from the peer's: of equally distant rows it takes any.
const maxOtherNeighbors = 0.01

func predictNearest() Figure {
	const name = "predict_k_nearest_neighbors_credit"
	return Figure{
		Name: name, Unit: "CPU s", Least: 2, Aim: 4, Size: Size{Rows: 24_087, Columns: 23},
		Ours: "predicting the 5913 test rows of credit_default by k_nearest_neighbors with its defaults, one thread",
		Peer: "scikit-learn's KNeighborsClassifier with its fastest algorithm, one thread",
		Why:  "exact neighbours among 24087 rows of real data",
		Prepare: func(b *Bench, s Size) (*Sides, error) {
			split, err := quality.Load(filepath.Join("tests", "data"), "credit_default", "default_next_month", true)
			if err != nil {
				return nil, err
			}
			train, test := split.Train, split.Test
			file := filepath.Join(b.dir, name+".f64")
			if err := writeDoubles(file, train.X.RawMatrix().Data, test.X.RawMatrix().Data, train.Y); err != nil {
				return nil, err
			}
			w, err := b.pythonWorker()
			if err != nil {
				return nil, err
			}
			for _, action := range []string{"predict", "judge"} {
				args := map[string]any{"file": file, "rows": len(train.Y), "tests": len(test.Y), "columns": len(train.Features), "action": action}
				if err := w.prepare(b.ctx, name+" "+action, "nearest", args); err != nil {
					return nil, err
				}
			}
			model, err := fit(b, "k_nearest_neighbors", learners.Binary, train)
			if err != nil {
				return nil, err
			}
			out := mat.NewDense(len(test.Y), 2, nil)
			return &Sides{
				Ours: func() (float64, error) {
					begin, err := cpuSeconds()
					if err != nil {
						return 0, err
					}
					if err := model.Predict(test.X, out); err != nil {
						return 0, err
					}
					end, err := cpuSeconds()
					return end - begin, err
				},
				Peer: func() (float64, error) {
					t, err := w.run(b.ctx, name+" predict")
					return t.CPU, err
				},
				Guard: func() error {
					t, err := w.run(b.ctx, name+" judge")
					if err != nil {
						return err
					}
					var theirs []float64
					if err := json.Unmarshal(t.Value, &theirs); err != nil {
						return err
					}
					other := 0
					for i, p := range theirs {
						if !(math.Abs(p-out.At(i, 1)) < 1e-9) {
							other++
						}
					}
					b.say("%d of %d probabilities differ from the peer's", other, len(theirs))
					if len(theirs) != len(test.Y) || float64(other) > maxOtherNeighbors*float64(len(theirs)) {
						return fmt.Errorf("%d of %d probabilities differ from the peer's", other, len(theirs))
					}
					return nil
				},
				Close: func() error {
					return errors.Join(w.drop(b.ctx, name+" predict"), w.drop(b.ctx, name+" judge"), os.Remove(file))
				},
			}, nil
		},
	}
}
