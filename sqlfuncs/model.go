package sqlfuncs

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/learners/predictor"
	"aibms/server/sqlerr"
)

// deployed is a reference to a model, resolved for the running statement: the version that answers, and its predictor.
type deployed struct {
	name      string // as the call has it
	model     *catalog.Model
	version   *catalog.Version
	predictor *predictor.Predictor
}

// resolve finds the version that name means and checks that the session's user may use the model.
func (f *Functions) resolve(ctx *sql.Context, o output, name string) (*deployed, error) {
	ref, m, err := f.lookup(ctx, o.String(), name)
	if err != nil {
		return nil, err
	}
	_, v, err := f.Snapshot(ctx).Resolve(ref, m.Database)
	if err != nil {
		return nil, sqlerr.Map(err)
	}
	p, err := f.Service.Predictors.Get(ctx, m, v)
	if err != nil {
		return nil, sqlerr.Map(err)
	}
	return &deployed{name, m, v, p}, nil
}

// lookup finds the model that name refers to, and checks that the session's user may use it: whoever may not does not learn whether it exists.
func (f *Functions) lookup(ctx *sql.Context, function, name string) (catalog.Ref, *catalog.Model, error) {
	if f.Catalog == nil { // see Declared
		return catalog.Ref{}, nil, sqlerr.Errorf(sqlerr.NotSupported, "%s cannot be called here", function)
	}
	ref, err := catalog.ParseRef(name)
	if err != nil {
		return ref, nil, sqlerr.Map(fmt.Errorf("%s: %w", function, err))
	}
	snapshot, database := f.Snapshot(ctx), cmp.Or(ref.Database, currentDatabase(ctx))
	m, err := snapshot.Lookup(ref, database)
	if errors.Is(err, catalog.ErrNoModel) {
		if denied := f.MayUse(ctx, &catalog.Model{Database: database, Name: ref.Name}); denied != nil {
			return ref, nil, denied
		}
		err = snapshot.Suggest(err, database, ref.Name, func(m *catalog.Model) bool { return f.MayUse(ctx, m) == nil })
	}
	if err != nil {
		return ref, nil, sqlerr.Map(err)
	}
	ref.Database = m.Database
	return ref, m, f.MayUse(ctx, m)
}

// currentDatabase is the database that the session has chosen, without a revision; "" when none.
func currentDatabase(ctx *sql.Context) string {
	base, _, _ := strings.Cut(ctx.GetCurrentDatabase(), "/")
	return base
}

// columnNames lists the columns that a model reads, in the order of PREDICT's arguments.
func columnNames(p *predictor.Predictor) string {
	names := make([]string, len(p.Columns))
	for i, c := range p.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}
