package split

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// sequence is the identities of rows whose key counts up: the hardest for a hash.
func sequence(from, n int) []uint64 {
	id := make([]uint64, n)
	for i := range id {
		id[i] = uint64(from + i)
	}
	return id
}

func assign(t *testing.T, s Spec, in Input) []Part {
	t.Helper()
	parts, _, err := Assign(context.Background(), s, in)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != len(in.ID) {
		t.Fatalf("%d parts of %d rows", len(parts), len(in.ID))
	}
	return parts
}

func count(parts []Part) (n [4]int) {
	for _, p := range parts {
		n[p]++
	}
	return n
}

func ptr[T any](v T) *T { return &v }

// TestHashIsForEver pins the assignment: stored versions find their TEST rows by it.
func TestHashIsForEver(t *testing.T) {
	if got := mix(0); got != 0xE220A8397B1DCDAF { // the first number of SplitMix64 with seed 0
		t.Errorf("mix(0) = %#x", got)
	}
	word := func(s Spec) string {
		var b strings.Builder
		for _, p := range assign(t, s, Input{ID: sequence(1, 40), Class: make([]float64, 40)}) {
			b.WriteByte(" RVE"[p])
		}
		return b.String()
	}
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{Method: Random, Train: 0.6, Validate: 0.2, Test: 0.2}, "REVRRRRERVRRRVRRRRVRRRERRERRERRRRERRVRRR"},
		{Spec{Method: Hash, Train: 0.6, Validate: 0.2, Test: 0.2, Seed: 99}, "REVRRRRERVRRRVRRRRVRRRERRERRERRRRERRVRRR"},
		{Spec{Method: Random, Train: 0.6, Validate: 0.2, Test: 0.2, Seed: 1}, "EVREVRRRRVRRERERREEVRVERRRRRRRRRERVRRRER"},
		{Spec{Method: Stratified, Train: 0.6, Validate: 0.2, Test: 0.2, Seed: 1}, "EVREVRRRRVRRERERREEVRVVRRRRRRRRRERVRRVER"},
	} {
		if got := word(c.spec); got != c.want {
			t.Errorf("%s seed %d: %s, want %s", c.spec.Method, c.spec.Seed, got, c.want)
		}
	}
}

// TestRandomShares: for every seed the parts have their shares within what chance allows (five standard deviations), also among neighbours.
func TestRandomShares(t *testing.T) {
	const n = 20_000
	for seed := range uint64(20) {
		s := Spec{Method: Random, Train: 0.7, Validate: 0.1, Test: 0.2, Seed: seed}
		parts := assign(t, s, Input{ID: sequence(0, n)})
		got := count(parts)
		for part, f := range map[Part]float64{Train: 0.7, Validate: 0.1, Test: 0.2} {
			if d := math.Abs(float64(got[part]) - f*n); d > 5*math.Sqrt(n*f*(1-f)) {
				t.Errorf("seed %d: %s has %d of %d rows", seed, part, got[part], n)
			}
		}
		pairs := 0
		for i := 1; i < n; i++ {
			if parts[i] == Test && parts[i-1] == Test {
				pairs++
			}
		}
		if d := math.Abs(float64(pairs) - 0.04*n); d > 6*math.Sqrt(n*0.04) {
			t.Errorf("seed %d: %d neighbours both in TEST, want about %g", seed, pairs, 0.04*n)
		}
	}
	// Two seeds are as good as independent.
	a := assign(t, Spec{Method: Random, Train: 0.5, Test: 0.5, Seed: 0}, Input{ID: sequence(0, n)})
	b := assign(t, Spec{Method: Random, Train: 0.5, Test: 0.5, Seed: 1}, Input{ID: sequence(0, n)})
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	if math.Abs(float64(same)-n/2) > 5*math.Sqrt(n/4) {
		t.Errorf("seeds 0 and 1 agree on %d of %d rows", same, n)
	}
}

func TestAddedRowsMoveNoOther(t *testing.T) {
	for _, method := range []Method{Random, Hash} {
		s := Spec{Method: method, Train: 0.7, Validate: 0.1, Test: 0.2, Seed: 5}
		few := assign(t, s, Input{ID: sequence(1000, 500)})
		more := assign(t, s, Input{ID: sequence(700, 1500)}) // before and behind
		if !slices.Equal(few, more[300:800]) {
			t.Errorf("%s: added rows moved others", method)
		}
	}
	// Within a class only the rows near the cuts move, and only by that class's new rows.
	in := Input{ID: sequence(0, 1000), Class: make([]float64, 1000)}
	for i := range in.Class {
		in.Class[i] = float64(i % 2)
	}
	s := Spec{Method: Stratified, Train: 0.8, Test: 0.2}
	before := assign(t, s, in)
	in.ID, in.Class = append(in.ID, sequence(5000, 20)...), append(in.Class, make([]float64, 20)...)
	after := assign(t, s, in)
	moved := 0
	for i := range before {
		if before[i] != after[i] {
			moved++
			if in.Class[i] != 0 {
				t.Errorf("row %d of the class without new rows moved", i)
			}
		}
	}
	if moved > 20 {
		t.Errorf("%d rows moved", moved)
	}
}

