package exec

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// alterModel changes what is said about a model; it trains and deploys nothing.
func (e *Env) alterModel(s *mlsql.AlterModel) *plan {
	return &plan{commits: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.changeable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		by := account(ctx)
		switch a := s.Action.(type) {
		case *mlsql.SetAlias:
			_, err = e.Catalog.SetAlias(ctx, by, m.Database, m.Name, a.Alias, a.Version.Number)
		case *mlsql.DropAlias:
			_, err = e.Catalog.DropAlias(ctx, by, m.Database, m.Name, a.Alias)
		case *mlsql.SetThreshold:
			var x float64
			if x, err = a.Threshold.Float(); err != nil || !(x >= 0 && x <= 1) {
				return nil, sqlerr.Errorf(sqlerr.WrongArguments, "SET THRESHOLD %s: a probability between 0 and 1 is wanted", a.Threshold)
			}
			if v := m.NewestReady(); v != nil && !v.Task.Thresholded() {
				return nil, sqlerr.Errorf(sqlerr.WrongArguments, "SET THRESHOLD %s applies to a target of two classes, or to the score of an anomaly; version %d of model %s is a %s", a.Threshold, v.Number, m.Name,
					strings.ReplaceAll(string(v.Task), "_", " "))
			}
			_, err = e.Catalog.SetThreshold(ctx, by, m.Database, m.Name, &x)
		case *mlsql.DropThreshold:
			_, err = e.Catalog.SetThreshold(ctx, by, m.Database, m.Name, nil)
		case *mlsql.SetComment:
			var definition string
			definition, err = redefined(m, func(c *mlsql.CreateModel) { c.Comment = a.Comment })
			if err == nil {
				_, err = e.Catalog.SetComment(ctx, by, m.Database, m.Name, a.Comment.Text, definition)
			}
		case *mlsql.RenameTo:
			if a.Name.Database != "" && !strings.EqualFold(a.Name.Database, m.Database) {
				return nil, sqlerr.Errorf(sqlerr.NotSupported, "RENAME TO %s: a model stays in its database (%s); create it anew in the other", a.Name, m.Database)
			}
			var definition string
			definition, err = redefined(m, func(c *mlsql.CreateModel) { c.Name = mlsql.Name{Name: a.Name.Name} })
			if err == nil {
				_, err = e.Catalog.RenameModel(ctx, by, m.Database, m.Name, a.Name.Name, definition)
			}
		}
		return nil, err
	}}
}

// redefined is the model's definition with one thing changed.
func redefined(m *catalog.Model, change func(*mlsql.CreateModel)) (string, error) {
	st, _, err := mlsql.Parse(m.Definition)
	if err != nil {
		return "", err
	}
	c := st.(*mlsql.CreateModel)
	change(c)
	return c.String(), nil
}
