package clients

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// client is one way of sending statements over one connection.
type client interface {
	// run sends a statement with the values of its placeholders (string, int or nil) and returns the rows of its answer. The error of a statement that the
	// server refuses is a *refusal.
	run(statement string, arguments ...any) ([]row, error)
	// hold prepares a statement that runs with other arguments again and again.
	hold(statement string) (func(arguments ...any) ([]row, error), error)
}

// row is one row of an answer by the names of its columns: nil, or what the client shows.
type row map[string]any

// refusal is an error as the client shows it.
type refusal struct {
	number         uint16
	state, message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("error %d (%s): %s", r.number, r.state, r.message)
}

// lifecycle takes a client through the scenario. With viaExec the statements of AIBMS go through CALL ml_exec(?).
func (s *scenario) lifecycle(t *testing.T, c client, viaExec bool) {
	l := &journey{T: t, client: c, statements: s.statements, viaExec: viaExec}
	l.must("create_table")
	for _, v := range s.visits {
		arguments := make([]any, len(v))
		for i := range v {
			arguments[i] = v[i]
		}
		l.must("insert_visit", arguments...)
	}
	l.intent()
	l.price()
	l.reports()
}

// journey is a client on its way through the scenario.
type journey struct {
	*testing.T
	client
	statements map[string]string
	viaExec    bool
}

// ours tells whether a statement of the scenario is one of AIBMS's own, by its name.
func ours(name string) bool {
	switch verb, what, _ := strings.Cut(name, "_"); verb {
	case "train", "evaluate", "deploy", "rollback", "show":
		return true
	case "create":
		return what != "table"
	}
	return false
}

// must runs a statement of the scenario by its name.
func (l *journey) must(name string, arguments ...any) []row {
	l.Helper()
	statement, ok := l.statements[name]
	if !ok {
		l.Fatalf("the scenario has no statement %s", name)
	}
	if l.viaExec && ours(name) {
		statement, arguments = l.statements["exec_any"], []any{statement}
	}
	rows, err := l.run(statement, arguments...)
	if err != nil {
		l.Fatalf("%s: %v", name, err)
	}
	return rows
}

// one runs a statement of the scenario that answers one row.
func (l *journey) one(name string, arguments ...any) row {
	l.Helper()
	rows := l.must(name, arguments...)
	if len(rows) != 1 {
		l.Fatalf("%s: %d rows, expected 1: %v", name, len(rows), rows)
	}
	return rows[0]
}

// expect compares some columns of a row: numbers that are given as float64 within 1e-9, others as text.
func (l *journey) expect(what string, got, expected row) {
	l.Helper()
	for name, e := range expected {
		v, ok := got[name]
		if !ok {
			l.Errorf("%s: no column %s in %v", what, name, got)
			continue
		}
		same := fmt.Sprint(v) == fmt.Sprint(e)
		if f, ok := e.(float64); ok {
			n, err := number(v)
			same = err == nil && math.Abs(n-f) <= 1e-9
		}
		if !same {
			l.Errorf("%s: %s is %v, expected %v", what, name, v, e)
		}
	}
}

func number(v any) (f float64, err error) {
	_, err = fmt.Sscan(fmt.Sprint(v), &f)
	return f, err
}

// accuracy checks the row of the metric accuracy in the answer of a statement.
func (l *journey) accuracy(name string, arguments ...any) {
	l.Helper()
	rows := l.must(name, arguments...)
	for _, r := range rows {
		if r["metric"] == "accuracy" {
			l.expect(name, r, row{"value": 0.8, "baseline": 0.5, "row_count": 40})
			return
		}
	}
	l.Errorf("%s: no accuracy in %v", name, rows)
}

