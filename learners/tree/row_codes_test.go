package tree

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
)

// codesOf are rows of p random codes.
func codesOf(rng *rand.Rand, n, p int) *rowCodes {
	r := &rowCodes{stride: p, width: blocked(p), codes: make([]uint8, n*p+blocked(p)-p)}
	for i := range r.codes {
		r.codes[i] = uint8(rng.IntN(256))
	}
	return r
}

func TestVectorsDoAsBytesDo(t *testing.T) {
	if !vectors {
		t.Skip("this processor has no vector instructions")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range []int{1, 8, 31, 32, 33, 64, 100} {
		r := codesOf(rng, 300, p)
		for _, n := range []int{1, 2, 3, 50, 257} {
			var rows rows
			for range n {
				rows.ids = append(rows.ids, int32(rng.IntN(300)))
				rows.moments = append(rows.moments, moment{float64(rng.IntN(5)), float64(rng.IntN(9) - 4)})
			}
			low, high := make([]uint8, r.width), make([]uint8, r.width)
			for j := range low {
				low[j], high[j] = uint8(rng.IntN(256)), uint8(rng.IntN(256))
			}
			low2, high2 := slices.Clone(low), slices.Clone(high)
			r.spread(rows.ids, low, high)
			r.spreadByBytes(rows.ids, low2, high2)
			if !slices.Equal(low[:p], low2[:p]) || !slices.Equal(high[:p], high2[:p]) {
				t.Fatalf("%d features, %d rows: from %v to %v, byte by byte from %v to %v", p, n, low, high, low2, high2)
			}
			cut, bit := make([]uint8, r.width), make([]uint8, r.width)
			for c, j := range rng.Perm(p)[:min(p, maxTallied)] {
				cut[j], bit[j] = uint8(rng.IntN(256)), 1<<c
			}
			var even, odd, even2, odd2 [1 << maxTallied]tallied
			r.tally(rows, cut, bit, even[:], odd[:])
			r.tallyByBytes(rows, cut, bit, even2[:], odd2[:])
			if even != even2 || odd != odd2 {
				t.Fatalf("%d features, %d rows: tallies differ", p, n)
			}
			column := make([]uint8, 300)
			for i := range column {
				column[i] = uint8(rng.IntN(256))
			}
			for _, s := range []split{{code: 100}, {code: 30, missingLeft: true}, {code: 254}} {
				a, b := copyOf(rows), copyOf(rows)
				spare := copyOf(rows)
				left, left2 := partitionBytes(column, s, 255, a, spare), partition(column, s, 255, b, spare)
				if left != left2 || !slices.Equal(a.ids, b.ids) || !slices.Equal(a.moments, b.moments) {
					t.Fatalf("%d rows, split %v: %d go left, byte by byte %d", n, s, left, left2)
				}
			}
		}
	}
}

func copyOf(r rows) rows { return rows{ids: slices.Clone(r.ids), moments: slices.Clone(r.moments)} }

// TestRandomSplitAddsUp compares what randomSplit finds with sums over the rows.
func TestRandomSplitAddsUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x := mat.NewDense(ExactRows, 7, nil)
	y := make([]float64, ExactRows)
	for i := range y {
		for j := range 7 {
			x.Set(i, j, math.Floor(rng.NormFloat64()*float64(1+10*j)))
		}
		x.Set(i, 3, 5) // a constant feature
		y[i] = x.At(i, 6) + rng.NormFloat64()
	}
	for _, features := range []int{0, 1, 3} {
		for _, n := range []int{2, 3, 20, fewRows, 100, 5000} {
			e := &data.Examples{X: x, Y: y}
			target, err := NewTarget("test", e)
			if err != nil {
				t.Fatal(err)
			}
			columns, err := NewColumns(context.Background(), e, true, 1)
			if err != nil {
				t.Fatal(err)
			}
			columns.ByRow()
			if columns.byRow == nil || columns.byRow.missing {
				t.Fatal("binned features without missing values have codes by row")
			}
			g := NewGrower(columns, target, Settings{Criterion: "squared_error", Features: features, RandomThresholds: true, MinRowsLeaf: 1})
			var part rows
			var total moment
			for _, i := range rng.Perm(ExactRows)[:n] {
				m := moment{target.weight[i], target.sum[i]}
				part.ids, part.moments = append(part.ids, int32(i)), append(part.moments, m)
				total.add(m)
			}
			work := g.scratch[0]
			work.scanner.node(target, part, total)
			var o open
			ok, err := g.randomSplit(context.Background(), rng, &o, part, work)
			if err != nil || !ok || !o.split.ok {
				t.Fatalf("%d rows: split %v, %v, %v", n, o.split, ok, err)
			}
			s := o.split
			var left moment
			below, above := math.Inf(-1), math.Inf(1)
			for i, id := range part.ids {
				v := x.At(int(id), s.feature)
				if v <= s.threshold {
					left.add(part.moments[i])
					below = max(below, v)
				} else {
					above = min(above, v)
				}
			}
			if s.feature == 3 || left != s.left || math.IsInf(below, 0) || math.IsInf(above, 0) {
				t.Errorf("%d rows: feature %d at %v parts %v, the split says %v", n, s.feature, s.threshold, left, s.left)
			}
			if score := work.scanner.score(left, nil); score != s.score {
				t.Errorf("%d rows: score %v, the split says %v", n, score, s.score)
			}
		}
	}
}
