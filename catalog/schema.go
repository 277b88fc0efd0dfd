package catalog

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
)

//go:embed schema.sql
var schemaSQL string

// migrations[i] brings tables of schema version i+1 to version i+2; a released entry is never changed. schema.sql always makes the newest version.
var migrations [][]string

// schemaStatements are the statements of schema.sql: each ends with a semicolon at the end of its line.
func schemaStatements() []string {
	var statements []string
	for _, text := range strings.Split(schemaSQL, ";\n") {
		var lines []string
		for _, line := range strings.Split(text, "\n") {
			if line != "" && !strings.HasPrefix(line, "--") {
				lines = append(lines, line)
			}
		}
		if len(lines) > 0 {
			statements = append(statements, strings.Join(lines, "\n"))
		}
	}
	return statements
}

// prepareSchema makes the tables, or migrates them, or finds nothing to do.
func prepareSchema(ctx context.Context, db DB, migrations [][]string) error {
	newest := int64(len(migrations) + 1)
	found, err := schemaVersion(ctx, db)
	switch {
	case err != nil:
		return fmt.Errorf("read the schema version of the catalog: %w", err)
	case found > newest:
		return faultf(ErrNewerSchema, "the catalog has schema version %d and this server knows up to %d: a newer release wrote it; start that release (nothing was changed)", found, newest)
	case found == 0:
		var statements []Statement
		for _, q := range schemaStatements() {
			statements = append(statements, Statement{Query: q})
		}
		statements = append(statements, Statement{"INSERT INTO catalog_info (name, value) VALUES ('schema_version', ?), ('last_model_id', 0)", []any{newest}})
		if err := db.Write(ctx, "create the catalog", statements); err != nil {
			return fmt.Errorf("create the catalog: %w", err)
		}
		return nil
	}
	for ; found < newest; found++ {
		var statements []Statement
		for _, q := range migrations[found-1] {
			statements = append(statements, Statement{Query: q})
		}
		statements = append(statements, Statement{"UPDATE catalog_info SET value = ? WHERE name = 'schema_version'", []any{found + 1}})
		message := fmt.Sprintf("migrate the catalog from schema version %d to %d", found, found+1)
		if err := db.Write(ctx, message, statements); err != nil {
			return fmt.Errorf("%s: %w", message, err)
		}
	}
	return nil
}

// schemaVersion is 0 when the tables were not made, or not to the end.
func schemaVersion(ctx context.Context, db DB) (int64, error) {
	tables, err := db.Read(ctx, "SHOW TABLES")
	if err != nil {
		return 0, err
	}
	for _, t := range tables {
		r := newRow(t)
		if name := r.text(); r.err != nil || !strings.EqualFold(name, "catalog_info") {
			continue
		}
		rows, err := db.Read(ctx, "SELECT value FROM catalog_info WHERE name = 'schema_version'")
		if err != nil || len(rows) == 0 {
			return 0, err
		}
		r = newRow(rows[0])
		version := r.int()
		return version, r.err
	}
	return 0, nil
}
