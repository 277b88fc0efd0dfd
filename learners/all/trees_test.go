package all

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// TestNodesSayWhatIsPredicted walks rows, some of them without a value, down the nodes that EachNode gives. For trees that are averaged that is the prediction itself; for boosted ones the prediction on the
// scale of the loss, but for a constant.
func TestNodesSayWhatIsPredicted(t *testing.T) {
	const n, p = 400, 3
	for _, spec := range Registry().All() {
		for _, task := range spec.Tasks {
			rng := rand.New(rand.NewPCG(3, 4))
			e := &data.Examples{X: mat.NewDense(n, p, nil), Features: []string{"a", "b", "c"}}
			k := 1
			switch task {
			case learners.Regression:
			case learners.Binary:
				e.Classes, k = []string{"no", "yes"}, 2
			case learners.Multiclass:
				e.Classes, k = []string{"x", "y", "z"}, 3
			default:
				continue
			}
			for i := range n {
				x := e.X.RawRowView(i)
				for j := range x {
					x[j] = rng.NormFloat64()
				}
				y := x[0] + x[1]*x[2]
				if spec.Traits.Categories { // the second feature
					e.Categories = []int{0, 9, 0}
					x[1] = float64(rng.IntN(9))
					y = x[0] + effect[int(x[1])]*x[2]
				}
				if spec.Traits.Missing && i%7 == 0 {
					x[i%p] = math.NaN()
				}
				if k > 1 {
					y = math.Floor(max(0, min(float64(k)-0.01, y+1)))
				}
				e.Y = append(e.Y, y)
			}
			l := spec.New()
			var s params.Set
			l.Declare(&s)
			if s.Lookup("n_trees") != nil {
				if err := s.Assign(spec.Name, []params.Setting{{Name: "n_trees", Value: "4"}}); err != nil {
					t.Fatal(err)
				}
			}
			m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: task, Workers: 1})
			if err != nil {
				t.Fatal(spec.Name, err)
			}
			made, ok := m.(learners.Trees)
			if !ok {
				continue
			}
			t.Run(spec.Name+" "+string(task), func(t *testing.T) {
				var trees [][]learners.TreeNode
				made.EachNode(func(x learners.TreeNode) bool {
					if x.Node == 0 {
						trees = append(trees, nil)
					}
					if last := len(trees) - 1; x.Tree != last || x.Node != len(trees[last]) {
						t.Fatalf("node %d of tree %d is out of order", x.Node, x.Tree)
					}
					trees[x.Tree] = append(trees[x.Tree], x)
					return true
				})
				for _, tree := range trees {
					checkShape(t, tree)
				}
				calls := 0
				made.EachNode(func(learners.TreeNode) bool { calls++; return calls < 2 })
				if calls != 2 {
					t.Errorf("EachNode goes on after false: %d calls", calls)
				}
				out := mat.NewDense(n, k, nil)
				if err := m.Predict(e.X, out); err != nil {
					t.Fatal(err)
				}
				var offset []float64 // of the first row
				for i := range n {
					sums := make([]float64, k)
					for _, tree := range trees {
						leaf := walk(tree, e.X.RawRowView(i))
						if leaf.Output >= 0 {
							sums[leaf.Output] += leaf.Value[0]
							continue
						}
						for c, v := range leaf.Value {
							sums[c] += v
						}
					}
					got := out.RawRowView(i)
					if spec.Name != "gradient_boosting" {
						for c := range sums {
							sums[c] /= float64(len(trees))
						}
						if k == 2 {
							sums[0] = 1 - sums[1]
						}
						if !mat.EqualApprox(mat.NewVecDense(k, sums), mat.NewVecDense(k, got), 1e-9) {
							t.Fatalf("row %d: the nodes say %v, the prediction is %v", i, sums, got)
						}
						continue
					}
					diff := make([]float64, k) // of what is predicted, on the scale of the loss, to the sums of the trees
					for c := range diff {
						switch {
						case k == 1:
							diff[c] = got[c] - sums[c]
						case k == 2:
							diff[c] = math.Log(got[1]/got[0]) - sums[1]
						default:
							diff[c] = math.Log(got[c]/got[0]) - (sums[c] - sums[0])
						}
					}
					if offset == nil {
						offset = diff
					}
					if !mat.EqualApprox(mat.NewVecDense(k, offset), mat.NewVecDense(k, diff), 1e-9) {
						t.Fatalf("row %d: the prediction differs from the nodes by %v, that of the first row by %v", i, diff, offset)
					}
				}
			})
		}
	}
}

// effect is that of a category.
var effect = [9]float64{-1, 2, 0.5, -0.3, 1.2, -2, 0.1, 3, -1.5}

// checkShape checks how the nodes of a tree refer to each other, and that the rows of a split are those of its children.
func checkShape(t *testing.T, tree []learners.TreeNode) {
	t.Helper()
	for i, x := range tree {
		switch {
		case i == 0 != (x.Parent == -1) || x.Parent >= i:
			t.Fatalf("node %d has the parent %d", i, x.Parent)
		case x.Feature < 0 && (x.Left != -1 || x.Right != -1 || len(x.Value) == 0):
			t.Fatalf("leaf %d is %+v", i, x)
		case x.Feature >= 0 && (tree[x.Left].Parent != i || tree[x.Right].Parent != i || x.Left == x.Right || x.Value != nil):
			t.Fatalf("split %d is %+v", i, x)
		case x.Feature >= 0 && !math.IsNaN(x.Rows) && math.Abs(tree[x.Left].Rows+tree[x.Right].Rows-x.Rows) > 1e-9:
			t.Fatalf("split %d of %v rows has children of %v and %v", i, x.Rows, tree[x.Left].Rows, tree[x.Right].Rows)
		}
	}
}

// walk takes a row to its leaf.
func walk(tree []learners.TreeNode, row []float64) learners.TreeNode {
	at := tree[0]
	for at.Feature >= 0 {
		v := row[at.Feature]
		if v <= at.Threshold || v != v && at.MissingLeft || slices.Contains(at.Categories, int(v)) {
			at = tree[at.Left]
		} else {
			at = tree[at.Right]
		}
	}
	return at
}