func (l *journey) intent() {
	if rows := l.must("create_intent"); len(rows) != 0 {
		l.Errorf("CREATE MODEL answers rows: %v", rows)
	}
	l.expect("train_intent", l.one("train_intent"), row{"model": "intent", "version": 1, "status": "READY", "learner": "logistic_regression", "target": "bought",
		"rows_train": 80, "rows_validate": 0, "rows_test": 40, "metric": "accuracy", "value": 0.8, "baseline": 0.5, "warnings": nil})
	l.accuracy("evaluate_intent")
	l.expect("deploy_intent", l.one("deploy_intent"), row{"model": "intent", "action": "DEPLOY", "version": 1, "previous_version": nil})

	rows := l.must("predict_intent")
	if len(rows) != 2 {
		l.Fatalf("predict_intent: %d rows, expected 2: %v", len(rows), rows)
	}
	l.expect("predict_intent", rows[0], row{"visit_id": 1, "member": 0, "amount": "112.50", "seen_at": "2024-01-02 03:04:05.000001", "detail": `{"k":1}`, "prediction": 1})
	l.expect("predict_intent", rows[1], row{"visit_id": 2, "member": 0, "amount": "107.50", "seen_at": "2024-01-03 03:04:05.000002", "detail": `{"k":2}`, "prediction": 0})
	p0, err0 := number(rows[0]["probability"])
	p1, err1 := number(rows[1]["probability"])
	if err := errors.Join(err0, err1); err != nil || p0 <= 0.5 || p0 >= 1 || math.Abs(p0+p1-1) > 1e-9 {
		l.Errorf("predict_intent: probabilities %v and %v, expected two on both sides of 0.5 with sum 1 (%v)", rows[0]["probability"], rows[1]["probability"], err)
	}

	l.expect("point_intent", l.one("point_intent", 20, 0), row{"prediction": 1, "probability": 0.5})
	l.expect("point_intent of NULL", l.one("point_intent", -20, nil), row{"prediction": 0, "probability": 0.5})
}

func (l *journey) price() {
	l.must("create_price")
	l.expect("train_price", l.one("train_price"), row{"version": 1, "status": "READY", "metric": "r2_score", "value": 1.0})
	l.must("deploy_price_1")
	held, err := l.hold(l.statements["point_price"])
	if err != nil {
		l.Fatalf("prepare point_price: %v", err)
	}
	answers := func(prediction string, version int) {
		l.Helper()
		expected := row{"prediction": prediction, "version": version}
		l.expect("point_price", l.one("point_price", 5, "app"), expected)
		rows, err := held(5, "app")
		if err != nil || len(rows) != 1 {
			l.Fatalf("point_price, prepared before: %v, %v", rows, err)
		}
		l.expect("point_price, prepared before", rows[0], expected)
	}
	answers("122.50", 1)
	l.must("raise_amounts")
	l.expect("train_price again", l.one("train_price"), row{"version": 2, "status": "READY"})
	answers("122.50", 1)
	l.must("deploy_price_2")
	answers("1122.50", 2)
	l.expect("rollback_price", l.one("rollback_price"), row{"action": "ROLLBACK", "version": 1, "previous_version": 2})
	answers("122.50", 1)
}

func (l *journey) reports() {
	models := l.must("show_models")
	if len(models) != 2 {
		l.Fatalf("show_models: %d rows, expected 2: %v", len(models), models)
	}
	l.expect("show_models", models[0], row{"model": "intent", "versions": 1, "deployed_version": 1, "metric": "accuracy", "value": 0.8})
	l.expect("show_models", models[1], row{"model": "price", "versions": 2, "deployed_version": 1})

	l.accuracy("exec_evaluate")
	l.expect("exec_train", l.one("exec_train"), row{"model": "intent", "version": 2, "status": "READY", "value": 0.8})
	l.accuracy("exec_any", "EVALUATE MODEL intent ON TEST")

	wrapped := l.must("wrapped_prediction")
	if len(wrapped) != 3 {
		l.Fatalf("wrapped_prediction: %d rows, expected 3: %v", len(wrapped), wrapped)
	}
	for i, e := range []row{{"visit_id": 37, "prediction": "157.50"}, {"visit_id": 79, "prediction": "160.00"}, {"visit_id": 117, "prediction": "157.50"}} {
		l.expect("wrapped_prediction", wrapped[i], e)
	}
	l.accuracy("wrapped_metrics")
}

// mistakes sends the statements that must fail in a form, see mistake, by the client of the account that each is of. A connection must be usable after each.
func (s *scenario) mistakes(t *testing.T, form string, accounts map[string]client) {
	for _, m := range s.errors {
		if !m.in(form) {
			continue
		}
		c := accounts[m.account]
		_, err := c.run(m.statement, m.arguments...)
		var e *refusal
		if !errors.As(err, &e) || e.number != m.number || e.state != m.state {
			t.Errorf("%s %v (%s): %v, expected %d (%s)", m.statement, m.arguments, form, err, m.number, m.state)
		}
		if rows, err := c.run("SELECT 1 AS alive"); err != nil || len(rows) != 1 || fmt.Sprint(rows[0]["alive"]) != "1" {
			t.Fatalf("after %s: %v, %v", m.statement, rows, err)
		}
	}
}
