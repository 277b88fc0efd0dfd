package lifecycle

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"aibms/catalog"
	"aibms/learners"
	"aibms/learners/feature"
	"aibms/learners/metric"
	"aibms/learners/params"
	"aibms/learners/predictor"
	"aibms/learners/split"
)

// measuredBy reports whether metrics of the task look at the features of the rows.
func measuredBy(t learners.Task) (features bool) {
	return t == learners.Clustering || t == learners.Projection
}

// input is what metrics look at: predictions, and what really happened; without a target the features x of the rows, as the learner sees them.
func input(pr *predictor.Predictor, s *predictor.Scores, x *mat.Dense, y, weights []float64) metric.Input {
	in := metric.Input{Kind: kind(pr.Task), Actual: y, Proba: s.Proba, Weights: weights, Classes: len(pr.Classes), Positive: pr.Positive, Baseline: pr.Baseline, Predicted: s.Value}
	if measuredBy(pr.Task) {
		in.X, in.Classes, in.Outputs = x, pr.Outputs(), pr.Outputs()
	}
	if m, ok := learners.As[learners.Centers](pr.Model); ok && pr.Task == learners.Clustering {
		in.Centres = m.Centers()
	}
	if m, ok := pr.Model.(learners.Restorer); ok && pr.Task == learners.Projection {
		in.Restore = func(from int, x *mat.Dense) error {
			rows, _ := x.Dims()
			return m.Restore(s.Reduced.Slice(from, from+rows, 0, in.Outputs).(*mat.Dense), x)
		}
	}
	if s.Class != nil {
		in.Predicted = make([]float64, len(s.Class))
		for i, c := range s.Class {
			in.Predicted[i] = float64(c)
		}
	}
	return in
}

func catalogMetric(dataset, slice string, m measured) catalog.Metric {
	x := m.value
	if m.target != "" {
		if slice != "" {
			slice += ", "
		}
		slice += targetSlice + "=" + m.target
	}
	return catalog.Metric{Dataset: dataset, Slice: slice, Metric: x.Metric.Name, Value: x.Value, CILow: x.Low, CIHigh: x.High, Baseline: x.Baseline,
		RowCount: int64(x.Rows), HigherIsBetter: x.Metric.HigherIsBetter}
}

func catalogInputs(columns []predictor.Column) []catalog.Input {
	out := make([]catalog.Input, len(columns))
	for i, c := range columns {
		out[i] = catalog.Input{Name: c.Name, SQLType: c.SQLType}
	}
	return out
}

func catalogFeatures(p *feature.Pipeline, auto bool) []catalog.Feature {
	var out []catalog.Feature
	source := "USER"
	if auto {
		source = "AUTO"
	}
	for _, info := range p.Info() {
		out = append(out, catalog.Feature{Info: info, Source: source})
	}
	return out
}

// settings are all that a training was set to, with where each value came from: hyper-parameters, split, metric, options.
func (d *Definition) settings(hyper []params.Setting, p *prepared, headline *metric.Metric) []catalog.Setting {
	source := func(user bool) string {
		if user {
			return "USER"
		}
		return "DEFAULT"
	}
	out := append([]catalog.Setting(nil), hyper...)
	out = append(out, catalog.Setting{Name: "split", Value: d.SplitText(), Source: source(d.Statement.Split != nil)},
		catalog.Setting{Name: "optimize_for", Value: headline.Name, Source: source(d.Metric != nil)})
	options := d.Options
	if len(p.classes) == 2 {
		options.Positive = p.classes[p.positive]
	}
	return append(out, d.optionSettings(options)...)
}

// SplitText writes the split as the clause does: STRATIFIED TRAIN 0.8 TEST 0.2.
func (d *Definition) SplitText() string {
	s := d.Split
	text := s.Method.String()
	if s.Method == split.Column || s.Method == split.NoSplit {
		return text
	}
	for _, f := range []struct {
		part  split.Part
		share float64
	}{{split.Train, s.Train}, {split.Validate, s.Validate}, {split.Test, s.Test}} {
		if f.share > 0 {
			text += fmt.Sprintf(" %s %v", f.part, f.share)
		}
	}
	return text
}
