package lifecycle

import (
	"strings"

	"aibms/learners/metric"
	"aibms/learners/params"
	"aibms/learners/split"
	"aibms/server/mlsql"
)

func (d *Definition) resolveSplit() error {
	c := d.Statement.Split
	method := split.Random
	switch {
	case d.Statement.Time != "":
		method = split.Time
	case d.Classify:
		method = split.Stratified
	}
	var train, validate, test *float64
	if c != nil {
		switch c.Method {
		case mlsql.SplitRandom:
			method = split.Random
		case mlsql.SplitStratified:
			method = split.Stratified
			if d.Alone != "" {
				return Errorf(ErrDefinition, "SPLIT STRATIFIED needs classes, and learner %s learns without a target; use SPLIT RANDOM", d.Learner.Name)
			}
			if !d.Classify {
				return Errorf(ErrDefinition, "SPLIT STRATIFIED needs classes, and learner %s predicts the %s; use SPLIT RANDOM", d.Learner.Name, d.targetNumbers())
			}
		case mlsql.SplitHash:
			method = split.Hash
		case mlsql.SplitTime:
			method = split.Time
			if d.Statement.Time == "" {
				return Errorf(ErrDefinition, "SPLIT TIME needs the event time: add TIME (column)")
			}
		case mlsql.SplitColumn:
			method = split.Column
		case mlsql.SplitNone:
			method = split.NoSplit
		}
		for _, f := range []struct {
			name string
			from mlsql.Value
			to   **float64
		}{{"TRAIN", c.Train, &train}, {"VALIDATE", c.Validate, &validate}, {"TEST", c.Test, &test}} {
			if !f.from.IsSet() {
				continue
			}
			v, err := f.from.Float()
			if err != nil {
				return Errorf(ErrDefinition, "SPLIT %s %s: a fraction between 0 and 1 is wanted", f.name, f.from)
			}
			*f.to = &v
		}
	}
	spec, err := split.Fractions(train, validate, test)
	if err != nil {
		return Errorf(ErrDefinition, "SPLIT: %v", err)
	}
	spec.Method = method
	d.Split = spec
	return nil
}

func (d *Definition) resolveMetric() error {
	name := d.Statement.OptimizeFor
	if name == "" {
		return nil
	}
	m, ok := metric.Lookup(name)
	var usable []string
	for _, x := range metric.All() {
		if d.measures(x) {
			usable = append(usable, x.Name)
		}
	}
	if !ok {
		return Errorf(ErrDefinition, "unknown metric '%s'%s in OPTIMIZE FOR; SHOW METRICS lists all; for this model: %s", name, params.Suggest(name, usable), strings.Join(usable, ", "))
	}
	if !d.measures(m) {
		return Errorf(ErrDefinition, "OPTIMIZE FOR %s: the metric does not fit learner %s; choose one of %s", m.Name, d.Learner.Name, strings.Join(usable, ", "))
	}
	d.Metric = m
	return nil
}

func (d *Definition) measures(m *metric.Metric) bool {
	if d.Alone != "" {
		return m.Supports(kind(d.Alone))
	}
	if !d.Classify {
		return m.Supports(metric.Regression)
	}
	return m.Supports(metric.Binary) || m.Supports(metric.Multiclass)
}
