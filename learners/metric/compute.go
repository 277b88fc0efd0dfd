package metric

import (
	"context"
	"math"
	"strings"
)

// Compute measures the metrics on the rows, in the order given. It fails on a wrong input (*InputError), on a metric that is not for in.Kind,
// and with the context's error soon after ctx ends. Metrics of one call share their sorting, so ask for all at once. O(n log n) time for each
// class, about 40 bytes a row and class of work space. Safe for concurrent use.
func Compute(ctx context.Context, metrics []*Metric, in Input) ([]Value, error) {
	for _, m := range metrics {
		if m == nil {
			return nil, wrong("an unknown metric was asked for; choose of %s", names(in.Kind))
		}
		if !m.Supports(in.Kind) {
			return nil, wrong("metric %s is not for %s; choose of %s", m.Name, in.Kind, names(in.Kind))
		}
	}
	if in.Kind.alone() {
		return computeAlone(ctx, metrics, in)
	}
	r, err := newRows(ctx, in)
	if err != nil {
		return nil, err
	}
	constants := map[statistic]*rows{}
	values := make([]Value, len(metrics))
	for i, m := range metrics {
		constant, known := constants[m.constant]
		if !known {
			constant = r.constant(in.Baseline, m.constant)
			constants[m.constant] = constant
		}
		values[i] = m.on(r, constant)
		if r.ended() {
			return nil, r.err
		}
	}
	return values, nil
}

// computeAlone is Compute without a target.
func computeAlone(ctx context.Context, metrics []*Metric, in Input) ([]Value, error) {
	values := make([]Value, len(metrics))
	for i, m := range metrics {
		v, err := m.alone(ctx, in)
		if err != nil {
			return nil, err
		}
		v.Metric, v.Value, v.Low, v.High, v.Baseline = m, m.within(v.Value), m.within(v.Low), m.within(v.High), m.within(v.Baseline)
		values[i] = v
	}
	return values, nil
}

// on measures m on the rows, and on those with the constant prediction, if any.
func (m *Metric) on(r, constant *rows) Value {
	v := Value{Metric: m, Value: math.NaN(), Low: math.NaN(), High: math.NaN(), Baseline: math.NaN(), Rows: r.n}
	if constant != nil {
		base, _ := m.measure(constant)
		v.Baseline = m.within(base)
	}
	if m.NeedsProba && !r.hasProba() {
		return v
	}
	value, interval := m.measure(r)
	if v.Value = m.within(value); math.IsNaN(v.Value) {
		return v
	}
	low, high := interval()
	v.Low, v.High = m.within(min(low, v.Value)), m.within(max(high, v.Value))
	return v
}

// within clips x to the range of the metric; an x that has overflowed is undefined.
func (m *Metric) within(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return math.NaN()
	}
	return max(m.Min, min(m.Max, x))
}

func names(kind Kind) string {
	var all []string
	for _, m := range For(kind) {
		all = append(all, m.Name)
	}
	return strings.Join(all, ", ")
}
