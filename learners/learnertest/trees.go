package learnertest

import (
	"math"
	"testing"

	"aibms/learners"
)

// trees holds for models that are read as trees: nodes are counted from 0 in each tree, parents come before their children and agree with them, and each node is a split or a leaf.
func (s suite) trees(t *testing.T) {
	e := sample(s.task, 300, 5, 90)
	m := s.mustFit(t, e)
	grown, ok := learners.As[learners.Trees](m)
	if !ok {
		return
	}
	var nodes []learners.TreeNode
	grown.EachNode(func(n learners.TreeNode) bool {
		nodes = append(nodes, n)
		return true
	})
	if len(nodes) == 0 {
		t.Fatal("there are no nodes")
	}
	calls := 0
	grown.EachNode(func(learners.TreeNode) bool {
		calls++
		return calls < 2
	})
	if calls != min(2, len(nodes)) {
		t.Errorf("asked to end after 2 nodes it went on to %d", calls)
	}
	tree, places := -1, map[int]learners.TreeNode{}
	end := func() {
		for _, n := range places {
			for _, child := range []int{n.Left, n.Right} {
				if child < 0 {
					continue
				}
				if c, ok := places[child]; !ok || c.Parent != n.Node {
					t.Fatalf("tree %d: node %d has the child %d, which does not exist or has another parent", n.Tree, n.Node, child)
				}
			}
			if n.Feature >= 0 && !math.IsNaN(n.Rows) {
				if sum := places[n.Left].Rows + places[n.Right].Rows; math.Abs(sum-n.Rows) > 1e-6*n.Rows {
					t.Fatalf("tree %d: node %d has %v rows, its children %v", n.Tree, n.Node, n.Rows, sum)
				}
			}
		}
	}
	for _, n := range nodes {
		if n.Tree != tree {
			if n.Tree != tree+1 || n.Node != 0 {
				t.Fatalf("after tree %d comes node %d of tree %d", tree, n.Node, n.Tree)
			}
			end()
			tree = n.Tree
			clear(places)
		}
		if _, twice := places[n.Node]; twice || n.Node < 0 || n.Output < -1 || n.Output >= outputs(m, e) {
			t.Fatalf("a node that comes twice, or counts wrong: %+v", n)
		}
		parent, known := places[n.Parent]
		if n.Node == 0 != (n.Parent == -1) || n.Node != 0 && (!known || parent.Left != n.Node && parent.Right != n.Node) {
			t.Fatalf("a node and its parent do not agree: %+v, %+v", n, parent)
		}
		if n.Feature < -1 || n.Feature >= 5 || n.Gain < 0 || n.Rows < 0 || math.IsInf(n.Gain, 0) || math.IsInf(n.Rows, 0) {
			t.Fatalf("a strange node: %+v", n)
		}
		if n.Feature < 0 {
			values := 1
			if n.Output == -1 { // it adds to every class
				values = outputs(m, e)
			}
			if n.Left != -1 || n.Right != -1 || len(n.Value) != values {
				t.Fatalf("a strange leaf: %+v", n)
			}
			for _, v := range n.Value {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("a leaf without a finite value: %+v", n)
				}
			}
		} else if n.Left < 1 || n.Right < 1 || n.Left == n.Right || math.IsInf(n.Threshold, 0) || math.IsNaN(n.Threshold) != (n.Categories != nil) {
			t.Fatalf("a strange split: %+v", n)
		}
		places[n.Node] = n
	}
	end()
}
