package boosting

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
)

// shape says what randomTrees makes.
type shape struct {
	trees, leaves, features, outputs, cuts int
	missingLeft                            float64 // share of the splits
	chain                                  bool    // one child of each split is a leaf
}

// randomTrees makes trees of up to s.leaves leaves, split anywhere, whose cuts are s.cuts different numbers a feature, and a few that are as large as numbers are.
func randomTrees(r *rand.Rand, s shape) []tree {
	var trees []tree
	for range s.trees {
		t := tree{{feature: -1, weight: 1}}
		leaves := []int32{0}
		want := 1 + r.IntN(s.leaves)
		if r.IntN(2) == 0 {
			want = s.leaves
		}
		for len(leaves) < want {
			k := r.IntN(len(leaves))
			if s.chain {
				k = len(leaves) - 1 - r.IntN(min(2, len(leaves)))
			}
			n := &t[leaves[k]]
			n.feature, n.child, n.missingLeft = int32(r.IntN(s.features)), int32(len(t)), r.Float64() < s.missingLeft
			n.cut = float64(r.IntN(s.cuts)) - float64(s.cuts/2)
			if r.IntN(50) == 0 {
				n.cut = math.Copysign(math.MaxFloat64, r.Float64()-0.5)
			}
			weight := n.weight / 2
			leaves[k] = n.child
			leaves = append(leaves, n.child+1)
			t = append(t, node{feature: -1, weight: weight}, node{feature: -1, weight: weight})
		}
		for i := range t {
			t[i].value = r.NormFloat64()
		}
		trees = append(trees, t)
	}
	return trees
}

// randomRows has values around the cuts and on them, infinities, and missing ones.
func randomRows(r *rand.Rand, n, features, cuts int) *mat.Dense {
	x := mat.NewDense(n, features, nil)
	for i := range n {
		for j := range features {
			v := float64(r.IntN(cuts+2)) - float64(cuts/2) - 1
			switch r.IntN(12) {
			case 0:
				v = math.NaN()
			case 1:
				v = math.Inf(r.IntN(2)*2 - 1)
			case 2:
				v = math.Copysign(math.MaxFloat64, v)
			case 3:
				v = math.Copysign(0, -1)
			case 4, 5, 6, 7:
				v += r.Float64()
			}
			x.Set(i, j, v)
		}
	}
	return x
}

// needScorer skips a test where there are no vector instructions.
func needScorer(t *testing.T) {
	if !vectors {
		t.Skip("this processor, or this build, has no vector instructions: all rows walk")
	}
}

func TestScorerPredictsTheBitsOfWalking(t *testing.T) {
	needScorer(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		shape
		n int
	}{
		{shape{trees: 1, leaves: 1, features: 1, outputs: 1, cuts: 1}, 70},
		{shape{trees: 9, leaves: 2, features: 2, outputs: 1, cuts: 3}, 64},
		{shape{trees: 40, leaves: 31, features: 5, outputs: 1, cuts: 100, missingLeft: 0.5}, 700},
		{shape{trees: 41, leaves: 31, features: 3, outputs: 1, cuts: 8, missingLeft: 1}, 65},
		{shape{trees: 30, leaves: 8, features: 4, outputs: 3, cuts: 20, missingLeft: 0.2}, 300},
		{shape{trees: 30, leaves: 9, features: 4, outputs: 1, cuts: 255}, 257},
		{shape{trees: 33, leaves: 64, features: 30, outputs: 1, cuts: 4000, missingLeft: 0.5}, 200},
		{shape{trees: 60, leaves: 64, features: 1, outputs: 2, cuts: 4000, missingLeft: 0.5}, 200}, // a feature with more cuts than a column has
		{shape{trees: 10, leaves: 256, features: 7, outputs: 5, cuts: 300, missingLeft: 0.5}, 130},
		{shape{trees: 7, leaves: 256, features: 2, outputs: 1, cuts: 300, chain: true}, 100},
		{shape{trees: 20, leaves: 40, features: 700, outputs: 1, cuts: 30, missingLeft: 0.5}, 150}, // blocks of 64 rows
	} {
		trees, start := randomTrees(r, c.shape), make([]float64, c.outputs)
		for k := range start {
			start[k] = r.NormFloat64()
		}
		classes, loss := 0, "squared_error"
		if c.outputs > 1 {
			classes, loss = c.outputs, "softmax"
		}
		trees = trees[:len(trees)/c.outputs*c.outputs]
		fast := newEnsemble(loss, c.features, classes, c.outputs, start, trees, nil)
		if fast.scorer == nil {
			t.Fatalf("%+v: no scorer", c)
		}
		slow := *fast
		slow.scorer = nil
		x := randomRows(r, c.n, c.features, c.cuts)
		w := new(workspace)
		for lo := 0; lo < c.n; {
			n := min(c.n-lo, fast.scorer.blockRows())
			got := append([]float64(nil), fast.scorer.margins(x, lo, n, start, w)...)
			for i := 0; i < n; {
				m := min(n-i, slow.blockGroups()*lanes)
				for k, want := range slow.walkBlock(x, lo+i, m, w) {
					if v := got[i*c.outputs+k]; math.Float64bits(v) != math.Float64bits(want) {
						t.Fatalf("%+v: margin %d of row %d is %v, by walking %v", c, k%c.outputs, lo+i+k/c.outputs, v, want)
					}
				}
				i += m
			}
			lo += n
		}
		a, b := predictions(t, fast, x), predictions(t, &slow, x)
		for i := range c.n {
			for k := range max(1, classes) {
				if math.Float64bits(a.At(i, k)) != math.Float64bits(b.At(i, k)) {
					t.Fatalf("%+v: row %d is predicted %v, by walking %v", c, i, a.RawRowView(i), b.RawRowView(i))
				}
			}
		}
	}
}

