package point

import (
	"strings"

	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"
	"github.com/dolthub/dolt/go/store/hash"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"aibms/server/rows"
)

// table is the table of a statement, of which a row is read by its primary key, as the session's transaction sees it.
type table struct {
	database string // without a branch
	source   string // the database as the statement means it, with its branch if it names one
	name     string
	key      []sql.Expression // literals and parameters, in the order of columns
	columns  sql.Schema       // that are read: first those of the key
	shape    shapeHash

	changed bool // by more than its rows: it reads no more

	root    doltdb.RootValue // that point reads
	storage *storage         // in which root was what a new transaction sees; nil when that is not known
	point   *rows.Point
	row     sql.Row
	value   []any
}

// shapeHash changes when what a table's name means or what columns it has may have changed.
type shapeHash struct{ schema, views, elsewhere hash.Hash }

// newTable returns the table under a WHERE that gives its whole primary key, and makes columns read its rows; ok is false for any other source.
func newTable(ctx *sql.Context, where *plan.Filter, columns []sql.Expression) (_ *table, ok bool, err error) {
	source := where.Child
	if a, ok := source.(*plan.TableAlias); ok {
		source = a.Child
	}
	resolved, ok := source.(*plan.ResolvedTable)
	if !ok || resolved.AsOf != nil {
		return nil, false, nil
	}
	dolt := rows.Plain(resolved)
	named := resolved.SqlDatabase
	if p, ok := named.(mysql_db.PrivilegedDatabase); ok {
		named = p.Unwrap()
	}
	db, isDolt := named.(dsess.SqlDatabase)
	if dolt == nil || !isDolt {
		return nil, false, nil
	}
	t := &table{source: db.Name(), name: dolt.TableName().Name}
	t.database, _, _ = strings.Cut(t.source, "/")
	if t.source == "" || dolt.TableName().Schema != "" {
		return nil, false, nil
	}
	byName := map[string]*sql.Column{}
	for _, c := range resolved.Schema() {
		byName[strings.ToLower(c.Name)] = c
	}
	at := map[string]int{}
	add := func(f *expression.GetField) (int, bool) {
		name := strings.ToLower(f.Name())
		if i, ok := at[name]; ok {
			return i, true
		}
		c := byName[name]
		if c == nil || f.Table() == "" || c.Virtual {
			return 0, false
		}
		at[name] = len(t.columns)
		t.columns = append(t.columns, c)
		return at[name], true
	}
	for _, e := range expression.SplitConjunction(where.Expression) {
		column, value, ok := equality(e)
		if !ok {
			return nil, false, nil
		}
		if i, ok := add(column); !ok || i != len(t.key) {
			return nil, false, nil // no column of the table, or one that is named twice
		}
		t.key = append(t.key, value)
	}
	for i, e := range columns {
		if columns[i], ok, err = slots(e, add); err != nil || !ok {
			return nil, false, err
		}
	}
	if t.root, err = t.find(ctx); err != nil || t.root == nil {
		return nil, false, err
	}
	stored, ok, err := t.root.GetTable(ctx, t.tableName())
	if err != nil || !ok {
		return nil, false, err
	}
	// what the binder has found is what is found by name
	bound, err := dolt.DoltTable(ctx)
	if err != nil {
		return nil, false, err
	}
	if same, err := sameTable(bound, stored); err != nil || !same {
		return nil, false, err
	}
	if t.shape, err = t.shapeIn(ctx, t.root); err != nil {
		return nil, false, err
	}
	t.row, t.value = make(sql.Row, len(t.columns)), make([]any, len(t.key))
	t.point, err = rows.NewPoint(ctx, stored, t.columns, len(t.key))
	return t, t.point != nil, err
}

func sameTable(a, b *doltdb.Table) (bool, error) {
	x, err := a.HashOf()
	if err != nil {
		return false, err
	}
	y, err := b.HashOf()
	return x == y, err
}

// equality takes column = value or value = column apart, where the value is a literal or a parameter.
func equality(e sql.Expression) (column *expression.GetField, value sql.Expression, ok bool) {
	eq, ok := e.(*expression.Equals)
	if !ok {
		return nil, nil, false
	}
	column, ok = eq.Left().(*expression.GetField)
	value = eq.Right()
	if !ok {
		column, ok = eq.Right().(*expression.GetField)
		value = eq.Left()
	}
	if !ok {
		return nil, nil, false
	}
	switch value.(type) {
	case *expression.Literal, *param:
		return column, value, true
	}
	return nil, nil, false
}

