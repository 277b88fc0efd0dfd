package mlsql

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write what the scripts of testdata/parse answer now into them")

// A scriptCase is one block of a script: a text, a line of four dashes, and the canonical text or "error: " and the message. Blocks are
// separated by empty lines; lines that begin with # in front of a block are comments.
type scriptCase struct {
	comment, input, want string
}

// readScript returns the blocks of a script.
func readScript(t testing.TB, path string) []scriptCase {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []scriptCase
	for _, block := range strings.Split(strings.TrimSpace(string(content)), "\n\n") {
		var c scriptCase
		for strings.HasPrefix(block, "#") {
			line, rest, _ := strings.Cut(block, "\n")
			c.comment += line + "\n"
			block = rest
		}
		input, want, ok := strings.Cut(block, "\n----\n")
		if !ok {
			t.Fatalf("%s: no line of four dashes in %q", path, block)
		}
		c.input, c.want = input, want
		cases = append(cases, c)
	}
	return cases
}

// scripts returns the scripts of testdata/parse by path.
func scripts(t testing.TB) map[string][]scriptCase {
	t.Helper()
	paths, err := filepath.Glob("testdata/parse/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts in testdata/parse: %v", err)
	}
	all := map[string][]scriptCase{}
	for _, path := range paths {
		all[path] = readScript(t, path)
	}
	return all
}

func answer(input string) string {
	stmt, _, err := Parse(input)
	if err != nil {
		return "error: " + err.Error()
	}
	return stmt.String()
}

func TestScripts(t *testing.T) {
	for path, cases := range scripts(t) {
		var now strings.Builder
		for i, c := range cases {
			got := answer(c.input)
			if got != c.want && !*rewrite {
				t.Errorf("%s: %s\ngot:  %s\nwant: %s", path, c.input, got, c.want)
			}
			checkLaw(t, c.input)
			if i > 0 {
				now.WriteString("\n")
			}
			now.WriteString(c.comment + c.input + "\n----\n" + got + "\n")
		}
		if *rewrite {
			if err := os.WriteFile(path, []byte(now.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestScriptsUseEveryForm sees to it that a new statement comes with a script.
func TestScriptsUseEveryForm(t *testing.T) {
	used := map[string]bool{}
	for _, cases := range scripts(t) {
		for _, c := range cases {
			if b, ours := recognise(c.input); ours {
				used[b.form.words] = true
			}
		}
	}
	for _, f := range forms {
		if !used[f.words] {
			t.Errorf("no script of testdata/parse begins with %s", f.words)
		}
	}
}
