package mlsql

// VerifyModel trains a version again from its recorded data and settings, and compares.
//
//	verify_model = "VERIFY" "MODEL" name "VERSION" n .
type VerifyModel struct {
	Name    Name
	Version VersionRef // always set: Number or Param
}

func (p *parser) verifyModel() Statement {
	v := &VerifyModel{Name: p.name("a model name")}
	p.clauses([]rule{p.versionRule(&v.Version)})
	if !v.Version.IsSet() {
		p.fail(p.tok.pos, []string{"VERSION n"}, "VERIFY MODEL needs the version to verify")
	}
	return v
}

func (v *VerifyModel) slots(visit func(slot)) { visit(slot{version: &v.Version}) }

// String returns the statement on one line.
func (v *VerifyModel) String() string {
	return words("VERIFY MODEL", v.Name.String(), v.Version.String())
}
