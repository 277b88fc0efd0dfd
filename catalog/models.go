package catalog

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/text/unicode/norm"
)

// Declaration is what CREATE MODEL records.
type Declaration struct {
	Database, Name string
	Definition     string // canonical CREATE MODEL statement
	Comment        string
	SQLMode        string // in which the SELECT of the definition is read
}

// CreateModel declares a model. by, here and below, is the account that asked, as root@localhost. The error wraps ErrName, ErrNoDatabase or ErrModelExists.
func (c *Catalog) CreateModel(ctx context.Context, by string, d Declaration) (*Model, error) {
	if err := checkDatabase(d.Database); err != nil {
		return nil, err
	}
	if err := CheckName(d.Name); err != nil {
		return nil, err
	}
	var m *Model
	err := c.apply(ctx, func(s *Snapshot) (change, error) {
		if old, ok := s.Model(d.Database, d.Name); ok {
			return change{}, faultf(ErrModelExists, "model %s exists already; CREATE OR REPLACE MODEL changes its definition and keeps its versions", old.SQLName())
		}
		now := c.time()
		m = &Model{ID: s.lastModelID + 1, Database: d.Database, Name: norm.NFC.String(d.Name), Definition: clean(d.Definition), SQLMode: clean(d.SQLMode), Comment: clean(d.Comment),
			CreatedBy: by, CreatedAt: now, UpdatedAt: now}
		statements := append(insert("models", modelColumns, m.row()),
			Statement{"UPDATE catalog_info SET value = ? WHERE name = 'last_model_id'", []any{m.ID}})
		return change{"create model " + m.SQLName(), statements, s.with(m)}, nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// ReplaceDefinition is CREATE OR REPLACE MODEL on a model that exists: versions, aliases, threshold and what is deployed stay. The error wraps
// ErrNoModel.
func (c *Catalog) ReplaceDefinition(ctx context.Context, by string, d Declaration) (*Model, error) {
	return c.alter(ctx, d.Database, d.Name, "replace the definition of", func(m *Model) (string, error) {
		m.Definition, m.SQLMode, m.Comment = clean(d.Definition), clean(d.SQLMode), clean(d.Comment)
		return because("by " + by), nil
	})
}

// SetComment changes the comment; definition is the canonical statement with the new one. The error wraps ErrNoModel.
func (c *Catalog) SetComment(ctx context.Context, by, database, name, comment, definition string) (*Model, error) {
	return c.alter(ctx, database, name, "set the comment of", func(m *Model) (string, error) {
		m.Comment, m.Definition = clean(comment), clean(definition)
		return because("by " + by), nil
	})
}

// SetThreshold changes the decision threshold; nil removes it. The error wraps ErrNoModel.
func (c *Catalog) SetThreshold(ctx context.Context, by, database, name string, threshold *float64) (*Model, error) {
	return c.alter(ctx, database, name, "set the threshold of", func(m *Model) (string, error) {
		if threshold == nil {
			m.Threshold = nil
			return " to none: by " + by, nil
		}
		x := *threshold + 0 // -0 is 0
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return "", fmt.Errorf("threshold must be a finite number, got %v", x)
		}
		m.Threshold = &x
		return fmt.Sprintf(" to %v: by %s", x, by), nil
	})
}

// alter changes what a model declares. set returns what the message says after the model's name.
func (c *Catalog) alter(ctx context.Context, database, name, verb string, set func(*Model) (string, error)) (*Model, error) {
	return c.applyTo(ctx, named(database, name), func(m *Model) (string, []Statement, error) {
		message := verb + " " + m.SQLName()
		rest, err := set(m)
		if err != nil {
			return "", nil, err
		}
		m.UpdatedAt = c.time()
		return message + rest, []Statement{m.update()}, nil
	})
}

// RenameModel gives a model another name in its database; definition is the canonical statement with it. Versions, aliases and what is deployed
// stay. The error wraps ErrName, ErrNoModel or ErrModelExists.
func (c *Catalog) RenameModel(ctx context.Context, by, database, name, newName, definition string) (*Model, error) {
	if err := CheckName(newName); err != nil {
		return nil, err
	}
	newName = norm.NFC.String(newName)
	var present *Snapshot
	find := func(s *Snapshot) (*Model, error) {
		present = s
		return named(database, name)(s)
	}
	return c.applyTo(ctx, find, func(m *Model) (string, []Statement, error) {
		if other, ok := present.Model(m.Database, newName); ok && other.ID != m.ID {
			return "", nil, faultf(ErrModelExists, "model %s exists already; choose another name for %s", other.SQLName(), m.SQLName())
		}
		message := fmt.Sprintf("rename model %s to %s", m.SQLName(), sqlName(m.Database, newName)) + because("by "+by)
		m.Name, m.Definition, m.UpdatedAt = newName, clean(definition), c.time()
		statements := []Statement{m.update()}
		for _, table := range append(versionTables[:len(versionTables):len(versionTables)], "model_aliases") {
			statements = append(statements, Statement{"UPDATE " + table + " SET model_name = ? WHERE model_id = ?", []any{m.Name, m.ID}})
		}
		return message, statements, nil
	})
}

// DropModel removes a model with its versions, aliases and the artifacts that nobody else uses; the history of its deployments stays in the table. It
// returns what was removed, so that pins and loaded models can be released. Without cascade it is refused while a version is deployed or in
// training. The error wraps ErrNoModel, ErrDeployed or ErrTraining.
func (c *Catalog) DropModel(ctx context.Context, by, database, name string, cascade bool) (*Model, error) {
	var m *Model
	err := c.apply(ctx, func(s *Snapshot) (change, error) {
		var err error
		if m, err = named(database, name)(s); err != nil {
			return change{}, err
		}
		deployed := m.Deployed()
		if !cascade {
			if deployed != 0 {
				return change{}, faultf(ErrDeployed, "version %d of model %s is deployed; UNDEPLOY MODEL %s first", deployed, m.SQLName(), m.SQLName())
			}
			for _, v := range m.Versions {
				if v.Status == Training {
					return change{}, faultf(ErrTraining, "version %d of model %s is in training; KILL QUERY ends it", v.Number, m.SQLName())
				}
			}
		}
		statements := []Statement{{"DELETE FROM models WHERE model_id = ?", []any{m.ID}}}
		for _, table := range append(versionTables[:len(versionTables):len(versionTables)], "model_aliases") {
			statements = append(statements, Statement{"DELETE FROM " + table + " WHERE model_id = ?", []any{m.ID}})
		}
		next := s.without(m.ID)
		if deployed != 0 {
			d := &Deployment{ID: s.lastEventID + 1, Action: ActionDrop, Previous: deployed, By: by, At: c.time()}
			statements = append(statements, insert("model_deployments", deploymentColumns, d.row(m))...)
			next.lastEventID = d.ID
		}
		done := map[string]bool{}
		for _, v := range m.Versions {
			if h := v.ArtifactHash; h != "" && !done[h] && c.unused(s, h, m.ID, 0) {
				done[h] = true
				statements = append(statements, deleteArtifact(h))
			}
		}
		return change{"drop model " + m.SQLName() + because("by "+by), statements, next}, nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}
