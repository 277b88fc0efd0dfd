package tests

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/tests/docs"
)

//go:generate go test -run TestExamples|TestGenerated|TestGrammar|TestArchitecture -rewrite

func init() {
	if flag.Lookup("rewrite") == nil { // another test of this folder may have it
		flag.Bool("rewrite", false, "write what the examples answer now, and the pages made from the registries, into the documents")
	}
}

func rewriting() bool { return flag.Lookup("rewrite").Value.String() == "true" }

// pages are the Markdown files under docs.
func pages(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(filepath.Join("..", "docs"), func(file string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".md") {
			list = append(list, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestGenerated compares the pages that are made from the registries with them.
func TestGenerated(t *testing.T) {
	for name, want := range docs.Generated() {
		file := filepath.Join("..", "docs", name)
		if rewriting() {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the registries say; go test ./tests -run TestGenerated -rewrite writes it anew", file)
		}
	}
}

// TestPaths looks for paths and links in the documents that lead nowhere.
func TestPaths(t *testing.T) {
	list := pages(t)
	for _, name := range []string{"README.md", "CHANGELOG.md"} {
		if file := filepath.Join("..", name); exists(file) {
			list = append(list, file)
		}
	}
	for _, page := range list {
		dead, err := docs.Dead("..", page)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dead {
			t.Error(d)
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// TestIndex makes sure that every page of the statements can be found from the index.
func TestIndex(t *testing.T) {
	index, err := os.ReadFile(filepath.Join("..", "docs", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages(t) {
		name, err := filepath.Rel(filepath.Join("..", "docs"), page)
		if err != nil {
			t.Fatal(err)
		}
		if name = filepath.ToSlash(name); name != "README.md" && !strings.Contains(string(index), "]("+name+")") {
			t.Errorf("docs/README.md has no link to %s", name)
		}
	}
}

// TestGrammar compares the grammar on the pages with the doc comments of the parser, and makes sure that none is left out.
func TestGrammar(t *testing.T) {
	grammar, err := docs.Grammar(filepath.Join("..", "server", "mlsql"))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, file := range pages(t) {
		page, err := docs.ReadPage(file)
		if err != nil {
			t.Fatal(err)
		}
		now := page.GrammarBlocks(func(name string, lines []string) []string {
			want, ok := grammar[name]
			if !ok {
				t.Errorf("%s: server/mlsql defines no %s", file, name)
				return lines
			}
			shown[name] = true
			if !rewriting() && !slices.Equal(lines, want) {
				t.Errorf("%s: the grammar of %s is not that of server/mlsql; -rewrite puts it in\n%s", file, name, strings.Join(want, "\n"))
			}
			return want
		})
		if rewriting() && !slices.Equal(now, page.Lines) {
			if err := os.WriteFile(file, []byte(strings.Join(now, "\n")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name := range grammar {
		if !shown[name] {
			t.Errorf("no page shows the grammar of %s", name)
		}
	}
}

// TestArchitecture compares the table of packages with the tree and with the import policy.
func TestArchitecture(t *testing.T) {
	page, err := docs.ReadPage(filepath.Join("..", "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	synopses, err := docs.Synopses("..")
	if err != nil {
		t.Fatal(err)
	}
	want := docs.PackageTable(synopses, policy, engineUsers)
	now, before, err := page.Between("packages", want)
	if err != nil {
		t.Fatal(err)
	}
	if rewriting() {
		if err := os.WriteFile(page.File, []byte(strings.Join(now, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !slices.Equal(before, want) {
		t.Errorf("%s: the packages are not those of the tree and of deps_test.go; -rewrite puts them in\n%s", page.File, strings.Join(want, "\n"))
	}
}

// TestErrors compares the table of our errors with the one in the code.
func TestErrors(t *testing.T) {
	codes, err := docs.Codes(filepath.Join("..", "server", "sqlerr", "sqlerr.go"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := docs.ReadPage(filepath.Join("..", "docs", "sql", "errors.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := map[int]string{}
	for _, row := range page.Table("## Errors of our statements and functions") {
		number, err := strconv.Atoi(row[0])
		if err != nil {
			t.Fatal(err)
		}
		shown[number] = row[1]
	}
	if !maps.Equal(shown, codes) {
		t.Errorf("%s shows %v, the code has %v", page.File, shown, codes)
	}
}

// TestEveryLearnerHasAnExample looks for each learner on docs/learners-by-example.md, which TestExamples executes.
func TestEveryLearnerHasAnExample(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "learners-by-example.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, learner := range all.Registry().All() {
		if !strings.Contains(string(text), "\n## "+learner.Name+"\n") || !strings.Contains(string(text), "USING "+learner.Name) {
			t.Errorf("docs/learners-by-example.md has no example of %s", learner.Name)
		}
	}
}

// TestFormat reads real artifacts by the words of docs/FORMAT.md, and looks for each of their sections there.
func TestFormat(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "FORMAT.md"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "data")
	if err := docs.Prepare(ctx, dir, "data"); err != nil {
		t.Fatal(err)
	}
	s, err := docs.Start(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()
	create := map[string]string{}
	for _, learner := range all.Registry().All() {
		predict := " PREDICT revenue"
		switch {
		case !slices.ContainsFunc(learner.Tasks, learners.Task.Supervised):
			predict = ""
		case !learner.Supports(learners.Binary):
			predict = " PREDICT page_values"
		}
		create[learner.Name] = "CREATE MODEL " + learner.Name + predict + " FROM (SELECT visit_id, revenue, page_values, exit_rates, month FROM online_shoppers LIMIT 2000) KEY (visit_id) USING " + learner.Name
	}
	artifacts, err := s.Artifacts(ctx, create)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range artifacts {
		sections, err := docs.Sections(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		types := []string{"", "bytes", "float64", "int32", "int64", "texts", "float32"}
		for section, kind := range sections {
			last := section[strings.LastIndex(section, "/")+1:] // a model within a model has its sections under its own name
			if row := "| `" + last + "` | " + types[kind] + " |"; !strings.Contains(string(text), row) {
				t.Errorf("docs/FORMAT.md does not know the section %s of %s: no row %s", section, name, row)
			}
		}
	}
}

// TestExamples executes the SQL of every page and of the README, each page on a server of its own that starts from the same data, and compares the output.
func TestExamples(t *testing.T) {
	ctx := context.Background()
	template := filepath.Join(t.TempDir(), "data")
	prepared := false
	for _, file := range append(pages(t), filepath.Join("..", "README.md")) {
		page, err := docs.ReadPage(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Blocks) == 0 {
			continue
		}
		name := strings.TrimSuffix(filepath.ToSlash(strings.TrimPrefix(file, ".."+string(filepath.Separator))), ".md")
		t.Run(name, func(t *testing.T) {
			if !prepared { // here, so that -run can choose pages
				if err := docs.Prepare(ctx, template, "data"); err != nil {
					t.Fatal(err)
				}
				prepared = true
			}
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
				t.Fatal(err)
			}
			s, err := docs.Start(ctx, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Stop(ctx); err != nil {
					t.Error(err)
				}
			}()
			outputs, wrong := s.Run(ctx, page)
			for _, err := range wrong {
				t.Error(err)
			}
			if len(wrong) > 0 {
				return
			}
			if rewriting() {
				if err := page.Rewrite(outputs); err != nil {
					t.Error(err)
				}
				return
			}
			for i, b := range page.Blocks {
				if b.HasOutput && !slices.Equal(outputs[i], b.Output) {
					t.Errorf("%s:%d: the output is not what the page shows\n%s", page.File, b.Line, difference(b.Output, outputs[i]))
				}
			}
		})
	}
}

// difference shows the first lines that differ, page and server.
func difference(page, server []string) string {
	i := 0
	for i < len(page) && i < len(server) && page[i] == server[i] {
		i++
	}
	line := func(lines []string) string {
		if i < len(lines) {
			return lines[i]
		}
		return "(nothing)"
	}
	return fmt.Sprintf("line %d of %d\n  page:   %s\n  server: %s\nall of it:\n%s", i+1, len(page), line(page), line(server), strings.Join(server, "\n"))
}
