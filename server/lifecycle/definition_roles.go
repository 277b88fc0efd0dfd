package lifecycle

import (
	"strings"

	"aibms/learners/feature"
	"aibms/server/mlsql"
)

// resolveRoles checks KEY, TIME, WEIGHT and CLASS WEIGHTS.
func (d *Definition) resolveRoles() error {
	c := d.Statement
	taken := map[string]string{}
	for _, t := range d.Targets {
		taken[strings.ToLower(t.Name)] = "PREDICT"
	}
	take := func(clause, name string) (Column, error) {
		col, err := d.column(clause, name)
		if err != nil {
			return col, err
		}
		key := strings.ToLower(name)
		if other, ok := taken[key]; ok {
			return col, Errorf(ErrDefinition, "column %s stands in %s and in %s; it can have one role", col.Name, other, clause)
		}
		taken[key] = clause
		return col, nil
	}
	for _, name := range c.Key {
		col, err := take("KEY", name)
		if err != nil {
			return err
		}
		d.Keys = append(d.Keys, col.Name)
	}
	if d.Keys == nil {
		for _, col := range d.Shape.Columns {
			if col.PrimaryKey && !d.isTarget(col.Name) {
				d.Keys = append(d.Keys, col.Name)
			}
		}
	}
	if c.Weight != "" {
		col, err := take("WEIGHT", c.Weight)
		if err != nil {
			return err
		}
		if !col.Class.Numeric() {
			return Errorf(ErrDefinition, "WEIGHT (%s): the column is %s; a row weight is a number that is not negative", col.Name, col.SQLType)
		}
		if !d.traits().Weights {
			return Errorf(ErrDefinition, "WEIGHT: learner %s takes no row weights", d.Learner.Name)
		}
	}
	if c.Time != "" {
		col, err := take("TIME", c.Time)
		if err != nil {
			return err
		}
		switch col.Class {
		case feature.Date, feature.DateTime, feature.Time, feature.Number, feature.Year:
		default:
			return Errorf(ErrDefinition, "TIME (%s): the column is %s; it must be a date, a time or a number", col.Name, col.SQLType)
		}
	}
	if c.Split != nil && c.Split.Method == mlsql.SplitColumn {
		if _, err := take("SPLIT COLUMN", c.Split.Column); err != nil {
			return err
		}
	}
	if w := c.ClassWeights; w != nil {
		if d.Alone != "" {
			return Errorf(ErrDefinition, "CLASS WEIGHTS: learner %s learns without a target, so there are no classes; WEIGHT (column) weighs rows", d.Learner.Name)
		}
		if !d.Classify {
			return Errorf(ErrDefinition, "CLASS WEIGHTS: learner %s predicts the %s, and a number has no classes", d.Learner.Name, d.targetNumbers())
		}
		if !d.traits().Weights {
			return Errorf(ErrDefinition, "CLASS WEIGHTS: learner %s takes no weights", d.Learner.Name)
		}
		for _, x := range w.Weights {
			if v, err := x.Weight.Float(); err != nil || !(v >= 0) {
				return Errorf(ErrDefinition, "CLASS WEIGHTS (%s = %s): a weight is a number that is not negative", x.Label, x.Weight)
			}
		}
	}
	return nil
}
