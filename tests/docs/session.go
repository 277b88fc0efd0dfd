package docs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"
)

// Session is a connection to a server, whose results are printed as the mysql client prints tables.
type Session struct{ conn *sql.Conn }

// Run runs the statements of a block one after the other, as a client does, and returns what it prints: a table for each result with rows, "Empty set" for one without,
// ERROR number (state): text for an error, nothing for a statement that answers OK. It goes on after an error; failed is the first one.
//
// What differs from run to run is shown as …: cells of columns whose name ends in _at or _ms, members of JSON objects so named, and hashes, wherever they stand. Numbers of columns of type DOUBLE and
// FLOAT, and numbers with a long fraction inside JSON and text, are rounded.
func (s *Session) Run(ctx context.Context, b Block) (lines []string, failed error) {
	statements, err := Statements(b.SQL)
	if err != nil {
		return nil, err
	}
	for _, st := range statements {
		out, err := s.run(ctx, st, b)
		var server *mysql.MySQLError
		switch {
		case err == nil:
			lines = append(lines, out...)
		case errors.As(err, &server):
			text := fmt.Sprintf("ERROR %d (%s): %s", server.Number, server.SQLState[:], stable(strings.TrimSpace(server.Message)))
			lines = append(lines, strings.Split(text, "\n")...)
			if failed == nil {
				failed = fmt.Errorf("%s: %w", firstLine(st.Text), err)
			}
		default:
			return lines, fmt.Errorf("%s: %w", firstLine(st.Text), err)
		}
	}
	return lines, failed
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// Statement is one statement of a block.
type Statement struct {
	Text     string // without its terminator
	Vertical bool   // it ended in \G: a line a cell
}

// Statements splits SQL as the mysql client does where every statement ends at the end of a line: by ; or \G, or by what a line DELIMITER x says.
func Statements(text string) ([]Statement, error) {
	var out []Statement
	var current []string
	delimiter := ";"
	for _, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if word, rest, ok := strings.Cut(trimmed, " "); ok && strings.EqualFold(word, "DELIMITER") && len(current) == 0 {
			delimiter = strings.TrimSpace(rest)
			continue
		}
		if trimmed == "" && len(current) == 0 {
			continue
		}
		body, vertical := strings.CutSuffix(trimmed, `\G`)
		ended := vertical
		if !vertical {
			body, ended = strings.CutSuffix(trimmed, delimiter)
		}
		if !ended {
			current = append(current, line)
			continue
		}
		// the blanks in front of the last line stay: error messages count columns
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		out = append(out, Statement{strings.Join(append(current, indent+body), "\n"), vertical})
		current = nil
	}
	if len(current) > 0 {
		return nil, fmt.Errorf("this statement is not ended by %s or \\G: %s", delimiter, firstLine(current[0]))
	}
	return out, nil
}

func (s *Session) run(ctx context.Context, st Statement, b Block) ([]string, error) {
	query := func() (*sql.Rows, error) { return s.conn.QueryContext(ctx, st.Text) }
	if b.Prepared {
		prepared, err := s.conn.PrepareContext(ctx, st.Text)
		if err != nil {
			return nil, err
		}
		defer prepared.Close()
		query = func() (*sql.Rows, error) { return prepared.QueryContext(ctx) }
	}
	rows, err := query()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []string
	for {
		t, err := read(rows, b)
		if err != nil {
			return lines, err
		}
		switch {
		case len(t.names) == 0: // OK
		case len(t.cells) == 0:
			lines = append(lines, "Empty set")
		case st.Vertical:
			lines = append(lines, t.vertical()...)
		default:
			lines = append(lines, t.horizontal()...)
		}
		if !rows.NextResultSet() {
			return lines, rows.Err()
		}
	}
}

// table is a result as it is shown.
type table struct {
	names []string
	right []bool // the column is of numbers
	cells [][]string
	more  int // rows that are not shown
}

