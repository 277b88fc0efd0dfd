package feature

import (
	"math"
	"strings"
	"testing"
)

func TestParseLiteral(t *testing.T) {
	for sql, want := range map[string]literal{
		"NULL":         {kind: nullLiteral, text: "NULL"},
		"true":         {kind: boolLiteral, text: "true", num: 1},
		"FALSE":        {kind: boolLiteral, text: "FALSE"},
		"-1.50":        {kind: numberLiteral, text: "-1.50", num: -1.5},
		"1e3":          {kind: numberLiteral, text: "1e3", num: 1000},
		".5":           {kind: numberLiteral, text: ".5", num: 0.5},
		"''":           {kind: textLiteral},
		"'it''s'":      {kind: textLiteral, text: "it's"},
		`'a\'b\\c\n'`:  {kind: textLiteral, text: "a'b\\c\n"},
		`"say ""hi"""`: {kind: textLiteral, text: `say "hi"`},
		"'żółw'":       {kind: textLiteral, text: "żółw"},
		"'12'":         {kind: textLiteral, text: "12"},
	} {
		want.sql = sql
		if got, err := parseLiteral(sql); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", sql, got, err, want)
		}
	}
	for _, sql := range []string{"", "x", "'", "'a", "'a'b'", `'a\'`, "1e999", "0x10", "1_000", "Inf", "nan", "1 + 1", "--1", "`x`"} {
		if got, err := parseLiteral(sql); err == nil {
			t.Errorf("%s is read as %+v", sql, got)
		}
	}
}

func TestQuotedTextReadsBack(t *testing.T) {
	for _, text := range []string{"", "a", "it's", `\`, `\'`, "line\nbreak\r\x00\x1a\t", "żółw", `"x"`, strings.Repeat("'", 5)} {
		if got, err := parseLiteral(QuoteText(text)); err != nil || got.kind != textLiteral || got.text != text {
			t.Errorf("%q is printed as %s and read as %q, %v", text, QuoteText(text), got.text, err)
		}
	}
}

func TestLabel(t *testing.T) {
	for x, want := range map[float64]string{
		1: "1", -2.5: "-2.5", 0: "0", math.Copysign(0, -1): "0", 1e8: "100000000", 123456789012345: "123456789012345", 1e15: "1e+15", 1e-7: "1e-07",
		0.1: "0.1",
	} {
		if got := label(x + 0); got != want {
			t.Errorf("%v is labelled %s, not %s", x, got, want)
		}
	}
}

func TestQuoteName(t *testing.T) {
	for name, want := range map[string]string{
		"lx": "lx", "_a1": "_a1", "order": "`order`", "Select": "`Select`", "a b": "`a b`", "1a": "`1a`", "a`b": "`a``b`", "": "``", "żółw": "`żółw`",
		"month": "month", "a$b": "`a$b`",
	} {
		if got := QuoteName(name); got != want {
			t.Errorf("%q is printed as %s, not %s", name, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	for word, want := range map[string]string{
		"STANDARD_SCALER": "STANDARD_SCALE", "onehot": "ONE_HOT", "minmax_scale": "MIN_MAX_SCALE", "impute_": "IMPUTE", "sqrt": "", "": "",
	} {
		if got := didYouMean(word, names()); got != "" && !strings.Contains(got, " "+want+"?") || (got == "") != (want == "") {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
