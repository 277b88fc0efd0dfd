package server

import (
	"strings"

	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/catalog"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
	"aibms/sqlfuncs"
)

// The text of a view, trigger, procedure or event is stored and parsed again at each use, in the session of whoever uses it. A model in it belongs to the object's own
// database, as the tables of a view do: so its name is given the database before the text is stored.

// storedIn returns the database of the object whose text a statement stores; stores is false for all other statements. An object that names no database is in current.
func storedIn(st ast.Statement, current string) (database string, stores bool) {
	d, ok := st.(*ast.DDL)
	if !ok {
		return "", false
	}
	switch {
	case d.ViewSpec != nil:
		database = d.ViewSpec.ViewName.DbQualifier.String()
	case d.TriggerSpec != nil:
		if database = d.TriggerSpec.TrigName.Qualifier.String(); database == "" {
			database = d.Table.DbQualifier.String()
		}
	case d.ProcedureSpec != nil:
		database = d.ProcedureSpec.ProcName.Qualifier.String()
	case d.EventSpec != nil:
		database = d.EventSpec.EventName.Qualifier.String()
	default:
		return "", false
	}
	if database == "" {
		database = current
	}
	database, _, _ = strings.Cut(database, "/") // models are the same in every revision
	return database, true
}

// unqualified finds a model without a database in a call of ours; "" when there is none.
func unqualified(st ast.Statement) (model string) {
	walk(st, func(n any) bool {
		var args ast.SelectExprs
		switch x := n.(type) {
		case *ast.FuncExpr:
			if sqlfuncs.TakesModel(x.Name.Lowered()) {
				args = x.Exprs
			}
		case *ast.TableFuncExpr:
			if sqlfuncs.TakesModel(strings.ToLower(x.Name)) {
				args = x.Exprs
			}
		}
		if name, ok := modelOf(args); ok {
			if ref, err := catalog.ParseRef(name); err == nil && ref.Database == "" {
				model = name
			}
		}
		return model == ""
	})
	return model
}

// qualify gives the models in calls of ours their database: PREDICT('m') becomes PREDICT('db.m').
func qualify(text, database string, o ast.ParserOptions) string {
	tokens := ast.NewStringTokenizer(text)
	if o.AnsiQuotes {
		tokens = ast.NewStringTokenizerForAnsiQuotes(text)
	}
	var out strings.Builder
	copied := 0
	var before [2]string // the two tokens before the present one: a function of ours, and its parenthesis
	for {
		start := max(0, tokens.Position-1)
		kind, value := tokens.Scan()
		if kind == 0 || kind == ast.LEX_ERROR {
			break
		}
		token := ""
		switch kind {
		case ast.COMMENT:
			continue
		case ast.ID:
			if name := strings.ToLower(string(value)); sqlfuncs.TakesModel(name) {
				token = name
			}
		case '(':
			token = "("
		case ast.STRING:
			if before[0] == "" || before[1] != "(" {
				break
			}
			ref, err := catalog.ParseRef(string(value))
			from, to, ok := literalSpan(text, start, tokens.Position-1)
			if err == nil && ref.Database == "" && ok && from >= copied {
				ref.Database = database
				out.WriteString(text[copied:from])
				out.WriteString(mlsql.QuoteString(ref.String()))
				copied = to
			}
		}
		before[0], before[1] = before[1], token
	}
	out.WriteString(text[copied:])
	return out.String()
}

// literalSpan narrows a span of text that the tokenizer has passed to the quoted literal in it.
func literalSpan(text string, from, to int) (int, int, bool) {
	const blanks = " \t\r\n\v\f"
	if from < 0 || to > len(text) || from >= to {
		return 0, 0, false
	}
	from += len(text[from:to]) - len(strings.TrimLeft(text[from:to], blanks))
	to = from + len(strings.TrimRight(text[from:to], blanks))
	return from, to, to-from >= 2 && text[from] == text[to-1] && (text[from] == '\'' || text[from] == '"')
}

// cannotQualify is the error for a statement whose models cannot be given their database.
func cannotQualify(model, database string) error {
	return sqlerr.Errorf(sqlerr.NotSupported, "the text of this statement is stored, and the model '%s' in it has no database: write '%s.%s'", model, database, model)
}
