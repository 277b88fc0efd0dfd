package mlsql

// PredictModel predicts every row of a source and writes the results into a table.
//
//	predict_model = "PREDICT" "MODEL" name [ "VERSION" n | "ALIAS" a ] { clause } .
//	clause        = "FROM" ( name | "(" select ")" )
//	              | "INTO" name
//	              | "MODE" ( "REPLACE" | "UPSERT" | "APPEND" ) .
//
// Clauses come in any order, each at most once; FROM and INTO are required.
type PredictModel struct {
	Name    Name
	Version VersionRef
	From    Source
	Into    Name
	Mode    WriteMode // "": the default of the caller
}

func (p *parser) predictModel() Statement {
	m := &PredictModel{Name: p.name("a model name")}
	p.clauses(append(p.versionRules(&m.Version),
		rule{words: "FROM", parse: func() { m.From = p.rows("FROM") }},
		rule{words: "INTO", parse: func() { m.Into = p.name("a table") }},
		rule{words: "MODE", parse: func() {
			m.Mode = WriteMode(p.choice("MODE", string(ModeReplace), string(ModeUpsert), string(ModeAppend)))
		}},
	))
	if m.From == (Source{}) {
		p.fail(p.tok.pos, []string{"FROM"}, "PREDICT MODEL needs the rows to predict: FROM table or FROM (SELECT ...)")
	}
	if m.Into == (Name{}) {
		p.fail(p.tok.pos, []string{"INTO"}, "PREDICT MODEL needs a table for its results: INTO table")
	}
	return m
}

func (m *PredictModel) slots(visit func(slot)) {
	visit(slot{version: &m.Version})
	visit(slot{source: &m.From})
}

// WriteMode is the word after MODE, in capitals.
type WriteMode string

// The modes of PREDICT MODEL ... INTO.
const (
	ModeReplace WriteMode = "REPLACE" // the table holds the new results alone
	ModeUpsert  WriteMode = "UPSERT"  // rows of the same key are overwritten, others added
	ModeAppend  WriteMode = "APPEND"  // every result is added
)

// String returns the statement on one line.
func (m *PredictModel) String() string {
	mode := ""
	if m.Mode != "" {
		mode = "MODE " + string(m.Mode)
	}
	return words("PREDICT MODEL", m.Name.String(), m.Version.String(), "FROM", m.From.String(), "INTO", m.Into.String(), mode)
}
