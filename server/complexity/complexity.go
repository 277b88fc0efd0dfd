// Package complexity tells, from the text of a SQL statement alone, whether it nests too deep to be planned. Check is its only function.
package complexity

import (
	"fmt"
	"strings"
)

// Limits on how deep a statement may nest. The planner walks a statement by recursion, a level for each operator of a chain such as 1+1+1+..., and a stack that grows without
// end is the one thing that ends a Go process whatever is done; long before that the planner's time, which grows faster than the square of the depth, is a nuisance to all.
const (
	maxOperators = 4_000  // of one expression, between commas: a sum over 2,000 columns
	maxTerms     = 20_000 // AND and OR of one condition
	maxUnions    = 300
	maxParens    = 1_000 // the grammar has a lower limit; this one is for the scan itself
	minLength    = 2 * maxUnions
)

// Error says which limit a statement exceeds.
type Error struct {
	What  string
	Limit int
}

func (e *Error) Error() string {
	return fmt.Sprintf("the statement is too complex: more than %d %s", e.Limit, e.What)
}

// Check returns an *Error for a statement that nests deeper than the limits. It reads words and operators outside of strings and comments, and takes a few nanoseconds
// for a byte.
func Check(query string) error {
	if len(query) < minLength {
		return nil
	}
	stack := []level{{}}
	at := &stack[0]
	for i := 0; i < len(query); {
		c := query[i]
		switch classes[c] {
		case word:
			end := i + 1
			for end < len(query) && classes[query[end]] == word {
				end++
			}
			at.word(query[i:end])
			i = end
		case operator:
			if comment := afterComment(query, i); comment > i {
				i = comment
				continue
			}
			at.operators++
			i++
		case quote:
			i = afterString(query, i)
			continue
		case open:
			if stack = append(stack, level{}); len(stack) > maxParens {
				return &Error{"parentheses within one another", maxParens}
			}
			at = &stack[len(stack)-1]
			i++
		case shut:
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
				at = &stack[len(stack)-1]
			}
			i++
		case comma:
			at.operators, at.terms = 0, 0
			i++
		case end:
			*at = level{}
			i++
		case hash:
			i = after(query, i, "\n")
		default:
			i++
			continue
		}
		switch {
		case at.operators > maxOperators:
			return &Error{"operators in one expression", maxOperators}
		case at.terms > maxTerms:
			return &Error{"terms in one condition", maxTerms}
		case at.unions > maxUnions:
			return &Error{"queries in one UNION", maxUnions}
		}
	}
	return nil
}

// level counts what makes the expression between two parentheses deep.
type level struct{ operators, terms, unions int }

// word counts a word.
func (l *level) word(w string) {
	if len(w) < 2 || len(w) > 9 || w[0] <= '9' {
		return
	}
	switch strings.ToLower(w) {
	case "and", "or", "xor":
		l.terms++
		l.operators = 0
	case "when", "then", "else":
		l.operators, l.terms = 0, 0
	case "not", "div", "mod", "is", "like", "in", "collate", "binary", "join":
		l.operators++
	case "union", "except", "intersect":
		l.unions++
		l.operators, l.terms = 0, 0
	}
}

// class is what a byte can begin.
type class uint8

const (
	other class = iota
	word
	operator
	quote
	open
	shut
	comma
	end
	hash
)

var classes = func() (t [256]class) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '$', c == '.', c >= 0x80:
			t[c] = word
		}
	}
	for _, c := range "+-*/%^|&~!=<>" {
		t[c] = operator
	}
	for _, c := range "'\"`" {
		t[c] = quote
	}
	t['('], t[')'], t[','], t[';'], t['#'] = open, shut, comma, end, hash
	return t
}()

// afterComment is the index behind the comment that begins at i with - or /; i when none does. What stands in /*! */ is run and is no comment.
func afterComment(s string, i int) int {
	switch rest := s[i:]; {
	case strings.HasPrefix(rest, "-- "), strings.HasPrefix(rest, "--\n"), strings.HasPrefix(rest, "--\t"):
		return after(s, i, "\n")
	case strings.HasPrefix(rest, "/*") && !strings.HasPrefix(rest, "/*!"):
		return after(s, i+2, "*/")
	}
	return i
}

// afterString is the index behind the quoted text that begins at i.
func afterString(s string, i int) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		if s[i] == '\\' && quote != '`' {
			i++
		} else if s[i] == quote {
			return i + 1 // a doubled quote begins another string, which is the same here
		}
	}
	return len(s)
}

// after is the index behind the next end from i on.
func after(s string, i int, end string) int {
	if i > len(s) {
		return len(s)
	}
	if j := strings.Index(s[i:], end); j >= 0 {
		return i + j + len(end)
	}
	return len(s)
}
