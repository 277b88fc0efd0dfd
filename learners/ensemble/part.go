package ensemble

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/feature"
)

// part is a fitted learner of an ensemble.
type part struct {
	spec  *learners.Spec
	needs needs
	model learners.Model
}

// parts are models that learned from the same rows. They are immutable and safe for concurrent use.
type parts struct {
	features, outputs int
	preparation       *preparation // nil when no model needs any
	list              []part
}

// fitting is what the fits of one ensemble share.
type fitting struct {
	ctx   context.Context
	name  string // of the ensemble, for errors
	env   learners.Env
	done  int // fits
	total int
	far   int // what was reported last, in thousandths of a fit

	record func(learners.Iteration) // of the fit whose training curve is kept; nil: of none
}

// newFitting is for an ensemble that is fitted by so many fits.
func newFitting(ctx context.Context, name string, env learners.Env, total int) *fitting {
	f := &fitting{ctx: ctx, name: name, env: env, total: total}
	f.report(0)
	return f
}

// report tells progress within the present fit, from 0 to 1.
func (f *fitting) report(share float64) {
	f.far = max(f.far, 1000*f.done+int(1000*max(0, min(1, share))))
	f.env.Report(min(f.far, 1000*f.total), 1000*f.total, math.NaN())
}

// fit fits a learner on prepared rows. stream tells its random numbers from those of the others: fits of the same stream draw the same, and stream 0 draws as the learner does alone.
// memory is what the ensemble holds beside it.
func (f *fitting) fit(c choice, rows *prepared, stream uint64, memory int64) (part, error) {
	l, err := c.learner()
	if err != nil {
		return part{}, fmt.Errorf("%s: learner %s: %w", f.name, c.spec.Name, err)
	}
	p := part{spec: c.spec, needs: rows.needsOf(c.spec)}
	train, validate, err := rows.seen(f.ctx, p.needs)
	if err != nil {
		return part{}, err
	}
	env := learners.Env{Task: f.env.Task, Seed: f.env.Seed + stream*0x9e3779b97f4a7c15, Workers: f.env.Workers, Record: f.record,
		Progress: func(done, total int, _ float64) { f.report(float64(done) / float64(max(1, total))) },
		Warn: func(format string, args ...any) {
			text := fmt.Sprintf(format, args...)
			if !strings.HasPrefix(text, c.spec.Name) { // most warnings begin with the learner's name
				text = c.spec.Name + ": " + text
			}
			f.env.Warnf("%s", text)
		}}
	if f.env.Memory > 0 {
		env.Memory = max(1, f.env.Memory-memory)
	}
	if p.model, err = l.Fit(f.ctx, train, validate, env); err != nil {
		if f.ctx.Err() != nil {
			return part{}, f.ctx.Err()
		}
		return part{}, fmt.Errorf("%s: learner %s: %s", f.name, c.spec.Name, strings.TrimPrefix(err.Error(), c.spec.Name+": "))
	}
	f.done++
	f.report(0)
	return p, f.ctx.Err()
}

// checkChoices demands learners that can do the task and take what the rows have.
func (f *fitting) checkChoices(list []choice, base *learners.Registry, weighted bool) error {
	for _, c := range list {
		if !c.spec.Supports(f.env.Task) {
			return fmt.Errorf("%s: learner %s cannot do %s; these can: %s", f.name, c.spec.Name, strings.ReplaceAll(string(f.env.Task), "_", " "), strings.Join(base.Names(f.env.Task), ", "))
		}
		if weighted && !c.spec.Traits.Weights {
			return fmt.Errorf("%s: learner %s takes no weights of rows or classes; leave WEIGHT and CLASS WEIGHTS out, or the learner", f.name, c.spec.Name)
		}
	}
	return nil
}

// newParts makes room for models of these rows.
func newParts(rows *prepared) *parts {
	_, p := rows.train.Dims()
	return &parts{features: p, outputs: max(1, len(rows.train.Classes)), preparation: rows.preparation}
}

// onePart are parts of one model. How many clusters there are is the model's to say.
func onePart(rows *prepared, p part) *parts {
	of := newParts(rows)
	of.list = []part{p}
	if sized, ok := p.model.(learners.Sized); ok {
		of.outputs = sized.Outputs()
	}
	return of
}

// blockRows is how many rows are predicted at once: few enough for their features to stay in the cache.
const blockRows = 512

