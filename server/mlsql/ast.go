package mlsql

import (
	"fmt"
	"strconv"
	"strings"
)

// A Statement is one parsed AIBMS statement: *CreateModel, *TrainModel, *EvaluateModel, *DeployModel, *UndeployModel, *RollbackModel,
// *PredictModel, *AlterModel, *DropModel, *ShowModels, *ShowModel, *ShowCreateModel, *ShowLearners, *ShowMetrics, *DescribeModel,
// *VerifyModel, or *Explain around one of these. No other package can add one.
type Statement interface {
	// String returns the canonical text, without a final semicolon. It parses back to an equal statement.
	String() string
	slots(visit func(slot)) // visits every place where a placeholder may stand, in the order of String
}

// A Name names a model or a table. Database is "" when the text gave none: the session's database, or that of the enclosing view,
// trigger or procedure, is meant. Letters stand as they were written; models are compared without regard to case by the callers.
type Name struct {
	Database string
	Name     string
}

// String returns the name as SQL, in backquotes where it needs them.
func (n Name) String() string {
	if n.Database == "" {
		return QuoteName(n.Name)
	}
	return QuoteName(n.Database) + "." + QuoteName(n.Name)
}

// A Source is where rows come from: a table or view, or a SELECT; exactly one of Table and Query is set.
type Source struct {
	Table *Name  // the table or view; nil when Query is set
	Query string // the SELECT that stood in parentheses, as written; "" when Table is set
	AsOf  Value  // AS OF: a String (revision, tag, commit, time) or a Param; not set: the data as it is now
	Pos   int    // byte offset of the table name, or of Query's first byte

	// FirstParam is the Index of the first placeholder inside Query among all placeholders of the statement; 0 when Query has none.
	FirstParam int
}

// String returns the source as SQL: the table, or the SELECT in parentheses, and AS OF when it is set.
func (s Source) String() string {
	var text string
	if s.Table != nil {
		text = s.Table.String()
	} else {
		text = "(" + s.Query + ")"
	}
	if s.AsOf.IsSet() {
		text += " AS OF " + s.AsOf.String()
	}
	return text
}

// A VersionRef says which version of a model is meant; at most one field is set. The zero VersionRef is the deployed version.
type VersionRef struct {
	Number int64  // VERSION n, 1 or more
	Alias  string // ALIAS a
	Param  int    // VERSION ?: the placeholder's Index, 1 or more
}

// IsSet tells whether the text named a version; if not, the deployed one is meant.
func (v VersionRef) IsSet() bool { return v != VersionRef{} }

// String returns "VERSION 3", "ALIAS champion", "VERSION ?", or "" for the deployed version.
func (v VersionRef) String() string {
	switch {
	case v.Param > 0:
		return "VERSION ?"
	case v.Alias != "":
		return "ALIAS " + QuoteName(v.Alias)
	case v.Number != 0:
		return "VERSION " + strconv.FormatInt(v.Number, 10)
	}
	return ""
}

// Kind says what a Value is.
type Kind uint8

// The kinds of values.
const (
	None   Kind = iota // not given at all: the zero Value
	Number             // 1, -1, .5, 1e-3: Text is the number as written, its sign included
	String             // 'text' or "text": Text is what is between the quotes, its escapes resolved
	Bool               // Text is TRUE or FALSE
	Null               // Text is NULL
	Param              // ?: a placeholder, Index tells which
	Word               // l2, rbf, `a b`: a bare or backquoted word; Text as written, without backquotes
)

// A Value is a literal, a word or a placeholder. The zero Value means that none was given.
type Value struct {
	Kind  Kind
	Text  string // see Kind; "" for None and Param
	Index int    // of a Param: 1 for the statement's first placeholder, those inside its SELECTs counted; else 0
}

// IsSet tells whether a value was given.
func (v Value) IsSet() bool { return v.Kind != None }

