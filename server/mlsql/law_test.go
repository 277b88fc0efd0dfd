package mlsql

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// checkLaw checks what must hold of any text: Parse never panics, agrees with Owns and Split, its errors point into the text, and what
// it returns is, printed and parsed again, the same statement with the same text.
func checkLaw(t *testing.T, text string) {
	t.Helper()
	stmt, end, err := Parse(text)
	if _, want := Split(text); end != want {
		t.Fatalf("Parse(%q) ends at %d, Split at %d", text, end, want)
	}
	if err != nil {
		if stmt != nil {
			t.Fatalf("Parse(%q) returns both a statement and the error %v", text, err)
		}
		checkError(t, text, err)
		return
	}
	if !Owns(text) {
		t.Fatalf("Parse(%q) succeeds for a text that Owns denies", text)
	}
	checkPositions(t, text, reflect.ValueOf(stmt))
	checkRoundTrip(t, stmt)
}

func checkRoundTrip(t *testing.T, stmt Statement) {
	t.Helper()
	printed := stmt.String()
	again, end, err := Parse(printed)
	if err != nil {
		t.Fatalf("the printed text does not parse: %v\n%s", err, printed)
	}
	if end != len(printed) {
		t.Fatalf("the printed text ends at %d of %d\n%s", end, len(printed), printed)
	}
	if second := again.String(); second != printed {
		t.Fatalf("printed again it differs\nonce:  %s\ntwice: %s", printed, second)
	}
	if before, after := NumParams(stmt), NumParams(again); before != after {
		t.Fatalf("%d placeholders became %d\n%s", before, after, printed)
	}
	normalise(stmt)
	normalise(again)
	if !reflect.DeepEqual(stmt, again) {
		t.Fatalf("parsed again the statement differs\nonce:  %#v\ntwice: %#v\n%s", stmt, again, printed)
	}
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var pos, line, column int
	var syntax *SyntaxError
	var later *NotInThisRelease
	switch {
	case errors.As(err, &syntax):
		pos, line, column = syntax.Pos, syntax.Line, syntax.Column
		if len(syntax.Near) > maxNear || !strings.HasPrefix(text[pos:], syntax.Near) {
			t.Fatalf("Parse(%q): Near is %q at %d", text, syntax.Near, pos)
		}
		if utf8.ValidString(text) && !utf8.ValidString(syntax.Near) {
			t.Fatalf("Parse(%q): Near %q cuts a character", text, syntax.Near)
		}
	case errors.As(err, &later):
		pos, line, column = later.Pos, later.Line, later.Column
		if len(later.Has) == 0 {
			t.Fatalf("Parse(%q): %v names no choices", text, err)
		}
	default:
		t.Fatalf("Parse(%q): an error of type %T: %v", text, err, err)
	}
	if _, end := Split(text); pos < 0 || pos > end || line < 1 || column < 1 {
		t.Fatalf("Parse(%q): error at %d, line %d, column %d, behind the statement's end %d", text, pos, line, column, end)
	}
}

// checkPositions checks that each Pos points to the beginning of a token of text.
func checkPositions(t *testing.T, text string, v reflect.Value) {
	t.Helper()
	eachStruct(v, func(s reflect.Value) {
		if f := s.FieldByName("Pos"); f.IsValid() {
			pos := int(f.Int())
			if tok := scan(text, pos); pos < 0 || pos >= len(text) || tok.pos != pos {
				t.Fatalf("%q: the position %d of %#v is no token", text, pos, s.Interface())
			}
			checkNamed(t, text[pos:], s.Interface())
		}
	})
}

// checkNamed checks that at, the text from a struct's position on, begins with its name.
func checkNamed(t *testing.T, at string, s any) {
	t.Helper()
	var name string
	switch s := s.(type) {
	case Setting:
		name = s.Name
	case Using:
		name = s.Learner
	case TransformCall:
		name = s.Name
	case SplitClause:
		name = string(s.Method)
	default:
		return
	}
	got := at[:scan(at, 0).end]
	if at[0] == '`' {
		got = unquoteName(got)
	}
	if !strings.EqualFold(got, name) {
		t.Fatalf("the position of %#v points to %q", s, got)
	}
}

// normalise takes away what printing may change: positions, and the order of placeholders where clauses stood in another order.
func normalise(stmt Statement) {
	eachStruct(reflect.ValueOf(stmt), func(s reflect.Value) {
		if f := s.FieldByName("Pos"); f.IsValid() {
			f.SetInt(0)
		}
	})
	n := 0
	number := func(v *Value) {
		if v.Kind == Param {
			n++
			v.Index = n
		}
	}
	stmt.slots(func(place slot) {
		switch {
		case place.value != nil:
			number(place.value)
		case place.version != nil && place.version.Param > 0:
			n++
			place.version.Param = n
		case place.source != nil:
			place.source.FirstParam = 0
			if inside := CountParams(place.source.Query); inside > 0 {
				place.source.FirstParam = n + 1
				n += inside
			}
			number(&place.source.AsOf)
		}
	})
}

// eachStruct visits every struct reachable from v.
func eachStruct(v reflect.Value, visit func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachStruct(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachStruct(v.Index(i), visit)
		}
	case reflect.Struct:
		visit(v)
		for i := range v.NumField() {
			eachStruct(v.Field(i), visit)
		}
	}
}

// FuzzParse checks the law on any text. The scripts of testdata/parse are its seeds, besides the corpus in testdata/fuzz.
func FuzzParse(f *testing.F) {
	for _, cases := range scripts(f) {
		for _, c := range cases {
			f.Add(c.input)
		}
	}
	f.Fuzz(checkLaw)
}
