package mlsql

import "fmt"

// A slot is a place of a statement where a placeholder may stand: one of value, version and source is set (source may also be nil).
type slot struct {
	where   string // names the place of value in messages
	value   *Value
	kinds   kinds // that value may have
	version *VersionRef
	source  *Source
}

func visitSettings(settings []Setting, visit func(slot)) {
	for i := range settings {
		visit(slot{where: settings[i].Name, value: &settings[i].Value, kinds: anyValue})
	}
}

// NumParams returns how many placeholders s has, those inside its SELECTs counted.
func NumParams(s Statement) int {
	n := 0
	s.slots(func(place slot) {
		switch {
		case place.value != nil && place.value.Kind == Param, place.version != nil && place.version.Param > 0:
			n++
		case place.source != nil:
			n += CountParams(place.source.Query)
			if place.source.AsOf.Kind == Param {
				n++
			}
		}
	})
	return n
}

// Bind puts args in the place of the placeholders of s: args[0] in that of Index 1, and so on. len(args) is NumParams(s). Those inside a
// SELECT stay in its text; from FirstParam on their values are the caller's to pass on. A number may come as a String.
//
// Bind changes s, so a statement that is carried out again with other values is parsed again. The error names the place and the value
// that do not fit; s is then half bound, of no further use.
func Bind(s Statement, args []Value) error {
	if n := NumParams(s); n != len(args) {
		return fmt.Errorf("the statement has %d placeholders, got %d values", n, len(args))
	}
	var err error
	s.slots(func(place slot) {
		if err != nil {
			return
		}
		switch {
		case place.value != nil:
			err = bindValue(place.value, args, place.where, place.kinds)
		case place.version != nil && place.version.Param > 0:
			err = bindVersion(place.version, args)
		case place.source != nil:
			err = bindValue(&place.source.AsOf, args, "AS OF", stringValue)
		}
	})
	return err
}

func bindValue(v *Value, args []Value, where string, allowed kinds) error {
	if v.Kind != Param {
		return nil
	}
	arg := args[v.Index-1]
	if arg.Kind == String && !allowed.has(String) && isNumber(arg.Text) {
		arg.Kind = Number
	}
	if arg.Kind == Param || !allowed.has(arg.Kind) {
		return fmt.Errorf("placeholder %d: %s takes %s, got %s", v.Index, where, allowed.describe(), arg)
	}
	*v = arg
	return nil
}

func bindVersion(ref *VersionRef, args []Value) error {
	arg := args[ref.Param-1]
	n, ok := versionNumber(arg.Text)
	if !ok || arg.Kind != Number && arg.Kind != String {
		return fmt.Errorf("placeholder %d: VERSION takes a number from 1 up, got %s", ref.Param, arg)
	}
	*ref = VersionRef{Number: n}
	return nil
}

// isNumber tells whether text is the source of a number, with or without a sign.
func isNumber(text string) bool {
	if text != "" && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	t := scan(text, 0)
	return t.kind == tokenNumber && t.pos == 0 && t.end == len(text)
}
