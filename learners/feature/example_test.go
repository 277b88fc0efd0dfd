package feature

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"aibms/learners/artifact"
	"aibms/learners/data"
)

var nan = math.NaN()

// numeric is a numeric column.
func numeric(name string, values ...float64) data.Column {
	return data.Column{Name: name, Kind: data.Numeric, Num: values}
}

// null stands for NULL among the values of categorical.
const null = "\x00NULL"

// categorical is a categorical column of the given values.
func categorical(name string, values ...string) data.Column {
	c := data.Column{Name: name, Kind: data.Categorical}
	for _, v := range values {
		if v != null {
			c.Levels = append(c.Levels, v)
		}
	}
	slices.Sort(c.Levels)
	c.Levels = slices.Compact(c.Levels)
	for _, v := range values {
		code, ok := slices.BinarySearch(c.Levels, v)
		if !ok {
			code = int(data.NullCode)
		}
		c.Codes = append(c.Codes, int32(code))
	}
	return c
}

func dataset(columns ...data.Column) *data.Dataset {
	return &data.Dataset{Columns: columns, Rows: columns[0].Len()}
}

// item is input wrapped in calls, each a name followed by its arguments.
func item(as, input string, calls ...[]string) Item {
	it := Item{Input: input, As: as}
	for _, c := range calls {
		it.Calls = append(it.Calls, Call{Name: c[0], Args: c[1:]})
	}
	return it
}

func call(name string, args ...string) []string { return append([]string{name}, args...) }

// mustFit fits items on all or some rows.
func mustFit(t testing.TB, items []Item, ds *data.Dataset, rows []int32) (*Pipeline, []string) {
	t.Helper()
	p, warnings, err := Fit(t.Context(), items, ds, rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, warnings
}

// transform returns the rows of X, nil when there is none.
func transform(t testing.TB, p *Pipeline, ds *data.Dataset, rows []int32) ([][]float64, []bool) {
	t.Helper()
	x, missing, err := p.Transform(t.Context(), ds, rows)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]float64
	if x != nil {
		n, _ := x.Dims()
		for i := range n {
			out = append(out, slices.Clone(x.RawRowView(i)))
		}
	}
	return out, missing
}

// sameBits compares numbers by their bits; every NaN is equal.
func sameBits(a, b [][]float64) bool {
	return slices.EqualFunc(a, b, func(x, y []float64) bool {
		return slices.EqualFunc(x, y, func(u, v float64) bool {
			return math.Float64bits(u) == math.Float64bits(v) || u != u && v != v
		})
	})
}

func saved(p *Pipeline) []byte {
	w := artifact.NewWriter()
	p.Save(w)
	return w.Encode()
}

func loaded(b []byte) (*Pipeline, error) {
	r, err := artifact.Decode(b)
	if err != nil {
		return nil, err
	}
	return Load(r)
}

// everything is data with all that is awkward in it, and a feature of every transformer and combination on it.
func everything(n int, seed uint64) (*data.Dataset, []Item) {
	rng := rand.New(rand.NewPCG(seed, 1))
	num := func(name string, f func() float64) data.Column {
		c := numeric(name)
		for range n {
			c.Num = append(c.Num, f())
		}
		return c
	}
	txt := func(name string, f func() string) data.Column {
		values := make([]string, n)
		for i := range values {
			values[i] = f()
		}
		return categorical(name, values...)
	}
	sometimes := func(share, special float64, f func() float64) func() float64 {
		return func() float64 {
			if rng.Float64() < share {
				return special
			}
			return f()
		}
	}
	months := []string{"Jan", "Feb", "Mar", "apr", "", "Déc", "it's", "Jan "}
	ds := dataset(
		num("x", sometimes(0.1, nan, rng.NormFloat64)),
		num("`a b`", func() float64 { return 1e6 + rng.ExpFloat64() }),
		num("LOG(x + 1)", sometimes(0.05, math.Inf(-1), rng.NormFloat64)),
		num("huge", sometimes(0.3, -1.7e308, func() float64 { return 1.7e308 * rng.Float64() })),
		num("tiny", func() float64 { return 5e-324 * float64(rng.IntN(3)) }),
		num("count", sometimes(0.1, nan, func() float64 { return float64(rng.IntN(5)) })),
		num("flag", sometimes(0.1, nan, func() float64 { return float64(rng.IntN(2)) })),
		num("constant", func() float64 { return 0.1 }),
		num("nothing", func() float64 { return nan }),
		num("zeros", func() float64 { return []float64{0, math.Copysign(0, -1)}[rng.IntN(2)] }),
		txt("month", func() string {
			if rng.Float64() < 0.1 {
				return null
			}
			return months[rng.IntN(len(months))]
		}),
		txt("blank", func() string { return null }),
		txt("id", func() string { return fmt.Sprint("id", rng.IntN(400)) }),
	)
	return ds, []Item{
		item("x", "x"),
		item("xs", "x", call("STANDARD_SCALE")),
		item("xi", "x", call("IMPUTE", "'median'"), call("STANDARD_SCALE")),
		item("xm", "x", call("IMPUTE", "'mean'", "TRUE"), call("CLIP_QUANTILE", "0.05", "0.95"), call("ROBUST_SCALE")),
		item("late", "x", call("STANDARD_SCALE"), call("IMPUTE", "-1.5", "TRUE")),
		item("a b", "`a b`", call("MIN_MAX_SCALE")),
		item("lx", "LOG(x + 1)", call("IMPUTE", "'most_frequent'"), call("MAX_ABS_SCALE")),
		item("bucket", "x", call("QUANTILE_BUCKET", "4"), call("ONE_HOT")),
		item("h1", "huge", call("STANDARD_SCALE")),
		item("h2", "huge", call("MIN_MAX_SCALE")),
		item("h3", "huge", call("ROBUST_SCALE")),
		item("tiny", "tiny", call("STANDARD_SCALE")),
		item("count", "count", call("ONE_HOT")),
		item("count2", "count", call("IMPUTE", "'most_frequent'", "TRUE"), call("ONE_HOT", "2")),
		item("count3", "count", call("ORDINAL", "4", "NULL", "2", "0"), call("IMPUTE", "9")),
		item("flag", "flag", call("IMPUTE", "'most_frequent'")),
		item("constant", "constant", call("STANDARD_SCALE")),
		item("nothing", "nothing", call("IMPUTE", "'median'"), call("STANDARD_SCALE")),
		item("zeros", "zeros", call("MAX_ABS_SCALE")),
		item("month", "month", call("ONE_HOT")),
		item("m2", "month", call("IMPUTE", "'unknown'", "TRUE"), call("ONE_HOT", "3")),
		item("m3", "month", call("IMPUTE", "'most_frequent'"), call("ORDINAL"), call("STANDARD_SCALE")),
		item("m4", "month", call("ORDINAL", "'Feb'", "NULL", "'it''s'", "'never'"), call("IMPUTE", "'median'", "1"), call("MIN_MAX_SCALE")),
		item("blank", "blank", call("IMPUTE", "'most_frequent'", "TRUE"), call("ONE_HOT")),
		item("id", "id", call("ONE_HOT")),
		item("c1", "month", call("CATEGORY")),
		item("c2", "count", call("CATEGORY", "2")),
		item("c3", "month", call("IMPUTE", "'unknown'", "TRUE"), call("CATEGORY")),
	}
}
