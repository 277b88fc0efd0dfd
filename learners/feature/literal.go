package feature

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

type literalKind uint8

const (
	nullLiteral literalKind = iota + 1
	boolLiteral
	numberLiteral
	textLiteral
)

// literal is an SQL literal: an argument of a transformer.
type literal struct {
	kind literalKind
	sql  string  // as printed
	text string  // of a text: without quotes and escapes; of the others as printed
	num  float64 // of a number; 0 or 1 of a boolean
}

// parseLiteral reads a printed SQL literal: 'text', 1.5, TRUE, NULL.
func parseLiteral(sql string) (literal, error) {
	l := literal{sql: sql, text: sql}
	switch strings.ToUpper(sql) {
	case "NULL":
		l.kind = nullLiteral
		return l, nil
	case "TRUE":
		l.kind, l.num = boolLiteral, 1
		return l, nil
	case "FALSE":
		l.kind = boolLiteral
		return l, nil
	}
	if len(sql) >= 2 && (sql[0] == '\'' || sql[0] == '"') {
		text, ok := unquote(sql)
		if !ok {
			return l, fmt.Errorf("%s is not a text that ends where its quote does", clip(sql))
		}
		l.kind, l.text = textLiteral, text
		return l, nil
	}
	num, ok := parseNumber(sql)
	if !ok {
		return l, fmt.Errorf("%s is not a literal; write a number, a 'text', TRUE, FALSE or NULL", clip(sql))
	}
	l.kind, l.num = numberLiteral, num
	return l, nil
}

// number is the literal as a number: a text counts when it is written like one, as MySQL would compare it.
func (l literal) number() (float64, bool) {
	switch l.kind {
	case numberLiteral, boolLiteral:
		return l.num, true
	case textLiteral:
		return parseNumber(l.text)
	}
	return 0, false
}

// whole is the literal as a whole number.
func (l literal) whole() (int, bool) {
	if l.kind != numberLiteral || l.num != math.Trunc(l.num) || math.Abs(l.num) > 1<<31-1 {
		return 0, false
	}
	return int(l.num), true
}

// parseNumber reads a finite decimal number; none of Go's other spellings (hexadecimal, underscores, Inf).
func parseNumber(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v + 0, err == nil
}

// unquote undoes MySQL's quoting: a doubled quote and the backslash escapes.
func unquote(sql string) (string, bool) {
	quote := sql[0]
	var b strings.Builder
	for i := 1; i < len(sql); i++ {
		switch c := sql[i]; {
		case c == quote && i == len(sql)-1:
			return b.String(), true
		case c == quote && sql[i+1] == quote:
			b.WriteByte(quote)
			i++
		case c == quote:
			return "", false
		case c == '\\' && i+1 < len(sql):
			i++
			if escaped := strings.IndexByte("0bnrtZ", sql[i]); escaped >= 0 {
				b.WriteByte("\x00\b\n\r\t\x1a"[escaped])
			} else {
				b.WriteByte(sql[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// clip shortens what a user wrote for an error message.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "..."
	}
	return s
}

// label prints a number as a category: 1 rather than 1.0, no exponent where people would not write one.
func label(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-5 || a >= 1e15) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
