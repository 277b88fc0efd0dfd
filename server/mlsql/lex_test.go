package mlsql

import (
	"reflect"
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{"a _b $c d1 größe 表", "word:a word:_b word:$c word:d1 word:größe word:表"},
		{"`a``b` 'it''s' \"x\"\"y\" 'a\\'b' '\\\\'", "name:`a``b` string:'it''s' string:\"x\"\"y\" string:'a\\'b' string:'\\\\'"},
		{"1 -1 .5 1. 1e3 1E-3 1.5e+10", "number:1 symbol:- number:1 number:.5 number:1. number:1e3 number:1E-3 number:1.5e+10"},
		{"2fast 1e5x 10m 1e 1ex 0xyz 0b2", "word:2fast word:1e5x word:10m word:1e word:1ex word:0xyz word:0b2"},
		{"0x1F 0b01 0X1F", "hex:0x1F hex:0b01 word:0X1F"},
		{"1.5abc 1e+5x", "number:1.5 word:abc number:1e+5 word:x"},
		{"db.t `db`.5x a.5 ( .5)", "word:db symbol:. word:t name:`db` symbol:. word:5x word:a symbol:. number:5 symbol:( number:.5 symbol:)"},
		{"?=,;*", "param:? symbol:= symbol:, symbol:; symbol:*"},
		{"a--b", "word:a symbol:- symbol:- word:b"},
		{"a-- b\nc", "word:a word:c"},
		{"a --", "word:a"},
		{"a#b\nc", "word:a word:c"},
		{"a/**/b/* * / ; */c", "word:a word:b word:c"},
		{"a / b", "word:a symbol:/ word:b"},
		{"a /* b", "word:a illegal:/* b"},
		{"a /*! b */ c", "word:a illegal:/*! b */ word:c"},
		{"'a", "illegal:'a"},
		{"'a\\'", "illegal:'a\\'"},
		{"'a''", "illegal:'a''"},
		{"`a", "illegal:`a"},
		{"'a\\", "illegal:'a\\"},
		{"\x00\x80", "symbol:\x00 word:\x80"},
	}
	kindNames := map[tokenKind]string{tokenWord: "word", tokenName: "name", tokenString: "string", tokenNumber: "number", tokenHex: "hex",
		tokenParam: "param", tokenSymbol: "symbol", tokenIllegal: "illegal"}
	for _, test := range tests {
		var got []string
		for tok := scan(test.text, 0); tok.kind != tokenEOF; tok = scan(test.text, tok.end) {
			got = append(got, kindNames[tok.kind]+":"+test.text[tok.pos:tok.end])
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("scan(%q)\ngot:  %s\nwant: %s", test.text, s, test.want)
		}
	}
}

func TestQuoting(t *testing.T) {
	strs := []struct{ source, want string }{
		{`''`, ""},
		{`'a'`, "a"},
		{`'it''s'`, "it's"},
		{`"it's ""so"""`, `it's "so"`},
		{`'\0\'\"\b\n\r\t\Z\\\x'`, "\x00'\"\b\n\r\t\x1a\\x"},
		{`'50\% a\_b'`, `50\% a\_b`},
		{`'\\''\\'`, `\'\`},
		{"'größe'", "größe"},
	}
	for _, s := range strs {
		if got := unquoteString(s.source); got != s.want {
			t.Errorf("unquoteString(%s) = %q, want %q", s.source, got, s.want)
		}
		if got := unquoteString(QuoteString(s.want)); got != s.want {
			t.Errorf("QuoteString(%q) = %s reads back as %q", s.want, QuoteString(s.want), got)
		}
	}
	names := []struct{ name, want string }{
		{"a", "a"}, {"_A9", "_A9"}, {"9a", "`9a`"}, {"a b", "`a b`"}, {"a`b", "`a``b`"}, {"", "``"}, {"$a", "`$a`"}, {"é", "`é`"},
		{"select", "`select`"}, {"Rank", "`Rank`"}, {"split", "`split`"}, {"Threshold", "`Threshold`"}, {"selected", "selected"},
	}
	for _, n := range names {
		if got := QuoteName(n.name); got != n.want {
			t.Errorf("QuoteName(%q) = %s, want %s", n.name, got, n.want)
		}
	}
}

// TestKeywordsAreQuoted: a name that is one of our keywords is printed in backquotes, whatever clause is added to the grammar.
func TestKeywordsAreQuoted(t *testing.T) {
	var missing []string
	for _, f := range forms {
		for _, w := range strings.Fields(f.words) {
			if f.parse != nil && QuoteName(w) == w {
				missing = append(missing, w)
			}
		}
	}
	for w := range structural {
		if QuoteName(w) == w {
			missing = append(missing, w)
		}
	}
	for _, clauses := range []string{
		answer("CREATE MODEL m FROM t x"), answer("TRAIN MODEL m x"), answer("EVALUATE MODEL m x"), answer("DEPLOY MODEL m x"),
		answer("ROLLBACK MODEL m x"), answer("PREDICT MODEL m x"), answer("CREATE MODEL m FROM t SPLIT x"), answer("SHOW MODEL x"),
		answer("PREDICT MODEL m MODE x"), answer("ALTER MODEL m x"), answer("ALTER MODEL m SET x"),
	} {
		_, expected, _ := strings.Cut(clauses, "expected ")
		for _, w := range strings.FieldsFunc(expected, func(r rune) bool { return r == ' ' || r == ',' }) {
			if w != "or" && QuoteName(w) == w {
				missing = append(missing, w)
			}
		}
	}
	if missing != nil {
		t.Errorf("ourKeywords lacks %q", missing)
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		text, first string
		rest        string
	}{
		{"", "", ""},
		{"a", "a", ""},
		{"a;", "a", ""},
		{"a; b;c", "a", " b;c"},
		{";a", "", "a"},
		{"a ';' \";\" `;` /* ; */ b -- ;\n c # ;\n d; e", "a ';' \";\" `;` /* ; */ b -- ;\n c # ;\n d", " e"},
		{"a 'it''s;'; b", "a 'it''s;'", " b"},
		{`a '\';'; b`, `a '\';'`, " b"},
		{"a /*! ; */; b", "a /*! ; */", " b"},
		{"a 'open; b", "a 'open; b", ""},
		{"a /* open; b", "a /* open; b", ""},
	}
	for _, test := range tests {
		first, end := Split(test.text)
		if first != test.first || test.text[end:] != test.rest {
			t.Errorf("Split(%q) = %q, %d", test.text, first, end)
		}
	}
}

// TestParseOneByOne walks over a text of several statements.
func TestParseOneByOne(t *testing.T) {
	text := "TRAIN MODEL a; -- first; not last\n SHOW MODELS;EVALUATE MODEL `b;`\n/* ; */ ON TEST ; "
	var got []string
	for strings.TrimSpace(text) != "" {
		stmt, end, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, text = append(got, stmt.String()), text[end:]
	}
	if want := []string{"TRAIN MODEL a", "SHOW MODELS", "EVALUATE MODEL `b;` ON TEST"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestCountParams(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"", 0},
		{"SELECT ?, a FROM t WHERE b = ? AND c IN (?,?)", 4},
		{"SELECT '?', \"?\", `?`, ? -- ?\n /* ? */ # ?", 1},
		{"SELECT ? '?", 1},
	}
	for _, test := range tests {
		if got := CountParams(test.text); got != test.want {
			t.Errorf("CountParams(%q) = %d", test.text, got)
		}
	}
}
