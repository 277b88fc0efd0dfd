package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sqlBuilders are the packages that may put SQL together from text, with the reason.
var sqlBuilders = map[string]string{
	"catalog":          "the names of its own tables and columns, which are constants of the program",
	"demo":             "its own model and table names, shown to the reader as they are run",
	"server/exec":      "names that were parsed and are printed with quotes by mlsql",
	"server/lifecycle": "names that were parsed and are printed with quotes by mlsql",
	"server/rows":      "an expression of TRANSFORM, parsed as the select list of a query that is not run",
}

// sqlText begins a statement that reads or writes rows.
var sqlText = regexp.MustCompile(`^\s*(SELECT|INSERT INTO|REPLACE INTO|UPDATE|DELETE FROM)\s`)

// sources calls f for each Go file of the program, tests excepted, with its package's folder.
func sources(t *testing.T, f func(pkg, file string, set *token.FileSet, tree *ast.File)) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name == "testdata" || name == "node_modules" || name == "bin" || name == "data" && path.Dir(filepath.ToSlash(file)) == ".." ||
				len(name) > 2 && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		tree, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg, err := filepath.Rel("..", filepath.Dir(file))
		if err != nil {
			return err
		}
		f(filepath.ToSlash(pkg), file, set, tree)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoBareGoroutines: a panic in a goroutine that nobody guards ends the process, and with it every client. safego.Go and safego.Group guard.
func TestNoBareGoroutines(t *testing.T) {
	found := 0
	sources(t, func(pkg, file string, set *token.FileSet, tree *ast.File) {
		ast.Inspect(tree, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				if found++; pkg != "internal/safego" {
					t.Errorf("%s: a bare go statement; use safego.Go, so that a panic cannot end the process", set.Position(g.Pos()))
				}
			}
			return true
		})
	})
	if found == 0 {
		t.Error("not even safego has a go statement: the lint looks in the wrong place")
	}
}

// TestNoSQLFromText: names and values never become SQL by formatting or joining; a statement has placeholders.
func TestNoSQLFromText(t *testing.T) {
	used := map[string]bool{}
	sources(t, func(pkg, file string, set *token.FileSet, tree *ast.File) {
		ast.Inspect(tree, func(n ast.Node) bool {
			at, ok := joinsSQL(n)
			if !ok {
				return true
			}
			if strings.HasPrefix(pkg, "tests/") {
				return true
			}
			if _, may := sqlBuilders[pkg]; may {
				used[pkg] = true
				return true
			}
			t.Errorf("%s: SQL put together from text; use placeholders (engine.Query binds values)", set.Position(at.Pos()))
			return false
		})
	})
	for pkg := range sqlBuilders {
		if !used[pkg] {
			t.Errorf("package %s builds no SQL; take it off the list", pkg)
		}
	}
}

// joinsSQL tells whether a node makes SQL from a text and something else.
func joinsSQL(n ast.Node) (ast.Node, bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		f, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || len(n.Args) < 2 {
			return nil, false
		}
		if p, ok := f.X.(*ast.Ident); !ok || p.Name != "fmt" {
			return nil, false
		}
		for i, a := range n.Args {
			if text, ok := literalText(a); ok && sqlText.MatchString(text) && i < len(n.Args)-1 {
				return n, true
			}
		}
	case *ast.BinaryExpr:
		if n.Op != token.ADD {
			return nil, false
		}
		text, ok := literalText(leftmost(n))
		if ok && sqlText.MatchString(text) && !allLiteral(n) {
			return n, true
		}
	}
	return nil, false
}

// literalText is the value of a string literal, or of several that are joined.
func literalText(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		l, ok := literalText(e.X)
		if !ok || e.Op != token.ADD {
			return "", false
		}
		r, ok := literalText(e.Y)
		return l + r, ok
	case *ast.ParenExpr:
		return literalText(e.X)
	}
	return "", false
}

func leftmost(e ast.Expr) ast.Expr {
	for {
		switch b := e.(type) {
		case *ast.BinaryExpr:
			e = b.X
		case *ast.ParenExpr:
			e = b.X
		default:
			return e
		}
	}
}

func allLiteral(e ast.Expr) bool {
	_, ok := literalText(e)
	return ok
}

// TestLintFinds shows that the lint sees what it is there for.
func TestLintFinds(t *testing.T) {
	for code, want := range map[string]bool{
		`fmt.Sprintf("SELECT * FROM %s", t)`:           true,
		`fmt.Fprintf(w, "INSERT INTO t VALUES %v", v)`: true,
		`"DELETE FROM " + t`:                           true,
		`"UPDATE t " + "SET x = " + v + " WHERE 1"`:    true,
		`"SELECT 1 " + "FROM t"`:                       false,
		`fmt.Sprintf("no SELECT privilege on %s", t)`:  false,
		`fmt.Println("SELECT 1")`:                      false,
		`"selected " + t`:                              false,
		`x + "SELECT 1"`:                               false,
	} {
		e, err := parser.ParseExpr(code)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		ast.Inspect(e, func(n ast.Node) bool {
			if _, ok := joinsSQL(n); ok {
				found = true
			}
			return true
		})
		if found != want {
			t.Errorf("%s: found %v, want %v", code, found, want)
		}
	}
}
