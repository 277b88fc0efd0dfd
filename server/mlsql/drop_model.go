package mlsql

// DropModel drops a model with all its versions, or one version.
//
//	drop_model = "DROP" "MODEL" [ "IF" "EXISTS" ] name [ "VERSION" n ] .
type DropModel struct {
	IfExists bool
	Name     Name
	Version  VersionRef // Number or Param; not set: the whole model
}

func (p *parser) dropModel() Statement {
	d := &DropModel{}
	if p.acceptWord("IF") {
		p.expectWord("EXISTS", "IF EXISTS")
		d.IfExists = true
	}
	d.Name = p.name("a model name")
	p.clauses([]rule{p.versionRule(&d.Version)}, "RESTRICT", "CASCADE")
	return d
}

func (d *DropModel) slots(visit func(slot)) { visit(slot{version: &d.Version}) }

// String returns the statement on one line.
func (d *DropModel) String() string {
	ifExists := ""
	if d.IfExists {
		ifExists = "IF EXISTS"
	}
	return words("DROP MODEL", ifExists, d.Name.String(), d.Version.String())
}
