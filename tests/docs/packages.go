package docs

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Synopses returns the packages under root, but for those of tests, with the first sentence of their documentation.
func Synopses(root string) (map[string]string, error) {
	out := map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if name == "tests" || name == "testdata" || len(name) > 2 && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		if text := f.Doc.Text(); text != "" || out[pkg] == "" {
			out[pkg] = synopsis(text)
		}
		return nil
	})
	return out, err
}

// synopsis is the first sentence of a package's documentation without "Package x".
func synopsis(text string) string {
	s := new(doc.Package).Synopsis(text)
	words := strings.SplitN(s, " ", 3)
	if len(words) == 3 && (words[0] == "Package" || words[0] == "Command") {
		s = words[2]
	}
	s = strings.TrimPrefix(s, "is ")
	return strings.TrimSuffix(s, ".")
}

// PackageTable is the table of the packages: what each is for, and which of ours it may import.
func PackageTable(synopses map[string]string, policy map[string][]string, engine map[string]bool) []string {
	lines := []string{"", "| package | what it is | may import |", "|---|---|---|"}
	var names []string
	for name := range synopses {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		mark := ""
		if engine[name] {
			mark = " (*)"
		}
		allowed := slices.Clone(policy[name])
		slices.Sort(allowed)
		lines = append(lines, fmt.Sprintf("| `%s`%s | %s | %s |", name, mark, cell(synopses[name]), strings.Join(allowed, ", ")))
	}
	return append(lines, "")
}

// Between returns the lines of a page with those between the comments <!-- name --> and <!-- /name --> replaced, and the lines that stood there.
func (p *Page) Between(name string, lines []string) (now, before []string, err error) {
	start, end := p.find(0, "<!-- "+name+" -->"), p.find(0, "<!-- /"+name+" -->")
	if start < 0 || end < start {
		return nil, nil, fmt.Errorf("%s: <!-- %s --> and <!-- /%s --> are missing", p.File, name, name)
	}
	before = p.Lines[start+1 : end]
	now = slices.Concat(p.Lines[:start+1], lines, p.Lines[end:])
	return now, before, nil
}

// Codes returns the numbers and SQLSTATEs of the composite literals Code{number, "state"} in a Go file: the errors of ours.
func Codes(file string) (map[int]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return nil, err
	}
	out := map[int]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CompositeLit)
		if !ok || len(c.Elts) != 2 {
			return true
		}
		if name, ok := c.Type.(*ast.Ident); !ok || name.Name != "Code" {
			return true
		}
		number, ok1 := c.Elts[0].(*ast.BasicLit)
		state, ok2 := c.Elts[1].(*ast.BasicLit)
		if !ok1 || !ok2 {
			return true
		}
		if k, err := strconv.Atoi(number.Value); err == nil {
			out[k] = strings.Trim(state.Value, `"`)
		}
		return true
	})
	return out, nil
}

// Table returns the cells of the first table under a heading of a page.
func (p *Page) Table(heading string) [][]string {
	var rows [][]string
	for _, line := range p.Lines[p.find(0, heading)+1:] {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if len(rows) > 0 {
				break
			}
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) < 2 {
		return nil
	}
	return rows[2:] // without its head and the rule under it
}
