package mlsql

// UndeployModel takes the deployed version out of use; PREDICT then has none.
//
//	undeploy_model = "UNDEPLOY" "MODEL" name .
type UndeployModel struct {
	Name Name
}

func (p *parser) undeployModel() Statement {
	u := &UndeployModel{Name: p.name("a model name")}
	p.clauses(nil, "CANARY", "SHADOW", "OFFLINE")
	return u
}

func (*UndeployModel) slots(func(slot)) {}

// String returns the statement on one line.
func (u *UndeployModel) String() string { return "UNDEPLOY MODEL " + u.Name.String() }
