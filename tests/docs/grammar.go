package docs

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
)

var production = regexp.MustCompile(`^(\w+)\s+=`)

// Grammar returns the grammar in the doc comments of a package's files: the lines of each indented piece that defines something, by the first name that it defines.
func Grammar(dir string) (map[string][]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, group := range f.Comments {
			first := ""
			for _, c := range group.List {
				line, indented := strings.CutPrefix(c.Text, "//\t")
				if !indented {
					first = ""
					continue
				}
				if m := production.FindStringSubmatch(line); m != nil && first == "" {
					first = m[1]
				}
				if first != "" {
					out[first] = append(out[first], line)
				}
			}
		}
	}
	return out, nil
}

// GrammarBlocks calls visit with each block of the language ebnf on a page: the name that it begins with, and its lines. What visit returns takes the place of the lines; the
// result is the page's lines then.
func (p *Page) GrammarBlocks(visit func(name string, lines []string) []string) []string {
	var out []string
	for i := 0; i < len(p.Lines); i++ {
		out = append(out, p.Lines[i])
		if strings.TrimSpace(p.Lines[i]) != fence+"ebnf" {
			continue
		}
		end := p.find(i+1, fence)
		if end < 0 {
			continue
		}
		lines := p.Lines[i+1 : end]
		name := ""
		if len(lines) > 0 {
			name, _, _ = strings.Cut(strings.TrimSpace(lines[0]), " ")
		}
		out = append(out, visit(name, lines)...)
		i = end - 1
	}
	return out
}
