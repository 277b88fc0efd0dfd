package cluster

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"aibms/learners/matmul"
)

// TestKernelGivesTheBitsOfItsTwin for all small shapes, with centres and rows that are equal to others, for rows that lie apart, and with one number and with two.
func TestKernelGivesTheBitsOfItsTwin(t *testing.T) {
	if !matmul.Accelerated() {
		t.Skip("this processor has no vector instructions")
	}
	rng := rand.New(rand.NewPCG(1, 9))
	fast, slow := new(scratch), new(scratch)
	compared := 0
	for _, p := range []int{1, 2, 3, 5, 8, 28, 127, 128} {
		for _, k := range []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 40} {
			for _, n := range []int{1, 5, 6, 7, 12, 29} {
				c := newCentres(k, p)
				for i := range c.at {
					c.at[i] = math.Round(rng.NormFloat64() * 2)
					if k%2 == 0 {
						c.at[i] = rng.NormFloat64()
					}
				}
				if k > 4 { // equal ones, in one panel and in different ones
					copy(c.row(k-1), c.row(1))
					copy(c.row(3), c.row(2))
				}
				c.ready()
				stride := p + rng.IntN(3)
				x := make([]float64, (n-1)*stride+p)
				for i := range x {
					x[i] = math.Round(rng.NormFloat64() * 3)
				}
				copy(x, c.row(k-1))
				rows := matmul.Of(n, p, stride, x)
				for _, second := range []bool{false, true} {
					c.compareFast(fast, rows, second)
					c.compareSlowly(slow, rows)
					compared += n
					if !slices.Equal(fast.near, slow.near) || !slices.Equal(fast.first, slow.first) || second && !slices.Equal(fast.second, slow.second) {
						t.Fatalf("%d rows of %d numbers, %d centres, second %v:\n%v %v %v, the twin\n%v %v %v", n, p, k, second, fast.near, fast.first, fast.second, slow.near, slow.first, slow.second)
					}
				}
			}
		}
	}
	if compared == 0 {
		t.Fatal("nothing was compared")
	}
}

// TestCandidatesKernelGivesTheBitsOfItsTwin for rows and candidates of which some are equal.
func TestCandidatesKernelGivesTheBitsOfItsTwin(t *testing.T) {
	if !matmul.Accelerated() {
		t.Skip("this processor has no vector instructions")
	}
	rng := rand.New(rand.NewPCG(2, 9))
	for _, p := range []int{1, 2, 5, 28, 128} {
		for k := 1; k <= quad; k++ {
			for _, weighted := range []bool{false, true} {
				const n = 5 * tileRows
				e := groups(n+3, p, 4, uint64(p))
				if weighted {
					for range n + 3 {
						e.Weights = append(e.Weights, float64(rng.IntN(4))/2)
					}
				}
				r, err := newRows(t.Context(), e, 1)
				if err != nil {
					t.Fatal(err)
				}
				c, s := newCentres(k, p), new(scratch)
				for j := range k {
					copy(c.row(j), r.load(s, nil, 7*j, 7*j+1).Data)
				}
				c.ready()
				closest := make([]float64, n+3)
				for i := range closest {
					if closest[i] = rng.Float64() * float64(p); i%3 == 0 {
						closest[i] = math.Inf(1)
					}
				}
				x := r.load(s, nil, 3, 3+n)
				fast, slow := make([]float64, n*quad), make([]float64, n*quad)
				before, after := []float64{1, 2, 3, 4}, []float64{1, 2, 3, 4}
				c.candidates(s, r, x, 3, closest[3:], fast, before)
				c.candidatesSlowly(s, r, x, 3, closest[3:], slow, quad, after)
				zeros := 0
				for i := range n {
					for j := range k {
						if fast[i*quad+j] != slow[i*quad+j] {
							t.Fatalf("%d features, %d candidates: row %d is %v from candidate %d, by the twin %v", p, k, i, fast[i*quad+j], j, slow[i*quad+j])
						}
						if fast[i*quad+j] == 0 {
							zeros++
						}
					}
				}
				if !slices.Equal(before[:k], after[:k]) || k > 1 && zeros == 0 {
					t.Fatalf("%d features, %d candidates: potentials %v, the twin's %v; %d distances are 0", p, k, before, after, zeros)
				}
			}
		}
	}
}
