package mlsql

import (
	"slices"
	"strings"
)

// A Transform is one feature of TRANSFORM (...): fitted transformers around a stateless SQL expression.
//
//	transform = ( fitted | expression ) [ "AS" name ] .
//	fitted    = transformer "(" ( fitted | expression ) { "," value } ")"
//	          | "PCA" "(" value { "," expression } ")" .
//
// `STANDARD_SCALE(IMPUTE(LOG(x + 1), 'median')) AS lx` has Expr `LOG(x + 1)` and Calls IMPUTE('median'), STANDARD_SCALE.
// AS may be left out when the expression is a plain column name; the feature then has that name.
type Transform struct {
	Calls []TransformCall // fitted transformers, the innermost first; nil: none
	Expr  string          // the SQL expression inside them, as written
	More  []string        // further expressions: the second and later inputs of PCA(n, a, b, ...), as written; else nil
	As    string          // the feature's name, never ""
	Pos   int             // byte offset of the first byte of the item
}

// A TransformCall is a fitted transformer and what it is given besides its input.
type TransformCall struct {
	Name string  // in capitals, one of FittedTransformers
	Args []Value // nil: none
	Pos  int     // byte offset of the name
}

// FittedTransformers returns the names of the transformers that learn from the training rows, in capitals, sorted. Every other function
// in TRANSFORM is a stateless SQL function.
func FittedTransformers() []string { return slices.Clone(fitted) }

var fitted = []string{"CATEGORY", "CLIP_QUANTILE", "IMPUTE", "MAX_ABS_SCALE", "MIN_MAX_SCALE", "ONE_HOT", "ORDINAL", "PCA", "QUANTILE_BUCKET",
	"ROBUST_SCALE", "STANDARD_SCALE", "TARGET_ENCODE"}

// transforms takes what follows the word TRANSFORM.
func (p *parser) transforms() []Transform {
	var list []Transform
	seen := map[string]bool{}
	open := p.tok.pos
	p.expectSymbol('(', "TRANSFORM")
	for {
		t := p.transform(open)
		p.once(seen, t.As, t.Pos)
		list = append(list, t)
		if !p.acceptSymbol(',') {
			break
		}
	}
	p.expectSymbol(')', "TRANSFORM")
	return list
}

// transform takes one item; open is where the parenthesis around it stands.
func (p *parser) transform(open int) Transform {
	t := Transform{Pos: p.tok.pos}
	p.transformInput(&t, open, 1)
	column, plain := plainColumn(t)
	switch {
	case p.acceptWord("AS"):
		t.As = p.identifier("a feature name")
	case plain:
		t.As = column
	default:
		p.fail(p.tok.pos, []string{"AS name"}, "each feature of TRANSFORM that is no plain column needs a name")
	}
	return t
}

// transformInput takes a call of a fitted transformer, or the expression inside all of them, and adds it to t.
func (p *parser) transformInput(t *Transform, open, depth int) {
	name := p.fittedCall()
	if name == "" {
		t.Expr = p.expression(open)
		return
	}
	if depth > maxDepth {
		p.fail(p.tok.pos, nil, "more than %d transformers inside each other", maxDepth)
		return
	}
	call := TransformCall{Name: name, Pos: p.tok.pos}
	p.next()
	inner := p.tok.pos
	p.next()
	if name == "PCA" {
		call.Args = []Value{p.value("PCA (n, column, ...)", numberValue)}
		p.expectSymbol(',', "PCA (n, column, ...)")
		t.Expr = p.expression(inner)
		for p.acceptSymbol(',') {
			t.More = append(t.More, p.expression(inner))
		}
	} else {
		p.transformInput(t, inner, depth+1)
		for p.acceptSymbol(',') {
			call.Args = append(call.Args, p.value(name, anyValue))
		}
	}
	p.expectSymbol(')', name)
	t.Calls = append(t.Calls, call)
	if !p.isSymbol(',') && !p.isSymbol(')') && !p.isWord("AS") && !p.atEnd() {
		p.fail(call.Pos, nil, "%s", onlyOutermost(name))
	}
}

// fittedCall returns the fitted transformer whose call begins at the current token; "" when none does.
func (p *parser) fittedCall() string {
	if p.tok.kind != tokenWord {
		return ""
	}
	for _, name := range fitted {
		if p.isWord(name) {
			if next := p.peek(); next.symbol(p.text, '(') {
				return name
			}
		}
	}
	return ""
}

func onlyOutermost(name string) string {
	return name + " is fitted on the training rows: it stands around an SQL expression or another fitted transformer, never inside an expression"
}

// expression takes an SQL expression up to its comma, AS or closing parenthesis; open is where the parenthesis around it stands.
func (p *parser) expression(open int) string {
	start := p.tok.pos
	text := p.raw(open, func(depth int) (stop bool) {
		if name := p.fittedCall(); name != "" {
			p.fail(p.tok.pos, nil, "%s", onlyOutermost(name))
		}
		if p.tok.kind == tokenParam {
			p.fail(p.tok.pos, nil, "a placeholder cannot stand in an expression of TRANSFORM, which is stored with the model")
		}
		return depth == 0 && (p.isSymbol(',') || p.isWord("AS"))
	})
	if text == "" {
		p.fail(start, nil, "TRANSFORM needs a column or an SQL expression here")
	}
	if strings.HasSuffix(text, "-") { // printed before a blank, two would begin a comment
		p.fail(start, nil, "this expression ends in an operator")
	}
	return text
}

// plainColumn returns the column that t's expression is, when it is nothing more.
func plainColumn(t Transform) (column string, plain bool) {
	word := scan(t.Expr, 0)
	if len(t.More) > 0 || word.end != len(t.Expr) {
		return "", false
	}
	switch word.kind {
	case tokenWord:
		column = t.Expr
	case tokenName:
		column = unquoteName(t.Expr)
	}
	plain = column != "" && (word.kind == tokenName || !contains(structural, column)) && wellFormed(column)
	return column, plain
}

func (t *Transform) slots(visit func(slot)) {
	for i := range t.Calls {
		visitCall(&t.Calls[i], visit)
	}
}

func visitCall(c *TransformCall, visit func(slot)) {
	kinds := anyValue
	if c.Name == "PCA" {
		kinds = numberValue
	}
	for i := range c.Args {
		visit(slot{where: c.Name, value: &c.Args[i], kinds: kinds})
	}
}

// String returns the item as SQL, AS included.
func (t Transform) String() string {
	text := t.Expr
	for _, more := range t.More {
		text += ", " + more
	}
	for _, c := range t.Calls {
		args := make([]string, len(c.Args))
		for i, a := range c.Args {
			args[i] = a.String()
		}
		switch list := strings.Join(args, ", "); {
		case list == "":
			text = c.Name + "(" + text + ")"
		case c.Name == "PCA":
			text = c.Name + "(" + list + ", " + text + ")"
		default:
			text = c.Name + "(" + text + ", " + list + ")"
		}
	}
	return text + " AS " + QuoteName(t.As)
}

func joinTransforms(transforms []Transform) string {
	texts := make([]string, len(transforms))
	for i, t := range transforms {
		texts[i] = t.String()
	}
	return strings.Join(texts, ", ")
}