// TestFractionsNest: a larger TRAIN only takes rows, it gives none away.
func TestFractionsNest(t *testing.T) {
	in := Input{ID: sequence(0, 2000)}
	small := assign(t, Spec{Method: Random, Train: 0.5, Test: 0.5, Seed: 3}, in)
	large := assign(t, Spec{Method: Random, Train: 0.8, Test: 0.2, Seed: 3}, in)
	for i := range small {
		if small[i] == Train && large[i] != Train {
			t.Fatalf("row %d left TRAIN", i)
		}
	}
}

// TestOrderOfRows: the part of a row depends on the row, not on where it stands.
func TestOrderOfRows(t *testing.T) {
	const n = 777
	rng := rand.New(rand.NewPCG(1, 2))
	in := Input{ID: make([]uint64, n), Class: make([]float64, n), Time: make([]float64, n), Column: make([]*string, n)}
	for i := range n {
		in.ID[i], in.Class[i], in.Time[i] = rng.Uint64(), float64(rng.IntN(4)), float64(rng.IntN(100))
		in.Column[i] = []*string{nil, ptr("train"), ptr("Validate"), ptr("TEST")}[rng.IntN(4)]
	}
	perm := rng.Perm(n)
	shuffled := Input{}
	for _, i := range perm {
		shuffled.ID, shuffled.Class = append(shuffled.ID, in.ID[i]), append(shuffled.Class, in.Class[i])
		shuffled.Time, shuffled.Column = append(shuffled.Time, in.Time[i]), append(shuffled.Column, in.Column[i])
	}
	for _, method := range []Method{Random, Stratified, Hash, Time, Column, NoSplit} {
		s := Spec{Method: method, Train: 0.6, Validate: 0.15, Test: 0.25, Seed: 8}
		want := assign(t, s, in)
		got := assign(t, s, shuffled)
		for k, i := range perm {
			if got[k] != want[i] {
				t.Errorf("%s: row %d is in %s, in another order in %s", method, i, want[i], got[k])
				break
			}
		}
		if again := assign(t, s, in); !slices.Equal(again, want) {
			t.Errorf("%s: not the same twice", method)
		}
	}
}

func TestStratifiedSharesAreExact(t *testing.T) {
	sizes := []int{1000, 300, 57, 10, 5, 2}
	in := Input{}
	for class, size := range sizes {
		for range size {
			in.Class = append(in.Class, float64(class))
		}
	}
	in.ID = sequence(0, len(in.Class))
	for _, s := range []Spec{{Train: 0.8, Test: 0.2}, {Train: 0.7, Validate: 0.1, Test: 0.2}, {Train: 0.9, Validate: 0.1}, {Train: 1}, {Train: 0.001, Test: 0.999}} {
		s.Method = Stratified
		for seed := range uint64(5) {
			s.Seed = seed
			rows := make([][4]int, len(sizes))
			for i, p := range assign(t, s, in) {
				rows[int(in.Class[i])][p]++
			}
			for class, size := range sizes {
				for part, f := range map[Part]float64{Train: s.Train, Validate: s.Validate, Test: s.Test, None: 0} {
					got, want := float64(rows[class][part]), f*float64(size)
					if math.Abs(got-want) > 1 || want == math.Trunc(want) && got != want || part == Train && got == 0 {
						t.Errorf("%+v: class of %d rows: %g in %s, want %g", s, size, got, part, want)
					}
				}
			}
		}
	}
}

