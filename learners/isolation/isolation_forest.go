// Package isolation holds the learner isolation_forest, which finds rows unlike the others by how soon random splits part them from the rest.
package isolation

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

const name = "isolation_forest"

// IsolationForest is the learner isolation_forest. Each of T trees takes psi rows, drawn without replacement, and parts them at random until each is alone, all that is left is equal, or
// ceil(log2 psi) splits were made. A row unlike the others is alone soon. With h_t(x) the path length of x in tree t, its splits plus c(m) for a leaf of m training rows, the score of x is
//
//	s(x) = 2^(-mean_t h_t(x) / c(psi))      c(m) = 2 (ln(m - 1) + 0.5772...) - 2 (m - 1)/m,  c(2) = 1,  c(0) = c(1) = 0
//
// where c(m) is the mean path length of m rows: near 1 is unusual, 0.5 is as rows are in the mean, less is more usual. A row is called unusual when its score is above 0.5, or above the
// one that a share contamination of the training rows exceed.
//
//	extension_level   a split is
//	0                 x_j <= t: j is drawn among the features that differ in the node, t between their least and greatest value
//	l >= 1            sum over l + 1 features drawn of g_j (x_j - c_j)/r_j <= 0: g is normal, c_j lies between the least and greatest value in the node, r_j is the range of the feature in the tree
//
// Splits over several features at once leave out the bands along the axes in which parallel splits see nothing unusual. r_j is ours: without it the features of large numbers would decide
// alone. A row that misses x_j goes to a side that is drawn with the shares of the two; in a node whose rows differ in nothing but that some miss x_j these part from the others. In a sum the
// features that it misses are left out. A weight of two stands for the row twice in the urn that is drawn from.
//
// Cost: T psi log psi values looked at, whatever the number of rows; a prediction takes T log psi steps.
//
//	Liu, Ting, Zhou: Isolation forest. ICDM 2008
//	Hariri, Carrasco Kind, Brunner: Extended isolation forest. IEEE Trans. Knowledge and Data Engineering 33 (2021)
func IsolationForest() *learners.Spec {
	return &learners.Spec{
		Name:         name,
		Doc:          "Isolation forest: a row is the more unusual the fewer random splits part it from all others.",
		Objective:    "none: splits are drawn; the score of a row is 2^(-h/c), h its mean path length and c that of all rows",
		Reference:    "Liu, Ting, Zhou, ICDM 2008; Hariri, Carrasco Kind, Brunner, IEEE TKDE 33 (2021)",
		Tasks:        []learners.Task{learners.Anomaly},
		Traits:       learners.Traits{Missing: true, Weights: true},
		New:          func() learners.Learner { return new(isolationForest) },
		StateVersion: 1,
		Load:         load,
	}
}

type isolationForest struct {
	trees, maxSamples, extension int
	contamination                float64
}

func (l *isolationForest) Declare(s *params.Set) {
	s.Int(&l.trees, "n_trees", 100, "how many trees", params.AtLeast(1), params.AtMost(10_000))
	s.Int(&l.maxSamples, "max_samples", 256, "how many rows are drawn for a tree; all when there are fewer", params.AtLeast(2), params.AtMost(1_000_000))
	s.Float(&l.contamination, "contamination", 0, "the share of the training rows that is called unusual; 0: those with a score above 0.5", params.AtLeast(0), params.AtMost(0.5))
	s.Int(&l.extension, "extension_level", 0, "how many features a split looks at beside the first; at most all are looked at", params.AtLeast(0))
}

// batch is how many trees are grown between two reports of progress.
const batch = 8

// MemoryNeeded counts the trees, the rows drawn for those that are being grown and, where contamination asks for them, the scores of all rows.
func (l *isolationForest) MemoryNeeded(s learners.Shape) int64 {
	n, p := s.Rows, s.Features
	psi := int64(min(l.maxSamples, n))
	node := int64(40)
	if l.extension > 0 {
		node += int64(min(l.extension+1, p)) * 20
	}
	needed := int64(l.trees)*2*psi*node + batch*(psi*(8*int64(p)+4)+4*int64(n))
	if l.contamination > 0 {
		needed += 16 * int64(n)
	}
	return needed
}

func (l *isolationForest) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, p := train.Dims()
	if err := env.CheckMemory(name, l.MemoryNeeded(learners.ShapeOf(train)), "lower n_trees or max_samples"); err != nil {
		return nil, err
	}
	if train.X == nil {
		return nil, fmt.Errorf("%s: there are no rows or no features", name)
	}
	u := newUrn(n, train.Weights)
	psi := min(l.maxSamples, u.size())
	if psi < 2 {
		return nil, fmt.Errorf("%s: two rows with a positive weight are needed, got %d", name, psi)
	}
	f := &forest{features: p, samples: psi, terms: min(l.extension+1, p), limit: 0.5}
	grown, err := l.grow(ctx, train.X, u, f.terms, psi, env)
	if err != nil {
		return nil, err
	}
	for _, t := range grown {
		if err := f.append(t); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if l.contamination > 0 {
		if f.limit, err = f.quantile(ctx, train, u, 1-l.contamination, env.Workers); err != nil {
			return nil, err
		}
	}
	env.Report(l.trees, l.trees, math.NaN())
	return f.model(), ctx.Err()
}