func (t *table) tableName() doltdb.TableName { return doltdb.TableName{Name: t.name} }

// find returns the root that the session's transaction sees; nil when the table is not to be found in it as usual.
func (t *table) find(ctx *sql.Context) (doltdb.RootValue, error) {
	if !t.visible(ctx) {
		return nil, nil
	}
	state, ok, err := dsess.DSessFromSess(ctx.Session).LookupDbState(ctx, t.source)
	if err != nil || !ok {
		return nil, err
	}
	return state.WorkingRoot(), nil
}

// visible tells whether the session sees the table itself: no temporary table in its place, and no older columns.
func (t *table) visible(ctx *sql.Context) bool {
	if _, hidden := dsess.DSessFromSess(ctx.Session).GetTemporaryTable(ctx, t.source, t.name); hidden {
		return false
	}
	other, err := ctx.GetSessionVariable(ctx, dsess.DoltOverrideSchema)
	return err == nil && (other == nil || other == "")
}

func (t *table) shapeIn(ctx *sql.Context, root doltdb.RootValue) (s shapeHash, err error) {
	stored, ok, err := root.GetTable(ctx, t.tableName())
	if err != nil || !ok {
		return shapeHash{}, err
	}
	if s.schema, err = stored.GetSchemaHash(ctx); err != nil {
		return s, err
	}
	if s.views, _, err = root.GetTableHash(ctx, doltdb.TableName{Name: doltdb.SchemasTableName}); err != nil {
		return s, err
	}
	s.elsewhere, _, err = root.GetTableHash(ctx, doltdb.TableName{Name: doltdb.GetNonlocalTablesTableName()})
	return s, err
}

// seen tells whether a transaction that began now would see the root that is at hand: nothing of the database was written since, and the session is on the same branch.
func (t *table) seen(ctx *sql.Context) bool {
	if t.storage == nil || !t.visible(ctx) {
		return false
	}
	now := t.now(ctx)
	return now != nil && *now == *t.storage
}

// storage is the state of a database, and which branch of it a session is on.
type storage struct {
	db     *doltdb.DoltDB
	root   hash.Hash
	branch string
}

// now is the state that a transaction that began now would see; nil when that is not known.
func (t *table) now(ctx *sql.Context) *storage {
	if _, remote, ok := sql.SystemVariables.GetGlobal(dsess.ReadReplicaRemote); !ok || remote != "" {
		return nil // a transaction begins by looking there
	}
	session := dsess.DSessFromSess(ctx.Session)
	branch, ok, err := session.CurrentHead(ctx, t.database)
	if err != nil || !ok {
		return nil
	}
	db, ok := session.Provider().BaseDatabase(ctx, t.database)
	if !ok {
		return nil
	}
	s := &storage{db: db.DbData().Ddb, branch: branch}
	if s.db == nil {
		return nil
	}
	if s.root, err = s.db.NomsRoot(ctx); err != nil {
		return nil
	}
	return s
}

// look takes the root that the session's transaction sees; false when the engine has to. began tells that the transaction has just been begun.
func (t *table) look(ctx *sql.Context, began bool) bool {
	t.storage = nil
	root, err := t.find(ctx)
	if err != nil || root == nil || root != t.root && !t.move(ctx, root) {
		return false
	}
	if tx, ok := ctx.GetTransaction().(*dsess.DoltTransaction); ok && began {
		now := t.now(ctx)
		if at, ok := tx.GetInitialRoot(t.database); ok && now != nil && at == now.root {
			t.storage = now
		}
	}
	return true
}

// read reads the row whose key is bound. fits is false when the engine has to do it.
func (t *table) read(ctx *sql.Context) (row sql.Row, found, fits bool) {
	for i, e := range t.key {
		var err error
		if t.value[i], err = e.Eval(ctx, nil); err != nil {
			return nil, false, false
		}
	}
	found, fits, err := t.point.Get(ctx, t.value, t.row)
	return t.row, found, fits && err == nil
}

// move makes the table that of another root; false when it has changed by more than its rows.
func (t *table) move(ctx *sql.Context, root doltdb.RootValue) bool {
	now, err := t.shapeIn(ctx, root)
	if err != nil || now != t.shape {
		t.changed = true
		return false
	}
	stored, ok, err := root.GetTable(ctx, t.tableName())
	if err != nil || !ok {
		return false
	}
	point, err := rows.NewPoint(ctx, stored, t.columns, len(t.key))
	if err != nil || point == nil {
		return false
	}
	t.root, t.point = root, point
	return true
}