func TestSingleRowOfAClass(t *testing.T) {
	in := Input{ID: sequence(0, 12), Class: []float64{0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1}, Classes: []string{"no", "yes", "perhaps"}}
	s := Spec{Method: Stratified, Train: 0.5, Test: 0.5}
	parts, warnings, err := Assign(context.Background(), s, in)
	if err != nil || parts[5] != Train || parts[11] != Train {
		t.Errorf("%v, %v", parts, err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "2 classes have a single row ('yes', 'perhaps')") {
		t.Errorf("warnings %q", warnings)
	}
	in.Class[11], in.Classes = 0, nil
	if _, warnings, _ = Assign(context.Background(), s, in); len(warnings) != 1 || !strings.Contains(warnings[0], "class 2 has a single row") {
		t.Errorf("warnings %q", warnings)
	}
	in.Class[5] = 0
	if _, warnings, _ = Assign(context.Background(), s, in); len(warnings) != 0 {
		t.Errorf("warnings %q", warnings)
	}
}

func TestTime(t *testing.T) {
	for _, c := range []struct {
		time     []float64
		spec     Spec
		want     string
		warnings int
	}{
		{[]float64{5, 1, 4, 2, 3}, Spec{Train: 0.8, Test: 0.2}, "ERRRR", 0},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Spec{Train: 0.6, Validate: 0.2, Test: 0.2}, "RRRRRRVVEE", 0},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Spec{Train: 0.7, Validate: 0.3}, "RRRRRRRVVV", 0},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 7, 7, 10}, Spec{Train: 0.8, Test: 0.2}, "RRRRRRRRRE", 1},               // 9 rows are nearer to 8 than 6 are
		{[]float64{1, 1, 1, 1, 1, 2, 2, 2, 2, 2}, Spec{Train: 0.8, Test: 0.2}, "RRRRREEEEE", 1},                // the only border
		{[]float64{1, 1, 1, 1, 1, 2, 2, 2, 2, 3}, Spec{Train: 0.8, Validate: 0.1, Test: 0.1}, "RRRRRVVVVE", 1}, // the nearer border is kept for the later cut
		{[]float64{3, 1, 1, 2, 1, 1}, Spec{Train: 0.1, Test: 0.9}, "ERRERR", 1},
		{[]float64{2, 2, 2}, Spec{Train: 1}, "RRR", 0},
	} {
		c.spec.Method = Time
		parts, warnings, err := Assign(context.Background(), c.spec, Input{ID: make([]uint64, len(c.time)), Time: c.time})
		got := ""
		for _, p := range parts {
			got += string(" RVE"[p])
		}
		if err != nil || got != c.want || len(warnings) != c.warnings {
			t.Errorf("%v by %+v: %s %q %v, want %s", c.time, c.spec, got, warnings, err, c.want)
		}
	}
}

// TestTimeNeverLooksAhead: whatever the ties, all of an earlier part is before all of a later one, and each cut is near its fraction.
func TestTimeNeverLooksAhead(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for trial := range 300 {
		n := 20 + rng.IntN(200)
		in := Input{ID: make([]uint64, n), Time: make([]float64, n)}
		values := 4 + rng.IntN(200)
		for i := range in.Time {
			in.Time[i] = float64(rng.IntN(values))
		}
		parts, _, err := Assign(context.Background(), Spec{Method: Time, Train: 0.6, Validate: 0.2, Test: 0.2}, in)
		if err != nil {
			t.Fatal(err)
		}
		last := map[Part]float64{Train: -1, Validate: -1, Test: -1}
		first := map[Part]float64{Train: math.Inf(1), Validate: math.Inf(1), Test: math.Inf(1)}
		for i, p := range parts {
			last[p], first[p] = max(last[p], in.Time[i]), min(first[p], in.Time[i])
		}
		if last[Train] >= first[Validate] || last[Validate] >= first[Test] {
			t.Fatalf("trial %d: last %v, first %v", trial, last, first)
		}
	}
}

func TestColumn(t *testing.T) {
	in := Input{ID: make([]uint64, 5), Column: []*string{ptr("TRAIN"), ptr("test"), nil, ptr("Validate"), ptr("train")}}
	if got := assign(t, Spec{Method: Column}, in); !slices.Equal(got, []Part{Train, Test, None, Validate, Train}) {
		t.Errorf("%v", got)
	}
}

func TestNoSplit(t *testing.T) {
	if got := count(assign(t, Spec{Method: NoSplit}, Input{ID: make([]uint64, 7)})); got[Train] != 7 {
		t.Errorf("%v", got)
	}
}

