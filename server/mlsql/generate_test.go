package mlsql

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestRoundTripOfGenerated checks the law on statements made at random, which use every field of the AST. The seed of a failure is named.
func TestRoundTripOfGenerated(t *testing.T) {
	seed := uint64(0)
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	for ; seed < 5000; seed++ {
		checkRoundTrip(t, generator{rand.New(rand.NewPCG(seed, 1))}.statement())
	}
}

// A generator makes statements that could have been parsed.
type generator struct{ *rand.Rand }

func (g generator) often() bool { return g.IntN(3) > 0 }

func pick[T any](g generator, choices ...T) T { return choices[g.IntN(len(choices))] }

// some returns 1 to 4 things; make is told the place of each, to make them distinct.
func some[T any](g generator, make func(i int) T) []T {
	list := []T{}
	for i := range 1 + g.IntN(4) {
		list = append(list, make(i))
	}
	return list
}

func (g generator) ident() string {
	return pick(g, "a", "visit_id", "Größe", "a b", "a`b", "`", "select", "From", "test", "version", "9", "9a", "1e5", "$x", "a.b", "a'b", `a"b`, "a\\b",
		"-- x", "/*", "?", "表", "é", "TRUE", "null", "a;b", "split", "x\ny", "😀")
}

func (g generator) distinct(i int) string { return fmt.Sprintf("%s%d", g.ident(), i) }

func (g generator) name() Name {
	n := Name{Name: g.ident()}
	if g.often() {
		n.Database = g.ident()
	}
	return n
}

func (g generator) number() Value {
	return number(pick(g, "0", "1", "-1", "+2", ".5", "-.5", "1.", "1e3", "1E-3", "2.50e+10", "99999999999999999999"))
}

