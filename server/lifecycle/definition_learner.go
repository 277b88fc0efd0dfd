package lifecycle

import (
	"fmt"
	"slices"
	"strings"

	"aibms/learners"
	"aibms/learners/feature"
	"aibms/learners/params"
	"aibms/server/mlsql"
)

func (d *Definition) resolveTarget(registry *learners.Registry) error {
	c := d.Statement
	if len(c.Targets) == 0 {
		if c.Using == nil {
			return d.noTarget(registry)
		}
		return nil
	}
	for _, name := range c.Targets {
		t, err := d.column("PREDICT", name)
		if err != nil {
			return err
		}
		switch t.Class {
		case feature.JSON, feature.Binary, feature.Geometry, feature.Date, feature.DateTime, feature.Time:
			return Errorf(ErrDefinition, "PREDICT %s: a target of type %s cannot be learned; it must be a number, a boolean or text", t.Name, t.SQLType)
		}
		for _, other := range d.Targets {
			if other.Name == t.Name {
				return Errorf(ErrDefinition, "PREDICT names column %s twice", t.Name)
			}
		}
		d.Targets = append(d.Targets, t)
	}
	if len(d.Targets) > maxTargets {
		return Errorf(ErrDefinition, "PREDICT names %d targets; a model predicts at most %d", len(d.Targets), maxTargets)
	}
	d.Target = d.Targets[0]
	return nil
}

// maxTargets is the most targets that one model may have.
const maxTargets = 1000

// isTarget reports whether a column is predicted.
func (d *Definition) isTarget(name string) bool {
	return slices.ContainsFunc(d.Targets, func(t Column) bool { return strings.EqualFold(t.Name, name) })
}

// targetNumbers says that the targets are numbers: number a, or numbers a, b.
func (d *Definition) targetNumbers() string {
	if len(d.Targets) > 1 {
		return "numbers " + d.targetNames()
	}
	return "number " + d.targetNames()
}

// targetNames are the names of the targets for a sentence.
func (d *Definition) targetNames() string {
	names := make([]string, len(d.Targets))
	for i, t := range d.Targets {
		names[i] = t.Name
	}
	return strings.Join(clipNames(names, 20), ", ")
}

// noTarget says that PREDICT is missing, and which learners do without.
func (d *Definition) noTarget(registry *learners.Registry) error {
	without := ""
	if names := aloneLearners(registry); names != nil {
		without = "; learners that need none: " + strings.Join(names, ", ")
	}
	by := ""
	if d.Learner != nil {
		by = fmt.Sprintf(", which learner %s needs", d.Learner.Name)
	}
	return Errorf(ErrDefinition, "PREDICT is missing%s: name the column that the model learns to predict, as in PREDICT %s%s", by, QuoteExample(d.names()), without)
}

// aloneLearners names the learners that can do without a target.
func aloneLearners(registry *learners.Registry) []string {
	var names []string
	for _, s := range registry.All() {
		if len(aloneTasks(s)) > 0 {
			names = append(names, s.Name)
		}
	}
	return names
}

// aloneTasks are the tasks of a learner that need no target.
func aloneTasks(s *learners.Spec) []learners.Task {
	var out []learners.Task
	for _, t := range s.Tasks {
		if !t.Supervised() {
			out = append(out, t)
		}
	}
	return out
}

// QuoteExample names the last column, as an example to type.
func QuoteExample(names []string) string {
	if len(names) == 0 {
		return "target"
	}
	return mlsql.QuoteName(names[len(names)-1])
}

// traits are those of the learner at the task.
func (d *Definition) traits() learners.Traits {
	if d.Alone != "" {
		return d.Learner.TraitsFor(d.Alone)
	}
	return d.Learner.Traits
}

