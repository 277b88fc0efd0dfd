package mlsql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse parses the first statement of text. end is the offset behind it and its semicolon, len(text) when it has none; so
// text[end:] is the next statement. It is set also when err is.
//
// err is a *SyntaxError, or a *NotInThisRelease for what belongs to the language but cannot be done yet. A text that Owns calls MySQL's
// is a syntax error. Parse never panics, and takes time linear in the length of text.
func Parse(text string) (stmt Statement, end int, err error) {
	_, end = Split(text)
	p := &parser{text: text}
	b, ours := recognise(text)
	switch {
	case !ours:
		p.pos = scan(text, 0).pos
		p.fail(p.pos, supported(), "this is no AIBMS statement")
	case b.form.parse == nil:
		line, column := lineColumn(text, b.verb.pos)
		return nil, end, &NotInThisRelease{What: b.form.words, Has: supported(), Pos: b.verb.pos, Line: line, Column: column}
	default:
		p.statement, p.pos = b.form.words, b.after
		p.next()
		stmt = b.form.parse(p)
		p.finish()
	}
	if p.err != nil {
		return nil, end, p.err
	}
	if b.explain {
		stmt = &Explain{Statement: stmt}
	}
	return stmt, end, nil
}

// A parser walks over one statement. The first error is kept and makes every later token the end, so that the code of a statement need
// not look at errors: what it builds is thrown away.
type parser struct {
	text      string
	tok       token // the current token
	pos       int   // the end of the last token taken
	params    int   // placeholders met so far
	statement string
	err       error
}

// next goes on to the next token.
func (p *parser) next() {
	if p.err != nil {
		return
	}
	p.tok = scan(p.text, p.pos)
	if p.tok.kind == tokenIllegal {
		p.fail(p.tok.pos, nil, "%s", p.tok.why)
		return
	}
	p.pos = p.tok.end
}

// peek returns the token behind the current one.
func (p *parser) peek() token { return scan(p.text, p.tok.end) }

// source returns the current token as written.
func (p *parser) source() string { return p.text[p.tok.pos:p.tok.end] }

// fail keeps the first error and ends the parsing.
func (p *parser) fail(pos int, expected []string, format string, args ...any) {
	if p.err != nil {
		return
	}
	line, column := lineColumn(p.text, pos)
	p.stop(&SyntaxError{Pos: pos, Line: line, Column: column, Near: near(p.text, pos), Expected: expected, Msg: fmt.Sprintf(format, args...)})
}

// notInThisRelease fails with the clause or choice at the current token, which the language has but this release has not.
func (p *parser) notInThisRelease(what string, has []string) {
	if p.err != nil {
		return
	}
	if len(has) == 0 {
		has = []string{p.statement + " name"}
	}
	line, column := lineColumn(p.text, p.tok.pos)
	p.stop(&NotInThisRelease{What: what + " of " + p.statement, Has: has, Pos: p.tok.pos, Line: line, Column: column})
}

func (p *parser) stop(err error) {
	p.err = err
	p.tok = token{kind: tokenEOF, pos: len(p.text), end: len(p.text)}
	p.pos = len(p.text)
}

// atEnd tells whether the statement is over.
func (p *parser) atEnd() bool { return p.tok.kind == tokenEOF || p.isSymbol(';') }

// finish fails when something stands behind the statement.
func (p *parser) finish() {
	if !p.atEnd() {
		p.fail(p.tok.pos, []string{"; or the end"}, "%s is complete before this", p.statement)
	}
}

func (p *parser) isWord(word string) bool { return p.tok.is(p.text, word) }

func (p *parser) isSymbol(c byte) bool { return p.tok.symbol(p.text, c) }

// acceptWord takes the word when it is the current token.
func (p *parser) acceptWord(word string) bool {
	if !p.isWord(word) {
		return false
	}
	p.next()
	return true
}

// acceptSymbol takes the symbol when it is the current token.
func (p *parser) acceptSymbol(c byte) bool {
	if !p.isSymbol(c) {
		return false
	}
	p.next()
	return true
}

// expectWord takes the word or fails; where says what it belongs to.
func (p *parser) expectWord(word, where string) {
	if !p.acceptWord(word) {
		p.unexpected(word, where)
	}
}

// expectSymbol takes the symbol or fails; where says what it belongs to.
func (p *parser) expectSymbol(c byte, where string) {
	if !p.acceptSymbol(c) {
		p.unexpected(string(c), where)
	}
}

