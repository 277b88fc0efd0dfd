package server

import (
	"reflect"

	ast "github.com/dolthub/vitess/go/vt/sqlparser"
)

// walk visits every part of a statement that can hold an expression, node itself first; visit says whether to go on below it. The parser's own ast.Walk leaves out much
// of where a call can stand: the bodies of triggers, procedures and events, the conditions of IF, CASE and WHILE, the columns of CREATE TABLE, named windows, the ORDER BY of a
// UNION. So this one goes by the fields of the nodes, and leaves out nothing.
func walk(node any, visit func(node any) (below bool)) {
	w := walker{visit: visit, seen: map[place]bool{}}
	w.value(reflect.ValueOf(node))
}

type walker struct {
	visit func(node any) bool
	seen  map[place]bool // a node that is shared is visited once
}

type place struct {
	typ     reflect.Type
	pointer uintptr
}

var astPackage = reflect.TypeOf(ast.Select{}).PkgPath()

func (w *walker) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		w.value(v.Elem())
	case reflect.Pointer:
		at := place{v.Type(), v.Pointer()}
		if v.IsNil() || v.Type().Elem().PkgPath() != astPackage || w.seen[at] {
			return
		}
		w.seen[at] = true
		if w.visit(v.Interface()) {
			w.value(v.Elem())
		}
	case reflect.Slice:
		if elem := v.Type().Elem().Kind(); elem == reflect.Uint8 || elem == reflect.String {
			return
		}
		for i := range v.Len() {
			w.value(v.Index(i))
		}
	case reflect.Struct:
		if v.Type().PkgPath() != astPackage {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				w.value(v.Field(i))
			}
		}
	}
}
