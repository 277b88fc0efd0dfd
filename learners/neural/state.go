package neural

import (
	"fmt"
	"math"
	"slices"

	"aibms/learners"
	"aibms/learners/artifact"
)

// Save writes the parameters as they are:
//
//	kind        text      activation, normalization
//	shape       int64     features, classes (0: a regression), then the units of each hidden layer
//	embeddings  int64     of each feature how many categories it has (0: a number), then how wide its embedding is; empty without categories
//	offset      float64   of each feature that is a number: taken away before
//	factor      float64   the number is multiplied
//	target      float64   of each target of a regression its mean and its standard deviation; 0 and 1 for classes
//	parameters  float32   tables of the embeddings; of each layer weights, biases, with normalisation gains, and with that of layers the biases before it
//	statistics  float32   running means of the normalised units, then their variances
func (m *network) Save(w *artifact.Writer) error {
	w.Strings("kind", []string{activations[m.a.activation], normalizations[m.a.norm]})
	shape := []int64{int64(m.a.features), int64(m.classes)}
	for _, units := range m.a.hidden() {
		shape = append(shape, int64(units))
	}
	w.Int64s("shape", shape)
	var embeddings []int64
	if len(m.a.tables) > 0 {
		embeddings = make([]int64, 2*m.a.features)
		for _, t := range m.a.tables {
			embeddings[t.feature], embeddings[m.a.features+t.feature] = int64(t.categories), int64(t.width)
		}
	}
	w.Int64s("embeddings", embeddings)
	w.Float64s("offset", m.scaling.offset)
	w.Float64s("factor", m.scaling.factor)
	var target []float64
	for _, u := range m.units {
		target = append(target, u.mean, u.deviation)
	}
	w.Float64s("target", target)
	w.Float32s("parameters", m.parameters)
	w.Float32s("statistics", m.statistics)
	return nil
}

// loadNetwork reads what Save wrote. Every size is held against the others, and every number must be finite.
func loadNetwork(version int, r *artifact.Reader) (learners.Model, error) {
	if version != 1 {
		return nil, fmt.Errorf("%s: state version %d is unknown; this server reads 1", learnerName, version)
	}
	kind, err := r.Strings("kind")
	if err != nil {
		return nil, err
	}
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	embeddings, err := r.Int64s("embeddings")
	if err != nil {
		return nil, err
	}
	var offset, factor, target []float64
	for name, to := range map[string]*[]float64{"offset": &offset, "factor": &factor, "target": &target} {
		if *to, err = r.Float64s(name); err != nil {
			return nil, err
		}
	}
	parameters, err := r.Float32s("parameters")
	if err != nil {
		return nil, err
	}
	statistics, err := r.Float32s("statistics")
	if err != nil {
		return nil, err
	}
	damaged := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", artifact.ErrCorrupt, fmt.Sprintf(format, args...))
	}
	if len(kind) != 2 || !slices.Contains(activations, kind[0]) || !slices.Contains(normalizations, kind[1]) {
		return nil, damaged("a network of kind %q", kind)
	}
	if len(shape) < 2 || len(shape) > 2+maxLayers || shape[0] < 1 || shape[0] > maxParameters || shape[1] < 0 || shape[1] == 1 || shape[1] > maxParameters {
		return nil, damaged("a network of shape %v", shape)
	}
	features, classes := int(shape[0]), int(shape[1])
	// sizes that are held against what is there before anything is made of them
	if len(offset) > features || len(embeddings) != 0 && len(embeddings) != 2*features || len(embeddings) == 0 && len(offset) != features {
		return nil, damaged("%d features, %d of them numbers, and %d numbers about embeddings", features, len(offset), len(embeddings))
	}
	var hidden []int
	for _, units := range shape[2:] {
		if units < 1 || units > maxUnits {
			return nil, damaged("a layer of %d units", units)
		}
		hidden = append(hidden, int(units))
	}
	var categories []int
	width := func(int) int { return 0 }
	if len(embeddings) > 0 {
		categories = make([]int, features)
		for j := range categories {
			k, w := embeddings[j], embeddings[features+j]
			if k < 0 || k > maxParameters || w < 0 || w > maxParameters || (k > 0) != (w > 0) {
				return nil, damaged("an embedding of %d categories by %d numbers", k, w)
			}
			categories[j] = int(k)
		}
		width = func(j int) int { return int(embeddings[features+j]) }
	}
	if len(target) == 0 || len(target)%2 != 0 || classes > 0 && len(target) != 2 {
		return nil, damaged("%d numbers about the targets", len(target))
	}
	if classes > 0 && (target[0] != 0 || target[1] != 1) {
		return nil, damaged("classes are not scaled, and these are by %v and %v", target[0], target[1])
	}
	a, err := layOut(features, categories, width, hidden, learners.Shape{Classes: classes, Targets: len(target) / 2}.Values(), activation(slices.Index(activations, kind[0])), normalization(slices.Index(normalizations, kind[1])))
	if err != nil {
		return nil, damaged("%v", err)
	}
	if a.size != len(parameters) || a.statistics != len(statistics) || len(a.numeric) != len(offset) || len(offset) != len(factor) {
		return nil, damaged("a network of %d parameters, %d statistics and %d numbers has %d, %d, %d and %d", a.size, a.statistics, len(a.numeric), len(parameters), len(statistics), len(offset), len(factor))
	}
	if !finite(offset...) || !finite(factor...) || !finite(target...) || !finite(parameters...) || !finite(statistics...) {
		return nil, damaged("a number of the network is not finite")
	}
	for _, v := range statistics[len(statistics)/2:] {
		if v < 0 {
			return nil, damaged("a variance is %v", v)
		}
	}
	var of []units
	for ; len(target) > 0; target = target[2:] {
		if target[1] < 0 {
			return nil, damaged("the standard deviation of a target is %v", target[1])
		}
		of = append(of, units{target[0], target[1]})
	}
	return newNetwork(a, scaling{offset, factor}, classes, of, parameters, statistics), nil
}

func finite[T float32 | float64](values ...T) bool {
	for _, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}

func shapeError(n, p, rows, columns, features, outputs int) error {
	return fmt.Errorf("%s: %d x %d predictions of %d rows of %d features; the model has %d features and gives %d numbers a row", learnerName, rows, columns, n, p, features, outputs)
}
