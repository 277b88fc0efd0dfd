package mlsql

// DescribeModel tells what a model takes and what it answers. DESC is another way to write DESCRIBE.
//
//	describe_model = ( "DESCRIBE" | "DESC" ) "MODEL" name [ "VERSION" n ] .
type DescribeModel struct {
	Name    Name
	Version VersionRef // Number or Param; not set: the deployed version, or the definition, as the caller says
}

func (p *parser) describeModel() Statement {
	d := &DescribeModel{Name: p.name("a model name")}
	p.clauses([]rule{p.versionRule(&d.Version)})
	return d
}

func (d *DescribeModel) slots(visit func(slot)) { visit(slot{version: &d.Version}) }

// String returns the statement on one line.
func (d *DescribeModel) String() string {
	return words("DESCRIBE MODEL", d.Name.String(), d.Version.String())
}
