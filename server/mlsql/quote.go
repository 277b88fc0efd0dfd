package mlsql

import "strings"

// QuoteName returns an identifier as SQL: bare when every MySQL server and this package read it back as written, else in backquotes.
func QuoteName(name string) string {
	if plainWord(name) && !contains(mysqlReserved, name) && !contains(ourKeywords, name) {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// quoteWord is QuoteName for places where nothing but a word can stand (a setting's name, a word as its value): reserved words stay bare.
func quoteWord(word string) string {
	if plainWord(word) {
		return word
	}
	return "`" + strings.ReplaceAll(word, "`", "``") + "`"
}

// QuoteString returns text as an SQL string in single quotes that MySQL's default mode reads back as text.
func QuoteString(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 2)
	b.WriteByte('\'')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\'':
			b.WriteString("''")
		case '\\':
			b.WriteString(`\\`)
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		case '\r':
			b.WriteString(`\r`)
		case 0:
			b.WriteString(`\0`)
		case 0x1a: // ends a file read in text mode on Windows
			b.WriteString(`\Z`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// plainWord tells whether s has the form [A-Za-z_][A-Za-z0-9_]*.
func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		digit := '0' <= c && c <= '9'
		if !letter && (!digit || i == 0) {
			return false
		}
	}
	return s != ""
}

// literalWord tells whether a bare s, where a value is expected, would be read as a literal.
func literalWord(s string) bool {
	return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") || strings.EqualFold(s, "null")
}

// contains tells whether word, whatever its case, stands in set.
func contains(set map[string]bool, word string) bool { return set[strings.ToUpper(word)] }
