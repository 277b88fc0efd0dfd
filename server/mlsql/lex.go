package mlsql

import "strings"

// tokenKind says what a token is.
type tokenKind uint8

const (
	tokenEOF     tokenKind = iota // the end of the text; also the end of parsing after an error
	tokenWord                     // a bare identifier or keyword: letters, digits, _, $ and all beyond ASCII; may begin with a digit
	tokenName                     // an identifier in `backquotes`
	tokenString                   // 'text' or "text"
	tokenNumber                   // 1, .5, 1., 1e-3; a sign is a symbol of its own
	tokenHex                      // 0x1F or 0b01: right in MySQL's expressions, never in ours
	tokenParam                    // ?
	tokenSymbol                   // any other single byte: ( ) , = . ; * + - and what MySQL's operators are made of
	tokenIllegal                  // what cannot be read: an open quote or comment, an executable comment; the token's why tells
)

// A token is a piece of the text; text[pos:end] is its source.
type token struct {
	kind     tokenKind
	pos, end int
	why      string // of tokenIllegal
}

// is tells whether t is the bare word, given in capitals. Only ASCII letters fold.
func (t token) is(text, word string) bool {
	return t.kind == tokenWord && equalFold(text[t.pos:t.end], word)
}

// symbol tells whether t is the symbol c.
func (t token) symbol(text string, c byte) bool { return t.kind == tokenSymbol && text[t.pos] == c }

// equalFold tells whether s is the word, which is ASCII in capitals. strings.EqualFold would let the Kelvin sign pass as a k.
func equalFold(s, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// scan returns the first token of text at or behind pos, blanks and comments skipped. It allocates nothing.
func scan(text string, pos int) token {
	pos, illegal := skipBlank(text, pos)
	if illegal.kind == tokenIllegal {
		return illegal
	}
	if pos >= len(text) {
		return token{kind: tokenEOF, pos: len(text), end: len(text)}
	}
	switch c := text[pos]; {
	case c == '\'' || c == '"':
		return scanQuoted(text, pos, tokenString, "this string is not closed")
	case c == '`':
		return scanQuoted(text, pos, tokenName, "this name in backquotes is not closed")
	case isDigit(c), c == '.' && startsFraction(text, pos):
		return scanNumber(text, pos)
	case isWordByte(c):
		return token{kind: tokenWord, pos: pos, end: endOfWord(text, pos)}
	case c == '?':
		return token{kind: tokenParam, pos: pos, end: pos + 1}
	}
	return token{kind: tokenSymbol, pos: pos, end: pos + 1}
}

// skipBlank returns the position of the first byte at or behind pos that is neither blank nor comment, or a tokenIllegal.
func skipBlank(text string, pos int) (int, token) {
	for pos < len(text) {
		switch c := text[pos]; {
		case isBlank(c):
			pos++
		case c == '#', c == '-' && startsDashComment(text, pos):
			if end := strings.IndexByte(text[pos:], '\n'); end >= 0 {
				pos += end + 1
			} else {
				pos = len(text)
			}
		case c == '/' && strings.HasPrefix(text[pos:], "/*"):
			end := strings.Index(text[pos+2:], "*/")
			if end < 0 {
				return pos, token{kind: tokenIllegal, pos: pos, end: len(text), why: "this comment is not closed: */ is missing"}
			}
			end += pos + 4
			if text[pos+2] == '!' {
				return pos, token{kind: tokenIllegal, pos: pos, end: end,
					why: "an executable comment /*! ... */ cannot stand in an AIBMS statement: write its text without the marks"}
			}
			pos = end
		default:
			return pos, token{}
		}
	}
	return pos, token{}
}

// startsDashComment tells whether the dash at pos begins a comment: MySQL wants two, and then a blank, a control character or the end.
func startsDashComment(text string, pos int) bool {
	return strings.HasPrefix(text[pos:], "--") && (pos+2 == len(text) || text[pos+2] <= ' ' || text[pos+2] == 0x7f)
}

// scanQuoted reads the quoted token that begins at pos. The quote doubled stands for itself; in strings a backslash escapes.
func scanQuoted(text string, pos int, kind tokenKind, unclosed string) token {
	quote := text[pos]
	for i := pos + 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && kind == tokenString:
			i++
		case c != quote:
		case i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return token{kind: kind, pos: pos, end: i + 1}
		}
	}
	return token{kind: tokenIllegal, pos: pos, end: len(text), why: unclosed}
}