func TestFractions(t *testing.T) {
	for _, c := range []struct {
		train, validate, test float64 // NaN is not given
		want                  string  // the three, or a piece of the error
	}{
		{math.NaN(), math.NaN(), math.NaN(), "0.8 0 0.2"},
		{0.7, math.NaN(), math.NaN(), "0.7 0 0.3"},
		{1, math.NaN(), math.NaN(), "1 0 0"},
		{math.NaN(), math.NaN(), 0.3, "0.7 0 0.3"},
		{math.NaN(), 0.1, math.NaN(), "0.7 0.1 0.2"},
		{math.NaN(), 0.1, 0.2, "0.7 0.1 0.2"},
		{0.6, 0.1, math.NaN(), "0.6 0.1 0.3"},
		{0.9, 0.1, math.NaN(), "0.9 0.1 0"},
		{0.7, math.NaN(), 0.3, "0.7 0 0.3"},
		{0.7, 0.1, 0.2, "0.7 0.1 0.2"},
		{0.7, math.NaN(), 0.2, "fractions TRAIN 0.7 TEST 0.2: 0.1 is missing to 1; add VALIDATE 0.1"},
		{0.6, 0.1, 0.2, "0.1 is missing to 1; make them sum to 1, for instance with TRAIN 0.7"},
		{0.7, 0.2, 0.2, "TRAIN 0.7 VALIDATE 0.2 TEST 0.2: together they exceed 1 by 0.1"},
		{0.9, 0.3, math.NaN(), "exceed 1 by 0.2"},
		{math.NaN(), 0.5, 0.7, "VALIDATE 0.5 TEST 0.7: together they exceed 1 by 0.2"},
		{math.NaN(), 0.8, math.NaN(), "leave nothing for TRAIN"},
		{math.NaN(), math.NaN(), 1, "leave nothing for TRAIN"},
		{0, math.NaN(), math.NaN(), "leave nothing for TRAIN"},
		{1.5, math.NaN(), math.NaN(), "TRAIN 1.5: a fraction must be between 0 and 1"},
		{80, math.NaN(), 20, "TRAIN 80: a fraction must be between 0 and 1"},
		{0.8, math.NaN(), -0.2, "TEST -0.2: a fraction must be between 0 and 1"},
	} {
		given := func(f float64) *float64 {
			if math.IsNaN(f) {
				return nil
			}
			return &f
		}
		s, err := Fractions(given(c.train), given(c.validate), given(c.test))
		got := fmt.Sprint(s.Train, s.Validate, s.Test)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != c.want || !strings.Contains(got, c.want) {
			t.Errorf("%g %g %g: %s, want %s", c.train, c.validate, c.test, got, c.want)
		}
	}
	if _, err := Fractions(ptr(math.NaN()), nil, nil); err == nil {
		t.Error("NaN is no fraction")
	}
}

func TestErrors(t *testing.T) {
	half := Spec{Train: 0.5, Test: 0.5}
	with := func(s Spec, m Method) Spec { s.Method = m; return s }
	for _, c := range []struct {
		spec Spec
		in   Input
		want string
	}{
		{with(half, Random), Input{}, "no rows to split"},
		{half, Input{ID: sequence(0, 2)}, "unknown split method 0"},
		{Spec{Method: Random, Train: 0.5}, Input{ID: sequence(0, 2)}, "0.5 is missing to 1"},
		{Spec{Method: Random, Train: math.NaN(), Test: 1}, Input{ID: sequence(0, 2)}, "each must be between 0 and 1"},
		{with(half, Random), Input{ID: sequence(0, 1)}, "none of the 1 rows into T"},
		{Spec{Method: Random, Train: 0.98, Validate: 0.01, Test: 0.01}, Input{ID: sequence(0, 3)}, "RANDOM puts none of the 3 rows into VALIDATE (fraction 0.01): give more rows or a larger fraction, or train on all rows with SPLIT NONE"},
		{with(half, Stratified), Input{ID: sequence(0, 2), Class: []float64{0}}, "STRATIFIED needs the class of each row: there are 1 for 2 rows"},
		{with(half, Stratified), Input{ID: sequence(0, 2), Class: []float64{0, math.NaN()}}, "row 2 has no class"},
		{with(half, Stratified), Input{ID: sequence(0, 2), Class: []float64{0, 1}}, "STRATIFIED puts none of the 2 rows into TEST"},
		{with(half, Time), Input{ID: sequence(0, 2)}, "TIME needs the time of each row"},
		{with(half, Time), Input{ID: sequence(0, 2), Time: []float64{math.NaN(), 1}}, "row 1 has no time"},
		{with(half, Time), Input{ID: sequence(0, 3), Time: []float64{4, 4, 4}}, "TIME cannot fill 2 parts: the 3 rows have 1 different times"},
		{Spec{Method: Column}, Input{ID: sequence(0, 2)}, "COLUMN needs the split column"},
		{Spec{Method: Column}, Input{ID: sequence(0, 2), Column: []*string{ptr("train"), ptr("dev")}}, "row 2 of the split column holds 'dev': it must be 'TRAIN', 'VALIDATE', 'TEST', or NULL"},
		{Spec{Method: Column}, Input{ID: sequence(0, 1), Column: []*string{ptr(strings.Repeat("ä", 500))}}, "'" + strings.Repeat("ä", 40) + "...'"},
		{Spec{Method: Column}, Input{ID: sequence(0, 3), Column: []*string{ptr("test"), ptr("test"), nil}}, "no row is marked TRAIN in the split column (0 VALIDATE, 2 TEST, 1 NULL)"},
	} {
		parts, _, err := Assign(context.Background(), c.spec, c.in)
		if err == nil || parts != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, %v; want an error with %q", c.spec, parts, err, c.want)
		}
	}
}
