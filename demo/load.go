package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
)

// shoppers are visits to an online shop; online_shoppers/README.md says where they come from.
//
//go:embed online_shoppers/data.csv.gz
var shoppers []byte

// createTable makes the table of the visits. visit_id is the number of the row in the file, from 1.
const createTable = `CREATE TABLE IF NOT EXISTS online_shoppers (
  visit_id INT PRIMARY KEY,
  administrative INT, administrative_duration DOUBLE, informational INT, informational_duration DOUBLE,
  product_related INT, product_related_duration DOUBLE, bounce_rates DOUBLE, exit_rates DOUBLE,
  page_values DOUBLE, special_day DOUBLE, month VARCHAR(10), operating_systems INT, browser INT,
  region INT, traffic_type INT, visitor_type VARCHAR(30), weekend BOOL, revenue BOOL)`

// batch is the number of rows of one INSERT.
const batch = 500

// load fills the table in one transaction, so that it is there whole or not at all, and returns the number of rows.
func load(ctx context.Context, conn *sql.Conn) (int, error) {
	text, err := gzip.NewReader(bytes.NewReader(shoppers))
	if err != nil {
		return 0, err
	}
	records, err := csv.NewReader(text).ReadAll()
	if err != nil {
		return 0, err
	}
	records = records[1:] // the names
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	for lo := 0; lo < len(records); lo += batch {
		rows := records[lo:min(lo+batch, len(records))]
		if _, err := tx.ExecContext(ctx, insert(rows, lo+1)); err != nil {
			return 0, fmt.Errorf("cannot load the visits from %d on: %w", lo+1, err)
		}
	}
	return len(records), tx.Commit()
}

// insert is an INSERT of rows whose first has the given visit_id. All columns but two are numbers.
func insert(rows [][]string, visit int) string {
	const month, visitor = 10, 15
	var b strings.Builder
	b.WriteString("INSERT INTO online_shoppers VALUES ")
	for i, row := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "(%d", visit+i)
		for column, value := range row {
			switch column {
			case month, visitor:
				fmt.Fprintf(&b, ", '%s'", value)
			default:
				b.WriteString(", " + value)
			}
		}
		b.WriteString(")")
	}
	return b.String()
}