// each calls f with the predictions of every model for the rows of x, block after block: model k, of the features seen, predicts out for the rows from lo on. It fails only when the
// shapes do not fit.
func (p *parts) each(x *mat.Dense, f func(k, lo int, seen, out *mat.Dense) error) error {
	n, columns := x.Dims()
	if columns != p.features {
		return fmt.Errorf("%d features, the model has %d", columns, p.features)
	}
	size := min(n, blockRows)
	out := mat.NewDense(size, p.outputs, nil)
	var made [mostNeeds + 1]*mat.Dense // rows as learners of these needs see them
	for lo := 0; lo < n; lo += size {
		rows := min(size, n-lo)
		block := x.Slice(lo, lo+rows, 0, columns).(*mat.Dense)
		answer := out.Slice(0, rows, 0, p.outputs).(*mat.Dense)
		var ready [mostNeeds + 1]*mat.Dense
		ready[asTheyAre] = block
		for k, model := range p.list {
			if ready[model.needs] == nil {
				width := p.preparation.width(model.needs)
				if made[model.needs] == nil {
					made[model.needs] = mat.NewDense(size, width, nil)
				}
				ready[model.needs] = made[model.needs].Slice(0, rows, 0, width).(*mat.Dense)
				p.preparation.apply(model.needs, block, ready[model.needs])
			}
			seen := ready[model.needs]
			if err := model.model.Predict(seen, answer); err != nil {
				return fmt.Errorf("learner %s: %w", model.spec.Name, err)
			}
			if err := f(k, lo, seen, answer); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkShape checks the arguments of a Predict.
func checkShape(x, out *mat.Dense, features, outputs int) error {
	if x == nil || out == nil {
		return fmt.Errorf("there are no rows, or no place for their predictions")
	}
	n, p := x.Dims()
	if rows, columns := out.Dims(); p != features || rows != n || columns != outputs {
		return fmt.Errorf("%d x %d features and %d x %d places for predictions; the model has %d features and %d outputs", n, p, rows, columns, features, outputs)
	}
	return nil
}

// save writes the models.
//
//	section          type      what
//	shape            int64     features, outputs
//	learners         texts     the name of each learner
//	state_versions   int64     of each learner: that of its model
//	needs            int64     of each learner: 1 when missing numbers are filled, plus 2 when numbers are standardised, plus 4 when categories are columns of 0 and 1
//
// and where a learner needs any of these (empty otherwise)
//
//	fill             float64   of each feature: what a missing number becomes
//	mean             float64   of each feature
//	deviation        float64   of each feature: 0 when it does not vary
//	categories       int64     of each feature: how many there are; 0 of numbers
//	places           int64     of each category of each feature: its column among those of the feature; -1: it has none
//	1/..., 2/...               the model of each learner
func (p *parts) save(w *artifact.Writer) error {
	var names []string
	var versions, kinds []int64
	for _, m := range p.list {
		names, versions, kinds = append(names, m.spec.Name), append(versions, int64(m.spec.StateVersion)), append(kinds, int64(m.needs))
	}
	w.Int64s("shape", []int64{int64(p.features), int64(p.outputs)})
	w.Strings("learners", names)
	w.Int64s("state_versions", versions)
	w.Int64s("needs", kinds)
	var fills, means, deviations []float64
	var categories, all []int64
	if p.preparation != nil {
		for j, s := range p.preparation.scales {
			places := p.preparation.places[j]
			fills, means, deviations, categories = append(fills, s.Fill), append(means, s.Mean), append(deviations, s.Deviation), append(categories, int64(len(places)))
			for _, at := range places {
				all = append(all, int64(at))
			}
		}
	}
	w.Float64s("fill", fills)
	w.Float64s("mean", means)
	w.Float64s("deviation", deviations)
	w.Int64s("categories", categories)
	w.Int64s("places", all)
	for k, m := range p.list {
		if err := m.model.Save(w.Within(strconv.Itoa(k + 1))); err != nil {
			return err
		}
	}
	return nil
}

// damage is an error of a damaged artifact.
func damage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", artifact.ErrCorrupt, fmt.Sprintf(format, args...))
}

// loadParts reads what save wrote, in this state version of the ensemble, and trusts none of it.
func loadParts(base *learners.Registry, version int, r *artifact.Reader) (*parts, error) {
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	names, err := r.Strings("learners")
	if err != nil {
		return nil, err
	}
	versions, err := r.Int64s("state_versions")
	if err != nil {
		return nil, err
	}
	kinds, err := r.Int64s("needs")
	if err != nil {
		return nil, err
	}
	made, err := loadPreparation(version, r)
	if err != nil {
		return nil, err
	}
	if len(shape) != 2 || shape[0] < 1 || shape[1] < 1 || shape[1] > maxOutputs || made != nil && shape[0] != int64(len(made.scales)) {
		return nil, damage("shape %v, which is not that of the features", shape)
	}
	if len(names) == 0 || len(names) > maxLearners || len(names) != len(versions) || len(names) != len(kinds) {
		return nil, damage("%d learners, %d state versions, %d needs", len(names), len(versions), len(kinds))
	}
	p := &parts{features: int(shape[0]), outputs: int(shape[1]), preparation: made}
	for k, name := range names {
		spec, ok := base.Lookup(name)
		if !ok || spec.Name != name {
			return nil, damage("there is no learner %q", name)
		}
		switch {
		case versions[k] < 1:
			return nil, damage("learner %s has no state version %d", name, versions[k])
		case versions[k] > int64(spec.StateVersion):
			return nil, fmt.Errorf("%w: learner %s has state version %d, this server reads up to %d", artifact.ErrNewer, name, versions[k], spec.StateVersion)
		case kinds[k] < 0 || kinds[k] > int64(mostNeeds) || needs(kinds[k]) != asTheyAre && made == nil:
			return nil, damage("learner %s has the needs %d", name, kinds[k])
		}
		model, err := spec.Load(int(versions[k]), r.Within(strconv.Itoa(k+1)))
		if err != nil {
			return nil, fmt.Errorf("learner %s: %w", name, err)
		}
		p.list = append(p.list, part{spec, needs(kinds[k]), model})
	}
	if made == nil && shape[0] > maxColumns {
		return nil, damage("%d features", shape[0])
	}
	// models that do not belong to these features and outputs would fail at every prediction: find out now
	if err := p.each(mat.NewDense(1, p.features, nil), func(int, int, *mat.Dense, *mat.Dense) error { return nil }); err != nil {
		return nil, damage("%v", err)
	}
	return p, nil
}

// loadPreparation reads what learners need of the features; nil: no learner needs any. In state version 1 there were no categories, every ensemble had means and deviations, and means filled.
func loadPreparation(version int, r *artifact.Reader) (*preparation, error) {
	means, err := r.Float64s("mean")
	if err != nil {
		return nil, err
	}
	deviations, err := r.Float64s("deviation")
	if err != nil {
		return nil, err
	}
	fills, categories, all := means, make([]int64, len(means)), []int64(nil)
	if version > 1 {
		if fills, err = r.Float64s("fill"); err != nil {
			return nil, err
		}
		if categories, err = r.Int64s("categories"); err != nil {
			return nil, err
		}
		if all, err = r.Int64s("places"); err != nil {
			return nil, err
		}
	}
	p := len(means)
	if len(deviations) != p || len(fills) != p || len(categories) != p || p == 0 && (version == 1 || len(all) > 0) {
		return nil, damage("%d fills, %d means, %d deviations, %d numbers of categories and %d places", len(fills), p, len(deviations), len(categories), len(all))
	}
	if p == 0 {
		return nil, nil
	}
	s := &preparation{scales: make([]feature.Scale, p), places: make([][]int32, p)}
	for j, m := range means {
		if d := deviations[j]; !finite(m) || !finite(fills[j]) || !(d >= 0) || !finite(d) || d == 0 && version == 1 {
			return nil, damage("feature %d has fill %v, mean %v and deviation %v", j+1, fills[j], m, d)
		}
		s.scales[j] = feature.Scale{Fill: fills[j], Mean: m, Deviation: deviations[j]}
		k := categories[j]
		if k < 0 || k > int64(len(all)) {
			return nil, damage("feature %d has %d categories", j+1, k)
		}
		if k == 0 {
			continue
		}
		s.places[j] = make([]int32, k)
		next := int64(0)
		for code, at := range all[:k] {
			if at != -1 && (at != next || at >= feature.MostColumns) {
				return nil, damage("category %d of feature %d has place %d", code+1, j+1, at)
			}
			if s.places[j][code] = int32(at); at >= 0 {
				next++
			}
		}
		all = all[k:]
	}
	if len(all) > 0 {
		return nil, damage("%d places too many", len(all))
	}
	s.layOut()
	return s, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// maxColumns bounds the same for features, where no learner needs to know them.
const maxColumns = 1 << 20

// maxOutputs bounds what a damaged shape makes a load allocate.
const maxOutputs = 1 << 20

// stateVersion is that of each ensemble. 1: all learners saw the same columns, numbers alone. 2: categories, medians in the place of missing numbers.
const stateVersion = 2

// checkVersion checks the state version of an ensemble.
func checkVersion(name string, version int) error {
	switch {
	case version < 1:
		return fmt.Errorf("%w: %s has no state version %d", artifact.ErrCorrupt, name, version)
	case version > stateVersion:
		return fmt.Errorf("%w: %s has state version %d, this server reads up to %d", artifact.ErrNewer, name, version, stateVersion)
	}
	return nil
}

// otherwise is what a learner is assumed to hold that does not say what it needs: a copy of the features and a few numbers a row.
func otherwise(s learners.Shape) int64 { return 8 * int64(s.Rows) * int64(s.Features+s.Outputs()+4) }

// memoryOf is what a learner holds at most.
func memoryOf(c choice, s learners.Shape) int64 {
	s = seenBy(c.spec, s)
	l, err := c.learner()
	if err != nil {
		return 0
	}
	if asked, ok := l.(learners.MemoryEstimator); ok {
		return asked.MemoryNeeded(s)
	}
	return otherwise(s)
}

// fewerLearners says how an ensemble needs less memory.
const fewerLearners = "name fewer or smaller learners"

// allOf is the shape of the training and the validation rows together.
func allOf(train, validate *data.Examples) learners.Shape {
	s := learners.ShapeOf(train)
	if validate != nil {
		m, _ := validate.Dims()
		s.Rows += m
	}
	return s
}
