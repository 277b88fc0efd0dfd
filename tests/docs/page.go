package docs

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Page is a Markdown file, read for its SQL.
type Page struct {
	File   string
	Lines  []string
	Blocks []Block
}

// Block is a piece of SQL on a page.
type Block struct {
	Line      int    // of its first statement, from 1
	SQL       string // one or more statements
	User      string // who runs it; "" is root
	Errors    bool   // a statement of it is meant to fail; only then may one
	Prepared  bool   // sent as the binary protocol does: prepared, then executed
	Rows, Cut int    // rows of a result, and characters of a cell, that are shown; 0 is all
	Hidden    bool   // stands in a comment, so it shows nothing

	HasOutput bool     // an output block follows
	Output    []string // its lines
	first     int      // index of the first line of Output in Page.Lines
}

const fence = "```"

// ReadPage reads a page. Its SQL stands in fenced blocks whose language is sql, whose output may follow in a block of the language text, and in comments
// that begin with <!-- sql: what a page needs before its first example but need not show.
//
// After the word sql may stand errors (a statement is meant to fail), user=NAME, prepared (send it as a prepared statement), rows=N (show so many rows of a result)
// and cut=N (show so many characters of a cell).
func ReadPage(file string) (*Page, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := &Page{File: file, Lines: strings.Split(string(raw), "\n")}
	for i := 0; i < len(p.Lines); i++ {
		line := strings.TrimSpace(p.Lines[i])
		switch {
		case line == "<!-- sql" || strings.HasPrefix(line, "<!-- sql "):
			b, end, err := p.block(i, strings.TrimPrefix(line, "<!--"), "-->")
			if err != nil {
				return nil, err
			}
			b.Hidden = true
			p.Blocks = append(p.Blocks, b)
			i = end
		case strings.HasPrefix(line, fence):
			language, _, _ := strings.Cut(strings.TrimPrefix(line, fence), " ")
			end := p.find(i+1, fence)
			if end < 0 {
				return nil, fmt.Errorf("%s:%d: this block is not closed", file, i+1)
			}
			if language == "sql" {
				b, _, err := p.block(i, strings.TrimPrefix(line, fence), fence)
				if err != nil {
					return nil, err
				}
				if start := p.outputAfter(end); start > 0 {
					last := p.find(start, fence)
					if last < 0 {
						return nil, fmt.Errorf("%s:%d: this block is not closed", file, start)
					}
					b.HasOutput, b.Output, b.first = true, p.Lines[start:last], start
					end = last
				}
				p.Blocks = append(p.Blocks, b)
			}
			i = end
		}
	}
	return p, nil
}

// find returns the index of the first line from start on that is mark; -1 when there is none.
func (p *Page) find(start int, mark string) int {
	for i := start; i < len(p.Lines); i++ {
		if strings.TrimSpace(p.Lines[i]) == mark {
			return i
		}
	}
	return -1
}

// outputAfter returns the index of the first line of the output that follows the block which ends at line end; 0 when none does.
func (p *Page) outputAfter(end int) int {
	for i := end + 1; i < len(p.Lines); i++ {
		switch strings.TrimSpace(p.Lines[i]) {
		case "":
		case fence + "text":
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// block reads the SQL between the line start, which opens it with the given words, and the line that is mark.
func (p *Page) block(start int, words, mark string) (Block, int, error) {
	end := p.find(start+1, mark)
	if end < 0 {
		return Block{}, 0, fmt.Errorf("%s:%d: this block is not closed", p.File, start+1)
	}
	b := Block{Line: start + 2, SQL: strings.Join(p.Lines[start+1:end], "\n")}
	for _, w := range strings.Fields(words)[1:] {
		name, value, _ := strings.Cut(w, "=")
		n, err := strconv.Atoi(value)
		switch {
		case name == "user" && value != "":
			b.User = value
		case w == "errors":
			b.Errors = true
		case w == "prepared":
			b.Prepared = true
		case name == "rows" && err == nil && n > 0:
			b.Rows = n
		case name == "cut" && err == nil && n > 0:
			b.Cut = n
		default:
			return Block{}, 0, fmt.Errorf("%s:%d: %q is none of errors, user=NAME, prepared, rows=N, cut=N", p.File, start+1, w)
		}
	}
	return b, end, nil
}

// Rewrite puts outputs, one for each block, in the place of those that the page shows, and writes the file when that changes it. An empty output leaves an empty block.
func (p *Page) Rewrite(outputs [][]string) error {
	var out []string
	copied := 0
	for i, b := range p.Blocks {
		if !b.HasOutput {
			continue
		}
		out = append(append(out, p.Lines[copied:b.first]...), outputs[i]...)
		copied = b.first + len(b.Output)
	}
	out = append(out, p.Lines[copied:]...)
	text := strings.Join(out, "\n")
	if text == strings.Join(p.Lines, "\n") {
		return nil
	}
	return os.WriteFile(p.File, []byte(text), 0o644)
}
