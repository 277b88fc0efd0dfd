package server_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestBindings gives the same rows to PREDICT in every way that there is: all answer the same, and as the predictor does in Go.
func TestBindings(t *testing.T) {
	c := shop(t)
	columns := strings.Join(visitFeatures, ", ")
	var pairs []string
	for _, f := range visitFeatures {
		pairs = append(pairs, fmt.Sprintf("'%s', %s", f, f))
	}
	object := "JSON_OBJECT(" + strings.Join(pairs, ", ") + ")"
	for _, model := range []string{"bought", "kind", "grade", "spend", "items", "rating"} {
		labels, probas := predictInGo(t, c, model)
		class := ""
		if model == "kind" || model == "grade" {
			class = ", '" + map[string]string{"kind": "tea", "grade": "mid"}[model] + "'"
		}
		for _, form := range []struct{ call, from string }{
			{"(%s)", "FROM visits"},
			{"(%s)", "FROM shop.visits v"},
			{"(%s, visits)", "FROM visits"},
			{"(%s, v)", "FROM visits v"},
			{"(%s, V)", "FROM visits v"},
			{"(%s, visits.*)", "FROM visits"},
			{"(%s, v.*)", "FROM visits v"},
			{"(%s, " + columns + ")", "FROM visits"},
			{"(%s, " + object + ")", "FROM visits"},
			{"(%s, d)", "FROM (SELECT *, " + object + " AS d FROM visits) AS x"},
			{"(%s, d)", "FROM (SELECT id, CAST(" + object + " AS CHAR) AS d FROM visits) AS x"},
			{"(%s, x)", "FROM (SELECT * FROM visits) AS x"},
			{"(%s)", "FROM (SELECT id AS i, v.* FROM visits AS v) AS x"},
		} {
			for _, name := range []string{"'" + model + "'", "'shop." + model + "'", "'" + strings.ToUpper(model) + "'", "'" + model + "@1'", "'SHOP." + model + "@1'", `"` + model + `"`} {
				label := column(t, c, fmt.Sprintf("SELECT PREDICT"+form.call+" %s ORDER BY id", name, form.from))
				same(t, model+": PREDICT"+form.call+" "+form.from, label, labels)
				if name != "'"+model+"'" {
					continue
				}
				if probas != nil {
					proba := column(t, c, fmt.Sprintf("SELECT PREDICT_PROBA"+form.call+" %s ORDER BY id", name+class, form.from))
					same(t, model+": PREDICT_PROBA"+form.call+" "+form.from, proba, probas)
				}
				prediction := column(t, c, fmt.Sprintf("SELECT JSON_UNQUOTE(JSON_EXTRACT(PREDICT_ALL"+form.call+", '$.prediction')) %s ORDER BY id", name, form.from))
				sameValues(t, model+": PREDICT_ALL"+form.call+" "+form.from, prediction, labels)
			}
		}
	}
}

// TestBindingsOfPlaceholders gives rows as the values of placeholders.
func TestBindingsOfPlaceholders(t *testing.T) {
	reference := shop(t)
	labels, probas := predictInGo(t, reference, "bought")
	given := all(t, reference, "SELECT "+strings.Join(visitFeatures, ", ")+" FROM visits ORDER BY id")
	objects := column(t, reference, "SELECT CAST(JSON_OBJECT('amount', amount, 'pages', pages, 'price', price, 'city', city, 'tier', tier, 'day', day, 'seen', seen, 'big', big, 'flag', flag) AS CHAR) FROM visits ORDER BY id")
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(visitFeatures)), ", ")
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			c := shop(t, m.options)
			for i := 0; i < visitRows; i += 13 {
				values := make([]any, len(visitFeatures))
				for j, v := range given[i] {
					if values[j] = v; v == "NULL" {
						values[j] = nil
					}
				}
				checks := []struct {
					statement string
					values    []any
					want      string
				}{
					{"SELECT PREDICT('bought', " + marks + ")", values, labels[i]},
					{"SELECT PREDICT(?, " + marks + ")", append([]any{"bought"}, values...), labels[i]},
					{"SELECT PREDICT_PROBA('bought', " + marks + ")", values, probas[i]},
					{"SELECT PREDICT_PROBA('bought', 1, " + marks + ")", values, probas[i]},
					{"SELECT PREDICT_PROBA('bought', ?, " + marks + ")", append([]any{true}, values...), probas[i]},
					{"SELECT PREDICT_PROBA(?, ?, " + marks + ")", append([]any{"shop.bought", 1}, values...), probas[i]},
					{"SELECT PREDICT('bought', ?)", []any{objects[i]}, labels[i]},
					{"SELECT PREDICT(?, ?)", []any{"bought", objects[i]}, labels[i]},
					{"SELECT PREDICT('bought', CAST(? AS JSON))", []any{objects[i]}, labels[i]},
					{"SELECT PREDICT_PROBA('bought', ?)", []any{objects[i]}, probas[i]},
					{"SELECT PREDICT_PROBA('bought', '1', ?)", []any{objects[i]}, probas[i]},
					{"SELECT PREDICT_PROBA('bought', ?, ?)", []any{"1", objects[i]}, probas[i]},
					{"SELECT PREDICT_PROBA('bought', ?) FROM visits WHERE id = ?", []any{1, i + 1}, probas[i]},
					{"SELECT PREDICT_PROBA('bought', ?, v) FROM visits v WHERE id = ?", []any{"1", i + 1}, probas[i]},
					{"SELECT PREDICT('bought') FROM visits WHERE id = ?", []any{i + 1}, labels[i]},
					{"SELECT PREDICT('bought') FROM visits WHERE id = ? AND PREDICT_PROBA('bought') > ?", []any{i + 1, -1.5}, labels[i]},
				}
				for _, x := range checks {
					if got := one(t, c, x.statement, x.values...); got != x.want {
						t.Errorf("row %d: %s: %s, want %s", i+1, x.statement, got, x.want)
					}
				}
			}
		})
	}
}
