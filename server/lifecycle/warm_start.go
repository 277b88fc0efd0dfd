package lifecycle

import (
	"context"
	"slices"
	"strings"

	"aibms/catalog"
	"aibms/learners/predictor"
	"aibms/server/mlsql"
)

// GoOnFrom finds the version that WARM START names, checks that the definition can go on from it, and returns its number; 0 without WARM START. What only the rows can tell is left to sameTarget.
func (s *Service) GoOnFrom(ctx context.Context, m *catalog.Model, d *Definition, t *mlsql.TrainModel) (int64, error) {
	if !t.Warm {
		return 0, nil
	}
	if !d.Learner.WarmStarts() {
		return 0, notWarm(ErrDefinition, "WARM START: learner %s cannot go on from a model; these can: %s", d.Learner.Name, strings.Join(s.warmStarters(), ", "))
	}
	v := m.NewestReady()
	switch {
	case t.WarmFrom.IsSet():
		var err error
		if _, v, err = s.Catalog.Snapshot().Resolve(catalog.Ref{Database: m.Database, Name: m.Name, Version: t.WarmFrom.Number}, m.Database); err != nil {
			return 0, err
		}
	case v == nil:
		return 0, Errorf(ErrDefinition, "WARM START: model %s has no READY version to go on from; TRAIN MODEL %s makes one", m.SQLName(), m.SQLName())
	}
	if v.Learner != d.Learner.Name {
		return 0, notWarm(ErrDefinition, "WARM START FROM VERSION %d: it was learned by %s, and now the learner is %s; name that of the version by USING", v.Number, v.Learner, d.Learner.Name)
	}
	first, err := s.Predictors.Get(ctx, m, v)
	if err != nil {
		return 0, err
	}
	if err := d.sameFeatures(v, first); err != nil {
		return 0, err
	}
	d.warm = first
	return v.Number, nil
}

// orAnew ends what is said of a training that cannot go on from a version.
const orAnew = "; or leave WARM START out to begin anew"

// notWarm makes an error of a kind of what keeps a training from going on from a version.
func notWarm(kind error, format string, args ...any) error {
	return Errorf(kind, format+orAnew, args...)
}

// warmStarters are the names of the learners that go on from a model.
func (s *Service) warmStarters() []string {
	var names []string
	for _, spec := range s.Registry.All() {
		if spec.WarmStarts() {
			names = append(names, spec.Name)
		}
	}
	return names
}

// sameFeatures demands that the definition reads the columns that the version reads, and makes the same of them.
func (d *Definition) sameFeatures(v *catalog.Version, first *predictor.Predictor) error {
	names := func(columns []predictor.Column) []string {
		var list []string
		for _, c := range columns {
			list = append(list, strings.ToLower(c.Name))
		}
		return list
	}
	old, now := names(first.Columns), names(d.Columns)
	if !slices.Equal(old, now) {
		return notWarm(ErrDefinition, "WARM START FROM VERSION %d: it reads the columns %s, and now these are %s; they must be the same, in the same order", v.Number,
			strings.Join(clipNames(old, 20), ", "), strings.Join(clipNames(now, 20), ", "))
	}
	targets := names(first.Targets())
	var wanted []string
	for _, t := range d.targets() {
		wanted = append(wanted, strings.ToLower(t.Name))
	}
	if !slices.Equal(targets, wanted) {
		return notWarm(ErrDefinition, "WARM START FROM VERSION %d: it predicts %s, and now the model predicts %s; the targets must be the same, in the same order", v.Number,
			strings.Join(clipNames(targets, 20), ", "), strings.Join(clipNames(wanted, 20), ", "))
	}
	before, err := parseDefinition(v.Definition)
	if err != nil {
		return err
	}
	if was, is := transformText(before), transformText(d.Statement); was != is {
		return notWarm(ErrDefinition, "WARM START FROM VERSION %d: its TRANSFORM is (%s), and now it is (%s); they must be the same", v.Number, clip(was), clip(is))
	}
	return nil
}

// transformText writes the TRANSFORM of a definition; "" without one.
func transformText(c *mlsql.CreateModel) string {
	parts := make([]string, len(c.Transforms))
	for i, f := range c.Transforms {
		parts[i] = f.String()
	}
	return strings.Join(parts, ", ")
}

// sameTarget demands that the rows have the task and the classes of the version that the learner goes on from.
func (d *Definition) sameTarget(p *prepared) error {
	switch {
	case p.task != d.warm.Task:
		return notWarm(ErrData, "WARM START: the version does %s, and these rows ask for %s", words(d.warm.Task), words(p.task))
	case !slices.Equal(p.classes, d.warm.Classes):
		return notWarm(ErrData, "WARM START: the version knows the classes %s, and the rows have %s; they must be the same", strings.Join(clipNames(d.warm.Classes, 10), ", "),
			strings.Join(clipNames(p.classes, 10), ", "))
	}
	return nil
}