func read(rows *sql.Rows, b Block) (*table, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	t := &table{}
	real := make([]bool, len(types))
	for i, c := range types {
		kind := strings.TrimPrefix(c.DatabaseTypeName(), "UNSIGNED ")
		t.names = append(t.names, c.Name())
		real[i] = kind == "DOUBLE" || kind == "FLOAT"
		switch kind {
		case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "DECIMAL", "DOUBLE", "FLOAT", "YEAR":
			t.right = append(t.right, true)
		default:
			t.right = append(t.right, false)
		}
	}
	values := make([]sql.NullString, len(types))
	into := make([]any, len(types))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if b.Rows > 0 && len(t.cells) == b.Rows {
			t.more++
			continue
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		cells := make([]string, len(values))
		for i, v := range values {
			switch {
			case !v.Valid:
				cells[i] = "NULL"
			case volatile(t.names[i]):
				cells[i] = "…"
			case real[i]:
				cells[i] = rounded(v.String)
			case t.right[i]:
				cells[i] = v.String
			default:
				cells[i] = stable(v.String)
			}
			if n := utf8.RuneCountInString(cells[i]); b.Cut > 0 && n > b.Cut {
				cells[i] = string([]rune(cells[i])[:b.Cut]) + "…"
			}
		}
		t.cells = append(t.cells, cells)
	}
	return t, rows.Err()
}

// volatile tells the columns whose values differ from run to run.
func volatile(column string) bool {
	column = strings.ToLower(column)
	return strings.HasSuffix(column, "_at") || strings.HasSuffix(column, "_ms")
}

var (
	members   = regexp.MustCompile(`("\w+_(?:at|ms)": )(?:"[^"]*"|[0-9.]+)`) // of a JSON object
	hashes    = regexp.MustCompile(`\b([0-9a-f]{64}|[0-9a-v]{32})\b`)
	fractions = regexp.MustCompile(`\b\d+\.\d{5,}(e[+-]?\d+)?\b`)
)

// stable is a text without what differs from run to run or from machine to machine.
func stable(text string) string {
	text = members.ReplaceAllString(text, "$1…")
	text = hashes.ReplaceAllStringFunc(text, func(h string) string {
		if !strings.ContainsAny(h, "0123456789") {
			return h // a long word
		}
		return "…"
	})
	return fractions.ReplaceAllStringFunc(text, rounded)
}

// rounded shows a number with four significant digits, or, from 1000 on, without a fraction: more would change with every improvement of a solver.
func rounded(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
		return text
	case math.Abs(f) >= 1e15:
		return strconv.FormatFloat(f, 'g', 4, 64)
	case math.Abs(f) >= 1000 || f == math.Trunc(f):
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}

func (t *table) horizontal() []string {
	width := make([]int, len(t.names))
	for i, n := range t.names {
		width[i] = utf8.RuneCountInString(n)
	}
	for _, row := range t.cells {
		for i, c := range row {
			for _, part := range strings.Split(c, "\n") {
				width[i] = max(width[i], utf8.RuneCountInString(part))
			}
		}
	}
	var rule strings.Builder
	for _, w := range width {
		rule.WriteString("+" + strings.Repeat("-", w+2))
	}
	rule.WriteString("+")
	line := func(cells []string, right bool) string {
		var b strings.Builder
		for i, c := range cells {
			pad := strings.Repeat(" ", max(0, width[i]-utf8.RuneCountInString(c)))
			if right && t.right[i] {
				c = pad + c
			} else {
				c += pad
			}
			b.WriteString("| " + c + " ")
		}
		return b.String() + "|"
	}
	lines := []string{rule.String(), line(t.names, false), rule.String()}
	for _, row := range t.cells {
		lines = append(lines, strings.Split(line(row, true), "\n")...)
	}
	lines = append(lines, rule.String())
	return append(lines, t.rest()...)
}

func (t *table) vertical() []string {
	width := 0
	for _, n := range t.names {
		width = max(width, utf8.RuneCountInString(n))
	}
	var lines []string
	for k, row := range t.cells {
		lines = append(lines, fmt.Sprintf("*************************** %d. row ***************************", k+1))
		for i, c := range row {
			text := fmt.Sprintf("%*s: %s", width, t.names[i], c)
			lines = append(lines, strings.Split(text, "\n")...)
		}
	}
	return append(lines, t.rest()...)
}

// rest says how many rows are not shown.
func (t *table) rest() []string {
	if t.more == 0 {
		return nil
	}
	return []string{fmt.Sprintf("… and %d more rows", t.more)}
}
