package exec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/learners"
	"aibms/server/engine"
	"aibms/server/lifecycle"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// predictionWriter builds the statements that PREDICT MODEL stands for. Names are quoted; no value of the user becomes a part of a statement.
type predictionWriter struct {
	env    *Env
	model  *catalog.Model
	number int64
	into   mlsql.Name
	mode   mlsql.WriteMode
	source string        // of the FROM clause of a SELECT
	args   []mlsql.Value // of the placeholders in source
	keys   []lifecycle.Column
	proba  bool   // PREDICT_PROBA has an answer that names no class
	typ    string // SQL type of the prediction

	progress    func(rows int64)
	rows, nulls int64 // written; of them without a prediction
}

// resultColumns stand beside the key in the table of results.
var resultColumns = []string{"prediction", "probability", "model_version", "predicted_at"}

// newPrefix begins the names of new results, where they stand beside those in the table.
const newPrefix = "aibms_new_"

func (e *Env) newPredictionWriter(ctx *sql.Context, s *mlsql.PredictModel, args []mlsql.Value, m *catalog.Model, v *catalog.Version) (*predictionWriter, error) {
	pr, err := e.predictor(ctx, m, v)
	if err != nil {
		return nil, err
	}
	w := &predictionWriter{env: e, model: m, number: v.Number, into: s.Into, mode: s.Mode, typ: pr.SQLType(),
		proba: pr.Task == learners.Binary || pr.Task == learners.Clustering || pr.Task == learners.Anomaly}
	if w.into.Database == "" {
		w.into.Database = currentDatabase(ctx)
	}
	if w.into.Database == "" {
		return nil, noDatabase(s.Into)
	}
	if strings.EqualFold(w.into.Database, engine.CatalogDatabase) {
		return nil, sqlerr.Errorf(sqlerr.DatabaseDenied, "INTO %s: database %s is written by the server alone", w.into, engine.CatalogDatabase)
	}
	w.source = s.From.String() + " AS `source`"
	w.args, _ = lifecycle.SourceArgs(s.From, args)
	source := lifecycle.Source{Query: "SELECT * FROM " + w.source, Database: currentDatabase(ctx), Args: w.args}
	shape, err := e.Reader.Shape(ctx, source)
	if err != nil {
		return nil, err
	}
	return w, w.findKeys(shape, v)
}

// findKeys finds the columns that tell the rows of the source apart: those of the model's KEY, else the source's primary key.
func (w *predictionWriter) findKeys(shape *lifecycle.Shape, v *catalog.Version) error {
	st, _, err := mlsql.Parse(v.Definition)
	if err != nil {
		return err
	}
	declared := st.(*mlsql.CreateModel).Key
	for _, name := range declared {
		at := slices.IndexFunc(shape.Columns, func(c lifecycle.Column) bool { return strings.EqualFold(c.Name, name) })
		if at < 0 {
			return sqlerr.Errorf(sqlerr.UnknownColumn, "Unknown column '%s' in 'FROM': it is the KEY of model %s, and the source of PREDICT MODEL must hold it, or nobody can tell which prediction is whose", name, w.model.Name)
		}
		w.keys = append(w.keys, shape.Columns[at])
	}
	if declared == nil {
		for _, c := range shape.Columns {
			if c.PrimaryKey {
				w.keys = append(w.keys, c)
			}
		}
	}
	if len(w.keys) == 0 {
		return sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT MODEL %s: the source has no primary key and the model no KEY, so nobody could tell which prediction is whose; declare KEY (column) in CREATE MODEL", w.model.Name)
	}
	for _, k := range w.keys {
		if slices.ContainsFunc(resultColumns, func(name string) bool { return strings.EqualFold(name, k.Name) }) {
			return sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT MODEL %s: the key column %s has the name of a column of the results (%s); rename it in FROM (SELECT %s AS ...)", w.model.Name, k.Name, strings.Join(resultColumns, ", "), k.Name)
		}
	}
	return nil
}

// run writes the predictions in the session's transaction, which a failure leaves as it was.
func (w *predictionWriter) run(ctx *sql.Context) error {
	ts, ok := ctx.Session.(sql.TransactionSession)
	if !ok || ctx.GetTransaction() == nil {
		return fmt.Errorf("the session has no transaction")
	}
	const savepoint = "aibms_predict_model"
	tx := ctx.GetTransaction()
	if err := ts.CreateSavepoint(ctx, tx, savepoint); err != nil {
		return err
	}
	err := w.write(ctx)
	if err != nil {
		// ctx may have ended, and this must be done all the same
		if undo := ts.RollbackToSavepoint(ctx, tx, savepoint); undo != nil {
			return fmt.Errorf("%w; and the rows written so far could not be taken back: %v", err, undo)
		}
	}
	if release := ts.ReleaseSavepoint(ctx, tx, savepoint); release != nil && err == nil {
		err = release
	}
	return err
}

