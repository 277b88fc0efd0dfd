package rows

import (
	"cmp"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/learners/data"
)

// builder gathers the values of one expression over the rows of a source.
type builder struct {
	name   string
	source sql.Expression
	kind   data.Kind
	clean  bool // num holds no -0, and one NaN only
	num    []float64
	codes  []int32
	index  map[string]int32 // level to code, in the order of first sight
	levels []string
}

func newBuilder(name string, source sql.Expression, kind data.Kind) *builder {
	b := &builder{name: name, source: source, kind: kind}
	if kind == data.Categorical {
		b.index = map[string]int32{}
	}
	return b
}

// reserve makes room for the values of n rows, and forgets all levels.
func (b *builder) reserve(n int) {
	if b.kind == data.Numeric {
		if len(b.num) != n {
			b.num = make([]float64, n)
		}
		return
	}
	b.codes, b.index, b.levels = make([]int32, n), map[string]int32{}, nil
}

// twin is a builder of other rows of the same column, with levels of its own.
func (b *builder) twin() *builder {
	t := newBuilder(b.name, b.source, b.kind)
	t.codes = b.codes
	return t
}

// merge makes the codes of the rows lo to hi, which a twin gave, codes of b. It returns the memory that levels take which b did not have.
func (b *builder) merge(t *builder, lo, hi int) (grown int64) {
	if t == b {
		return 0
	}
	code := make([]int32, len(t.levels))
	for i, level := range t.levels {
		var more int64
		code[i], more = b.level(level)
		grown += more
	}
	for i, c := range b.codes[lo:hi] {
		if c >= 0 {
			b.codes[lo+i] = code[c]
		}
	}
	return grown
}

// add evaluates the expression on row and keeps its value. It returns the memory that this took, in bytes.
func (b *builder) add(ctx *sql.Context, row sql.Row) (int64, error) {
	v, err := b.source.Eval(ctx, row)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", b.name, err)
	}
	return b.addValue(ctx, v)
}

// addValue keeps a value of the expression.
func (b *builder) addValue(ctx *sql.Context, v any) (int64, error) {
	if b.kind == data.Numeric {
		x, err := numberOrTime(ctx, v, b.source.Type())
		if err != nil {
			return 0, fmt.Errorf("%s: %w", b.name, err)
		}
		b.num = append(b.num, x)
		return 8, nil
	}
	code, grown, err := b.code(ctx, v)
	if err != nil {
		return 0, err
	}
	b.codes = append(b.codes, code)
	return 4 + grown, nil
}

// code is the code of a value of a categorical builder, a new one for a text that it has not met; grown is the memory that the text takes.
func (b *builder) code(ctx *sql.Context, v any) (code int32, grown int64, err error) {
	s, null, err := Text(ctx, v, b.source.Type())
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", b.name, err)
	}
	if null {
		return data.NullCode, 0, nil
	}
	code, grown = b.level(s)
	return code, grown, nil
}

// level is the code of a text.
func (b *builder) level(s string) (code int32, grown int64) {
	code, ok := b.index[s]
	if !ok {
		code = int32(len(b.levels))
		b.index[s] = code
		b.levels = append(b.levels, s)
		grown = int64(len(s)) + 64 // the text, its header and its place in the map
	}
	return code, grown
}

// compare orders two rows by their values: NULL first, numbers by size, text by bytes.
func (b *builder) compare(i, j int32) int {
	if b.kind == data.Numeric {
		return cmp.Compare(b.num[i], b.num[j])
	}
	x, y := b.codes[i], b.codes[j]
	if x < 0 || y < 0 {
		return cmp.Compare(x, y)
	}
	return strings.Compare(b.levels[x], b.levels[y])
}

// column returns the values in the given order of rows (nil: as they are), its levels sorted as bytes. The builder is done.
func (b *builder) column(order []int32) data.Column {
	c := data.Column{Name: b.name, Kind: b.kind}
	if b.kind == data.Numeric {
		c.Num = inOrder(b.num, order)
		if b.clean {
			return c
		}
		for i, v := range c.Num {
			if v == 0 {
				c.Num[i] = 0 // -0 is 0
			} else if v != v {
				c.Num[i] = math.NaN() // one NaN, so that equal data has one hash
			}
		}
		return c
	}
	byText := make([]int32, len(b.levels))
	for i := range byText {
		byText[i] = int32(i)
	}
	sort.Slice(byText, func(i, j int) bool { return b.levels[byText[i]] < b.levels[byText[j]] })
	rank := make([]int32, len(b.levels))
	c.Levels = make([]string, len(b.levels))
	for i, code := range byText {
		rank[code] = int32(i)
		c.Levels[i] = b.levels[code]
	}
	c.Codes = inOrder(b.codes, order)
	for i, code := range c.Codes {
		if code >= 0 {
			c.Codes[i] = rank[code]
		}
	}
	return c
}

// inOrder returns the values in an order; without one it is the list itself.
func inOrder[T any](values []T, order []int32) []T {
	if order == nil {
		return values
	}
	out := make([]T, len(order))
	for i, row := range order {
		out[i] = values[row]
	}
	return out
}
