package clients

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// goSQLDriver runs the scenario through database/sql: with statements as text, with the driver putting the arguments into the text, and with statements
// prepared by the server.
func (s *site) goSQLDriver(t *testing.T) {
	for _, form := range []struct{ name, parameters string }{
		{"text", "parseTime=true"},
		{"interpolate", "parseTime=true&interpolateParams=true"},
		{"prepared", "parseTime=true"},
	} {
		t.Run(form.name, func(t *testing.T) {
			database := s.newDatabase(t)
			root := connect(t, form.name, s.DSN("root", database, form.parameters))
			s.lifecycle(t, root, form.name == "prepared")
			root.checkTypes(t, s.statements["predict_intent"])
			errorForm := "text"
			if form.name == "prepared" {
				errorForm = "binary"
			}
			s.mistakes(t, errorForm, map[string]client{
				"root":     root,
				"onlooker": connect(t, form.name, s.DSN(onlooker+":"+onlookerPassword, database, form.parameters)),
			})
		})
	}
}

// goClient is one connection of database/sql.
type goClient struct {
	form string
	conn *sql.Conn
}

// connect opens one connection, which ends with the test.
func connect(t *testing.T, form, dsn string) *goClient {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &goClient{form, conn}
}

func (g *goClient) run(statement string, arguments ...any) (rows []row, err error) {
	answer, done, err := g.send(statement, arguments)
	if err != nil {
		return nil, refused(err)
	}
	defer done()
	rows, err = scan(answer)
	return rows, refused(err)
}

// send sends a statement in the client's form; done ends what it holds.
func (g *goClient) send(statement string, arguments []any) (answer *sql.Rows, done func(), err error) {
	ctx, nothing := context.Background(), func() {}
	switch g.form {
	case "text":
		for _, a := range arguments {
			statement = strings.Replace(statement, "?", literal(a), 1)
		}
		answer, err = g.conn.QueryContext(ctx, statement)
		return answer, nothing, err
	case "interpolate":
		answer, err = g.conn.QueryContext(ctx, statement, arguments...)
		return answer, nothing, err
	}
	prepared, err := g.conn.PrepareContext(ctx, statement)
	if err != nil {
		return nil, nothing, err
	}
	if answer, err = prepared.QueryContext(ctx, arguments...); err != nil {
		prepared.Close()
	}
	return answer, func() { prepared.Close() }, err
}

func (g *goClient) hold(statement string) (func(arguments ...any) ([]row, error), error) {
	prepared, err := g.conn.PrepareContext(context.Background(), statement)
	if err != nil {
		return nil, refused(err)
	}
	return func(arguments ...any) ([]row, error) {
		answer, err := prepared.Query(arguments...)
		if err != nil {
			return nil, refused(err)
		}
		rows, err := scan(answer)
		return rows, refused(err)
	}, nil
}

// checkTypes checks that the types of columns arrive: a prediction has its target's.
func (g *goClient) checkTypes(t *testing.T, predict string) {
	t.Helper()
	answer, done, err := g.send(predict, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	defer answer.Close()
	columns, err := answer.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, c := range columns {
		types = append(types, c.Name()+" "+c.DatabaseTypeName())
	}
	expected := []string{"visit_id INT", "member TINYINT", "amount DECIMAL", "seen_at DATETIME", "detail JSON", "prediction TINYINT", "probability DOUBLE"}
	if !slices.Equal(types, expected) {
		t.Errorf("%s has the columns %q, expected %q", predict, types, expected)
	}
}

// literal is a value as SQL.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(v) + "'"
	}
	return fmt.Sprint(v)
}

// refused makes the driver's error a refusal.
func refused(err error) error {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return &refusal{e.Number, string(e.SQLState[:]), e.Message}
	}
	return err
}

// scan reads and closes rows.
func scan(rows *sql.Rows) ([]row, error) {
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []row
	for rows.Next() {
		values, to := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		r := row{}
		for i, name := range names {
			switch v := values[i].(type) {
			case []byte:
				r[name] = string(v)
			case time.Time:
				r[name] = v.Format("2006-01-02 15:04:05.000000")
			default:
				r[name] = v
			}
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
