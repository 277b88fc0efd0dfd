package mlsql

// ShowModels lists the models of the database.
//
//	show_models = "SHOW" "MODELS" [ "LIKE" string ] .
type ShowModels struct {
	Like Value // a pattern, String or Param; not set: all
}

// ShowModel lists what is known about one model.
//
//	show_model = "SHOW" "MODEL" ( "VERSIONS" | "METRICS" | "FEATURES" | "SETTINGS" | "DEPLOYMENTS" ) name [ "VERSION" n ] .
type ShowModel struct {
	What    ShowWhat
	Name    Name
	Version VersionRef // Number or Param; not set: as the caller's documentation says for each What
}

// ShowWhat is the word after SHOW MODEL, in capitals.
type ShowWhat string

// What SHOW MODEL can list.
const (
	WhatVersions    ShowWhat = "VERSIONS"
	WhatMetrics     ShowWhat = "METRICS"
	WhatFeatures    ShowWhat = "FEATURES"
	WhatSettings    ShowWhat = "SETTINGS"
	WhatDeployments ShowWhat = "DEPLOYMENTS"
)

// ShowCreateModel prints a model's definition as a CREATE MODEL statement.
//
//	show_create_model = "SHOW" "CREATE" "MODEL" name .
type ShowCreateModel struct {
	Name Name
}

// ShowLearners lists the learners and their hyper-parameters.
//
//	show_learners = "SHOW" "LEARNERS" .
type ShowLearners struct{}

// ShowMetrics lists the metrics.
//
//	show_metrics = "SHOW" "METRICS" .
type ShowMetrics struct{}

func (p *parser) showModels() Statement {
	s := &ShowModels{}
	p.clauses([]rule{{words: "LIKE", parse: func() { s.Like = p.value("LIKE", stringValue) }}})
	return s
}

func (p *parser) showModel() Statement {
	later := []string{"TRIALS", "LINEAGE", "JOBS"}
	whats := []string{string(WhatVersions), string(WhatMetrics), string(WhatFeatures), string(WhatSettings), string(WhatDeployments)}
	for _, w := range later {
		if p.isWord(w) {
			p.notInThisRelease(w, whats)
		}
	}
	s := &ShowModel{What: ShowWhat(p.choice("SHOW MODEL", whats...))}
	p.statement += " " + string(s.What)
	s.Name = p.name("a model name")
	p.clauses([]rule{p.versionRule(&s.Version)})
	return s
}

func (p *parser) showCreateModel() Statement { return &ShowCreateModel{Name: p.name("a model name")} }

func (p *parser) showLearners() Statement { return &ShowLearners{} }

func (p *parser) showMetrics() Statement { return &ShowMetrics{} }

func (s *ShowModels) slots(visit func(slot)) {
	visit(slot{where: "LIKE", value: &s.Like, kinds: stringValue})
}

func (s *ShowModel) slots(visit func(slot)) { visit(slot{version: &s.Version}) }

func (*ShowCreateModel) slots(func(slot)) {}

func (*ShowLearners) slots(func(slot)) {}

func (*ShowMetrics) slots(func(slot)) {}

// String returns the statement on one line.
func (s *ShowModels) String() string { return words("SHOW MODELS", clause("LIKE", s.Like)) }

// String returns the statement on one line.
func (s *ShowModel) String() string {
	return words("SHOW MODEL", string(s.What), s.Name.String(), s.Version.String())
}

// String returns the statement on one line.
func (s *ShowCreateModel) String() string { return "SHOW CREATE MODEL " + s.Name.String() }

// String returns the statement.
func (*ShowLearners) String() string { return "SHOW LEARNERS" }

// String returns the statement.
func (*ShowMetrics) String() string { return "SHOW METRICS" }