// unexpected fails since where does not go on with the expected word or symbol.
func (p *parser) unexpected(expected, where string) {
	if p.atEnd() {
		p.fail(p.tok.pos, []string{expected}, "%s is incomplete", where)
	}
	p.fail(p.tok.pos, []string{expected}, "in %s, %s is out of place%s", where, p.found(), p.meant(expected))
}

// meant returns "; did you mean X?" when the current token is a word near to one of the choices.
func (p *parser) meant(choices ...string) string {
	if p.tok.kind != tokenWord {
		return ""
	}
	return didYouMean(p.source(), choices)
}

// choice takes one of the words, in capitals, and returns it; where says what they belong to.
func (p *parser) choice(where string, choices ...string) string {
	for _, c := range choices {
		if p.acceptWord(c) {
			return c
		}
	}
	if p.atEnd() {
		p.fail(p.tok.pos, choices, "%s is incomplete", where)
	}
	p.fail(p.tok.pos, choices, "%s takes no %s%s", where, p.found(), p.meant(choices...))
	return ""
}

// found names the current token in a message.
func (p *parser) found() string {
	if p.atEnd() {
		return "the end of the statement"
	}
	end := p.tok.end
	if p.isSymbol('-') || p.isSymbol('+') {
		if next := p.peek(); next.kind == tokenNumber {
			end = next.end
		}
	}
	return near(p.text[:end], p.tok.pos)
}

// A rule is a clause that a statement may have.
type rule struct {
	words string // its keywords, in capitals; a blank between two
	parse func() // parses what follows the keywords
	slot  string // rules of one slot exclude each other; "" stands for words
}

// clauses parses clauses until the end of the statement: in any order, each at most once. later are the keywords of clauses that belong
// to the language but not to this release.
func (p *parser) clauses(rules []rule, later ...string) {
	given := map[string]string{} // slot -> the words that filled it
	for !p.atEnd() {
		if r, after, ok := p.findRule(rules); ok {
			slot := r.slot
			if slot == "" {
				slot = r.words
			}
			if earlier := given[slot]; earlier == r.words {
				p.fail(p.tok.pos, nil, "%s has the clause %s twice", p.statement, r.words)
			} else if earlier != "" {
				p.fail(p.tok.pos, nil, "%s takes %s or %s, not both", p.statement, earlier, r.words)
			}
			given[slot] = r.words
			if p.err == nil {
				p.pos = after
				p.next()
			}
			r.parse()
			continue
		}
		p.unknownClause(rules, given, later)
	}
}

// findRule returns the rule whose keywords stand here, and the offset behind them.
func (p *parser) findRule(rules []rule) (r rule, after int, ok bool) {
	for _, r := range rules {
		if after, ok := matchWords(p.text, p.tok, r.words); ok {
			return r, after, true
		}
	}
	return rule{}, 0, false
}

// unknownClause fails at a token that begins no clause.
func (p *parser) unknownClause(rules []rule, given map[string]string, later []string) {
	var all, open []string
	for _, r := range rules {
		all = append(all, r.words)
		if given[r.words] == "" && given[r.slot] == "" {
			open = append(open, r.words)
		}
	}
	for _, words := range later {
		if _, ok := matchWords(p.text, p.tok, words); ok {
			p.notInThisRelease(words, all)
			return
		}
	}
	if len(all) == 0 {
		p.finish()
		return
	}
	if len(open) == 0 {
		p.fail(p.tok.pos, []string{"; or the end"}, "%s has all its clauses already", p.statement)
		return
	}
	for _, words := range open {
		if first, rest, more := strings.Cut(words, " "); more && p.isWord(first) {
			p.next()
			p.expectWord(rest, words)
			return
		}
	}
	p.fail(p.tok.pos, open, "%s begins no clause of %s%s", p.found(), p.statement, p.meant(append(all, later...)...))
}

// structural are words that MySQL reserves and that hold our statements together: bare, they are never names.
var structural = wordSet("AND AS BY CREATE DROP EXCEPT EXISTS EXPLAIN FALSE FOR FROM IF INTO KEY LIKE NOT NULL ON OR SELECT SET TO TRUE USING WITH")

// identifier takes a bare or backquoted identifier; what names it in messages, with its article: "a column".
func (p *parser) identifier(what string) string {
	var name string
	switch p.tok.kind {
	case tokenWord:
		name = p.source()
		if contains(structural, name) {
			p.fail(p.tok.pos, nil, "expected %s, got the keyword %s; a name like this is written in backquotes", what, name)
			return ""
		}
	case tokenName:
		name = unquoteName(p.source())
	case tokenString:
		p.fail(p.tok.pos, nil, "expected %s, got a string; names are written bare or in `backquotes`", what)
		return ""
	case tokenNumber:
		p.fail(p.tok.pos, nil, "expected %s, got the number %s; a name like this is written in backquotes", what, p.found())
		return ""
	default:
		p.fail(p.tok.pos, nil, "expected %s, got %s", what, p.found())
		return ""
	}
	return p.takeText(name, "a name")
}

