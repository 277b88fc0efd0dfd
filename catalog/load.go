package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// load reads the tables into a snapshot. Rows of a model or version that is not there (a partial restore) are left out.
func load(ctx context.Context, db DB) (*Snapshot, error) {
	l := loader{ctx: ctx, db: db, models: map[int64]*Model{}, seen: map[string]string{}}
	s := &Snapshot{models: []*Model{}, byName: map[string]*Model{}, byID: l.models}

	l.each("catalog_info", "name, value", "name", func(r *row) {
		if name, value := r.text(), r.int(); name == "last_model_id" {
			s.lastModelID = value
		}
	})
	l.each("models", modelColumns, "model_id", func(r *row) {
		m := readModel(r)
		l.models[m.ID] = m
		s.models = append(s.models, m)
		s.lastModelID = max(s.lastModelID, m.ID)
	})
	l.each("model_versions", versionColumns, "model_id, version", func(r *row) {
		v := readVersion(r)
		if m := l.models[v.ModelID]; m != nil {
			m.Versions = append(m.Versions, v)
		}
	})
	eachPart(&l, "model_targets", targetColumns, readTarget, func(v *Version, x Target) { v.Targets = append(v.Targets, x) })
	eachPart(&l, "model_version_data", dataColumns, readData, func(v *Version, x DataPin) { v.Data = append(v.Data, x) })
	eachPart(&l, "model_settings", settingColumns, readSetting, func(v *Version, x Setting) { v.Settings = append(v.Settings, x) })
	eachPart(&l, "model_inputs", inputColumns, readInput, func(v *Version, x Input) { v.Inputs = append(v.Inputs, x) })
	eachPart(&l, "model_features", featureColumns, readFeature, func(v *Version, x Feature) {
		x.Position = len(v.Features) + 1
		v.Features = append(v.Features, x)
	})
	eachPart(&l, "model_metrics", metricColumns, readMetric, func(v *Version, x Metric) { v.Metrics = append(v.Metrics, x) })
	l.each("model_aliases", aliasColumns, "model_id, alias", func(r *row) {
		id, a := readAlias(r)
		if m := l.models[id]; m != nil {
			m.Aliases = append(m.Aliases, a)
		}
	})
	l.each("model_deployments", deploymentColumns, "event_id", func(r *row) {
		id, d := readDeployment(r)
		s.lastEventID = d.ID
		if m := l.models[id]; m != nil {
			m.Deployments = append(m.Deployments, d)
		}
	})
	if l.err != nil {
		return nil, l.err
	}

	for _, m := range s.models {
		slices.SortFunc(m.Aliases, compareAliases)
		k := key(m.Database, m.Name)
		if twin := s.byName[k]; twin != nil {
			return nil, fmt.Errorf("models %d and %d have the same name %s", twin.ID, m.ID, m.SQLName())
		}
		s.byName[k] = m
	}
	slices.SortFunc(s.models, func(a, b *Model) int { return cmp.Compare(key(a.Database, a.Name), key(b.Database, b.Name)) })
	return s, nil
}

func compareAliases(a, b Alias) int { return cmp.Compare(fold(a.Name), fold(b.Name)) }

// loader reads one table after the other until something fails.
type loader struct {
	ctx    context.Context
	db     DB
	models map[int64]*Model
	seen   map[string]string // texts read so far: names recur in thousands of rows and are held once
	err    error
}

// each calls read for every row of a table in the order of the columns in order.
func (l *loader) each(table, columns, order string, read func(*row)) {
	if l.err != nil {
		return
	}
	rows, err := l.db.Read(l.ctx, "SELECT "+columns+" FROM "+table+" ORDER BY "+order)
	if err != nil {
		l.err = fmt.Errorf("table %s: %w", table, err)
		return
	}
	for _, values := range rows {
		for i, v := range values {
			if s, ok := v.(string); ok && len(s) <= maxName {
				values[i] = l.once(s)
			}
		}
		r := newRow(values)
		read(r)
		if r.err != nil {
			l.err = fmt.Errorf("table %s: %w", table, r.err)
			return
		}
	}
}

func (l *loader) once(s string) string {
	if known, ok := l.seen[s]; ok {
		return known
	}
	l.seen[s] = s
	return s
}

// eachPart reads a table of lists: the rows of one version in the order of their positions.
func eachPart[T any](l *loader, table, columns string, read func(*row) T, add func(*Version, T)) {
	l.each(table, columns, "model_id, version, position", func(r *row) {
		id, number := r.int(), r.int()
		r.next() // position: the order of the rows says it
		r.next()
		r.next() // names, for readers
		item := read(r)
		if m := l.models[id]; m != nil {
			if v, ok := m.Version(number); ok {
				add(v, item)
			}
		}
	})
}