// grow grows the trees, each by random numbers of its own.
func (l *isolationForest) grow(ctx context.Context, x *mat.Dense, u *urn, terms, psi int, env learners.Env) ([]*grown, error) {
	workers := max(1, min(env.Workers, batch))
	growers := make(chan *grower, workers)
	for range workers {
		growers <- newGrower(x, u, terms, psi)
	}
	all := make([]*grown, l.trees)
	for lo := 0; lo < l.trees; lo += batch {
		env.Report(lo, l.trees, math.NaN())
		err := safego.Chunks(ctx, min(batch, l.trees-lo), 1, workers, func(k, _, _ int) error {
			g := <-growers
			defer func() { growers <- g }()
			var err error
			all[lo+k], err = g.grow(ctx, env.RNG(uint64(lo+k)))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// quantile is the score below which the share q of the training rows lies, by weight, between two scores in proportion: of rows with weight one the percentile of numpy.
func (f *forest) quantile(ctx context.Context, train *data.Examples, u *urn, q float64, workers int) (float64, error) {
	n, p := train.X.Dims()
	scores := make([]float64, n)
	err := safego.Chunks(ctx, n, 512, workers, func(_, lo, hi int) error {
		return f.Predict(train.X.Slice(lo, hi, 0, p).(*mat.Dense), mat.NewDense(hi-lo, 1, scores[lo:hi]))
	})
	if err != nil {
		return 0, err
	}
	order := make([]int32, 0, n)
	for i := range n {
		if u.weight(i) > 0 {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case scores[a] < scores[b]:
			return -1
		case scores[a] > scores[b]:
			return 1
		}
		return int(a - b)
	})
	// the rows lie side by side, each as broad as its weight; at is the place of the first of the two scores
	place := q * max(0, u.total-1)
	at := math.Floor(place)
	var low, high float64
	end := 0.0
	for k := 0; k < len(order); k++ {
		begin := end
		end += u.weight(int(order[k]))
		if k == 0 || begin <= at {
			low = scores[order[k]]
		}
		if k == 0 || begin <= at+1 {
			high = scores[order[k]]
		}
	}
	return low + (place-at)*(high-low), ctx.Err()
}

// averagePath is c(m): the mean path length of m rows.
func averagePath(m int) float64 {
	const euler = 0.577215664901532860606512090082402431
	switch {
	case m <= 1:
		return 0
	case m == 2:
		return 1
	}
	v := float64(m)
	return 2*(math.Log(v-1)+euler) - 2*(v-1)/v
}

// model is a fitted isolation_forest whose splits look at several features.
type model struct{ *forest }

// axisModel is one whose splits look at one feature each, so that they can be read.
type axisModel struct{ *forest }

func (f *forest) model() learners.Model {
	if f.terms == 1 {
		return axisModel{f}
	}
	return model{f}
}

// Outputs is one: the score.
func (f *forest) Outputs() int { return 1 }

// Classify calls the rows unusual (1) whose score is above the limit.
func (f *forest) Classify(x *mat.Dense, classes []int32) error {
	if x == nil {
		return fmt.Errorf("there are no rows to classify")
	}
	n, _ := x.Dims()
	if len(classes) != n {
		return fmt.Errorf("%d rows and %d places for their classes", n, len(classes))
	}
	scores := mat.NewDense(n, 1, nil)
	if err := f.Predict(x, scores); err != nil {
		return err
	}
	for i, s := range scores.RawMatrix().Data {
		classes[i] = 0
		if s > f.limit {
			classes[i] = 1
		}
	}
	return nil
}

// EachNode gives the nodes; the value of a leaf is the path length of the rows that end there, its rows are those drawn for the tree.
func (m axisModel) EachNode(f func(learners.TreeNode) bool) {
	for k, root := range m.roots {
		end := m.end(k)
		rows := make([]float64, end-root)
		parents := make([]int, end-root)
		for i := end - 1; i >= root; i-- {
			if n := &m.nodes[i]; n.left == i {
				rows[i-root] = float64(m.rows[i])
			} else {
				rows[i-root] = rows[n.left-root] + rows[n.left+1-root]
				parents[n.left-root], parents[n.left+1-root] = int(i-root), int(i-root)
			}
		}
		parents[0] = -1
		for i := root; i < end; i++ {
			n := &m.nodes[i]
			node := learners.TreeNode{Tree: k, Node: int(i - root), Parent: parents[i-root], Feature: -1, Threshold: math.NaN(), Left: -1, Right: -1, Gain: math.NaN(), Rows: rows[i-root]}
			if n.left == i {
				node.Threshold, node.Value = 0, []float64{m.length[i]}
			} else {
				node.Feature, node.Threshold, node.MissingLeft = int(n.feature&^missingRight), n.threshold, n.feature&missingRight == 0
				node.Left, node.Right = int(n.left-root), int(n.left-root)+1
			}
			if !f(node) {
				return
			}
		}
	}
}

var (
	_ learners.Learner         = (*isolationForest)(nil)
	_ learners.MemoryEstimator = (*isolationForest)(nil)
	_ learners.Model           = model{}
	_ learners.Sized           = model{}
	_ learners.Classifier      = model{}
	_ learners.Model           = axisModel{}
	_ learners.Trees           = axisModel{}
)
