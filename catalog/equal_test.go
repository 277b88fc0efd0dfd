package catalog

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"
)

// difference compares all fields, unexported ones too, and says where two values differ; NaN equals NaN, nil is not an empty slice.
func difference(path string, a, b reflect.Value) string {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return fmt.Sprintf("%s: %v and %v", path, a, b)
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return path + ": one is nil"
			}
			return ""
		}
		return difference(path, a.Elem(), b.Elem())
	case reflect.Slice:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			return fmt.Sprintf("%s: %d and %d elements (nil: %v, %v)", path, a.Len(), b.Len(), a.IsNil(), b.IsNil())
		}
		for i := range a.Len() {
			if d := difference(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Map:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s: %d and %d keys", path, a.Len(), b.Len())
		}
		for _, k := range a.MapKeys() {
			if !b.MapIndex(k).IsValid() {
				return fmt.Sprintf("%s: key %v is missing", path, k)
			}
			if d := difference(fmt.Sprintf("%s[%v]", path, k), a.MapIndex(k), b.MapIndex(k)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Struct:
		for i := range a.NumField() {
			name := a.Type().Field(i).Name
			if a.Type() == reflect.TypeFor[Snapshot]() && name == "epoch" {
				continue
			}
			if d := difference(path+"."+name, a.Field(i), b.Field(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Float64:
		if x, y := a.Float(), b.Float(); math.Float64bits(x) != math.Float64bits(y) && !(math.IsNaN(x) && math.IsNaN(y)) {
			return fmt.Sprintf("%s: %v and %v", path, x, y)
		}
		return ""
	}
	if !a.Equal(b) {
		return fmt.Sprintf("%s: %v and %v", path, a, b)
	}
	return ""
}

func sameSnapshot(a, b *Snapshot) string {
	return difference("snapshot", reflect.ValueOf(a), reflect.ValueOf(b))
}

// checkStored fails when memory is not what storage holds, or what readers of the tables see of it is not true.
func checkStored(t testing.TB, c *Catalog, db *engineDB) {
	t.Helper()
	stored, err := load(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	if d := sameSnapshot(c.Snapshot(), stored); d != "" {
		t.Fatalf("memory and storage differ at %s", d)
	}
	deployed := map[int64]int64{}
	for _, values := range db.must(t, "SELECT model_id, deployed_version FROM models") {
		r := newRow(values)
		deployed[r.int()] = r.int()
	}
	for _, m := range stored.models {
		if deployed[m.ID] != m.Deployed() {
			t.Fatalf("model %s: column deployed_version is %d, the history says %d", m.Name, deployed[m.ID], m.Deployed())
		}
		for _, table := range append(versionTables[:len(versionTables):len(versionTables)], "model_aliases") {
			for _, values := range db.must(t, "SELECT COUNT(*) FROM "+table+" WHERE model_id = ? AND (model_name <> ? OR database_name <> ?)", m.ID, m.Name, m.Database) {
				if newRow(values).int() != 0 {
					t.Fatalf("model %s: rows of %s bear another name", m.Name, table)
				}
			}
		}
	}
}
