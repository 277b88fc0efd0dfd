package mlsql

// EvaluateModel measures a version on held-out or on other rows.
//
//	evaluate_model = "EVALUATE" "MODEL" name [ "VERSION" n | "ALIAS" a ] { clause } .
//	clause         = "ON" ( "TEST" | "VALIDATE" | "TRAIN" | name | "(" select ")" )
//	               | "THRESHOLD" number
//	               | "BY" "(" column { "," column } ")"
//	               | "METRICS" "(" metric { "," metric } ")" .
//
// Clauses come in any order, each at most once. A table that is called test, validate or train is written in backquotes.
type EvaluateModel struct {
	Name      Name
	Version   VersionRef
	Part      Part     // ON TEST, VALIDATE or TRAIN; "": On, or when that is nil the default of the caller
	On        *Source  // ON table or ON (SELECT ...); nil: Part
	Threshold Value    // Number or Param; not set: the model's own
	By        []string // columns, a slice per combination of values; nil: all rows at once
	Metrics   []string // names as written; nil: all that apply
}

// Part names the rows of a version's split, in capitals.
type Part string

// The parts of a split.
const (
	PartTrain    Part = "TRAIN"
	PartValidate Part = "VALIDATE"
	PartTest     Part = "TEST"
)

func (p *parser) evaluateModel() Statement {
	e := &EvaluateModel{Name: p.name("a model name")}
	p.clauses(append(p.versionRules(&e.Version),
		rule{words: "ON", parse: func() { p.evaluateOn(e) }},
		rule{words: "THRESHOLD", parse: func() { e.Threshold = p.value("THRESHOLD", numberValue) }},
		rule{words: "BY", parse: func() { e.By = p.columns("BY", "a column") }},
		rule{words: "METRICS", parse: func() { e.Metrics = p.columns("METRICS", "a metric") }},
	))
	return e
}

func (p *parser) evaluateOn(e *EvaluateModel) {
	if next := p.peek(); !next.symbol(p.text, '.') { // test.t is a table of the database test
		for _, part := range []Part{PartTest, PartValidate, PartTrain} {
			if p.acceptWord(string(part)) {
				e.Part = part
				return
			}
		}
	}
	on := p.rows("ON")
	e.On = &on
}

func (e *EvaluateModel) slots(visit func(slot)) {
	visit(slot{version: &e.Version})
	visit(slot{source: e.On})
	visit(slot{where: "THRESHOLD", value: &e.Threshold, kinds: numberValue})
}

// String returns the statement on one line.
func (e *EvaluateModel) String() string {
	on, by, metrics := "", "", ""
	switch {
	case e.On != nil:
		on = "ON " + e.On.String()
	case e.Part != "":
		on = "ON " + string(e.Part)
	}
	if len(e.By) > 0 {
		by = "BY (" + joinNames(e.By) + ")"
	}
	if len(e.Metrics) > 0 {
		metrics = "METRICS (" + joinNames(e.Metrics) + ")"
	}
	return words("EVALUATE MODEL", e.Name.String(), e.Version.String(), on, clause("THRESHOLD", e.Threshold), by, metrics)
}
