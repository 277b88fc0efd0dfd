package sqltest

import (
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// volatile replaces what differs from run to run.
type volatile struct{ seen map[string]string }

func newVolatile() *volatile { return &volatile{seen: map[string]string{}} }

var (
	hashText   = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	commitText = regexp.MustCompile(`\b[0-9a-v]{32}\b`)
	timeText   = regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\b`)
	neededText = regexp.MustCompile(`needs up to [\d.]+ [GM]B`) // depends on how many processors there are
	moments    = regexp.MustCompile(`^(created|updated|started|finished|deployed|predicted|changed|set)_at$`)
)

// replace puts placeholders into a text.
func (v *volatile) replace(text string) string {
	number := func(kind string) func(string) string {
		return func(found string) string {
			if kind == "commit" && !strings.ContainsAny(found, "0123456789") {
				return found // a word of 32 letters
			}
			name, ok := v.seen[found]
			if !ok {
				v.seen[kind] += "x"
				name = fmt.Sprintf("<%s %d>", kind, len(v.seen[kind]))
				v.seen[found] = name
			}
			return name
		}
	}
	text = hashText.ReplaceAllStringFunc(text, number("hash"))
	text = commitText.ReplaceAllStringFunc(text, number("commit"))
	return neededText.ReplaceAllString(text, "needs up to <memory>")
}

// cell prints a value: numbers with fractions to six digits.
func (v *volatile) cell(column, typ string, c sql.NullString) string {
	switch {
	case !c.Valid:
		return "NULL"
	case c.String == "":
		return "''"
	case column == "duration_ms":
		return "<ms>"
	case moments.MatchString(column):
		return "<time>"
	case typ == "DOUBLE" || typ == "FLOAT":
		if f, err := strconv.ParseFloat(c.String, 64); err == nil {
			return strconv.FormatFloat(f, 'g', 6, 64)
		}
	case column == "result" && strings.HasPrefix(c.String, "["):
		text := regexp.MustCompile(`"duration_ms": *\d+`).ReplaceAllString(c.String, `"duration_ms": "<ms>"`)
		return v.replace(timeText.ReplaceAllString(text, "<time>"))
	}
	return v.replace(c.String)
}

// print lays a result out as aligned columns, or a column a line.
func (v *volatile) print(r *result, o options) string {
	if len(r.columns) == 0 {
		return "ok\n"
	}
	var at []int
	for i, name := range r.columns {
		if o.columns == nil || slices.Contains(o.columns, name) {
			at = append(at, i)
		}
	}
	var lines [][]string
	var header []string
	for _, i := range at {
		header = append(header, r.columns[i])
	}
	lines = append(lines, header)
	for _, row := range r.rows {
		var line []string
		for _, i := range at {
			line = append(line, v.cell(r.columns[i], r.types[i], row[i]))
		}
		lines = append(lines, line)
	}
	var b strings.Builder
	if o.vertical {
		for _, line := range lines[1:] {
			for i, c := range line {
				fmt.Fprintf(&b, "%s: %s\n", header[i], c)
			}
			if len(lines) > 2 {
				b.WriteString(".\n")
			}
		}
		if len(lines) == 1 {
			b.WriteString("no rows\n")
		}
		return b.String()
	}
	width := make([]int, len(at))
	for _, line := range lines {
		for i, c := range line {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, line := range lines {
		var row strings.Builder
		for i, c := range line {
			if i > 0 {
				row.WriteString("  ")
			}
			row.WriteString(c)
			if i < len(line)-1 {
				row.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)))
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String()
}
