package catalog

import (
	"errors"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, name := range []string{"m", "order_intent", "Order Intent", "1st", "3", "select", "模型", "naïve", "cafe\u0301", "😀", "نموذج", "a-b", "a;b", "it's", "`", `"`, "%s", "--", "/*"[1:],
		strings.Repeat("é", 64), strings.Repeat("e\u0301", 64)} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, bad := range []struct{ name, word string }{
		{"", "empty"},
		{"m ", "space"},
		{" m", "space"},
		{"m\t", "space"},
		{"\u00a0m", "space"},
		{strings.Repeat("é", 65), "65 characters"},
		{"a\x00b", "U+0000"},
		{"a\nb", "U+000A"},
		{"a\u200bb", "U+200B"},
		{"a\u202eb", "U+202E"},
		{"a\ufeffb", "U+FEFF"},
		{"a/b", "'/'"},
		{`a\b`, `'\\'`},
		{"../etc", "'.'"},
		{"a@b", "'@'"},
		{"a.b", "'.'"},
		{"a\xffb", "UTF-8"},
	} {
		if err := CheckName(bad.name); !errors.Is(err, ErrName) || !strings.Contains(err.Error(), bad.word) {
			t.Errorf("%q: %v, want an error that says %s", bad.name, err, bad.word)
		}
	}
	if err := CheckAlias("12"); !errors.Is(err, ErrName) {
		t.Errorf("alias of digits: %v", err)
	}
	if err := CheckAlias("v12"); err != nil {
		t.Error(err)
	}
}

func TestSameNames(t *testing.T) {
	for _, pair := range [][2]string{{"abc", "ABC"}, {"café", "CAFE\u0301"}, {"kelvin", "\u212aelvin"}, {"straſſe", "STRASSE"}, {"ΣΑΣ", "σας"}, {"Привет", "пРИВЕТ"}} {
		if !sameName(pair[0], pair[1]) {
			t.Errorf("%q and %q are not the same", pair[0], pair[1])
		}
		if !sameName(pair[0], pair[0]) {
			t.Errorf("%q is not itself", pair[0])
		}
	}
	for _, pair := range [][2]string{{"cafe", "café"}, {"a", "b"}, {"ß", "ss"}, {"a", "a "}} {
		if sameName(pair[0], pair[1]) {
			t.Errorf("%q and %q are the same", pair[0], pair[1])
		}
	}
	if key("ab", "c") == key("a", "bc") {
		t.Error("keys run together")
	}
}

func TestRefs(t *testing.T) {
	for text, want := range map[string]Ref{
		"m":                       {Name: "m"},
		"db.m":                    {Database: "db", Name: "m"},
		"m@3":                     {Name: "m", Version: 3},
		"db.m@champion":           {Database: "db", Name: "m", Alias: "champion"},
		"my.db.m@07":              {Database: "my.db", Name: "m", Version: 7},
		"a b.c d@e f":             {Database: "a b", Name: "c d", Alias: "e f"},
		"3@3":                     {Name: "3", Version: 3},
		"d.m@9223372036854775807": {Database: "d", Name: "m", Version: 9223372036854775807},
	} {
		got, err := ParseRef(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
			continue
		}
		if back, err := ParseRef(got.String()); err != nil || back != got {
			t.Errorf("%q prints as %q, which is %+v, %v", text, got, back, err)
		}
	}
	for text, word := range map[string]string{
		"": "empty", "@": "ends in @", "m@": "'m@3'", "@3": "empty", "m@0": "versions are numbered 1", "m@-1x/": "'/'", "m@99999999999999999999": "versions are numbered",
		".m": "starts with a dot", "db.": "empty", "db.m@a.b": "'.'", "m ": "space", "m@ 3": "space", "a@b@3": "'@'", "x\x00": "U+0000",
	} {
		if _, err := ParseRef(text); !errors.Is(err, ErrName) || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v, want an error that says %s", text, err, word)
		}
	}
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"m", "db.m@3", "m@champion", "é.ü@ß", "@@..", "a.b.c@1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := ParseRef(text)
		if err != nil {
			if !errors.Is(err, ErrName) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if CheckName(ref.Name) != nil || ref.Alias != "" && CheckAlias(ref.Alias) != nil || ref.Version != 0 && ref.Alias != "" {
			t.Fatalf("%q gave %+v", text, ref)
		}
		if back, err := ParseRef(ref.String()); err != nil || back != ref {
			t.Fatalf("%q prints as %q, which is %+v, %v", text, ref, back, err)
		}
		if !sameName(ref.Name, strings.ToUpper(ref.Name)) && strings.EqualFold(ref.Name, strings.ToUpper(ref.Name)) {
			t.Fatalf("%q is not the same in upper case", ref.Name)
		}
	})
}

func TestNumbers(t *testing.T) {
	list := func(ns ...int64) (vs []*Version) {
		for _, n := range ns {
			vs = append(vs, &Version{Number: n})
		}
		return vs
	}
	for want, vs := range map[string][]*Version{
		"version 3":             list(3),
		"versions 1 to 4, 6":    list(1, 2, 3, 4, 6),
		"versions 1, 2":         list(1, 2),
		"versions 1, 3, 5 to 7": list(1, 3, 5, 6, 7),
		"versions 1, 3, 5, 7, ..., 17, 19, 21, 23, 25, 27, 29": list(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29),
	} {
		if got := numbers(vs); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := short(strings.Repeat("é", 200)); got != strings.Repeat("é", 160)+"..." {
		t.Errorf("cut to %q", got)
	}
}
