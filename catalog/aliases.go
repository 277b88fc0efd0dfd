package catalog

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// SetAlias makes an alias or moves it; the version must be READY. The error wraps ErrName, ErrNoModel, ErrNoVersion or ErrNotReady.
func (c *Catalog) SetAlias(ctx context.Context, by, database, name, alias string, version int64) (*Model, error) {
	if err := CheckAlias(alias); err != nil {
		return nil, err
	}
	alias = norm.NFC.String(alias)
	return c.applyTo(ctx, named(database, name), func(m *Model) (string, []Statement, error) {
		v, err := m.find(version)
		if err != nil {
			return "", nil, err
		}
		if v.Status != Ready {
			return "", nil, m.notReady(v, "have an alias")
		}
		was := ""
		aliases := slices.Clone(m.Aliases)
		statements := []Statement(nil)
		if i := m.aliasIndex(alias); i >= 0 {
			was = fmt.Sprintf(" (was %d)", aliases[i].Version)
			statements = append(statements, deleteAlias(m, aliases[i]))
			aliases = slices.Delete(aliases, i, i+1)
		}
		a := Alias{Name: alias, Version: version, SetBy: by, SetAt: c.time()}
		m.Aliases = append(aliases, a)
		slices.SortFunc(m.Aliases, compareAliases)
		statements = append(statements, insert("model_aliases", aliasColumns, a.row(m))...)
		return fmt.Sprintf("alias %s of %s is version %d%s: by %s", alias, m.SQLName(), version, was, by), statements, nil
	})
}

// DropAlias removes an alias. The error wraps ErrNoModel or ErrNoAlias.
func (c *Catalog) DropAlias(ctx context.Context, by, database, name, alias string) (*Model, error) {
	return c.applyTo(ctx, named(database, name), func(m *Model) (string, []Statement, error) {
		if _, err := m.findAlias(alias); err != nil {
			return "", nil, err
		}
		i := m.aliasIndex(alias)
		old := m.Aliases[i]
		m.Aliases = slices.Delete(slices.Clone(m.Aliases), i, i+1)
		if len(m.Aliases) == 0 {
			m.Aliases = nil // as it is read back
		}
		return fmt.Sprintf("drop alias %s of %s (was %d): by %s", old.Name, m.SQLName(), old.Version, by), []Statement{deleteAlias(m, old)}, nil
	})
}

func (m *Model) aliasIndex(name string) int {
	return slices.IndexFunc(m.Aliases, func(a Alias) bool { return sameName(a.Name, name) })
}

func deleteAlias(m *Model, a Alias) Statement {
	return Statement{"DELETE FROM model_aliases WHERE model_id = ? AND alias = ?", []any{m.ID, a.Name}}
}
