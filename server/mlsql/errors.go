package mlsql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A SyntaxError says where and why a text is no AIBMS statement. MySQL's number for it is 1064.
type SyntaxError struct {
	Pos      int      // byte offset in the text given to Parse
	Line     int      // of Pos, from 1
	Column   int      // of Pos in characters, from 1
	Near     string   // the text from Pos on, at most 80 bytes; "" at the end of the text
	Expected []string // what may stand at Pos; nil when Msg says it all
	Msg      string   // what is wrong, and how to right it
}

// Error begins as MySQL's own message does, since clients look for its words.
func (e *SyntaxError) Error() string {
	where := "near '" + e.Near + "'"
	if e.Near == "" {
		where = "at the end"
	}
	text := readable(fmt.Sprintf("You have an error in your SQL syntax %s (line %d, column %d): %s", where, e.Line, e.Column, e.Msg))
	switch {
	case len(e.Expected) == 0:
		return text
	case strings.HasSuffix(text, "?"):
		return text + " Expected " + orList(e.Expected)
	}
	return text + "; expected " + orList(e.Expected)
}

// NotInThisRelease is the error for a statement or a clause that belongs to the language but that this release does not carry out.
type NotInThisRelease struct {
	What   string   // "TUNE MODEL", or "ASYNC of TRAIN MODEL"
	Has    []string // what this release has in its place: the statements, or the statement's clauses
	Pos    int      // byte offset in the text given to Parse
	Line   int      // of Pos, from 1
	Column int      // of Pos in characters, from 1
}

// Error names what is missing and what there is.
func (e *NotInThisRelease) Error() string {
	return e.What + " is not in this release; this release has: " + strings.Join(e.Has, ", ")
}

// maxNear is how many bytes of the user's text an error repeats.
const maxNear = 80

// near returns the text from pos on, cut to at most maxNear bytes between two characters.
func near(text string, pos int) string {
	rest := text[pos:]
	if len(rest) <= maxNear {
		return strings.TrimRight(rest, " \t\r\n")
	}
	end := maxNear
	for end > maxNear-utf8.UTFMax && !utf8.RuneStart(rest[end]) {
		end--
	}
	return rest[:end]
}

// readable writes bytes that are no text as \xff, since a message goes to clients that expect UTF-8, and NUL as \0.
func readable(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == 0:
			b.WriteString(`\0`)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// lineColumn returns the line and the column, in characters, of a byte offset; both from 1.
func lineColumn(text string, pos int) (line, column int) {
	before := text[:pos]
	start := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:])
}

// orList returns "a, b or c".
func orList(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
