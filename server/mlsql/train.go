package mlsql

// TrainModel makes the next version of a model.
//
//	train_model = "TRAIN" "MODEL" name { clause } .
//	clause      = "FROM" ( name | "(" select ")" )
//	            | "AS" "OF" string
//	            | "USING" learner [ "(" [ setting { "," setting } ] ")" ]
//	            | "WARM" "START" [ "FROM" "VERSION" n ]
//	            | "WITH" "(" setting { "," setting } ")"
//	            | "COMMENT" string .
//
// Clauses come in any order, each at most once. Each replaces that of the model's definition for this version alone.
type TrainModel struct {
	Name     Name
	From     *Source    // FROM, with AS OF in its AsOf; nil: the definition's source
	AsOf     Value      // AS OF without FROM: the definition's source at that revision
	Using    *Using     // nil: the definition's learner
	Warm     bool       // WARM START: go on from a version
	WarmFrom VersionRef // Number or Param; not set: the newest READY version
	With     []Setting
	Comment  Value // String or Param; not set: none
}

func (p *parser) trainModel() Statement {
	t := &TrainModel{Name: p.name("a model name")}
	p.clauses([]rule{
		{words: "FROM", parse: func() {
			from := p.rows("FROM")
			t.From = &from
		}},
		{words: "AS OF", parse: func() { t.AsOf = p.value("AS OF", stringValue) }},
		{words: "USING", parse: func() { t.Using = p.using() }},
		{words: "WARM START", parse: func() { t.Warm, t.WarmFrom = true, p.warmFrom() }},
		{words: "WITH", parse: func() { t.With = p.settings("WITH") }},
		{words: "COMMENT", parse: func() { t.Comment = p.value("COMMENT", stringValue) }},
	}, "AUTO DEPLOY", "ASYNC")
	if t.From != nil {
		t.From.AsOf, t.AsOf = t.AsOf, Value{}
	}
	return t
}

// warmFrom takes FROM VERSION n behind WARM START, when that stands here and not FROM with a table.
func (p *parser) warmFrom() VersionRef {
	after, ok := matchWords(p.text, p.tok, "FROM VERSION")
	if !ok {
		return VersionRef{}
	}
	if kind := scan(p.text, after).kind; kind != tokenNumber && kind != tokenParam {
		return VersionRef{}
	}
	if p.err == nil {
		p.pos = after
		p.next()
	}
	return p.version()
}

func (t *TrainModel) slots(visit func(slot)) {
	visit(slot{source: t.From})
	visit(slot{where: "AS OF", value: &t.AsOf, kinds: stringValue})
	t.Using.slots(visit)
	visit(slot{version: &t.WarmFrom})
	visitSettings(t.With, visit)
	visit(slot{where: "COMMENT", value: &t.Comment, kinds: stringValue})
}

// String returns the statement on one line.
func (t *TrainModel) String() string {
	from, using, warm, with := "", "", "", ""
	if t.From != nil {
		from = "FROM " + t.From.String()
	}
	if t.Using != nil {
		using = t.Using.String()
	}
	if t.Warm {
		warm = "WARM START"
		if t.WarmFrom.IsSet() {
			warm += " FROM " + t.WarmFrom.String()
		}
	}
	if len(t.With) > 0 {
		with = "WITH (" + joinSettings(t.With) + ")"
	}
	return words("TRAIN MODEL", t.Name.String(), from, clause("AS OF", t.AsOf), using, warm, with, clause("COMMENT", t.Comment))
}
