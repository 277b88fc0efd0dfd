package mlsql

// RollbackModel deploys an earlier version again. REVERT MODEL is another way to write it, for connection pools that look for the word
// ROLLBACK; it is printed as ROLLBACK.
//
//	rollback_model = ( "ROLLBACK" | "REVERT" ) "MODEL" name { "TO" "VERSION" n | "REASON" string } .
//
// Each clause stands at most once.
type RollbackModel struct {
	Name   Name
	To     VersionRef // Number or Param; not set: the version deployed before this one
	Reason Value      // String or Param; not set: none
}

func (p *parser) rollbackModel() Statement {
	r := &RollbackModel{Name: p.name("a model name")}
	p.clauses([]rule{
		{words: "TO", parse: func() { r.To = p.rollbackTarget() }},
		{words: "REASON", parse: func() { r.Reason = p.value("REASON", stringValue) }},
	})
	return r
}

func (p *parser) rollbackTarget() VersionRef {
	if p.tok.kind == tokenString || p.tok.kind == tokenParam {
		p.notInThisRelease("TO 'time or commit'", []string{"TO VERSION n"})
	}
	p.expectWord("VERSION", "TO")
	return p.version()
}

func (r *RollbackModel) slots(visit func(slot)) {
	visit(slot{version: &r.To})
	visit(slot{where: "REASON", value: &r.Reason, kinds: stringValue})
}

// String returns the statement on one line.
func (r *RollbackModel) String() string {
	to := ""
	if r.To.IsSet() {
		to = "TO " + r.To.String()
	}
	return words("ROLLBACK MODEL", r.Name.String(), to, clause("REASON", r.Reason))
}