func (d *Definition) resolveLearner(registry *learners.Registry) error {
	// without USING: numbers with a fraction are regressed, all else is classified
	name := "logistic_regression"
	if len(d.Targets) > 1 || targetTask(d.Target) == learners.Regression {
		name = "linear_regression"
	}
	var settings []mlsql.Setting
	if d.Statement.Using != nil {
		name, settings = d.Statement.Using.Learner, d.Statement.Using.Params
	}
	spec, ok := registry.Lookup(name)
	if !ok {
		return Errorf(ErrDefinition, "unknown learner '%s'%s in USING; SHOW LEARNERS lists all: %s", name, params.Suggest(name, registry.Names("")), strings.Join(registry.Names(""), ", "))
	}
	d.Learner = spec
	alone := aloneTasks(spec)
	switch {
	case len(d.Statement.Targets) == 0 && len(alone) == 0:
		return d.noTarget(registry)
	case len(d.Statement.Targets) == 0:
		d.Alone = alone[0]
	case len(alone) == len(spec.Tasks):
		return Errorf(ErrDefinition, "PREDICT %s: learner %s learns without a target; leave PREDICT out, and the column is a feature as any other, or choose a learner that predicts; SHOW LEARNERS lists the tasks of each",
			d.targetNames(), spec.Name)
	case len(d.Targets) > 1:
		if err := d.severalTargets(registry); err != nil {
			return err
		}
	default:
		if err := d.classifies(registry); err != nil {
			return err
		}
	}
	return d.resolveSettings(settings)
}

// severalTargets checks that the learner predicts several numbers at once, and that every target is one.
func (d *Definition) severalTargets(registry *learners.Registry) error {
	spec := d.Learner
	if !spec.Traits.Targets {
		var able []string
		for _, s := range registry.All() {
			if s.Traits.Targets {
				able = append(able, s.Name)
			}
		}
		return Errorf(ErrDefinition, "PREDICT names %d targets (%s), and learner %s predicts one: create a model for each, or use a learner of several numbers: %s",
			len(d.Targets), d.targetNames(), spec.Name, strings.Join(able, ", "))
	}
	for _, t := range d.Targets {
		one := &Definition{Statement: d.Statement, Learner: spec, Target: t}
		if err := one.classifies(registry); err != nil || one.Classify {
			return Errorf(ErrDefinition, "PREDICT %s: of several targets every one must be a number, and %s is %s, which is a class; create a model for it by itself, or turn it into a number in FROM (SELECT ...)",
				d.targetNames(), t.Name, t.SQLType)
		}
	}
	return nil
}

// targetTask is the task that a target suggests.
func targetTask(target Column) learners.Task {
	if target.Class == feature.Number && !wholeNumber(target.SQLType) {
		return learners.Regression
	}
	return learners.Binary
}

// classifies tells whether the learner predicts the target as a class or as a number.
func (d *Definition) classifies(registry *learners.Registry) error {
	spec := d.Learner
	d.Classify = spec.Supports(learners.Binary) || spec.Supports(learners.Multiclass)
	if d.Classify && spec.Supports(learners.Regression) {
		d.Classify = d.Target.Class != feature.Number && d.Target.Class != feature.Year
	}
	if !d.Classify && !d.Target.Class.Numeric() {
		return Errorf(ErrDefinition, "learner %s predicts numbers, and target %s is %s; for classes use one of %s", spec.Name, d.Target.Name, d.Target.SQLType,
			strings.Join(registry.Names(learners.Binary), ", "))
	}
	return nil
}

// resolveSettings checks the hyper-parameters.
func (d *Definition) resolveSettings(settings []mlsql.Setting) error {
	spec := d.Learner
	for _, s := range settings {
		text, err := settingText(s)
		if err != nil {
			return Errorf(ErrDefinition, "USING %s: %v", spec.Name, err)
		}
		d.Given = append(d.Given, params.Setting{Name: strings.ToLower(s.Name), Value: text, Source: "USER"})
	}
	if _, _, err := d.newLearner(); err != nil {
		return Errorf(ErrDefinition, "USING %s: %v", spec.Name, err)
	}
	return nil
}

func wholeNumber(sqlType string) bool {
	t := strings.ToLower(sqlType)
	return strings.Contains(t, "int") || strings.HasPrefix(t, "bit") || strings.HasPrefix(t, "year")
}

func settingText(s mlsql.Setting) (string, error) {
	switch s.Value.Kind {
	case mlsql.Null:
		return "", fmt.Errorf("%s = NULL: give a value, or leave it out for the default", s.Name)
	case mlsql.Param:
		return "", fmt.Errorf("%s = ?: a definition is stored, so its values must be literals", s.Name)
	}
	return s.Value.Text, nil
}

// newLearner returns a fresh learner with the definition's hyper-parameters, and all their values.
func (d *Definition) newLearner() (learners.Learner, []params.Setting, error) {
	l := d.Learner.New()
	var set params.Set
	l.Declare(&set)
	if err := set.Assign(d.Learner.Name, d.Given); err != nil {
		return nil, nil, err
	}
	return l, set.Settings(d.Given), nil
}
