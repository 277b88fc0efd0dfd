package sqltest

import (
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"os"
	"strings"
)

// loadShoppers makes the table online_shoppers: its columns in snake_case behind visit_id, the number of the row.
func loadShoppers(conn *sql.Conn) error {
	f, err := os.Open("../data/online_shoppers/data.csv.gz")
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	records, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return err
	}
	ctx := context.Background()
	_, err = conn.ExecContext(ctx, `CREATE TABLE online_shoppers (visit_id INT PRIMARY KEY, administrative INT, administrative_duration DOUBLE, informational INT,
		informational_duration DOUBLE, product_related INT, product_related_duration DOUBLE, bounce_rates DOUBLE, exit_rates DOUBLE, page_values DOUBLE, special_day DOUBLE,
		month VARCHAR(10), operating_systems INT, browser INT, region INT, traffic_type INT, visitor_type VARCHAR(30), weekend BOOL, revenue BOOL)`)
	if err != nil {
		return err
	}
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
		if _, err := conn.ExecContext(ctx, b.String()); err != nil {
			return err
		}
	}
	return nil
}
