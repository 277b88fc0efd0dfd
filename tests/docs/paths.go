package docs

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

var (
	code     = regexp.MustCompile("`([^`\n]+)`")
	link     = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	pathlike = regexp.MustCompile(`^\.{0,2}/?[A-Za-z0-9_.*-]+(/[A-Za-z0-9_.*-]+)*/?$`)
	// file is how the name of a file of the project ends; a word with such an ending is a path also without a slash.
	file = regexp.MustCompile(`\.(go|md|sql|mod|sum|py|yml|yaml|csv|gz|json)$|^Makefile$`)
)

// Dead returns the paths in backquotes and the links on a page that lead nowhere. root is the project's folder; a path in backquotes is relative to it, or to the page; a
// link to the page. A path may hold *. Web addresses are not followed.
func Dead(root, page string) ([]string, error) {
	raw, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	var dead []string
	inBlock := false
	for i, line := range strings.Split(string(raw), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), fence) {
			inBlock = !inBlock
			continue
		}
		if inBlock {
			continue
		}
		report := func(what string) { dead = append(dead, fmt.Sprintf("%s:%d: %s", page, i+1, what)) }
		for _, m := range code.FindAllStringSubmatch(line, -1) {
			if p := m[1]; isPath(p) && !exists(filepath.Join(root, p)) && !exists(filepath.Join(filepath.Dir(page), p)) {
				report("path " + p + " does not exist")
			}
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
			to := m[1]
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			to, anchor, _ := strings.Cut(to, "#")
			target := page
			if to != "" {
				target = filepath.Join(filepath.Dir(page), to)
			}
			if !exists(target) {
				report("link " + m[1] + " leads nowhere")
				continue
			}
			if anchor == "" || !strings.HasSuffix(target, ".md") {
				continue
			}
			if ok, err := hasHeading(target, anchor); err != nil {
				return nil, err
			} else if !ok {
				report("link " + m[1] + " names a heading that is not there")
			}
		}
	}
	return dead, nil
}

// isPath tells what is meant as a path of the project: folders with a slash between, or the name of a file.
func isPath(text string) bool {
	if !pathlike.MatchString(text) {
		return false
	}
	if strings.HasPrefix(text, "DIR/") || strings.Contains(text, "...") { // the data directory in manuals; a place for anything
		return false
	}
	return strings.Contains(text, "/") || file.MatchString(text)
}

func exists(name string) bool {
	if strings.Contains(path.Base(name), "*") {
		found, err := filepath.Glob(name)
		return err == nil && len(found) > 0
	}
	_, err := os.Stat(name)
	return err == nil
}

// hasHeading tells whether a page has a heading of that anchor.
func hasHeading(page, anchor string) (bool, error) {
	raw, err := os.ReadFile(page)
	if err != nil {
		return false, err
	}
	inBlock := false
	for _, line := range strings.Split(string(raw), "\n") {
		if strings.HasPrefix(line, fence) {
			inBlock = !inBlock
		}
		if !inBlock && strings.HasPrefix(line, "#") && anchorOf(strings.TrimLeft(line, "# ")) == anchor {
			return true, nil
		}
	}
	return false, nil
}

// anchorOf is the anchor that Markdown viewers give a heading: its letters in lower case, hyphens for blanks, all other marks left out.
func anchorOf(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}