// takeText checks the text of the current token, and goes on behind it.
func (p *parser) takeText(text, what string) string {
	switch {
	case !utf8.ValidString(text):
		p.fail(p.tok.pos, nil, "%s must be valid UTF-8", what)
	case what == "a name" && text == "":
		p.fail(p.tok.pos, nil, "a name cannot be empty")
	case what == "a name" && !wellFormed(text):
		p.fail(p.tok.pos, nil, "a name cannot hold a NUL byte")
	}
	p.next()
	return text
}

// wellFormed tells whether a name is valid UTF-8 without a NUL byte.
func wellFormed(name string) bool { return utf8.ValidString(name) && strings.IndexByte(name, 0) < 0 }

// name takes [database.]name; what names it in messages, with its article.
func (p *parser) name(what string) Name {
	first := p.identifier(what)
	if !p.acceptSymbol('.') {
		return Name{Name: first}
	}
	n := Name{Database: first}
	if p.tok.kind == tokenWord { // behind the point MySQL takes reserved words too
		n.Name = p.takeText(p.source(), "a name")
	} else {
		n.Name = p.identifier(what)
	}
	if p.isSymbol('.') {
		p.fail(p.tok.pos, nil, "%s has at most two parts: database.name", what)
	}
	return n
}

// columns takes (name, name ...); what names one of them, with its article.
func (p *parser) columns(where, what string) []string {
	p.expectSymbol('(', where)
	names := p.names(what)
	p.expectSymbol(')', where)
	return names
}

// names takes name, name ...; what names one of them, with its article. None stands twice, whatever its case.
func (p *parser) names(what string) []string {
	var names []string
	seen := map[string]bool{}
	for {
		pos := p.tok.pos
		name := p.identifier(what)
		p.once(seen, name, pos)
		names = append(names, name)
		if !p.acceptSymbol(',') {
			return names
		}
	}
}

// column takes (name).
func (p *parser) column(where string) string {
	p.expectSymbol('(', where)
	name := p.identifier("a column")
	p.expectSymbol(')', where)
	return name
}

// once fails when name is in seen, and adds it.
func (p *parser) once(seen map[string]bool, name string, pos int) {
	key := strings.ToLower(name)
	if seen[key] {
		p.fail(pos, nil, "the name %s stands twice in this list", name)
	}
	seen[key] = true
}

// settings takes (name = value, ...).
func (p *parser) settings(where string) []Setting {
	var settings []Setting
	seen := map[string]bool{}
	p.expectSymbol('(', where)
	for {
		s := Setting{Pos: p.tok.pos}
		s.Name = p.settingName(where)
		p.once(seen, s.Name, s.Pos)
		p.expectSymbol('=', where+" ("+s.Name+" ...)")
		s.Value = p.value(s.Name, anyValue)
		settings = append(settings, s)
		if !p.acceptSymbol(',') {
			break
		}
	}
	p.expectSymbol(')', where)
	return settings
}

// settingName takes the name of a setting; reserved words are names here too.
func (p *parser) settingName(where string) string {
	if p.tok.kind == tokenWord {
		return p.takeText(p.source(), "a name")
	}
	return p.identifier("a setting of " + where + " (name = value)")
}

// kinds is a set of value kinds.
type kinds uint8

const (
	anyValue    = kinds(1<<Number | 1<<String | 1<<Bool | 1<<Null | 1<<Param | 1<<Word)
	anyLabel    = anyValue &^ (1 << Null)
	numberValue = kinds(1<<Number | 1<<Param)
	stringValue = kinds(1<<String | 1<<Param)
)

func (k kinds) has(kind Kind) bool { return k&(1<<kind) != 0 }

// describe names the kinds of k in messages.
func (k kinds) describe() string {
	switch k {
	case numberValue:
		return "a number"
	case stringValue:
		return "a string in quotes"
	}
	return "a number, a string or a word"
}

// value takes a value of one of the allowed kinds; where says what it belongs to.
func (p *parser) value(where string, allowed kinds) Value {
	start, found := p.tok.pos, p.found()
	v := p.anyValue(where)
	if p.err == nil && !allowed.has(v.Kind) {
		p.fail(start, nil, "%s takes %s, got %s", where, allowed.describe(), found)
	}
	return v
}