func (w *predictionWriter) write(ctx *sql.Context) error {
	// before anything is said of the table: who may not write it does not learn what it looks like
	if err := w.mayWrite(ctx, sql.PrivilegeType_Insert); err != nil {
		return err
	}
	table, err := w.table(ctx)
	if err != nil {
		return err
	}
	verb, onDuplicate := "INSERT", ""
	switch {
	case table == nil:
		if err := w.mayWrite(ctx, sql.PrivilegeType_Create); err != nil {
			return err
		}
		if err := w.create(ctx); err != nil {
			return err
		}
	case w.mode == "":
		return sqlerr.Errorf(sqlerr.TableExists, "Table '%s' exists already; say what is to become of its rows: MODE REPLACE, UPSERT or APPEND", w.into)
	default:
		if err := w.checkTable(table); err != nil {
			return err
		}
		switch w.mode {
		case mlsql.ModeReplace:
			if err := w.mayWrite(ctx, sql.PrivilegeType_Delete); err != nil {
				return err
			}
			if err := w.env.Engine.Run(ctx, "DELETE FROM "+w.into.String()); err != nil {
				return err
			}
		case mlsql.ModeUpsert:
			if err := w.mayWrite(ctx, sql.PrivilegeType_Update); err != nil {
				return err
			}
			// not VALUES(column): the engine resolves that for INSERT ... VALUES alone
			set := make([]string, len(resultColumns))
			for i, c := range resultColumns {
				set[i] = c + " = " + newPrefix + c
			}
			onDuplicate = " ON DUPLICATE KEY UPDATE " + strings.Join(set, ", ")
		}
	}
	ref := mlsql.QuoteString(catalog.Ref{Database: w.model.Database, Name: w.model.Name, Version: w.number}.String())
	probability := "NULL"
	if w.proba {
		probability = "PREDICT_PROBA(" + ref + ", `source`.*)"
	}
	selected := w.keyList()
	for i, e := range []string{"PREDICT(" + ref + ", `source`.*)", probability, strconv.FormatInt(w.number, 10), "UTC_TIMESTAMP(6)"} {
		selected += ", " + e + " AS " + newPrefix + resultColumns[i]
	}
	statement := verb + " INTO " + w.into.String() + " (" + w.keyList() + ", " + strings.Join(resultColumns, ", ") + ") SELECT " + selected + " FROM " + w.source + onDuplicate
	return w.env.runCounted(ctx, statement, w.args, "prediction", func(predicted bool) {
		if w.rows++; !predicted {
			w.nulls++
		}
		if w.rows%16384 == 0 {
			w.progress(w.rows)
		}
	})
}

// mayWrite asks for a privilege on the table of results.
func (w *predictionWriter) mayWrite(ctx *sql.Context, p sql.PrivilegeType) error {
	if w.env.Engine.CanTable(ctx, w.into.Database, w.into.Name, p) {
		return nil
	}
	return sqlerr.Errorf(sqlerr.TableDenied, "INTO %s: %s command denied to user '%s' (GRANT %s ON %s TO ...)", w.into, p, account(ctx), p, w.into)
}

func (w *predictionWriter) keyList() string {
	names := make([]string, len(w.keys))
	for i, k := range w.keys {
		names[i] = mlsql.QuoteName(k.Name)
	}
	return strings.Join(names, ", ")
}

// create makes the table of results.
func (w *predictionWriter) create(ctx *sql.Context) error {
	var columns []string
	for _, k := range w.keys {
		columns = append(columns, mlsql.QuoteName(k.Name)+" "+k.SQLType+" NOT NULL")
	}
	columns = append(columns, "prediction "+w.typ, "probability DOUBLE", "model_version BIGINT NOT NULL", "predicted_at DATETIME(6) NOT NULL", "PRIMARY KEY ("+w.keyList()+")")
	return w.env.Engine.Run(ctx, "CREATE TABLE "+w.into.String()+" ("+strings.Join(columns, ", ")+")")
}

// table is the table of results; nil when there is none yet.
func (w *predictionWriter) table(ctx *sql.Context) (sql.Table, error) {
	t, _, err := w.env.Engine.Catalog().Table(ctx, w.into.Database, w.into.Name)
	if sql.ErrTableNotFound.Is(err) {
		return nil, nil
	}
	return t, err
}

// checkTable refuses a table that results do not fit into.
func (w *predictionWriter) checkTable(t sql.Table) error {
	var names, missing, primary []string
	for _, c := range t.Schema() {
		names = append(names, strings.ToLower(c.Name))
		if c.PrimaryKey {
			primary = append(primary, strings.ToLower(c.Name))
		}
	}
	var keys []string
	for _, k := range w.keys {
		keys = append(keys, strings.ToLower(k.Name))
	}
	for _, want := range append(slices.Clone(keys), resultColumns...) {
		if !slices.Contains(names, want) {
			missing = append(missing, want)
		}
	}
	if len(missing) > 0 {
		return sqlerr.Errorf(sqlerr.UnknownColumn, "INTO %s: the table has no column %s; PREDICT MODEL writes %s, %s, and makes such a table itself when there is none",
			w.into, strings.Join(missing, ", "), strings.Join(keys, ", "), strings.Join(resultColumns, ", "))
	}
	slices.Sort(keys)
	slices.Sort(primary)
	if w.mode == mlsql.ModeUpsert && !slices.Equal(keys, primary) {
		return sqlerr.Errorf(sqlerr.WrongArguments, "INTO %s MODE UPSERT: the primary key of the table must be the key of the rows (%s), to find the rows that are already there", w.into, strings.Join(keys, ", "))
	}
	return nil
}