func (g generator) text() string {
	return pick(g, "", "a", "it's", `say "hi"`, `\`, `\'`, "a\nb\r\t\x00\x1a", `50\%`, "größe", "/* ; */ -- #", "?", "`", "'';", "😀")
}

// param returns a placeholder; normalise numbers them.
func (g generator) param() Value { return param(1) }

func (g generator) numberOrParam() Value { return pick(g, g.number(), g.param()) }

func (g generator) stringOrParam() Value { return pick(g, str(g.text()), g.param()) }

func (g generator) label() Value {
	return pick(g, g.number(), g.param(), str(g.text()), word(g.ident()), word("2G"), Value{Kind: Bool, Text: pick(g, "TRUE", "FALSE")})
}

func (g generator) value() Value { return pick(g, g.label(), Value{Kind: Null, Text: "NULL"}) }

// maybe returns the value or none.
func (g generator) maybe(v Value) Value { return pick(g, v, Value{}) }

func (g generator) settings() []Setting {
	return some(g, func(i int) Setting { return Setting{Name: g.distinct(i), Value: g.value()} })
}

func (g generator) query() string {
	return pick(g, "SELECT 1", "SELECT ?", "(SELECT ')' FROM `)`) UNION (SELECT ?)", "SELECT a -- )\n FROM t", "SELECT a /* ) ? */ FROM t # (\n WHERE b = '?;'",
		"WITH x AS (SELECT 1) SELECT * FROM x", "TABLE t", "VALUES ROW(1, ?)", "select 0x1F, j->>'$.a', @v, x'4F', {d '2024-01-01'}, -1")
}

func (g generator) rows() Source {
	if g.often() {
		name := g.name()
		return Source{Table: &name}
	}
	return Source{Query: g.query()}
}

func (g generator) version() VersionRef {
	return pick(g, VersionRef{}, g.numbered(), VersionRef{Alias: g.ident()})
}

// numbered returns a version that is set and is no alias.
func (g generator) numbered() VersionRef {
	return pick(g, VersionRef{Number: 1 + g.Int64N(1<<62)}, VersionRef{Param: 1})
}

func (g generator) using() *Using {
	if !g.often() {
		return nil
	}
	u := &Using{Learner: g.ident()}
	if g.often() {
		u.Params = g.settings()
	}
	return u
}

func (g generator) expression() string {
	return pick(g, "x", "`a b`", "LOG(x + 1)", "CAST(x AS DOUBLE)", "CASE WHEN a > 1 THEN ',' ELSE b END", "a /* , AS */ + b", "a -- AS\n + b", "x->'$.a'",
		"IF(a, (b), ')')", "STANDARD_SCALE", "- x", "'AS'", "x - -1")
}

func (g generator) transform(i int) Transform {
	t := Transform{Expr: g.expression(), As: g.distinct(i)}
	for range g.IntN(3) {
		call := TransformCall{Name: pick(g, FittedTransformers()...)}
		switch {
		case call.Name != "PCA":
			if g.often() {
				call.Args = some(g, func(int) Value { return g.value() })
			}
		case t.Calls != nil: // PCA is innermost
			continue
		default:
			call.Args = []Value{g.numberOrParam()}
			if g.often() {
				t.More = some(g, func(int) string { return g.expression() })
			}
		}
		t.Calls = append(t.Calls, call)
	}
	return t
}

func (g generator) features() *Features {
	columns := some(g, g.distinct)
	return pick(g, nil, &Features{All: true}, &Features{All: true, Except: columns}, &Features{Columns: columns})
}

func (g generator) split() *SplitClause {
	s := &SplitClause{Method: pick(g, SplitRandom, SplitStratified, SplitHash, SplitTime, SplitColumn, SplitNone)}
	switch s.Method {
	case SplitColumn:
		s.Column = g.ident()
	case SplitNone:
	default:
		s.Train, s.Validate, s.Test = g.maybe(g.numberOrParam()), g.maybe(g.numberOrParam()), g.maybe(g.numberOrParam())
	}
	return s
}

func (g generator) createModel() *CreateModel {
	c := &CreateModel{Name: g.name(), From: g.rows(), Using: g.using(), Features: g.features(), Comment: g.maybe(g.stringOrParam())}
	c.From.AsOf = g.maybe(g.stringOrParam())
	switch g.IntN(3) {
	case 0:
		c.OrReplace = true
	case 1:
		c.IfNotExists = true
	}
	if g.often() {
		c.Targets = some(g, g.distinct)
	}
	if g.often() {
		c.Key = some(g, g.distinct)
	}
	if g.often() {
		c.Time, c.Weight, c.OptimizeFor = g.ident(), g.ident(), g.ident()
	}
	if g.often() {
		c.Transforms = some(g, g.transform)
	}
	if g.often() {
		c.ClassWeights = pick(g, &ClassWeights{Auto: true}, &ClassWeights{Weights: some(g, func(int) ClassWeight {
			return ClassWeight{Label: g.label(), Weight: g.numberOrParam()}
		})})
	}
	if g.often() {
		c.Split = g.split()
	}
	if g.often() {
		c.With = g.settings()
	}
	return c
}

func (g generator) trainModel() *TrainModel {
	t := &TrainModel{Name: g.name(), Using: g.using(), Comment: g.maybe(g.stringOrParam())}
	if g.often() {
		from := g.rows()
		from.AsOf = g.maybe(g.stringOrParam())
		t.From = &from
	} else {
		t.AsOf = g.maybe(g.stringOrParam())
	}
	if g.often() {
		t.With = g.settings()
	}
	if t.Warm = g.often(); t.Warm && g.often() {
		t.WarmFrom = VersionRef{Number: 3}
	}
	return t
}

func (g generator) evaluateModel() *EvaluateModel {
	e := &EvaluateModel{Name: g.name(), Version: g.version(), Threshold: g.maybe(g.numberOrParam())}
	if g.often() {
		on := g.rows()
		e.On = &on
	} else {
		e.Part = pick(g, "", PartTrain, PartValidate, PartTest)
	}
	if g.often() {
		e.By, e.Metrics = some(g, g.distinct), some(g, g.distinct)
	}
	return e
}

func (g generator) alterAction() AlterAction {
	return pick[AlterAction](g, &SetAlias{Alias: g.ident(), Version: g.numbered()}, &DropAlias{Alias: g.ident()},
		&SetThreshold{Threshold: g.numberOrParam()}, &DropThreshold{}, &SetComment{Comment: g.stringOrParam()}, &RenameTo{Name: g.name()})
}

func (g generator) statement() Statement {
	named := pick(g, VersionRef{}, g.numbered())
	deployed := g.numbered()
	if g.often() {
		deployed = VersionRef{Alias: g.ident()}
	}
	stmt := pick[Statement](g,
		g.createModel(), g.createModel(), g.createModel(), g.trainModel(), g.trainModel(), g.evaluateModel(), g.evaluateModel(),
		&DeployModel{Name: g.name(), Version: deployed, Reason: g.maybe(g.stringOrParam())},
		&UndeployModel{Name: g.name()},
		&RollbackModel{Name: g.name(), To: named, Reason: g.maybe(g.stringOrParam())},
		&PredictModel{Name: g.name(), Version: g.version(), From: g.rows(), Into: g.name(), Mode: pick(g, "", ModeReplace, ModeUpsert, ModeAppend)},
		&AlterModel{Name: g.name(), Action: g.alterAction()},
		&DropModel{IfExists: g.often(), Name: g.name(), Version: named},
		&ShowModels{Like: g.maybe(g.stringOrParam())},
		&ShowModel{What: pick(g, WhatVersions, WhatMetrics, WhatFeatures, WhatSettings, WhatDeployments), Name: g.name(), Version: named},
		&ShowCreateModel{Name: g.name()}, &ShowLearners{}, &ShowMetrics{},
		&DescribeModel{Name: g.name(), Version: named},
		&VerifyModel{Name: g.name(), Version: g.numbered()},
	)
	if g.IntN(8) == 0 {
		return &Explain{Statement: stmt}
	}
	return stmt
}
