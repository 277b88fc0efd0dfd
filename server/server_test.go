package server_test

import (
	"compress/gzip"
	"database/sql"
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"
)

// loadShoppers makes the table online_shoppers in the current database.
func loadShoppers(t *testing.T, c *sql.Conn) {
	t.Helper()
	f, err := os.Open("../tests/data/online_shoppers/data.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	do(t, c, `CREATE TABLE online_shoppers (visit_id INT PRIMARY KEY, administrative INT, administrative_duration DOUBLE, informational INT, informational_duration DOUBLE,
		product_related INT, product_related_duration DOUBLE, bounce_rates DOUBLE, exit_rates DOUBLE, page_values DOUBLE, special_day DOUBLE, month VARCHAR(10), operating_systems INT,
		browser INT, region INT, traffic_type INT, visitor_type VARCHAR(30), weekend BOOL, revenue BOOL)`)
	for lo := 1; lo < len(records); lo += 1000 {
		var b strings.Builder
		b.WriteString("INSERT INTO online_shoppers VALUES ")
		for i := lo; i < min(lo+1000, len(records)); i++ {
			if i > lo {
				b.WriteString(",")
			}
			r := records[i]
			fmt.Fprintf(&b, "(%d,%s,'%s',%s,'%s',%s,%s)", i, strings.Join(r[:10], ","), r[10], strings.Join(r[11:15], ","), r[15], r[16], r[17])
		}
		do(t, c, b.String())
	}
}

// TestLifecycle goes from a table to predictions that are right more often than the majority class.
func TestLifecycle(t *testing.T) {
	c, _ := scratch(t)
	loadShoppers(t, c)
	do(t, c, "CREATE MODEL order_intent PREDICT revenue FROM online_shoppers KEY (visit_id)", "TRAIN MODEL order_intent", "DEPLOY MODEL order_intent VERSION 1")
	right := one(t, c, "SELECT AVG(PREDICT('order_intent') = revenue) > 0.87 FROM online_shoppers") // 0.845 are not buyers
	auc := one(t, c, "SELECT value > 0.88 FROM ml_evaluate('order_intent') WHERE metric = 'roc_auc'")
	ordered := one(t, c, "SELECT AVG(IF(revenue, PREDICT_PROBA('order_intent'), NULL)) > 3 * AVG(IF(revenue, NULL, PREDICT_PROBA('order_intent'))) FROM online_shoppers")
	same(t, "right, auc, ordered", []string{right, auc, ordered}, []string{"1", "1", "1"})
}
