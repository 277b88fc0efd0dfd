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
	statistics        *statistics
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
	p := part{spec: c.spec, needs: needsOf(c.spec)}
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
	return &parts{features: p, outputs: max(1, len(rows.train.Classes)), statistics: rows.statistics}
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
	made, out := mat.NewDense(size, columns, nil), mat.NewDense(size, p.outputs, nil)
	for lo := 0; lo < n; lo += size {
		rows := min(size, n-lo)
		block := x.Slice(lo, lo+rows, 0, columns).(*mat.Dense)
		seen, answer := made.Slice(0, rows, 0, columns).(*mat.Dense), out.Slice(0, rows, 0, p.outputs).(*mat.Dense)
		for k, model := range p.list {
			from := block
			if model.needs != asTheyAre {
				p.statistics.apply(model.needs, block, seen)
				from = seen
			}
			if err := model.model.Predict(from, answer); err != nil {
				return fmt.Errorf("learner %s: %w", model.spec.Name, err)
			}
			if err := f(k, lo, from, answer); err != nil {
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
//	needs            int64     of each learner: 1 when missing values are filled, plus 2 when features are standardised
//	mean             float64   of each feature
//	deviation        float64   of each feature
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
	w.Float64s("mean", p.statistics.mean)
	w.Float64s("deviation", p.statistics.deviation)
	for k, m := range p.list {
		if err := m.model.Save(w.Within(strconv.Itoa(k + 1))); err != nil {
			return err
		}
	}
	return nil
}

// loadParts reads what save wrote and trusts none of it.
func loadParts(base *learners.Registry, r *artifact.Reader) (*parts, error) {
	bad := func(format string, args ...any) (*parts, error) {
		return nil, fmt.Errorf("%w: %s", artifact.ErrCorrupt, fmt.Sprintf(format, args...))
	}
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
	s := &statistics{}
	if s.mean, err = r.Float64s("mean"); err != nil {
		return nil, err
	}
	if s.deviation, err = r.Float64s("deviation"); err != nil {
		return nil, err
	}
	if len(shape) != 2 || shape[0] < 1 || shape[1] < 1 || shape[1] > maxOutputs || shape[0] != int64(len(s.mean)) || len(s.mean) != len(s.deviation) {
		return bad("shape %v, %d means, %d deviations", shape, len(s.mean), len(s.deviation))
	}
	if len(names) == 0 || len(names) > maxLearners || len(names) != len(versions) || len(names) != len(kinds) {
		return bad("%d learners, %d state versions, %d needs", len(names), len(versions), len(kinds))
	}
	for j, m := range s.mean {
		if math.IsNaN(m) || math.IsInf(m, 0) || !(s.deviation[j] > 0) || math.IsInf(s.deviation[j], 0) {
			return bad("feature %d has mean %v and deviation %v", j+1, m, s.deviation[j])
		}
	}
	p := &parts{features: int(shape[0]), outputs: int(shape[1]), statistics: s}
	for k, name := range names {
		spec, ok := base.Lookup(name)
		if !ok || spec.Name != name {
			return bad("there is no learner %q", name)
		}
		switch {
		case versions[k] < 1:
			return bad("learner %s has no state version %d", name, versions[k])
		case versions[k] > int64(spec.StateVersion):
			return nil, fmt.Errorf("%w: learner %s has state version %d, this server reads up to %d", artifact.ErrNewer, name, versions[k], spec.StateVersion)
		case kinds[k] < 0 || kinds[k] > int64(mostNeeds):
			return bad("learner %s has the needs %d", name, kinds[k])
		}
		model, err := spec.Load(int(versions[k]), r.Within(strconv.Itoa(k+1)))
		if err != nil {
			return nil, fmt.Errorf("learner %s: %w", name, err)
		}
		p.list = append(p.list, part{spec, needs(kinds[k]), model})
	}
	// models that do not belong to these features and outputs would fail at every prediction: find out now
	if err := p.each(mat.NewDense(1, p.features, nil), func(int, int, *mat.Dense, *mat.Dense) error { return nil }); err != nil {
		return bad("%v", err)
	}
	return p, nil
}

// maxOutputs bounds what a damaged shape makes a load allocate.
const maxOutputs = 1 << 20

// checkVersion checks the state version of an ensemble.
func checkVersion(name string, version int) error {
	switch {
	case version < 1:
		return fmt.Errorf("%w: %s has no state version %d", artifact.ErrCorrupt, name, version)
	case version > 1:
		return fmt.Errorf("%w: %s has state version %d, this server reads up to 1", artifact.ErrNewer, name, version)
	}
	return nil
}

// otherwise is what a learner is assumed to hold that does not say what it needs: a copy of the features and a few numbers a row.
func otherwise(n, p, classes int) int64 { return 8 * int64(n) * (int64(p) + int64(classes) + 4) }

// memoryOf is what a learner holds at most.
func memoryOf(c choice, n, p, classes int) int64 {
	l, err := c.learner()
	if err != nil {
		return 0
	}
	if asked, ok := l.(learners.MemoryEstimator); ok {
		return asked.MemoryNeeded(n, p, classes)
	}
	return otherwise(n, p, classes)
}

// checkMemory refuses a fit that needs more than Env.Memory.
func checkMemory(name string, needed int64, env learners.Env) error {
	if env.Memory > 0 && needed > env.Memory {
		return fmt.Errorf("%s: its learners need %d bytes of memory, %d are allowed; name fewer or smaller learners", name, needed, env.Memory)
	}
	return nil
}

// rowsSeen is how many rows a learner sees, those of validation among them.
func rowsSeen(train, validate *data.Examples) int {
	n, _ := train.Dims()
	if validate != nil {
		m, _ := validate.Dims()
		n += m
	}
	return n
}
