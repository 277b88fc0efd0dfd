package mlsql

import "strings"

// CreateModel declares a model; it trains nothing.
//
//	create_model  = "CREATE" [ "OR" "REPLACE" ] "MODEL" [ "IF" "NOT" "EXISTS" ] name { clause } .
//	clause        = "PREDICT" column { "," column }
//	              | "FROM" ( name | "(" select ")" )
//	              | "AS" "OF" string
//	              | "USING" learner [ "(" [ setting { "," setting } ] ")" ]
//	              | "KEY" columns
//	              | "TIME" "(" column ")"
//	              | "FEATURES" ( "(" "*" ")" | columns | "(" "*" "EXCEPT" columns ")" )
//	              | "TRANSFORM" "(" transform { "," transform } ")"
//	              | "WEIGHT" "(" column ")"
//	              | "CLASS" "WEIGHTS" ( "AUTO" | "(" label "=" number { "," label "=" number } ")" )
//	              | "SPLIT" method { ( "TRAIN" | "VALIDATE" | "TEST" ) number }
//	              | "OPTIMIZE" "FOR" metric
//	              | "WITH" "(" setting { "," setting } ")"
//	              | "COMMENT" string .
//	columns       = "(" column { "," column } ")" .
//	setting       = word "=" value .
//	method        = "RANDOM" | "STRATIFIED" | "HASH" | "TIME" | "COLUMN" "(" column ")" | "NONE" .
//
// Clauses come in any order, each at most once; FROM is required. OR REPLACE and IF NOT EXISTS exclude each other.
// TRANSFORM is described in transform.go. SPLIT COLUMN and SPLIT NONE take no fractions.
type CreateModel struct {
	OrReplace    bool
	IfNotExists  bool
	Name         Name
	Targets      []string // PREDICT; nil: no target (clustering, PCA, anomaly detection)
	From         Source   // FROM and AS OF
	Using        *Using   // nil: the task's default learner
	Key          []string // nil: not given
	Time         string   // the event-time column; "": not given
	Features     *Features
	Transforms   []Transform // TRANSFORM; nil: the automatic rules
	Weight       string      // the row-weight column; "": not given
	ClassWeights *ClassWeights
	Split        *SplitClause
	OptimizeFor  string // metric name as written; "": not given
	With         []Setting
	Comment      Value // String or Param; not set: none
}

func (p *parser) createModel(orReplace bool) Statement {
	c := &CreateModel{OrReplace: orReplace}
	if p.isWord("IF") {
		if orReplace {
			p.fail(p.tok.pos, nil, "CREATE MODEL takes OR REPLACE or IF NOT EXISTS, not both")
		}
		p.next()
		p.expectWord("NOT", "IF NOT EXISTS")
		p.expectWord("EXISTS", "IF NOT EXISTS")
		c.IfNotExists = true
	}
	c.Name = p.name("a model name")
	var asOf Value
	p.clauses([]rule{
		{words: "PREDICT", parse: func() { c.Targets = p.names("a target column") }},
		{words: "FROM", parse: func() { c.From = p.rows("FROM") }},
		{words: "AS OF", parse: func() { asOf = p.value("AS OF", stringValue) }},
		{words: "USING", parse: func() { c.Using = p.using() }},
		{words: "KEY", parse: func() { c.Key = p.columns("KEY", "a column") }},
		{words: "TIME", parse: func() { c.Time = p.column("TIME") }},
		{words: "FEATURES", parse: func() { c.Features = p.features() }},
		{words: "TRANSFORM", parse: func() { c.Transforms = p.transforms() }},
		{words: "WEIGHT", parse: func() { c.Weight = p.column("WEIGHT") }},
		{words: "CLASS WEIGHTS", parse: func() { c.ClassWeights = p.classWeights() }},
		{words: "SPLIT", parse: func() { c.Split = p.split() }},
		{words: "OPTIMIZE FOR", parse: func() { c.OptimizeFor = p.identifier("a metric") }},
		{words: "WITH", parse: func() { c.With = p.settings("WITH") }},
		{words: "COMMENT", parse: func() { c.Comment = p.value("COMMENT", stringValue) }},
	})
	if c.From == (Source{}) {
		p.fail(p.tok.pos, []string{"FROM"}, "CREATE MODEL needs the rows to train on: FROM table or FROM (SELECT ...)")
	}
	c.From.AsOf = asOf
	return c
}

