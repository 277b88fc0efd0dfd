package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/catalog"
	"aibms/server/exec"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// parser is the server's sql.Parser: statements of ours go to mlsql by their first tokens, every other statement to MySQL's parser. In the latter it puts explicit
// columns into calls of PREDICT that find their features by name, and our own statement into CALL ml_exec('...').
//
// The engine asks it for text, text PREPARE, COM_STMT_PREPARE, and again for the stored text of views, triggers, procedures and events.
type parser struct {
	*sql.MysqlParser
	env      *exec.Env
	snapshot func(ctx context.Context) *catalog.Snapshot // as the running statement sees it; nil while the catalog is not open yet
}

var _ sql.Parser = (*parser)(nil)

func (p *parser) ParseSimple(query string) (ast.Statement, error) {
	st, _, err := p.ParseOneWithOptions(context.Background(), query, ast.ParserOptions{})
	return st, err
}

func (p *parser) Parse(ctx *sql.Context, query string, multi bool) (ast.Statement, string, string, error) {
	return p.ParseWithOptions(ctx, query, ';', multi, sql.LoadSqlMode(ctx).ParserOptions())
}

func (p *parser) ParseWithOptions(ctx context.Context, query string, delimiter rune, multi bool, o ast.ParserOptions) (ast.Statement, string, string, error) {
	if mlsql.Owns(query) {
		st, end := p.own(query)
		text, rest := strings.TrimSpace(query[:end]), strings.TrimSpace(query[end:])
		if rest != "" && !multi {
			return p.env.InjectError(sqlerr.Errorf(sqlerr.SyntaxError, "You have an error in your SQL syntax near '%.80s': one statement is expected, and there is more after it", rest)), query, "", nil
		}
		return st, strings.TrimSuffix(text, ";"), rest, nil
	}
	st, text, rest, err := p.MysqlParser.ParseWithOptions(ctx, query, delimiter, multi, o)
	if err != nil {
		return st, text, rest, err
	}
	if call, ok := p.execCall(st); ok {
		return call, text, rest, nil
	}
	if !mentionsFunctions(text) {
		return st, text, rest, nil
	}
	if database, stores := storedIn(st, databaseOf(ctx)); stores && database != "" && unqualified(st) != "" {
		qualified := qualify(text, database, o)
		if st, text, _, err = p.MysqlParser.ParseWithOptions(ctx, qualified, delimiter, false, o); err != nil {
			return st, text, rest, err
		}
	}
	return p.rewrite(ctx, st), text, rest, nil
}

func (p *parser) ParseOneWithOptions(ctx context.Context, query string, o ast.ParserOptions) (ast.Statement, int, error) {
	if mlsql.Owns(query) {
		st, end := p.own(query)
		return st, end, nil
	}
	st, end, err := p.MysqlParser.ParseOneWithOptions(ctx, query, o)
	if err != nil {
		return st, end, err
	}
	if call, ok := p.execCall(st); ok {
		return call, end, nil
	}
	if !mentionsFunctions(query) {
		return st, end, nil
	}
	return p.rewrite(ctx, st), end, nil
}

// own parses the first statement of text, which is ours. Its errors travel inside the statement: what Parse returns as an error would lose its number.
func (p *parser) own(text string) (ast.Statement, int) {
	st, end, err := mlsql.Parse(text)
	if err != nil {
		_, end = mlsql.Split(text)
		return p.env.InjectError(err), end
	}
	first := strings.TrimSuffix(strings.TrimSpace(text[:end]), ";")
	params := make([]ast.Expr, mlsql.NumParams(st))
	for i := range params {
		params[i] = ast.NewValArg([]byte(":v" + strconv.Itoa(i+1)))
	}
	return p.env.Inject(first, params), end
}

// execCall makes CALL ml_exec('...') the statement in it.
func (p *parser) execCall(st ast.Statement) (ast.Statement, bool) {
	c, ok := st.(*ast.Call)
	if !ok || !strings.EqualFold(c.ProcName.Name.String(), "ml_exec") {
		return nil, false
	}
	return p.env.InjectExec(c.Params), true
}

// rewrite changes what MySQL's parser made of a statement that mentions a function of ours.
func (p *parser) rewrite(ctx context.Context, st ast.Statement) ast.Statement {
	snapshot := p.snapshot(ctx)
	if snapshot == nil {
		return st
	}
	database := databaseOf(ctx)
	if own, stores := storedIn(st, database); stores && own != "" {
		if model := unqualified(st); model != "" {
			return p.env.InjectError(cannotQualify(model, own))
		}
		database = own
	}
	if err := refuseStored(st); err != nil {
		return p.env.InjectError(err)
	}
	r := rewriter{snapshot, database, func(m *catalog.Model) bool {
		c, ok := ctx.(*sql.Context)
		return ok && p.env.MayUse(c, m) == nil
	}}
	r.rewrite(st, scope{})
	wrapTableFunctions(st)
	return st
}

// databaseOf is the database that the session has chosen, without a revision; "" when none.
func databaseOf(ctx context.Context) string {
	c, ok := ctx.(*sql.Context)
	if !ok {
		return ""
	}
	base, _, _ := strings.Cut(c.GetCurrentDatabase(), "/")
	return base
}

// mentionsFunctions tells cheaply whether a text can hold a call of ours at all: it runs for every statement of the server.
func mentionsFunctions(text string) bool {
	return containsFold(text, "predict") || containsFold(text, "model_version") || containsFold(text, "ml_")
}

// containsFold is strings.Contains without regard to ASCII case; word is in lower case. It allocates nothing.
func containsFold(text, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i]|0x20 == word[0] && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