// TestScorerLeavesCategoriesToWalking: a model with a split by categories walks as a whole, and a row gets the same bits in any block.
func TestScorerLeavesCategoriesToWalking(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	s := shape{trees: 30, leaves: 31, features: 3, outputs: 3, cuts: 70, missingLeft: 0.5}
	trees, x := randomTrees(r, s), randomRows(r, 700, s.features, s.cuts)
	for i := range 700 { // the second feature is a category of 70, some rows have none, and some a code that is none
		if r.IntN(9) > 0 {
			x.Set(i, 1, float64(r.IntN(72)-1))
		}
	}
	categories, splits := []int{0, 70, 0}, 0
	for _, t := range trees {
		for i := range t {
			if n := &t[i]; n.feature == 1 {
				n.left = []uint64{r.Uint64(), r.Uint64() >> 58}
				splits++
			}
		}
	}
	e := newEnsemble("softmax", s.features, 3, 3, []float64{1, 2, 3}, trees, categories)
	if e.scorer != nil || splits < 50 {
		t.Fatalf("%d splits by categories, there is a scorer: %v", splits, e.scorer != nil)
	}
	leaf := func(t tree, row []float64) float64 { // as the nodes say
		at := 0
		for t[at].feature >= 0 {
			n := &t[at]
			v := row[n.feature]
			var left bool
			switch {
			case n.left == nil:
				left = v <= n.cut || v != v && n.missingLeft || math.IsInf(v, 1) && n.cut == math.MaxFloat64
			case v >= 0 && v < 70 && v == math.Trunc(v):
				left = n.left[int(v)/64]>>(int(v)%64)&1 == 1
			default:
				left = n.missingLeft
			}
			if at = int(n.child); !left {
				at++
			}
		}
		return t[at].value
	}
	all := predictions(t, e, x)
	for i := range 700 {
		margins, want := []float64{1, 2, 3}, make([]float64, 3)
		for k, grown := range trees {
			margins[k%3] += leaf(grown, x.RawRowView(i))
		}
		e.link(margins, want)
		alone := predictions(t, e, x.Slice(i, i+1, 0, 3).(*mat.Dense))
		for k := range 3 {
			if math.Float64bits(all.At(i, k)) != math.Float64bits(want[k]) || math.Float64bits(alone.At(0, k)) != math.Float64bits(want[k]) {
				t.Fatalf("row %d is predicted %v, alone %v; its nodes say %v", i, all.RawRowView(i), alone.RawRowView(0), want)
			}
		}
	}
	for _, block := range []int{7, 64, 129} {
		for lo := 0; lo+block <= 700; lo += block {
			part := predictions(t, e, x.Slice(lo, lo+block, 0, 3).(*mat.Dense))
			if !mat.Equal(part, all.Slice(lo, lo+block, 0, 3)) {
				t.Fatalf("rows %d to %d are predicted otherwise in a block of their own", lo, lo+block-1)
			}
		}
	}
	for _, grown := range trees { // without them, the rows go by vector instructions
		for i := range grown {
			if grown[i].feature == 1 {
				grown[i].left, grown[i].feature = nil, 0
			}
		}
	}
	if e := newEnsemble("softmax", s.features, 3, 3, []float64{1, 2, 3}, trees, categories); vectors && e.scorer == nil {
		t.Error("no split is by categories, and there is no scorer")
	}
}

func TestScorerLeavesLargeTreesToWalking(t *testing.T) {
	needScorer(t)
	r := rand.New(rand.NewPCG(3, 4))
	trees := randomTrees(r, shape{trees: 3, leaves: 20, features: 4, cuts: 30})
	for want := 256; want <= 257; want++ {
		large := randomTrees(r, shape{trees: 20, leaves: want, features: 4, cuts: 30})
		for _, l := range large {
			if len(l) != 2*want-1 {
				continue
			}
			e := newEnsemble("squared_error", 4, 0, 1, []float64{1}, append(trees[:2:2], l, trees[2]), nil)
			if (e.scorer != nil) != (want == 256) {
				t.Errorf("a tree of %d leaves: there is a scorer: %v", want, e.scorer != nil)
			}
			x := randomRows(r, 100, 4, 30)
			all := predictions(t, e, x)
			for i := range 100 {
				if one := predictions(t, e, x.Slice(i, i+1, 0, 4).(*mat.Dense)); math.Float64bits(one.At(0, 0)) != math.Float64bits(all.At(i, 0)) {
					t.Fatalf("row %d is predicted %v alone, %v among others", i, one.At(0, 0), all.At(i, 0))
				}
			}
		}
	}
}

// TestPredictionsShareNothing predicts with two ensembles of different sizes at the same time; -race sees more.
func TestPredictionsShareNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var group safego.Group
	var mu sync.Mutex
	wrong := 0
	for k := range 4 {
		s := shape{trees: 20 + 5*k, leaves: 31, features: 3 + k, outputs: 1, cuts: 50}
		e, x := newEnsemble("squared_error", s.features, 0, 1, []float64{0}, randomTrees(r, s), nil), randomRows(r, 100+50*k, s.features, 50)
		want := predictions(t, e, x)
		group.Go(func() error {
			n, _ := x.Dims()
			out := mat.NewDense(n, 1, nil)
			for range 20 {
				if err := e.Predict(x, out); err != nil {
					return err
				}
				if !mat.Equal(out, want) {
					mu.Lock()
					wrong++
					mu.Unlock()
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || wrong > 0 {
		t.Errorf("%d predictions differ from those made alone, %v", wrong, err)
	}
}