func (c *CreateModel) slots(visit func(slot)) {
	visit(slot{source: &c.From})
	c.Using.slots(visit)
	for i := range c.Transforms {
		c.Transforms[i].slots(visit)
	}
	c.ClassWeights.slots(visit)
	c.Split.slots(visit)
	visitSettings(c.With, visit)
	visit(slot{where: "COMMENT", value: &c.Comment, kinds: stringValue})
}

// Features is the clause FEATURES (...).
type Features struct {
	All     bool     // (*) or (* EXCEPT (...))
	Columns []string // the named columns; nil when All
	Except  []string // the columns left out; nil: none. Only with All
	Pos     int      // byte offset of its opening parenthesis
}

// features takes what follows the word FEATURES.
func (p *parser) features() *Features {
	f := &Features{Pos: p.tok.pos}
	p.expectSymbol('(', "FEATURES")
	if f.All = p.acceptSymbol('*'); !f.All {
		f.Columns = p.names("a column")
	} else if p.acceptWord("EXCEPT") {
		f.Except = p.columns("EXCEPT", "a column")
	}
	p.expectSymbol(')', "FEATURES")
	return f
}

// String returns the clause as SQL.
func (f Features) String() string {
	switch {
	case !f.All:
		return "FEATURES (" + joinNames(f.Columns) + ")"
	case len(f.Except) > 0:
		return "FEATURES (* EXCEPT (" + joinNames(f.Except) + "))"
	}
	return "FEATURES (*)"
}

// ClassWeights is the clause CLASS WEIGHTS.
type ClassWeights struct {
	Auto    bool          // AUTO: classes weigh inversely to how often they occur
	Weights []ClassWeight // nil when Auto
	Pos     int           // byte offset of what follows the keywords
}

// A ClassWeight is one `label = weight`.
type ClassWeight struct {
	Label  Value // the class: Number, String, Bool, Word or Param
	Weight Value // Number or Param
}

// classWeights takes what follows the words CLASS WEIGHTS.
func (p *parser) classWeights() *ClassWeights {
	c := &ClassWeights{Pos: p.tok.pos}
	if c.Auto = p.acceptWord("AUTO"); c.Auto {
		return c
	}
	if !p.acceptSymbol('(') {
		p.fail(p.tok.pos, []string{"AUTO", "(label = weight, ...)"}, "CLASS WEIGHTS takes no %s%s", p.found(), p.meant("AUTO"))
	}
	for {
		w := ClassWeight{Label: p.value("a label of CLASS WEIGHTS", anyLabel)}
		p.expectSymbol('=', "CLASS WEIGHTS (label = weight, ...)")
		w.Weight = p.value("the weight of class "+w.Label.String(), numberValue)
		c.Weights = append(c.Weights, w)
		if !p.acceptSymbol(',') {
			break
		}
	}
	p.expectSymbol(')', "CLASS WEIGHTS")
	return c
}

func (c *ClassWeights) slots(visit func(slot)) {
	if c == nil {
		return
	}
	for i := range c.Weights {
		w := &c.Weights[i]
		visit(slot{where: "a label of CLASS WEIGHTS", value: &w.Label, kinds: anyLabel})
		visit(slot{where: "a weight of CLASS WEIGHTS", value: &w.Weight, kinds: numberValue})
	}
}

// String returns the clause as SQL.
func (c ClassWeights) String() string {
	if c.Auto {
		return "CLASS WEIGHTS AUTO"
	}
	texts := make([]string, len(c.Weights))
	for i, w := range c.Weights {
		texts[i] = w.Label.String() + " = " + w.Weight.String()
	}
	return "CLASS WEIGHTS (" + strings.Join(texts, ", ") + ")"
}

// SplitMethod is the word after SPLIT, in capitals.
type SplitMethod string

// The methods of SPLIT.
const (
	SplitRandom     SplitMethod = "RANDOM"     // by a hash of the row's identity and the seed
	SplitStratified SplitMethod = "STRATIFIED" // as RANDOM, within each class
	SplitHash       SplitMethod = "HASH"       // by a hash of the row's identity alone
	SplitTime       SplitMethod = "TIME"       // the newest rows of TIME(col) are held out
	SplitColumn     SplitMethod = "COLUMN"     // a column says TRAIN, VALIDATE or TEST
	SplitNone       SplitMethod = "NONE"       // every row trains
)

