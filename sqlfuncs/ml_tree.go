package sqlfuncs

import (
	"encoding/json"
	"io"
	"iter"
	"math"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/learners"
	"aibms/server/lifecycle"
	"aibms/server/sqlerr"
)

// mlTree is ml_tree('m' [, tree]): the nodes of the trees of a model, or of one of them, each parent before its children. Trees and nodes count from 1; node 1 is the root. The rows are made as they are
// read: a forest may have millions.
var mlTree = &tableFunction{
	name: "ml_tree", usage: "a model, and the number of a tree: ('model' [, tree])", most: 2, number: "tree",
	schema: schemaOf("ml_tree", integer("tree"), integer("node"), integer("parent"), longText("feature"), real("threshold"), longText("categories"), text("missing_goes"),
		integer("left_node"), integer("right_node"), real("gain"), real("row_count"), text("class"), real("value"), longText("probabilities"), longText("targets")),
	stream: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) (sql.RowIter, error) {
		p, err := s.Predictors.Get(ctx, c.model, c.version)
		if err != nil {
			return nil, err
		}
		trees, ok := learners.As[learners.Trees](p.Model)
		if !ok {
			return nil, sqlerr.Errorf(sqlerr.WrongArguments, "ml_tree: learner %s of model %s has no trees that can be read; decision_tree, random_forest, extra_trees, gradient_boosting and, with extension_level = 0, isolation_forest have", c.version.Learner, c.model.SQLName())
		}
		only := -1
		if c.number != nil {
			only = int(min(*c.number, math.MaxInt32)) - 1
			count := 0
			trees.EachNode(func(n learners.TreeNode) bool {
				count = n.Tree + 1
				return n.Tree < only
			})
			if count == 0 {
				return nil, sqlerr.Errorf(sqlerr.WrongArguments, "ml_tree: model %s version %d has no trees at all: a constant was best", c.model.SQLName(), c.version.Number)
			}
			if only >= count {
				return nil, sqlerr.Errorf(sqlerr.WrongArguments, "ml_tree: model %s version %d has no tree %d; its trees are 1 to %d", c.model.SQLName(), c.version.Number, only+1, count)
			}
		}
		names := p.Pipeline.Features()
		var targets []string // of a model of several
		if p.More != nil {
			for _, t := range p.Targets() {
				targets = append(targets, t.Name)
			}
		}
		next, stop := iter.Pull(iter.Seq[learners.TreeNode](func(yield func(learners.TreeNode) bool) {
			trees.EachNode(func(n learners.TreeNode) bool {
				switch {
				case only < 0 || n.Tree == only:
					return yield(n)
				}
				return n.Tree < only
			})
		}))
		return &treeRows{next: next, stop: stop, row: func(n learners.TreeNode) sql.Row {
			return treeRow(n, names, p.Classes, targets, p.Pipeline.CategoryNames)
		}}, nil
	},
}

// treeRows gives a row a node. It is used by one goroutine.
type treeRows struct {
	next func() (learners.TreeNode, bool)
	stop func()
	row  func(learners.TreeNode) sql.Row
}

// Next implements sql.RowIter.
func (r *treeRows) Next(ctx *sql.Context) (sql.Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, ok := r.next()
	if !ok {
		return nil, io.EOF
	}
	return r.row(n), nil
}

// Close implements sql.RowIter.
func (r *treeRows) Close(*sql.Context) error {
	r.stop()
	return nil
}

// treeRow is a node as a row.
func treeRow(n learners.TreeNode, features, classes, targets []string, categoryNames func(feature int) []string) sql.Row {
	var parent, feature, threshold, categories, missing, left, right, class, value, probabilities, numbers any
	if n.Parent >= 0 {
		parent = int64(n.Parent + 1)
	}
	if n.Feature >= 0 {
		feature, left, right, missing = features[n.Feature], int64(n.Left+1), int64(n.Right+1), "right"
		if n.MissingLeft {
			missing = "left"
		}
		if n.Categories != nil {
			all, left := categoryNames(n.Feature), []string{}
			for _, c := range n.Categories {
				if c < len(all) { // else the one of a feature that was NULL in every training row
					left = append(left, all[c])
				}
			}
			if b, err := json.Marshal(left); err == nil {
				categories = string(b)
			}
		}
		if n.Threshold < math.MaxFloat64 { // else all values go left, and only the missing ones are apart
			threshold = number(n.Threshold)
		}
	}
	if len(classes) > 0 && n.Output >= 0 {
		class = classes[n.Output]
	}
	switch {
	case len(n.Value) == 0:
	case len(n.Value) == 1:
		value = number(n.Value[0])
	case targets != nil && len(targets) == len(n.Value):
		of := map[string]float64{}
		for k, name := range targets {
			of[name] = n.Value[k]
		}
		if b, err := json.Marshal(of); err == nil {
			numbers = string(b)
		}
	default:
		b, err := json.Marshal(n.Value)
		if err == nil {
			probabilities = string(b)
		}
	}
	return sql.NewRow(int64(n.Tree+1), int64(n.Node+1), parent, feature, threshold, categories, missing, left, right, number(n.Gain), number(n.Rows), class, value, probabilities, numbers)
}
