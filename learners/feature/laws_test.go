package feature

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"aibms/learners/data"
)

func TestTrainingRowsHaveMean0AndStandardDeviation1(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range []struct{ offset, scale float64 }{{0, 1}, {1e9, 1e-3}, {-3, 1e300}, {1e-300, 1e-305}} {
		c := numeric("x")
		for range 10_000 {
			c.Num = append(c.Num, shape.offset+shape.scale*rng.NormFloat64())
		}
		p, _ := mustFit(t, []Item{item("z", "x", call("STANDARD_SCALE"))}, dataset(c), nil)
		x, _ := transform(t, p, dataset(c), nil)
		var mean, square float64
		for _, row := range x {
			mean += row[0] / 1e4
			square += row[0] * row[0] / 1e4
		}
		// the mean that is taken away is a float64: rounded by half of the distance to the next one
		rounding := (math.Nextafter(math.Abs(shape.offset), math.Inf(1)) - math.Abs(shape.offset)) / 2 / shape.scale
		if math.Abs(mean) > 1e-12+rounding || math.Abs(square-1) > 1e-12+rounding {
			t.Errorf("offset %g, scale %g: mean %g, square %g", shape.offset, shape.scale, mean, square)
		}
	}
}

func TestOrderOfTrainingRowsDoesNotMatter(t *testing.T) {
	ds, items := everything(3000, 7)
	rows := make([]int32, 2000)
	for i := range rows {
		rows[i] = int32(i)
	}
	p, _ := mustFit(t, items, ds, rows)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	q, _ := mustFit(t, items, ds, rows)
	if !bytes.Equal(saved(p), saved(q)) {
		t.Error("another order of the same rows fits another pipeline")
	}
}

func TestOrderOfItemsDoesNotMatter(t *testing.T) {
	ds, items := everything(800, 8)
	p, _ := mustFit(t, items, ds, nil)
	turned := slices.Clone(items)
	slices.Reverse(turned)
	q, _ := mustFit(t, turned, ds, nil)
	x, missing := transform(t, p, ds, nil)
	y, missing2 := transform(t, q, ds, nil)
	place := map[string]int{}
	for j, name := range q.Features() {
		place[name] = j
	}
	if len(place) != len(p.Features()) {
		t.Fatalf("%d columns, %d turned round", len(p.Features()), len(place))
	}
	for i := range x {
		same := make([]float64, len(x[i]))
		for j, name := range p.Features() {
			same[j] = y[i][place[name]]
		}
		if !sameBits([][]float64{x[i]}, [][]float64{same}) {
			t.Fatalf("row %d: %v and %v", i, x[i], same)
		}
	}
	if !slices.Equal(missing, missing2) {
		t.Error("other rows are missing")
	}
}

func TestSavedAndLoadedIsTheSame(t *testing.T) {
	ds, items := everything(1500, 9)
	p, _ := mustFit(t, items, ds, nil)
	b := saved(p)
	q, err := loaded(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, saved(q)) {
		t.Error("it saves other bytes")
	}
	x, m := transform(t, p, ds, nil)
	y, n := transform(t, q, ds, nil)
	if !sameBits(x, y) || !slices.Equal(m, n) {
		t.Error("it transforms to other bits")
	}
	if !slices.Equal(p.Features(), q.Features()) {
		t.Errorf("features %v, loaded %v", p.Features(), q.Features())
	}
	equalInputs := func(a, b Input) bool { return a.Name == b.Name && a.Kind == b.Kind && slices.Equal(a.Levels, b.Levels) }
	if !slices.EqualFunc(p.Inputs(), q.Inputs(), equalInputs) {
		t.Error("it has other inputs")
	}
	for i, a := range p.Info() {
		b := q.Info()[i]
		for _, v := range []*float64{&a.Mean, &a.StdDev, &a.Min, &a.Max, &b.Mean, &b.StdDev, &b.Min, &b.Max} {
			if *v != *v {
				*v = -12345 // so that NaN equals NaN
			}
		}
		if a != b {
			t.Errorf("info %+v, loaded %+v", a, b)
		}
	}
}

// valuesOf is row i of ds as TransformRow takes it.
func valuesOf(p *Pipeline, ds *data.Dataset, i int) []Value {
	var out []Value
	for _, in := range p.Inputs() {
		c := ds.Column(in.Name)
		switch {
		case c.Kind == data.Numeric:
			out = append(out, Value{Num: c.Num[i]})
		case c.Codes[i] == data.NullCode:
			out = append(out, Value{Null: true})
		default:
			out = append(out, Value{Text: c.Levels[c.Codes[i]]})
		}
	}
	return out
}

func TestOneRowIsTheSameAsInABlock(t *testing.T) {
	train, items := everything(1200, 10)
	p, _ := mustFit(t, items, train, nil)
	ds, _ := everything(1200, 11)
	x, missing := transform(t, p, ds, nil)
	out := make([]float64, len(p.Features()))
	for i := range x {
		for j := range out {
			out[j] = 777 // what is left of the row before must not show
		}
		m, err := p.TransformRow(valuesOf(p, ds, i), out)
		if err != nil || m != missing[i] || !sameBits([][]float64{out}, x[i:i+1]) {
			t.Fatalf("row %d: %v, missing %v, %v; in the block %v, %v", i, out, m, err, x[i], missing[i])
		}
		alone, m1 := transform(t, p, ds, []int32{int32(i)})
		if m1[0] != missing[i] || !sameBits(alone, x[i:i+1]) {
			t.Fatalf("row %d alone: %v; in the block %v", i, alone[0], x[i])
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = p.TransformRow(valuesOf(p, ds, 0), out) }) -
		testing.AllocsPerRun(100, func() { valuesOf(p, ds, 0) }); n != 0 {
		t.Errorf("TransformRow allocates %v times", n)
	}
}