// SplitClause is the clause SPLIT. Whether the fractions lie in 0..1 and add up to 1 is for the caller to check.
type SplitClause struct {
	Method   SplitMethod
	Column   string // of COLUMN (col); else ""
	Train    Value  // fraction, Number or Param; not set: not given
	Validate Value  // likewise
	Test     Value  // likewise
	Pos      int    // byte offset of the method
}

// split takes what follows the word SPLIT.
func (p *parser) split() *SplitClause {
	s := &SplitClause{Pos: p.tok.pos}
	s.Method = SplitMethod(p.choice("SPLIT", string(SplitRandom), string(SplitStratified), string(SplitHash), string(SplitTime),
		string(SplitColumn), string(SplitNone)))
	if s.Method == SplitColumn {
		s.Column = p.column("SPLIT COLUMN")
	}
	for p.isWord("TRAIN") || p.isWord("VALIDATE") || p.isWord("TEST") {
		pos := p.tok.pos
		part := p.choice("SPLIT", "TRAIN", "VALIDATE", "TEST")
		fraction := map[string]*Value{"TRAIN": &s.Train, "VALIDATE": &s.Validate, "TEST": &s.Test}[part]
		switch {
		case s.Method == SplitColumn || s.Method == SplitNone:
			p.fail(pos, nil, "SPLIT %s takes no fractions", s.Method)
			return s
		case fraction.IsSet():
			p.fail(pos, nil, "SPLIT has the fraction %s twice", part)
			return s
		}
		*fraction = p.value("SPLIT ... "+part, numberValue)
	}
	return s
}

func (s *SplitClause) slots(visit func(slot)) {
	if s != nil {
		visit(slot{where: "SPLIT ... TRAIN", value: &s.Train, kinds: numberValue})
		visit(slot{where: "SPLIT ... VALIDATE", value: &s.Validate, kinds: numberValue})
		visit(slot{where: "SPLIT ... TEST", value: &s.Test, kinds: numberValue})
	}
}

// String returns the clause as SQL.
func (s SplitClause) String() string {
	method := string(s.Method)
	if s.Method == SplitColumn {
		method += " (" + QuoteName(s.Column) + ")"
	}
	return words("SPLIT", method, clause("TRAIN", s.Train), clause("VALIDATE", s.Validate), clause("TEST", s.Test))
}

// String returns the statement with each clause on a line of its own, in the canonical order.
func (c *CreateModel) String() string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if c.OrReplace {
		b.WriteString("OR REPLACE ")
	}
	b.WriteString("MODEL ")
	if c.IfNotExists {
		b.WriteString("IF NOT EXISTS ")
	}
	b.WriteString(c.Name.String())
	line := func(text string) { b.WriteString("\n  " + text) }
	if len(c.Targets) > 0 {
		line("PREDICT " + joinNames(c.Targets))
	}
	line("FROM " + c.From.String())
	if c.Using != nil {
		line(c.Using.String())
	}
	if len(c.Key) > 0 {
		line("KEY (" + joinNames(c.Key) + ")")
	}
	if c.Time != "" {
		line("TIME (" + QuoteName(c.Time) + ")")
	}
	if c.Features != nil {
		line(c.Features.String())
	}
	if len(c.Transforms) > 0 {
		line("TRANSFORM (" + joinTransforms(c.Transforms) + ")")
	}
	if c.Weight != "" {
		line("WEIGHT (" + QuoteName(c.Weight) + ")")
	}
	if c.ClassWeights != nil {
		line(c.ClassWeights.String())
	}
	if c.Split != nil {
		line(c.Split.String())
	}
	if c.OptimizeFor != "" {
		line("OPTIMIZE FOR " + QuoteName(c.OptimizeFor))
	}
	if len(c.With) > 0 {
		line("WITH (" + joinSettings(c.With) + ")")
	}
	if c.Comment.IsSet() {
		line("COMMENT " + c.Comment.String())
	}
	return b.String()
}
