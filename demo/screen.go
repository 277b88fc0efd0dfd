package demo

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// screen runs statements and shows them and their answers as the command-line client does.
type screen struct {
	conn *sql.Conn
	out  io.Writer
}

// maxRows is how many rows of an answer are shown.
const maxRows = 20

// say writes words between statements.
func (s *screen) say(format string, args ...any) { fmt.Fprintf(s.out, "# "+format+"\n", args...) }

// run shows a statement and what it answers. One that ends in \G is answered with a line for each column.
func (s *screen) run(ctx context.Context, statement string) (*answer, error) {
	upright := strings.HasSuffix(statement, `\G`)
	end := ";"
	if upright {
		end = ""
	}
	fmt.Fprintf(s.out, "mysql> %s%s\n", strings.ReplaceAll(statement, "\n", "\n    -> "), end)
	from := time.Now()
	rows, err := s.conn.QueryContext(ctx, strings.TrimSuffix(statement, `\G`))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", statement, err)
	}
	a, err := read(rows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", statement, err)
	}
	s.show(a, upright, time.Since(from))
	return a, nil
}

// runPrepared shows a statement that an application prepares once and executes with values.
func (s *screen) runPrepared(ctx context.Context, statement string, values ...any) error {
	prepared, err := s.conn.PrepareContext(ctx, statement)
	if err != nil {
		return fmt.Errorf("prepare %s: %w", statement, err)
	}
	defer prepared.Close()
	fmt.Fprintf(s.out, "prepare> %s\n", strings.ReplaceAll(statement, "\n", "\n      -> "))
	from := time.Now()
	rows, err := prepared.QueryContext(ctx, values...)
	if err != nil {
		return fmt.Errorf("execute %s: %w", statement, err)
	}
	a, err := read(rows)
	if err != nil {
		return fmt.Errorf("execute %s: %w", statement, err)
	}
	took := time.Since(from)
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = fmt.Sprint(v)
		if text, ok := v.(string); ok {
			shown[i] = "'" + text + "'"
		}
	}
	fmt.Fprintf(s.out, "execute> %s\n", strings.Join(shown, ", "))
	s.show(a, false, took)
	return nil
}

// show writes an answer.
func (s *screen) show(a *answer, upright bool, took time.Duration) {
	seconds := fmt.Sprintf("(%.3f sec)", took.Seconds())
	shown := a.rows[:min(len(a.rows), maxRows)]
	switch {
	case len(a.names) == 0:
		fmt.Fprintf(s.out, "Query OK %s\n\n", seconds)
		return
	case len(a.rows) == 0:
		fmt.Fprintf(s.out, "Empty set %s\n\n", seconds)
		return
	case upright:
		s.lines(a.names, shown)
	default:
		s.table(a, shown)
	}
	if clipped := len(a.rows) - len(shown); clipped > 0 {
		fmt.Fprintf(s.out, "... and %d more\n", clipped)
	}
	plural := "s"
	if len(a.rows) == 1 {
		plural = ""
	}
	fmt.Fprintf(s.out, "%d row%s in set %s\n\n", len(a.rows), plural, seconds)
}

func (s *screen) table(a *answer, rows [][]string) {
	t := table.NewWriter()
	t.SetStyle(table.StyleDefault)
	t.Style().Format.Header = text.FormatDefault
	var configs []table.ColumnConfig
	for i, numeric := range a.numeric {
		align := text.AlignLeft
		if numeric {
			align = text.AlignRight
		}
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: text.AlignLeft})
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(cells(a.names))
	for _, row := range rows {
		t.AppendRow(cells(row))
	}
	fmt.Fprintln(s.out, t.Render())
}

func cells(texts []string) table.Row {
	row := make(table.Row, len(texts))
	for i, t := range texts {
		row[i] = t
	}
	return row
}

// lines writes each row as lines of name and value.
func (s *screen) lines(names []string, rows [][]string) {
	width := 0
	for _, n := range names {
		width = max(width, len(n))
	}
	for i, row := range rows {
		fmt.Fprintf(s.out, "*************************** %d. row ***************************\n", i+1)
		for j, value := range row {
			fmt.Fprintf(s.out, "%*s: %s\n", width, names[j], value)
		}
	}
}

// answer is what a statement returned, as text; names is empty for an answer without rows.
type answer struct {
	names   []string
	numeric []bool
	rows    [][]string
}

// value is a cell of the first row by the name of its column; "" when there is none.
func (a *answer) value(column string) string {
	for i, n := range a.names {
		if n == column && len(a.rows) > 0 {
			return a.rows[0][i]
		}
	}
	return ""
}

func read(rows *sql.Rows) (*answer, error) {
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	a := &answer{}
	for _, t := range types {
		a.names = append(a.names, t.Name())
		a.numeric = append(a.numeric, isNumeric(t.DatabaseTypeName()))
	}
	for rows.Next() {
		values := make([]sql.NullString, len(types))
		targets := make([]any, len(types))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		row := make([]string, len(types))
		for i, v := range values {
			row[i] = v.String
			if !v.Valid {
				row[i] = "NULL"
			}
		}
		a.rows = append(a.rows, row)
	}
	return a, rows.Err()
}

// isNumeric tells whether a column type of the driver is one that a client aligns to the right.
func isNumeric(name string) bool {
	switch strings.TrimPrefix(name, "UNSIGNED ") {
	case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE", "YEAR":
		return true
	}
	return false
}