func (p *parser) anyValue(where string) Value {
	switch p.tok.kind {
	case tokenParam:
		p.next()
		p.params++
		return Value{Kind: Param, Index: p.params}
	case tokenString:
		return Value{Kind: String, Text: p.takeText(unquoteString(p.source()), "a string")}
	case tokenName:
		return Value{Kind: Word, Text: p.identifier("a word")}
	case tokenNumber:
		return p.number("")
	case tokenHex:
		p.fail(p.tok.pos, nil, "%s takes decimal numbers only, got %s", where, p.found())
	case tokenWord:
		switch word := p.takeText(p.source(), "a word"); {
		case equalFold(word, "TRUE"), equalFold(word, "FALSE"):
			return Value{Kind: Bool, Text: strings.ToUpper(word)}
		case equalFold(word, "NULL"):
			return Value{Kind: Null, Text: "NULL"}
		default:
			return Value{Kind: Word, Text: word}
		}
	case tokenSymbol:
		if sign := p.source(); sign == "-" || sign == "+" {
			p.next()
			if p.tok.kind == tokenNumber {
				return p.number(sign)
			}
		}
	}
	p.fail(p.tok.pos, nil, "%s needs a value, got %s", where, p.found())
	return Value{}
}

func (p *parser) number(sign string) Value {
	text := sign + p.source()
	p.next()
	return Value{Kind: Number, Text: text}
}

// versionRules are the rules for VERSION n and ALIAS a, which exclude each other.
func (p *parser) versionRules(ref *VersionRef) []rule {
	alias := func() { ref.Alias = p.identifier("an alias") }
	return []rule{p.versionRule(ref), {words: "ALIAS", slot: "VERSION", parse: alias}}
}

// versionRule is the rule for VERSION n.
func (p *parser) versionRule(ref *VersionRef) rule {
	return rule{words: "VERSION", slot: "VERSION", parse: func() { *ref = p.version() }}
}

// version takes what follows the word VERSION: a number from 1 up, or a placeholder.
func (p *parser) version() VersionRef {
	pos, found := p.tok.pos, p.found()
	switch p.tok.kind {
	case tokenParam:
		p.next()
		p.params++
		return VersionRef{Param: p.params}
	case tokenNumber:
		if n, ok := versionNumber(found); ok {
			p.next()
			return VersionRef{Number: n}
		}
	case tokenWord, tokenName:
		p.fail(pos, nil, "VERSION takes a number from 1 up, got %s; a version's name is written ALIAS %s", found, found)
	}
	p.fail(pos, nil, "VERSION takes a number from 1 up, got %s", found)
	return VersionRef{}
}

// versionNumber returns the version number that text is.
func versionNumber(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0 && isDigit(text[0])
}

// rows takes what follows FROM or ON: a table, or a SELECT in parentheses.
func (p *parser) rows(where string) Source {
	if !p.isSymbol('(') {
		pos := p.tok.pos
		name := p.name("a table or (SELECT ...)")
		return Source{Table: &name, Pos: pos}
	}
	open := p.tok.pos
	p.next()
	switch {
	case p.isWord("SELECT"), p.isWord("WITH"), p.isWord("TABLE"), p.isWord("VALUES"), p.isSymbol('('):
	default:
		p.fail(p.tok.pos, []string{"SELECT"}, "%s takes a table, or a SELECT in parentheses; a table is written without them", where)
	}
	s := Source{Pos: p.tok.pos}
	before := p.params
	s.Query = p.raw(open, func(int) bool { return false })
	if p.params > before {
		s.FirstParam = before + 1
	}
	p.expectSymbol(')', where)
	return s
}

// maxDepth bounds nested parentheses: no real query comes near, and MySQL's parser, which sees the text next, need not meet more.
const maxDepth = 200

// raw takes tokens of MySQL's language up to a closing parenthesis that matches none of them, or up to the token at which stop says so;
// it returns their text as written, comments at its ends left out. stop is asked at every token, and told how many parentheses are open
// around it. open is where the parenthesis around all stands.
func (p *parser) raw(open int, stop func(depth int) bool) string {
	start, end, depth := p.tok.pos, p.tok.pos, 0
	for {
		switch {
		case p.atEnd():
			p.fail(open, nil, "this ( is not closed: ) is missing")
			return ""
		case stop(depth), p.isSymbol(')') && depth == 0:
			return p.text[start:end]
		case p.isSymbol('('):
			if depth++; depth > maxDepth {
				p.fail(p.tok.pos, nil, "more than %d parentheses inside each other", maxDepth)
			}
		case p.isSymbol(')'):
			depth--
		case p.tok.kind == tokenParam:
			p.params++
		}
		end = p.tok.end
		p.next()
	}
}