func TestBlocksAreTheSameAsRows(t *testing.T) {
	train, items := everything(1200, 10)
	p, _ := mustFit(t, items, train, nil)
	ds, _ := everything(1500, 14)
	b, out := p.NewBlock(), make([]float64, len(p.Features()))
	for low, n := 0, 1; low < ds.Rows; low, n = low+n, min(2*n+1, ds.Rows-low-n) { // blocks of many sizes, with what is left of those before
		columns := b.Columns(n)
		for i := range n {
			for j, v := range valuesOf(p, ds, low+i) {
				if columns[j].Num != nil {
					columns[j].Num[i] = v.Num
				} else {
					columns[j].Text[i], columns[j].Null[i] = v.Text, v.Null
				}
			}
		}
		x, missing, err := b.Transform(n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			m, err := p.TransformRow(valuesOf(p, ds, low+i), out)
			if err != nil || m != missing[i] || !sameBits([][]float64{out}, [][]float64{x[i*len(out) : (i+1)*len(out)]}) {
				t.Fatalf("row %d of %d: %v, missing %v, %v", i, n, out, m, err)
			}
		}
	}
	b.Columns(8)
	if _, _, err := b.Transform(9000); err == nil {
		t.Error("a block of more rows than there are values is transformed")
	}
}

func TestRowsAreTransformedInTheOrderAsked(t *testing.T) {
	ds, items := everything(1300, 12)
	p, _ := mustFit(t, items, ds, nil)
	all, missing := transform(t, p, ds, nil)
	rows := []int32{1299, 0, 5, 5, 700}
	some, m := transform(t, p, ds, rows)
	for i, r := range rows {
		if !sameBits(some[i:i+1], all[r:r+1]) || m[i] != missing[r] {
			t.Errorf("row %d", r)
		}
	}
}

func TestNothingLeaksFromOtherRows(t *testing.T) {
	one, items := everything(1000, 13)
	other, _ := everything(1000, 13)
	var train []int32
	for i := range 1000 {
		if i%3 != 0 {
			train = append(train, int32(i))
			continue
		}
		for j := range other.Columns {
			if c := &other.Columns[j]; c.Kind == data.Numeric {
				c.Num[i] = 1e9
			} else if len(c.Levels) > 0 {
				c.Codes[i] = 0
			}
		}
	}
	// levels that only the other rows have are in the Dataset, too
	month := other.Column("month")
	month.Levels = append(month.Levels, "zzz")
	month.Codes[0] = int32(len(month.Levels) - 1)
	p, warnings := mustFit(t, items, one, train)
	q, warnings2 := mustFit(t, items, other, train)
	if !bytes.Equal(saved(p), saved(q)) || !slices.Equal(warnings, warnings2) {
		t.Error("rows that are not for training change what is fitted")
	}
}

// The codes of a Dataset mean its own levels and nothing else.
func TestLevelsAreMatchedByTheirText(t *testing.T) {
	p, _ := mustFit(t, []Item{item("m", "m", call("ONE_HOT")), item("o", "m", call("ORDINAL"))}, dataset(categorical("m", "a", "b", "c")), nil)
	ds := dataset(categorical("M", "c", "new", null, "b"))
	ds.Columns[0].Codes = append(ds.Columns[0].Codes, data.UnseenCode)
	ds.Rows++
	x, missing := transform(t, p, ds, nil)
	want := [][]float64{{0, 0, 1, 2}, {0, 0, 0, nan}, {0, 0, 0, nan}, {0, 1, 0, 1}, {0, 0, 0, nan}}
	if !sameBits(x, want) || !slices.Equal(missing, []bool{false, true, true, false, true}) {
		t.Errorf("got %v, %v", x, missing)
	}
}

func TestNoOutputIsInfinite(t *testing.T) {
	train, items := everything(500, 14)
	p, _ := mustFit(t, items, train, nil)
	ds, _ := everything(500, 15)
	extremes := []float64{math.MaxFloat64, -math.MaxFloat64, math.Inf(1), math.Inf(-1), 5e-324}
	for j := range ds.Columns {
		for i := range ds.Columns[j].Num {
			ds.Columns[j].Num[i] = extremes[i%len(extremes)]
		}
	}
	x, missing := transform(t, p, ds, nil)
	for i, row := range x {
		anyNaN := false
		for j, v := range row {
			if math.IsInf(v, 0) {
				t.Fatalf("row %d: %s is %v", i, p.Features()[j], v)
			}
			anyNaN = anyNaN || v != v && p.CategoryNames(j) == nil // a category that is not known costs no row
		}
		if anyNaN != missing[i] {
			t.Fatalf("row %d: missing %v, NaN %v", i, missing[i], anyNaN)
		}
	}
}