// startsFraction tells whether the point at pos begins a number such as .5; behind a name it separates: db.5x.
func startsFraction(text string, pos int) bool {
	if pos+1 >= len(text) || !isDigit(text[pos+1]) {
		return false
	}
	return pos == 0 || !isWordByte(text[pos-1]) && text[pos-1] != '`'
}

// scanNumber reads the number, or the word that begins as one (2fast), at pos.
func scanNumber(text string, pos int) token {
	end, word := endOfWord(text, pos), true // word: what was read so far could also be the beginning of a word
	i := skipDigits(text, pos)
	if i < len(text) && text[i] == '.' {
		word = false
		i = skipDigits(text, i+1)
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		j := i + 1
		signed := j < len(text) && (text[j] == '+' || text[j] == '-')
		if signed {
			j++
		}
		if j < len(text) && isDigit(text[j]) {
			i = skipDigits(text, j)
			word = word && !signed
		}
	}
	if word && i < end {
		if isHex(text[pos:end]) {
			return token{kind: tokenHex, pos: pos, end: end}
		}
		return token{kind: tokenWord, pos: pos, end: end}
	}
	return token{kind: tokenNumber, pos: pos, end: i}
}

// isHex tells whether s is a hexadecimal (0x1F) or a bit (0b01) literal of MySQL.
func isHex(s string) bool {
	if len(s) < 3 || s[0] != '0' || s[1] != 'x' && s[1] != 'b' {
		return false
	}
	for i := 2; i < len(s); i++ {
		c := s[i]
		switch {
		case s[1] == 'b' && c != '0' && c != '1':
			return false
		case !isDigit(c) && (c|0x20 < 'a' || 'f' < c|0x20):
			return false
		}
	}
	return true
}

func skipDigits(text string, pos int) int {
	for pos < len(text) && isDigit(text[pos]) {
		pos++
	}
	return pos
}

func endOfWord(text string, pos int) int {
	for pos < len(text) && isWordByte(text[pos]) {
		pos++
	}
	return pos
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '_' || c == '$' || c >= 0x80
}

// unquoteName returns the name that a tokenName's source stands for.
func unquoteName(source string) string {
	return strings.ReplaceAll(source[1:len(source)-1], "``", "`")
}

// unquoteString returns the text that a tokenString's source stands for, by the rules of MySQL's default mode. `\%` and `\_` keep
// their backslash, for LIKE to see.
func unquoteString(source string) string {
	quote, body := source[0], source[1:len(source)-1]
	if strings.IndexByte(body, '\\') < 0 && strings.IndexByte(body, quote) < 0 {
		return body
	}
	text := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c == quote {
			i++ // the second of two
		}
		if c != '\\' {
			text = append(text, c)
			continue
		}
		i++
		switch c = body[i]; c {
		case '0':
			c = 0
		case 'b':
			c = '\b'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'Z':
			c = 0x1a
		case '%', '_':
			text = append(text, '\\')
		}
		text = append(text, c)
	}
	return string(text)
}

// Split returns the first statement of text without its semicolon, and the offset behind that semicolon (len(text) when there is
// none). Semicolons in quotes and comments do not count. It works for MySQL's statements too, but for those whose body holds
// semicolons (CREATE PROCEDURE).
func Split(text string) (first string, end int) {
	for t := scan(text, 0); t.kind != tokenEOF; t = scan(text, t.end) {
		if t.symbol(text, ';') {
			return text[:t.pos], t.end
		}
	}
	return text, len(text)
}

// CountParams returns how many ? placeholders stand in text outside quotes and comments, up to its end or its first open quote or
// comment.
func CountParams(text string) int {
	n := 0
	for t := scan(text, 0); t.kind != tokenEOF; t = scan(text, t.end) {
		if t.kind == tokenParam {
			n++
		}
	}
	return n
}
