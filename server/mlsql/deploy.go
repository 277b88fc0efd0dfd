package mlsql

// DeployModel makes a version the one that PREDICT uses.
//
//	deploy_model = "DEPLOY" "MODEL" name ( "VERSION" n | "ALIAS" a ) [ "REASON" string ] .
type DeployModel struct {
	Name    Name
	Version VersionRef // always set
	Reason  Value      // String or Param; not set: none
}

func (p *parser) deployModel() Statement {
	d := &DeployModel{Name: p.name("a model name")}
	p.clauses(append(p.versionRules(&d.Version),
		rule{words: "REASON", parse: func() { d.Reason = p.value("REASON", stringValue) }},
	), "ONLINE", "OFFLINE", "CANARY", "SHADOW", "FOR", "PROMOTE", "ABORT", "REQUIRE", "CACHE", "TIMEOUT", "CONCURRENCY", "RATE", "FALLBACK")
	if !d.Version.IsSet() {
		p.fail(p.tok.pos, []string{"VERSION n", "ALIAS a"}, "DEPLOY MODEL needs the version to deploy")
	}
	return d
}

func (d *DeployModel) slots(visit func(slot)) {
	visit(slot{version: &d.Version})
	visit(slot{where: "REASON", value: &d.Reason, kinds: stringValue})
}

// String returns the statement on one line.
func (d *DeployModel) String() string {
	return words("DEPLOY MODEL", d.Name.String(), d.Version.String(), clause("REASON", d.Reason))
}
