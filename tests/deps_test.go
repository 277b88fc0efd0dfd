// Package tests holds what concerns the project as a whole: its import policy, its documents, its habits.
package tests

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// policy says which packages of ours a package may import, besides the standard library. "..." stands for everything below. What is not named here may
// import nothing of ours. The SQL engine (Dolt, go-mysql-server, vitess) may be imported only by the packages in engineUsers.
var policy = map[string][]string{
	"internal/safego":        {},
	"internal/thrift":        {},
	"server/mlsql":           {},
	"learners/params":        {},
	"learners/artifact":      {},
	"learners/data":          {},
	"learners/metric":        {"learners/data"},
	"learners/split":         {"learners/data"},
	"learners/feature":       {"learners/data", "learners/artifact"},
	"learners":               {"learners/data", "learners/params", "learners/artifact"},
	"learners/bin":           {"internal/safego"},
	"learners/matmul":        {"internal/safego"},
	"learners/vector":        {},
	"learners/exponential":   {},
	"learners/linear":        {"learners", "learners/data", "learners/exponential", "learners/matmul", "learners/params", "learners/artifact", "internal/safego"},
	"learners/svm":           {"learners", "learners/data", "learners/exponential", "learners/params", "learners/artifact", "internal/safego"},
	"learners/tree":          {"learners", "learners/bin", "learners/data", "learners/params", "learners/artifact", "internal/safego"},
	"learners/boosting":      {"learners", "learners/bin", "learners/data", "learners/params", "learners/artifact", "internal/safego"},
	"learners/forest":        {"learners", "learners/data", "learners/params", "learners/artifact", "learners/tree", "internal/safego"},
	"learners/bayes":         {"learners", "learners/data", "learners/params", "learners/artifact", "internal/safego"},
	"learners/ensemble":      {"learners", "learners/data", "learners/feature", "learners/params", "learners/artifact", "learners/metric"},
	"learners/isolation":     {"learners", "learners/data", "learners/params", "learners/artifact", "internal/safego"},
	"learners/neural":        {"learners", "learners/data", "learners/matmul", "learners/params", "learners/artifact", "learners/vector", "internal/safego"},
	"learners/neighbors":     {"learners", "learners/data", "learners/params", "learners/artifact"},
	"learners/mixture":       {"learners", "learners/cluster", "learners/data", "learners/matmul", "learners/params", "learners/artifact", "internal/safego"},
	"learners/cluster":       {"learners", "learners/data", "learners/matmul", "learners/params", "learners/artifact", "internal/safego"},
	"learners/decomposition": {"learners", "learners/data", "learners/matmul", "learners/params", "learners/artifact", "internal/safego"},
	"learners/discriminant":  {"learners", "learners/data", "learners/matmul", "learners/params", "learners/artifact"},
	"learners/all":           {"learners", "learners/bayes", "learners/boosting", "learners/cluster", "learners/decomposition", "learners/discriminant", "learners/ensemble", "learners/forest", "learners/isolation", "learners/linear", "learners/mixture", "learners/neighbors", "learners/neural", "learners/svm", "learners/tree"},
	"learners/learnertest":   {"learners", "learners/data", "learners/params", "learners/artifact", "learners/all", "internal/safego"},
	"learners/predictor":     {"learners", "learners/data", "learners/params", "learners/artifact", "learners/feature", "learners/metric"},
	"catalog":                {"learners", "learners/data", "learners/params", "learners/artifact", "learners/feature"},
	"server/lifecycle": {"catalog", "internal/thrift", "learners", "learners/data", "learners/params", "learners/artifact", "learners/feature", "learners/metric", "learners/split",
		"learners/predictor", "server/mlsql"},
	"server/rows":       {"internal/safego", "internal/thrift", "server/lifecycle", "server/mlsql", "learners/data", "learners/feature", "learners/predictor"},
	"server/sqlerr":     {"catalog", "internal/safego", "learners/artifact", "server/lifecycle", "server/mlsql", "server/rows"},
	"server/complexity": {},
	"server/metrics":    {},
	"server/engine":     {"internal/safego", "server/complexity"},
	"server/wire":       {"internal/safego", "server/complexity"},
	"server/point":      {"catalog", "server/engine", "server/rows", "server/wire", "sqlfuncs"},
	"server/exec": {"catalog", "learners/artifact", "internal/safego", "learners", "learners/metric", "learners/params", "learners/predictor", "learners/feature", "server/engine", "server/lifecycle",
		"server/mlsql", "server/rows", "server/sqlerr"},
	"sqlfuncs": {"catalog", "internal/safego", "learners", "learners/data", "learners/feature", "learners/predictor", "server/lifecycle", "server/mlsql", "server/rows", "server/sqlerr"},
	"server": {"catalog", "internal/safego", "learners", "learners/all", "learners/metric", "server/engine", "server/exec", "server/lifecycle", "server/metrics", "server/mlsql", "server/point",
		"server/rows", "server/sqlerr", "server/wire", "sqlfuncs"},
	"server/servertest": {"internal/safego"},
	"demo":              {"server", "server/engine", "internal/safego"},
	"cmd/aibms":         {"server", "server/engine", "demo", "internal/safego"},
}

// engineUsers are the packages that may know the SQL engine.
var engineUsers = map[string]bool{"server": true, "server/engine": true, "server/wire": true, "server/point": true, "server/rows": true, "server/exec": true, "server/sqlerr": true, "sqlfuncs": true}

// TestImportPolicy keeps dependencies pointing one way.
func TestImportPolicy(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name == "tests" || name == "testdata" || name == "node_modules" || len(name) > 2 && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel("..", file)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		seen[pkg] = true
		allowed, known := policy[pkg]
		if !known {
			t.Errorf("package %s is not in the import policy", pkg)
			return nil
		}
		may := map[string]bool{}
		for _, a := range allowed {
			may[a] = true
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(to, "aibms/"); ok && !may[own] {
				t.Errorf("%s imports %s, which the policy does not allow", rel, own)
			}
			if strings.HasPrefix(to, "github.com/dolthub/") && !engineUsers[pkg] {
				t.Errorf("%s imports the SQL engine (%s)", rel, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range policy {
		if !seen[pkg] {
			t.Errorf("the import policy names package %s, which does not exist", pkg)
		}
	}
}
