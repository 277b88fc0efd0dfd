package lifecycle

import (
	"sort"
	"strings"

	"aibms/learners/feature"
)

// resolveFeatures finds the features and the columns that they are computed from: the order of the columns is that of PREDICT's arguments.
func (d *Definition) resolveFeatures(reader Reader) error {
	c := d.Statement
	declared := map[string]int{} // places of the columns that the automatic rules were given
	reserved := map[string]string{strings.ToLower(c.Weight): "the row weight", strings.ToLower(c.Time): "the event time"}
	for _, t := range d.Targets {
		reserved[strings.ToLower(t.Name)] = "the target"
		if len(d.Targets) > 1 {
			reserved[strings.ToLower(t.Name)] = "one of the targets"
		}
	}
	for _, k := range d.Keys {
		reserved[strings.ToLower(k)] = "the row's identity"
	}
	if c.Split != nil && c.Split.Column != "" {
		reserved[strings.ToLower(c.Split.Column)] = "the split"
	}
	if c.Transforms != nil {
		if c.Features != nil {
			return Errorf(ErrDefinition, "FEATURES and TRANSFORM both say what the features are; keep one of them")
		}
		for _, t := range c.Transforms {
			item := feature.Item{Input: t.Expr, As: t.As}
			if len(t.More) > 0 {
				return Errorf(ErrDefinition, "TRANSFORM: PCA is not in this release")
			}
			for _, call := range t.Calls {
				f := feature.Call{Name: call.Name}
				for _, a := range call.Args {
					f.Args = append(f.Args, a.String())
				}
				item.Calls = append(item.Calls, f)
			}
			d.Items = append(d.Items, item)
		}
	} else {
		columns, err := d.featureColumns(reserved)
		if err != nil {
			return err
		}
		for i, c := range columns {
			declared[strings.ToLower(c.Name)] = i
		}
		traits := d.traits()
		items, notes := feature.Auto(columns, feature.Needs{Scaling: traits.NeedsScaling, Missing: traits.Missing, Categories: traits.Categories})
		d.Items, d.Auto = items, true
		d.Notes = append(d.Notes, notes...)
	}
	if len(d.Items) == 0 {
		target := ""
		if d.Alone == "" {
			target = "the target, "
		}
		return Errorf(ErrDefinition, "model %s has no features: every column of its source is %sa key, or of a type without an automatic rule; name features with TRANSFORM", c.Name.Name, target)
	}
	if err := feature.Check(d.Items); err != nil {
		return Errorf(ErrDefinition, "TRANSFORM: %v", err)
	}
	if e := feature.WantsCategories(d.Items); e != "" && !d.traits().Categories {
		return Errorf(ErrDefinition, "TRANSFORM: %s: learner %s takes numbers; use ONE_HOT or ORDINAL in place of CATEGORY", clip(e), d.Learner.Name)
	}
	names, err := reader.Columns(d.inputs())
	if err != nil {
		return err
	}
	for _, name := range names {
		col, err := d.column("TRANSFORM", name)
		if err != nil {
			return err
		}
		if role, ok := reserved[strings.ToLower(name)]; ok {
			return Errorf(ErrDefinition, "column %s is %s; it cannot be a feature too", col.Name, role)
		}
		d.Columns = append(d.Columns, col.Column)
	}
	if d.Auto {
		// in the order in which the user named them, or of the source: that is how people write the arguments down
		sort.SliceStable(d.Columns, func(i, j int) bool {
			return declared[strings.ToLower(d.Columns[i].Name)] < declared[strings.ToLower(d.Columns[j].Name)]
		})
	}
	return nil
}

// featureColumns are the columns that the automatic rules may use: those of FEATURES, or all that have no other role.
func (d *Definition) featureColumns(reserved map[string]string) ([]feature.InputColumn, error) {
	f := d.Statement.Features
	var out []feature.InputColumn
	if f != nil && !f.All {
		seen := map[string]bool{}
		for _, name := range f.Columns {
			col, err := d.column("FEATURES", name)
			if err != nil {
				return nil, err
			}
			if role, ok := reserved[strings.ToLower(name)]; ok {
				return nil, Errorf(ErrDefinition, "FEATURES: column %s is %s; it cannot be a feature too", col.Name, role)
			}
			if seen[strings.ToLower(name)] {
				return nil, Errorf(ErrDefinition, "FEATURES names column %s twice", col.Name)
			}
			seen[strings.ToLower(name)] = true
			out = append(out, feature.InputColumn{Name: col.Name, Class: col.Class})
		}
		return out, nil
	}
	except := map[string]bool{}
	if f != nil {
		for _, name := range f.Except {
			col, err := d.column("EXCEPT", name)
			if err != nil {
				return nil, err
			}
			except[strings.ToLower(col.Name)] = true
		}
	}
	for _, c := range d.Shape.Columns {
		key := strings.ToLower(c.Name)
		if _, ok := reserved[key]; ok || except[key] {
			continue
		}
		out = append(out, feature.InputColumn{Name: c.Name, Class: c.Class})
	}
	return out, nil
}