// String returns the value as SQL; "" for none.
func (v Value) String() string {
	switch v.Kind {
	case String:
		return QuoteString(v.Text)
	case Param:
		return "?"
	case Word:
		if literalWord(v.Text) {
			return "`" + v.Text + "`"
		}
		return quoteWord(v.Text)
	}
	return v.Text
}

// Float returns the number that v is; an error when it is no Number or beyond float64.
func (v Value) Float() (float64, error) {
	if v.Kind != Number {
		return 0, fmt.Errorf("expected a number, got %s", v)
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	if err != nil {
		return 0, fmt.Errorf("the number %s is too large", v.Text)
	}
	return f, nil
}

// Int returns the whole number that v is; an error when it is no Number, has a fraction or an exponent, or is beyond int64.
func (v Value) Int() (int64, error) {
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if v.Kind != Number || err != nil {
		return 0, fmt.Errorf("expected a whole number, got %s", v)
	}
	return n, nil
}

// A Setting is one `name = value` of USING learner (...) or WITH (...).
type Setting struct {
	Name  string // as written
	Value Value  // any kind but None
	Pos   int    // byte offset of the name
}

// String returns the setting as SQL.
func (s Setting) String() string { return quoteWord(s.Name) + " = " + s.Value.String() }

// Using is the clause USING learner (name = value, ...).
type Using struct {
	Learner string    // as written
	Params  []Setting // the hyper-parameters; nil when none are given. No name stands twice, whatever its case
	Pos     int       // byte offset of the learner's name
}

// using takes what follows the word USING.
func (p *parser) using() *Using {
	u := &Using{Pos: p.tok.pos}
	u.Learner = p.identifier("a learner")
	if !p.isSymbol('(') {
		return u
	}
	if next := p.peek(); next.symbol(p.text, ')') {
		p.next()
		p.next()
		return u
	}
	u.Params = p.settings(u.Learner)
	return u
}

func (u *Using) slots(visit func(slot)) {
	if u != nil {
		visitSettings(u.Params, visit)
	}
}

// String returns the clause as SQL.
func (u Using) String() string {
	text := "USING " + QuoteName(u.Learner)
	if len(u.Params) > 0 {
		text += " (" + joinSettings(u.Params) + ")"
	}
	return text
}

func joinSettings(settings []Setting) string {
	texts := make([]string, len(settings))
	for i, s := range settings {
		texts[i] = s.String()
	}
	return strings.Join(texts, ", ")
}

func joinNames(names []string) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = QuoteName(n)
	}
	return strings.Join(texts, ", ")
}

// words joins the parts of a statement that are not empty by single blanks.
func words(parts ...string) string {
	given := parts[:0]
	for _, p := range parts {
		if p != "" {
			given = append(given, p)
		}
	}
	return strings.Join(given, " ")
}

// clause returns the keyword and its value, or "" when the value is not given.
func clause(keyword string, v Value) string {
	if !v.IsSet() {
		return ""
	}
	return keyword + " " + v.String()
}

var (
	_ Statement = (*CreateModel)(nil)
	_ Statement = (*TrainModel)(nil)
	_ Statement = (*EvaluateModel)(nil)
	_ Statement = (*DeployModel)(nil)
	_ Statement = (*UndeployModel)(nil)
	_ Statement = (*RollbackModel)(nil)
	_ Statement = (*PredictModel)(nil)
	_ Statement = (*AlterModel)(nil)
	_ Statement = (*DropModel)(nil)
	_ Statement = (*ShowModels)(nil)
	_ Statement = (*ShowModel)(nil)
	_ Statement = (*ShowCreateModel)(nil)
	_ Statement = (*ShowLearners)(nil)
	_ Statement = (*ShowMetrics)(nil)
	_ Statement = (*DescribeModel)(nil)
	_ Statement = (*VerifyModel)(nil)
	_ Statement = (*Explain)(nil)
)
