package server_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// wireType is the type that a statement's first column has for a client.
func wireType(t testing.TB, c *sql.Conn, statement string, values ...any) string {
	t.Helper()
	rows, err := c.QueryContext(context.Background(), statement, values...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	name := columns[0].DatabaseTypeName()
	if precision, scale, ok := columns[0].DecimalSize(); ok && name == "DECIMAL" {
		name = fmt.Sprintf("DECIMAL(%d,%d)", precision, scale)
	}
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestTypes asks what a client is told of the type of a prediction: it is that of the target, in text and prepared.
func TestTypes(t *testing.T) {
	c := shop(t)
	for _, x := range []struct{ call, plain string }{
		{"PREDICT('bought')", "bought"},
		{"PREDICT('kind')", "kind"},
		{"PREDICT('grade')", "tier"}, // an ENUM that may be NULL, as every prediction
		{"PREDICT('spend')", "spend"},
		{"PREDICT('items')", "items"},
		{"PREDICT('rating')", "rating"},
		{"PREDICT_PROBA('bought')", "rating"},
		{"PREDICT_PROBA('kind', 'tea')", "rating"},
		{"PREDICT_ALL('kind')", "JSON_OBJECT('a', 1)"},
		{"MODEL_VERSION('kind')", "big"},
	} {
		got, want := wireType(t, c, "SELECT "+x.call+" FROM visits"), wireType(t, c, "SELECT "+x.plain+" FROM visits")
		prepared := wireType(t, c, "SELECT "+x.call+" FROM visits WHERE id < ?", 9)
		if got != want || prepared != want {
			t.Errorf("%s is a %s, prepared a %s; a column of the type is a %s", x.call, got, prepared, want)
		}
	}
	do(t, c, "CREATE TABLE IF NOT EXISTS predicted_types AS SELECT PREDICT('bought') AS bought, PREDICT('kind') AS kind, PREDICT('grade') AS grade, PREDICT('spend') AS spend, PREDICT('items') AS items, PREDICT('rating') AS rating, PREDICT_PROBA('bought') AS p, PREDICT_ALL('bought') AS a, MODEL_VERSION('bought') AS v FROM visits")
	defer do(t, c, "DROP TABLE predicted_types")
	got := lines(all(t, c, "SELECT column_name, column_type FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'predicted_types'"))
	same(t, "columns of CREATE TABLE ... AS SELECT", got, []string{"a|json", "bought|tinyint(1)", "grade|enum('low','mid','high')", "items|int unsigned", "kind|varchar(10)", "p|double", "rating|double", "spend|decimal(10,2)", "v|bigint"})
}

// TestNumbersFit shows how a predicted number becomes a value of a type that cannot hold it: rounded, halves away from zero, and at the end of its range where it lies beyond.
func TestNumbersFit(t *testing.T) {
	c, _ := scratch(t)
	for _, x := range []struct {
		typ         string
		given, want []string // x, and PREDICT of a model that has learned y = x
	}{
		{"TINYINT", []string{"2.4", "2.6", "-2.6", "1000", "-1000"}, []string{"2", "3", "-3", "127", "-128"}},
		{"TINYINT UNSIGNED", []string{"2.6", "-0.7", "-1000", "255.2", "1e9"}, []string{"3", "0", "0", "255", "255"}},
		{"SMALLINT", []string{"2.6", "1e9", "-1e9"}, []string{"3", "32767", "-32768"}},
		{"MEDIUMINT UNSIGNED", []string{"2.6", "1e9", "-1e9"}, []string{"3", "16777215", "0"}},
		{"INT", []string{"2.6", "1e12", "-1e12"}, []string{"3", "2147483647", "-2147483648"}},
		{"INT UNSIGNED", []string{"2.6", "1e12", "-1e12"}, []string{"3", "4294967295", "0"}},
		{"BIGINT", []string{"2.6", "1e30", "-1e30"}, []string{"3", "9223372036854775807", "-9223372036854775808"}},
		{"BIGINT UNSIGNED", []string{"2.6", "1e30", "-1e30"}, []string{"3", "18446744073709551615", "0"}},
		{"DECIMAL(4,2)", []string{"2.344", "2.346", "1e9", "-1e9"}, []string{"2.34", "2.35", "99.99", "-99.99"}},
		{"DECIMAL(5,0)", []string{"2.6", "1e9", "-1e9"}, []string{"3", "99999", "-99999"}},
		{"DOUBLE", []string{"1e300"}, []string{"1e+300"}},
		{"FLOAT", []string{"1e300", "-1e300"}, []string{"3.40282e+38", "-3.40282e+38"}},
	} {
		table := "t_" + strings.ToLower(strings.NewReplacer(" ", "_", "(", "_", ")", "", ",", "_").Replace(x.typ))
		do(t, c, "CREATE TABLE "+table+" (x DOUBLE, y "+x.typ+" NOT NULL)")
		var rows []string
		for i := range 40 {
			rows = append(rows, fmt.Sprintf("(%d, %d)", i, i))
		}
		do(t, c, "INSERT INTO "+table+" VALUES "+strings.Join(rows, ", "))
		release(t, c, "m_"+table, "PREDICT y FROM "+table+" USING linear_regression TRANSFORM (x AS x) SPLIT NONE")
		for i, given := range x.given {
			got := one(t, c, "SELECT PREDICT('m_"+table+"', "+given+")")
			if x.typ == "DOUBLE" || x.typ == "FLOAT" {
				got = one(t, c, "SELECT ABS(PREDICT('m_"+table+"', "+given+") - "+x.want[i]+") <= 1e-5 * ABS("+x.want[i]+")")
				if got != "1" {
					t.Errorf("%s: %s is %s, want %s", x.typ, given, one(t, c, "SELECT PREDICT('m_"+table+"', "+given+")"), x.want[i])
				}
				continue
			}
			if got != x.want[i] {
				t.Errorf("%s: %s is %s, want %s", x.typ, given, got, x.want[i])
			}
			if all := one(t, c, "SELECT JSON_EXTRACT(PREDICT_ALL('m_"+table+"', "+given+"), '$.prediction')"); all != x.want[i] {
				t.Errorf("%s: PREDICT_ALL of %s is %s, want %s", x.typ, given, all, x.want[i])
			}
		}
	}
	// SQL has no infinity, and no prediction is one
	do(t, c, "CREATE TABLE steep (x DOUBLE, y DOUBLE)", "INSERT INTO steep VALUES (1, 20), (2, 40), (3, 60), (4, 80), (5, 100), (6, 120), (7, 140), (8, 160)")
	release(t, c, "steep", "PREDICT y FROM steep USING linear_regression TRANSFORM (x AS x) SPLIT NONE")
	if got := one(t, c, "SELECT PREDICT('steep', 1.7e308) > 1e308 AND PREDICT('steep', 1.7e308) <= 1.7976931348623157e308"); got != "1" {
		t.Errorf("a prediction beyond the numbers is %s", one(t, c, "SELECT PREDICT('steep', 1.7e308)"))
	}
}

// TestPredictAll looks at the whole JSON object.
func TestPredictAll(t *testing.T) {
	c, _ := scratch(t)
	makeVisits(t, c, "bought", "kind", "grade", "rating")
	do(t, c, "ALTER MODEL bought SET THRESHOLD 0.9")
	for _, model := range []string{"bought", "kind", "grade", "rating"} {
		line := all(t, c, "SELECT PREDICT_ALL('"+model+"'), PREDICT('"+model+"') FROM visits WHERE id = 7")[0]
		var doc map[string]any
		if err := json.Unmarshal([]byte(line[0]), &doc); err != nil {
			t.Fatal(err)
		}
		same(t, "keys", slices.Sorted(maps.Keys(doc)), []string{"cached", "fallback", "prediction", "probabilities", "threshold", "version"})
		if fmt.Sprint(doc["prediction"]) != line[1] || doc["version"] != 1.0 || doc["cached"] != false || doc["fallback"] != false {
			t.Errorf("%s: %s, PREDICT %s", model, line[0], line[1])
		}
		wantThreshold := any(nil)
		if model == "bought" {
			wantThreshold = 0.9
		}
		if doc["threshold"] != wantThreshold {
			t.Errorf("%s: threshold %v", model, doc["threshold"])
		}
		probabilities, _ := doc["probabilities"].(map[string]any)
		classes := map[string][]string{"bought": {"0", "1"}, "kind": {"coffee", "tea", "water"}, "grade": {"high", "low", "mid"}}[model]
		same(t, model, slices.Sorted(maps.Keys(probabilities)), classes)
		sum := 0.0
		for class, p := range probabilities {
			x := p.(float64)
			sum += x
			if got := one(t, c, "SELECT PREDICT_PROBA('"+model+"', ?, visits) = ? FROM visits WHERE id = 7", class, x); got != "1" {
				t.Errorf("%s: PREDICT_PROBA of %s is not %v", model, class, x)
			}
		}
		if classes != nil && (sum < 1-1e-12 || sum > 1+1e-12) {
			t.Errorf("%s: the probabilities sum to %v", model, sum)
		}
	}
	// the threshold decides PREDICT as well, at once
	if got := one(t, c, "SELECT COUNT(*) FROM visits WHERE PREDICT('bought') <> (PREDICT_PROBA('bought') >= 0.9)"); got != "0" {
		t.Errorf("%s rows are not decided by the threshold", got)
	}
}

// TestModelVersion follows a model through its life.
func TestModelVersion(t *testing.T) {
	c, name := scratch(t)
	do(t, c, visitsTable, visits(), "CREATE MODEL m PREDICT bought FROM visits KEY (id) FEATURES (amount)")
	check := func(ref, want string) {
		t.Helper()
		if got := one(t, c, "SELECT MODEL_VERSION('"+ref+"')"); got != want {
			t.Errorf("MODEL_VERSION('%s') is %s, want %s", ref, got, want)
		}
		if got := one(t, c, "SELECT MODEL_VERSION(?)", ref); got != want {
			t.Errorf("MODEL_VERSION(?) of %s is %s, want %s", ref, got, want)
		}
	}
	check("m", "NULL")
	do(t, c, "TRAIN MODEL m", "TRAIN MODEL m")
	check("m", "NULL")
	check("m@2", "2")
	do(t, c, "DEPLOY MODEL m VERSION 1")
	check("m", "1")
	check(name+".M", "1")
	do(t, c, "DEPLOY MODEL m VERSION 2", "ALTER MODEL m SET ALIAS champion = VERSION 1")
	check("m", "2")
	check("m@champion", "1")
	do(t, c, "ROLLBACK MODEL m")
	check("m", "1")
	do(t, c, "UNDEPLOY MODEL m")
	check("m", "NULL")
	if got := one(t, c, "SELECT MODEL_VERSION(NULL)"); got != "NULL" {
		t.Errorf("MODEL_VERSION(NULL) is %s", got)
	}
	fails(t, c, 1305, []string{"nothing"}, "SELECT MODEL_VERSION('nothing')")
	fails(t, c, 30003, []string{"3"}, "SELECT MODEL_VERSION('m@3')")
	fails(t, c, 1210, []string{"MODEL_VERSION('model')"}, "SELECT MODEL_VERSION()")
	fails(t, c, 1210, []string{"MODEL_VERSION"}, "SELECT MODEL_VERSION(7)")
}
