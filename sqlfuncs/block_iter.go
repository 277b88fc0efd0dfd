package sqlfuncs

import (
	"io"
	"math"
	"runtime"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// A block begins small, so that LIMIT 5 does not read a thousand rows, and doubles up to where a larger one gains nothing.
const (
	minBlock = 16
	maxBlock = 1024
)

// source gives rows, with room for the answers at their end.
type source interface {
	// read returns up to n rows, and the error that stands behind them.
	read(ctx *sql.Context, n int) ([]sql.Row, error)
	Close(ctx *sql.Context) error
}

// BuildRowIter implements sql.ExecBuilderNode.
func (b *predictBlock) BuildRowIter(ctx *sql.Context, builder sql.NodeExecBuilder, row sql.Row) (sql.RowIter, error) {
	it := b.newIter()
	if b.scan != nil && len(row) == 0 {
		if b.scan.table.Same(rows.WholeTable(b.Child)) {
			tuples, err := b.scan.open(ctx)
			if err != nil {
				return nil, err
			}
			if tuples != nil {
				it.source = it.scanned(tuples)
				return it, nil
			}
		}
	}
	inner, err := builder.Build(ctx, b.Child, row)
	if err != nil {
		return nil, err
	}
	it.source = &rowSource{RowIter: inner, answers: len(b.slots)}
	return it, nil
}

// newIter returns an iterator without a source.
func (b *predictBlock) newIter() *blockIter {
	it := &blockIter{node: b, size: minBlock / 2}
	for _, s := range b.slots {
		it.add(s)
	}
	return it
}

// blockIter gives the rows of a predictBlock. It belongs to one goroutine at a time; the rows that it has given are never touched again.
type blockIter struct {
	node    *predictBlock
	source  source
	batches []*batch
	answers []blockAnswer
	size    int // of the block

	block
	at    int
	ahead *ahead // nil: blocks are made when they are needed
}

// block is some rows with their answers, and the error that stands behind them.
type block struct {
	rows []sql.Row
	err  error
}

// blockAnswer is one answer of each row.
type blockAnswer struct {
	*slot
	batch   *batch
	first   bool // of the batch
	missing *outcome
}

// batch is a version of a model and the arguments that it is applied to, by one or more calls.
type batch struct {
	lead    *call // the first of the calls
	scratch *scratch
	block   *feature.Block
	columns []feature.Column // the inputs of the pipeline
	decides bool

	// of the rows of the block:
	extras  []*extra
	lacking []string // of JSON objects: what they lack
	missing []bool
	out     []float64
	width   int // of out
	classes []int32
	err     error
}

// extra is what reading the arguments of a row brought beside values.
type extra struct {
	err      error
	mismatch bool // err is about a value that does not fit the model
	unknown  bool // the JSON document is NULL
	notes    []note
}

func (it *blockIter) add(s *slot) {
	a := blockAnswer{slot: s, missing: &outcome{notes: []note{{missing: s.call}}}}
	at := slices.IndexFunc(it.batches, func(b *batch) bool { return sameCall(b.lead, s.call) })
	if a.first = at < 0; a.first {
		at = len(it.batches)
		it.batches = append(it.batches, &batch{lead: s.call, scratch: s.call.newScratch(), block: s.call.predictor.Pipeline.NewBlock(), width: s.call.predictor.Outputs()})
	}
	a.batch = it.batches[at]
	a.batch.decides = a.batch.decides || s.call.answer.decides()
	it.answers = append(it.answers, a)
}

// Next implements sql.RowIter.
func (it *blockIter) Next(ctx *sql.Context) (sql.Row, error) {
	for it.at == len(it.rows) {
		if it.err != nil {
			return nil, it.err
		}
		it.fill(ctx)
	}
	it.at++
	return it.rows[it.at-1], nil
}

// Close implements sql.RowIter.
func (it *blockIter) Close(ctx *sql.Context) error {
	if it.ahead != nil {
		it.ahead.end()
		it.ahead = nil
	}
	it.at, it.block = 0, block{err: io.EOF}
	return it.source.Close(ctx)
}

// fill takes the next block.
func (it *blockIter) fill(ctx *sql.Context) {
	it.at = 0
	if it.ahead == nil && it.size == maxBlock && it.alone() {
		it.ahead = it.share(ctx)
	}
	if it.ahead != nil {
		it.block = it.ahead.next()
	} else {
		it.block = it.make(ctx)
	}
}

// make reads and answers the next block.
func (it *blockIter) make(ctx *sql.Context) (out block) {
	if out.err = ctx.Err(); out.err != nil {
		return out
	}
	it.size = min(2*it.size, maxBlock)
	for _, b := range it.batches {
		b.columns = b.block.Columns(it.size)
	}
	if out.rows, out.err = it.source.read(ctx, it.size); len(out.rows) == 0 {
		return out
	}
	it.node.functions.Blocks.Rows.Add(int64(len(out.rows)))
	inner, recorder := recording(ctx)
	for i := range it.answers {
		a := &it.answers[i]
		if a.first {
			a.batch.predict(inner, recorder, out.rows)
		}
		for j, row := range out.rows {
			row[len(row)-a.fromEnd] = a.of(inner, recorder, row, j)
		}
	}
	return out
}

// alone tells whether blocks can be made beside what reads them: nothing is evaluated that could look at the session, which belongs to one goroutine.
func (it *blockIter) alone() bool {
	if _, ok := it.source.(*tupleSource); !ok || runtime.GOMAXPROCS(0) < 2 {
		return false
	}
	for _, b := range it.batches {
		if len(b.scratch.read) > 0 || len(b.scratch.compute) > 0 {
			return false
		}
	}
	return !slices.ContainsFunc(it.answers, func(a blockAnswer) bool {
		return a.call.answer.class == perRow || a.call.output == everything
	})
}

// makers is how many goroutines make blocks ahead: what reads them has work to do as well.
const makers = 2

// share lets goroutines make the blocks from here on, each with an iterator of its own.
func (it *blockIter) share(ctx *sql.Context) *ahead {
	tuples := it.source.(*tupleSource).Tuples
	var makes []func(ctx *sql.Context) block
	for i := range makers {
		own, from := it.node.newIter(), tuples.Fork()
		from.Skip(tuples.Position() + i*maxBlock)
		s := own.scanned(from)
		s.skip = (makers - 1) * maxBlock
		own.source, own.size = s, maxBlock
		makes = append(makes, own.make)
	}
	return start(ctx, makes)
}

// predict computes what the model gives for the rows.
func (b *batch) predict(ctx *sql.Context, recorder *recorder, rows []sql.Row) {
	n := len(rows)
	b.readInputs(ctx, recorder, rows)
	var x []float64
	if x, b.missing, b.err = b.block.Transform(n); b.err != nil {
		return
	}
	p := b.lead.predictor
	width, predicted := len(p.Pipeline.Features()), int64(n)
	for i := range n {
		if b.missing[i] || b.extras != nil && b.extras[i] != nil && b.extras[i].none() {
			clear(x[i*width : (i+1)*width])
			predicted--
		}
	}
	if cap(b.out) < n*b.width {
		b.out = make([]float64, maxBlock*b.width)
	}
	features, out := mat.NewDense(n, width, x), mat.NewDense(n, b.width, b.out[:n*b.width])
	if b.err = p.Model.Predict(features, out); b.err != nil {
		return
	}
	b.lead.functions.Predictions.Add(predicted)
	if b.decides {
		if cap(b.classes) < n {
			b.classes = make([]int32, maxBlock)
		}
		b.err = p.Decide(features, out, b.lead.model.Threshold, b.classes[:n])
	}
}

// readInputs fills the columns of the inputs that do not come from storage.
func (b *batch) readInputs(ctx *sql.Context, recorder *recorder, rows []sql.Row) {
	b.extras = nil
	if len(b.scratch.compute) == 0 && len(b.scratch.read) == 0 {
		return
	}
	if b.lead.json {
		b.lacking = make([]string, len(rows))
	}
	for i, row := range rows {
		e := extra{}
		known, err := b.lead.readColumns(ctx, row, b.scratch)
		if e.err = err; err == nil && known {
			if err := b.lead.features.inputs(ctx, b.scratch); err != nil {
				e.err, e.mismatch = err, true
			}
			if b.lead.json {
				b.lacking[i] = b.lead.lacking(b.scratch)
			}
		}
		e.unknown = !known
		e.notes = recorder.take()
		if e.none() || len(e.notes) > 0 {
			if b.extras == nil {
				b.extras = make([]*extra, len(rows))
			}
			kept := e
			b.extras[i] = &kept
		}
		for _, j := range b.scratch.compute {
			v, c := &b.scratch.values[j], &b.columns[j]
			switch {
			case b.lead.features.list[j].kind != data.Numeric:
				c.Text[i], c.Null[i] = v.Text, v.Null || e.none()
			case v.Null || e.none():
				c.Num[i] = math.NaN()
			default:
				c.Num[i] = v.Num
			}
		}
	}
}

// none tells that there is nothing to predict from.
func (e *extra) none() bool { return e.err != nil || e.unknown }

// of is the answer for row i of the block: a value, or an outcome when it is more than one.
func (a *blockAnswer) of(ctx *sql.Context, recorder *recorder, row sql.Row, i int) any {
	c, b := a.call, a.batch
	class, err := c.answer.classOf(ctx, row, c.class)
	notes := recorder.take()
	if err != nil || class == noClass {
		return answered(nil, err, notes)
	}
	if b.extras != nil && b.extras[i] != nil {
		e := b.extras[i]
		notes = append(notes, e.notes...)
		if e.none() {
			err := e.err
			if e.mismatch {
				err = c.mismatch(err)
			}
			return answered(nil, err, notes)
		}
	}
	switch {
	case b.err != nil:
		return answered(nil, sqlerr.Map(b.err), notes)
	case b.missing[i] && len(notes) == 0 && !c.json:
		return a.missing
	case b.missing[i]:
		n := note{missing: c}
		if c.json {
			n.lacking = b.lacking[i]
		}
		return answered(nil, nil, append(notes, n))
	}
	var decided int32
	if b.decides {
		decided = b.classes[i]
	}
	v, err := c.answer.value(ctx, b.out[i*b.width:(i+1)*b.width], decided, class)
	return answered(v, err, append(notes, recorder.take()...))
}

func answered(v any, err error, notes []note) any {
	if err == nil && len(notes) == 0 {
		return v
	}
	return &outcome{value: v, err: err, notes: notes}
}

// rowSource gives the rows of another iterator. Once one of them came with a warning it reads no further ahead: a statement that ends early has no warnings of the rest.
type rowSource struct {
	sql.RowIter
	answers int
	warned  bool
}

func (s *rowSource) read(ctx *sql.Context, n int) (out []sql.Row, err error) {
	var memory []any
	warnings := ctx.Session.WarningCount()
	for len(out) < n && (len(out) == 0 || !s.warned) {
		row, err := s.RowIter.Next(ctx)
		if err != nil {
			return out, err
		}
		width := len(row) + s.answers
		if len(memory) < width && s.warned {
			memory = make([]any, width)
		} else if len(memory) < width {
			memory = make([]any, width*(n-len(out)))
		}
		out = append(out, memory[:width:width])
		copy(memory, row)
		memory = memory[width:]
		s.warned = s.warned || ctx.Session.WarningCount() != warnings
	}
	return out, nil
}

// tupleSource gives the rows of a plain table, read from storage; it fills the numbers of features straight from there.
type tupleSource struct {
	*rows.Tuples
	functions *Functions
	skip      int // rows behind each block that are not read: others do
	width     int // of a row
	values    []tupleValue
	numbers   []tupleNumber
}

// tupleValue is a column that rows hold.
type tupleValue struct {
	position, column int // in a row; of the opened columns
}

// tupleNumber is a column that is an input of a model.
type tupleNumber struct {
	batch         *batch
	input, column int // of the pipeline; of the opened columns
}

// scanned prepares the scan of a plain table.
func (it *blockIter) scanned(tuples *rows.Tuples) *tupleSource {
	scan := it.node.scan
	s := &tupleSource{Tuples: tuples, functions: it.node.functions}
	held := slices.Clone(scan.parent)
	hold := func(e sql.Expression) {
		sql.Inspect(e, func(e sql.Expression) bool {
			if f, ok := e.(*expression.GetField); ok {
				held = append(held, f.Index())
			}
			return true
		})
	}
	for _, a := range it.answers {
		if a.call.class != nil {
			hold(a.call.class)
		}
	}
	for _, b := range it.batches {
		needed := make([]bool, len(b.lead.args)) // by the inputs that are computed, or by nobody: then its errors are
		for i := range needed {
			needed[i] = true
		}
		b.scratch.compute = slices.DeleteFunc(b.scratch.compute, func(input int) bool {
			column, ok := b.lead.features.number(input)
			if !ok || b.lead.json {
				return false
			}
			f, ok := b.lead.args[column].(*expression.GetField)
			if !ok {
				return false
			}
			at := scan.place[scan.column[f.Index()]]
			if !tuples.Numeric(at) {
				return false
			}
			needed[column] = false
			s.numbers = append(s.numbers, tupleNumber{b, input, at})
			return true
		})
		if !b.lead.json {
			b.scratch.read = slices.DeleteFunc(b.scratch.read, func(column int) bool { return !needed[column] })
		}
		for i, e := range b.lead.args {
			if needed[i] {
				hold(e)
			}
		}
	}
	slices.Sort(held)
	for _, position := range slices.Compact(held) {
		s.values = append(s.values, tupleValue{position, scan.place[scan.column[position]]})
		s.width = position + 1
	}
	s.width += len(it.answers)
	return s
}

func (s *tupleSource) read(ctx *sql.Context, n int) ([]sql.Row, error) {
	n, err := s.Read(ctx, n)
	if err == nil && n == 0 {
		err = io.EOF
	}
	if err != nil {
		return nil, err
	}
	out, memory := make([]sql.Row, n), make([]any, n*s.width)
	for i := range out {
		out[i], memory = memory[:s.width:s.width], memory[s.width:]
	}
	for _, v := range s.values {
		for i, row := range out {
			if row[v.position], err = s.Value(ctx, v.column, i); err != nil {
				return nil, err // storage is damaged
			}
		}
	}
	for _, x := range s.numbers {
		s.Numbers(x.column, x.batch.columns[x.input].Num)
	}
	s.Skip(s.skip)
	s.functions.Blocks.Scanned.Add(int64(n))
	return out, nil
}

// Close implements sql.RowIter.
func (s *tupleSource) Close(*sql.Context) error { return nil }
