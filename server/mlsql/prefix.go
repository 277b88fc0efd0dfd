package mlsql

import "strings"

// A form is one beginning of a statement of ours.
type form struct {
	words   string                    // the leading keywords, in capitals, a blank between two
	parse   func(p *parser) Statement // parses what follows them; nil: not in this release
	synonym bool                      // another way to write the form above: not named in messages
}

// forms are THE LIST of our statements: all that begin in one of these ways are ours, but for what namesModel says of EXPLAIN, DESCRIBE
// and DESC. recognise adds EXPLAIN in front of the others, and GRANT ... ON MODEL.
var forms = []form{
	{words: "CREATE MODEL", parse: func(p *parser) Statement { return p.createModel(false) }},
	{words: "CREATE OR REPLACE MODEL", parse: func(p *parser) Statement { return p.createModel(true) }, synonym: true},
	{words: "TRAIN MODEL", parse: (*parser).trainModel},
	{words: "EVALUATE MODEL", parse: (*parser).evaluateModel},
	{words: "DEPLOY MODEL", parse: (*parser).deployModel},
	{words: "UNDEPLOY MODEL", parse: (*parser).undeployModel},
	{words: "ROLLBACK MODEL", parse: (*parser).rollbackModel},
	{words: "REVERT MODEL", parse: (*parser).rollbackModel, synonym: true},
	{words: "PREDICT MODEL", parse: (*parser).predictModel},
	{words: "ALTER MODEL", parse: (*parser).alterModel},
	{words: "DROP MODEL", parse: (*parser).dropModel},
	{words: "SHOW MODELS", parse: (*parser).showModels},
	{words: "SHOW MODEL", parse: (*parser).showModel},
	{words: "SHOW CREATE MODEL", parse: (*parser).showCreateModel},
	{words: "SHOW LEARNERS", parse: (*parser).showLearners},
	{words: "SHOW METRICS", parse: (*parser).showMetrics},
	{words: "DESCRIBE MODEL", parse: (*parser).describeModel},
	{words: "DESC MODEL", parse: (*parser).describeModel, synonym: true},
	{words: "VERIFY MODEL", parse: (*parser).verifyModel},

	{words: "CREATE MONITOR"},
	{words: "CREATE OR REPLACE MONITOR"},
	{words: "DROP MONITOR"},
	{words: "SHOW MONITORS"},
	{words: "TUNE MODEL"},
	{words: "COMPARE MODEL"},
	{words: "DIFF MODEL"},
	{words: "PROMOTE MODEL"},
	{words: "CHECK MODEL"},
	{words: "PURGE MODEL"},
	{words: "EXPORT MODEL"},
	{words: "IMPORT MODEL"},
	{words: "EXPLAIN MODEL"},
	{words: "EXPLAIN PREDICTION OF"},
	{words: "CANCEL MODEL JOB"},
}

// supported returns how the statements of this release begin, each once.
func supported() []string {
	var begins []string
	for _, f := range forms {
		if f.parse != nil && !f.synonym {
			begins = append(begins, f.words)
		}
	}
	return append(begins, "EXPLAIN")
}

// A beginning is what recognise found out about a statement.
type beginning struct {
	form    form
	explain bool  // EXPLAIN, DESCRIBE or DESC stood in front
	verb    token // the form's first keyword
	after   int   // the offset behind the form's keywords
}

// Owns tells by the first tokens of text whether it is a statement of ours; if not, it is MySQL's. Blanks and comments do not count; an
// executable comment (/*! ... */) is MySQL's. Owns allocates nothing and looks at no more than a few tokens: it is asked for every
// statement of the server.
func Owns(text string) bool {
	_, ours := recognise(text)
	return ours
}

// recognise tells whether text is ours, and how it begins.
func recognise(text string) (beginning, bool) {
	first := scan(text, 0)
	if first.kind != tokenWord {
		return beginning{}, false
	}
	if first.is(text, "GRANT") || first.is(text, "REVOKE") {
		return recogniseGrant(text, first)
	}
	explain := first.is(text, "EXPLAIN") || first.is(text, "DESCRIBE") || first.is(text, "DESC")
	if b, ours := recogniseForm(text, first); ours && (!explain || namesModel(text, b)) {
		return b, true
	}
	if explain {
		b, ours := recogniseForm(text, scan(text, first.end))
		b.explain = true
		return b, ours && namesModel(text, b)
	}
	return beginning{}, false
}

// recogniseForm looks for the form whose keywords begin with the token verb.
func recogniseForm(text string, verb token) (beginning, bool) {
	if verb.kind != tokenWord {
		return beginning{}, false
	}
	initial, length := text[verb.pos]&^0x20, verb.end-verb.pos
	for i := range forms {
		words := forms[i].words
		if words[0] != initial || length >= len(words) || words[length] != ' ' { // the verbs of most statements fail here
			continue
		}
		if after, ok := matchWords(text, verb, words); ok {
			return beginning{form: forms[i], verb: verb, after: after}, true
		}
	}
	return beginning{}, false
}

// matchWords tells whether the tokens from t on are the given words, and returns the offset behind the last.
func matchWords(text string, t token, words string) (after int, ok bool) {
	for {
		word, rest, more := strings.Cut(words, " ")
		if !t.is(text, word) {
			return 0, false
		}
		if !more {
			return t.end, true
		}
		words, t = rest, scan(text, t.end)
	}
}

// namesModel is asked where EXPLAIN, DESCRIBE or DESC stand in front: MySQL reads `DESCRIBE model` as the table model, and
// `EXPLAIN train model` as the column model of the table train. Ours are those where a name or a further keyword follows.
func namesModel(text string, b beginning) bool {
	if !strings.HasSuffix(b.form.words, " MODEL") {
		return true
	}
	next := scan(text, b.after)
	return next.kind == tokenWord || next.kind == tokenName
}

// maxGrantTokens bounds how far ON is looked for: all our privileges with their commas take fewer.
const maxGrantTokens = 32

// recogniseGrant looks for ON MODEL name behind GRANT or REVOKE. `GRANT SELECT ON model TO u` is MySQL's: there model is a table.
func recogniseGrant(text string, verb token) (beginning, bool) {
	t := verb
	for i := 0; i < maxGrantTokens; i++ {
		t = scan(text, t.end)
		if t.kind == tokenEOF || t.kind == tokenIllegal || t.symbol(text, ';') {
			break
		}
		if !t.is(text, "ON") {
			continue
		}
		after, ok := matchWords(text, scan(text, t.end), "MODEL")
		name := scan(text, after)
		ours := ok && (name.kind == tokenName || name.kind == tokenWord && !name.is(text, "TO") && !name.is(text, "FROM"))
		words := "GRANT ... ON MODEL"
		if verb.is(text, "REVOKE") {
			words = "REVOKE ... ON MODEL"
		}
		return beginning{form: form{words: words}, verb: verb, after: after}, ours
	}
	return beginning{}, false
}
