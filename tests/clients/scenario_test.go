package clients

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// scenario is what every client does, read from the files that the scripts of the other languages read too.
type scenario struct {
	statements map[string]string // by name, without the final semicolon
	visits     [][]string        // the rows of the table visits
	errors     []mistake
}

// mistake is a statement that must fail, with the number and state that every client must see.
type mistake struct {
	number    uint16
	state     string
	account   string // root or onlooker
	form      string // text; prepared; both of these; binary: prepared through the protocol, not through the statement PREPARE
	statement string
	arguments []any // of its placeholder
}

// in tells whether the mistake is to be made in a form: text, prepared or binary.
func (m mistake) in(form string) bool {
	switch m.form {
	case "both":
		return true
	case "prepared":
		return form == "prepared" || form == "binary"
	}
	return m.form == form
}

func readScenario() (*scenario, error) {
	s := &scenario{statements: map[string]string{}}
	text, err := os.ReadFile("scenario/lifecycle.sql")
	if err != nil {
		return nil, err
	}
	for _, part := range strings.Split(string(text), "-- name: ")[1:] {
		name, statement, _ := strings.Cut(part, "\n")
		s.statements[name] = strings.TrimSuffix(strings.TrimSpace(statement), ";")
	}
	if s.visits, err = readTable("scenario/visits.tsv", 9); err != nil {
		return nil, err
	}
	errors, err := readTable("scenario/errors.tsv", 6)
	if err != nil {
		return nil, err
	}
	for _, f := range errors {
		n, err := strconv.ParseUint(f[0], 10, 16)
		if err != nil {
			return nil, err
		}
		m := mistake{number: uint16(n), state: f[1], account: f[2], form: f[3], statement: f[4]}
		if f[5] != "" {
			m.arguments = []any{f[5]}
		}
		s.errors = append(s.errors, m)
	}
	return s, nil
}

// readTable reads a file of tab-separated fields with a header.
func readTable(path string, fields int) ([][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		row := strings.Split(line, "\t")
		if len(row) != fields {
			return nil, fmt.Errorf("%s:%d: %d fields, expected %d", path, i+1, len(row), fields)
		}
		if i > 0 {
			rows = append(rows, row)
		}
	}
	return rows, nil
}
