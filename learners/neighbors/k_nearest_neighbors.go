// Package neighbors holds the learner k_nearest_neighbors, which keeps its training rows and looks for those nearest to a row.
package neighbors

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

const name = "k_nearest_neighbors"

// KNearestNeighbors is the learner k_nearest_neighbors. Nothing is fitted: the model is the training rows, so it grows with the data. A row q is predicted by the k
// training rows x nearest to it, N(q):
//
//	class        probability of c = sum over i in N(q) of v_i [y_i = c] / sum of v_i
//	number       sum over i in N(q) of v_i y_i / sum of v_i; of several targets each, from the same neighbours
//
//	weights = uniform     v_i = s_i                     s_i the row weight
//	weights = distance    v_i = s_i / d(q, x_i)         when some d is 0, only those rows count, by their s_i
//
//	metric = euclidean    d = sqrt(sum_j (q_j - x_j)^2)
//	metric = manhattan    d = sum_j |q_j - x_j|
//	metric = minkowski    d = (sum_j |q_j - x_j|^p)^(1/p)
//
// k counts weight: N(q) is the nearest rows whose weights sum to k, of the last one only the part that is needed. So a row of weight 2 is two equal rows, one of
// weight 0 none. Of equally distant rows the one that came first in training is nearer. The rest is as in scikit-learn's KNeighborsClassifier and KNeighborsRegressor, which
// take no row weights and do not say how ties are broken.
//
// N(q) is exact and the same for every algorithm, to the last bit: distances are those of the formulas in double precision, whatever is used to pass over rows.
// Friedman, Bentley, Finkel: An algorithm for finding best matches in logarithmic expected time, ACM TOMS 3 (1977); Omohundro: Five balltree construction algorithms (1989).
// tree.go and brute.go say how they look; space.go why they may look at fewer numbers.
func KNearestNeighbors() *learners.Spec {
	return &learners.Spec{
		Name: name,
		Doc:  "Votes of the k nearest training rows; the model is those rows, so it grows with the data.",
		Objective: "none: probability of a class = share of the votes of the k nearest rows, a number = their mean; " +
			"a row's weight multiplies its vote and counts towards k as that many equal rows",
		Reference:    "Cover, Hart: Nearest neighbor pattern classification, IEEE Trans. Inf. Theory 13 (1967); Friedman, Bentley, Finkel: ACM TOMS 3 (1977)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass, learners.Regression},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true, Probabilities: true, Targets: true},
		New:          func() learners.Learner { return new(learner) },
		StateVersion: 1,
		Load:         load,
	}
}

type learner struct {
	k               int
	weights, metric string
	p               float64
	algorithm       string
	leafSize        int
}

func (l *learner) Declare(s *params.Set) {
	s.Int(&l.k, "n_neighbors", 5, "how many rows vote", params.AtLeast(1), params.TuneLog(1, 100))
	s.Choice(&l.weights, "weights", "uniform", []string{"uniform", "distance"}, "what a vote counts: the same for all, or one over the distance", params.TuneValues("uniform", "distance"))
	s.Choice(&l.metric, "metric", "euclidean", []string{"euclidean", "manhattan", "minkowski"}, "what distance means")
	s.Float(&l.p, "p", 2, "exponent of metric minkowski: 1 is manhattan, 2 is euclidean", params.AtLeast(1), params.AtMost(100))
	s.Choice(&l.algorithm, "algorithm", "auto", []string{"auto", "brute", "kd_tree", "ball_tree"},
		"how neighbours are found, all with the same result; auto: kd_tree where it passes over most rows of a sample, else brute")
	s.Int(&l.leafSize, "leaf_size", 64, "rows in a leaf of a tree at most; fewer than 16 count as 16", params.AtLeast(1))
}

// MemoryNeeded is the rows with their targets, twice their images and some numbers a row.
func (l *learner) MemoryNeeded(s learners.Shape) int64 {
	return int64(s.Rows)*int64(8*(s.Features+max(1, s.Targets)-1)+3*4*maxWidth+8*7) + int64(s.Features)*(8*maxWidth*4+64) + 1<<16
}

func (l *learner) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, p := train.Dims()
	if n == 0 || train.X == nil {
		return nil, fmt.Errorf("%s needs training rows with at least one feature", name)
	}
	if err := env.CheckMemory(name, l.MemoryNeeded(learners.ShapeOf(train)), "it keeps its training rows: learn from fewer"); err != nil {
		return nil, err
	}
	m := &model{p: p, classes: len(train.Classes), targets: train.Outputs(), k: l.k, byDistance: l.weights == "distance", algorithm: l.algorithm, leafSize: l.leafSize, norm: newNorm(l.metric, l.p)}
	from, err := l.voters(train, m)
	if err != nil {
		return nil, err
	}
	env.Report(0, 1, math.NaN())
	if err := m.keep(ctx, train, from); err != nil {
		return nil, err
	}
	env.Report(1, 1, math.NaN())
	return m, nil
}

// voters returns the numbers of the rows of positive weight, and checks that they suffice.
func (l *learner) voters(train *data.Examples, m *model) (from []int32, err error) {
	total := 0.0
	seen := make([]bool, len(train.Classes))
	last := ""
	classes := 0
	for i, y := range train.Y {
		w := train.Weight(i)
		if !(w > 0) {
			continue
		}
		from = append(from, int32(i))
		total += w
		m.weighted = m.weighted || w != 1
		if m.classes > 0 && !seen[int(y)] {
			seen[int(y)] = true
			last = train.Classes[int(y)]
			classes++
		}
	}
	switch {
	case !(total >= float64(l.k)) && !m.weighted:
		return nil, fmt.Errorf("%s: hyper-parameter \"n_neighbors\" is %d, but there are only %d training rows; use fewer neighbours", name, l.k, len(from))
	case !(total >= float64(l.k)):
		return nil, fmt.Errorf("%s: hyper-parameter \"n_neighbors\" is %d, but the weights of the training rows sum to %g; use fewer neighbours or larger weights", name, l.k, total)
	case math.IsInf(total, 1):
		return nil, fmt.Errorf("%s: the sum of the row weights is not finite", name)
	case m.classes > 0 && classes < 2:
		return nil, fmt.Errorf("%s needs at least two classes, but every training row has the class '%s'", name, last)
	}
	return from, nil
}

// model is a fitted k_nearest_neighbors: rows, targets and weights in the order of the tree's leaves.
type model struct {
	p, classes int // classes: 0 for numbers
	targets    int // how many numbers; 1 for classes
	k          int
	byDistance bool
	algorithm  string // brute, kd_tree or ball_tree
	leafSize   int
	norm       norm
	weighted   bool

	rows    []float64 // n x p
	target  []float64 // n x targets
	weights []float64 // n; nil: 1 each
	order   []int32   // n: when the row came in training, 0..n-1

	space  *space
	panels []float32 // the images of the rows, by 16
	tree   *tree     // nil: brute
}

// keep copies the rows numbered from into the model and makes ready what finds them.
func (m *model) keep(ctx context.Context, train *data.Examples, from []int32) error {
	n := len(from)
	var err error
	row := func(i int) []float64 { return train.X.RawRowView(int(from[i])) }
	if m.space, err = newSpace(ctx, m.norm, n, m.p, row); err != nil {
		return err
	}
	m.order = make([]int32, n)
	for i := range m.order {
		m.order[i] = int32(i)
	}
	chosen := m.algorithm
	if m.algorithm != "brute" {
		images, err := m.space.images(ctx, n, row)
		if err != nil {
			return err
		}
		if err := arrange(ctx, images, m.space.width, m.leafSize, m.order); err != nil {
			return err
		}
		if m.algorithm == "auto" {
			m.algorithm = "kd_tree"
		}
	}
	m.rows, m.target = make([]float64, n*m.p), make([]float64, n*m.targets)
	if m.weighted {
		m.weights = make([]float64, n)
	}
	for to, at := range m.order {
		if to%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		i := int(from[at])
		copy(m.rows[to*m.p:], train.X.RawRowView(i))
		for t := range m.targets {
			m.target[to*m.targets+t] = train.Target(t)[i]
		}
		if m.weighted {
			m.weights[to] = train.Weight(i)
		}
	}
	if err := m.ready(ctx); err != nil {
		return err
	}
	if chosen == "auto" && !m.prunes(64) {
		m.algorithm, m.tree = "brute", nil
	}
	return ctx.Err()
}

// ready makes what is not saved: the images of the rows and the bounds of the tree.
func (m *model) ready(ctx context.Context) error {
	n := len(m.order)
	images, err := m.space.images(ctx, n, func(i int) []float64 { return m.row(int32(i)) })
	if err != nil {
		return err
	}
	m.panels = m.space.panels(images)
	if m.algorithm != "brute" {
		m.tree, err = newTree(ctx, m, images)
	}
	return err
}

// prunes tells whether the tree passes over most rows when it looks for neighbours of a sample of the training rows.
func (m *model) prunes(sample int) bool {
	n := len(m.order)
	sample = min(sample, n)
	s := newSearch(m)
	scanned := 0
	for i := range sample {
		s.find(m.row(int32(i * n / sample)))
		scanned += s.scanned
	}
	return float64(scanned) < pruneShare*float64(sample)*float64(n)
}

// pruneShare is the share of the rows up to which a tree is faster than passing over all in blocks.
const pruneShare = 0.3

func (m *model) row(at int32) []float64 { return m.rows[int(at)*m.p : (int(at)+1)*m.p] }

func (m *model) weight(at int32) float64 {
	if m.weights == nil {
		return 1
	}
	return m.weights[at]
}

// Predict fills out with the votes of the neighbours. It allocates for the call, nothing for each row.
func (m *model) Predict(x, out *mat.Dense) error {
	if x == nil || out == nil {
		return fmt.Errorf("%s: there are no rows to predict, or there is no place for predictions", name)
	}
	n, p := x.Dims()
	rows, columns := out.Dims()
	if outputs := max(m.targets, m.classes); p != m.p || rows != n || columns != outputs {
		return fmt.Errorf("%s: %d x %d features and %d x %d predictions do not fit a model of %d features and %d outputs", name, n, p, rows, columns, m.p, outputs)
	}
	if m.tree == nil {
		m.predictBlocks(x, out, n)
	} else {
		m.predictByTree(x, out, n)
	}
	return nil
}

const (
	blockRows   = 32   // that are predicted together by brute
	passRows    = 256  // training rows that all of them are compared with in turn
	orderedRows = 1024 // that are predicted in the order of their leaves
)

// predictBlocks compares blocks of rows with one part of the training rows after the other, so that each part is read from memory once a block.
func (m *model) predictBlocks(x, out *mat.Dense, n int) {
	block := make([]*search, min(n, blockRows))
	for i := range block {
		block[i] = newSearch(m)
	}
	for lo := 0; lo < n; lo += len(block) {
		active := block[:min(len(block), n-lo)]
		for i, s := range active {
			s.begin(x.RawRowView(lo + i))
		}
		for at := 0; at < len(m.order); at += passRows {
			for _, s := range active {
				s.scan(at, min(at+passRows, len(m.order)))
			}
		}
		for i, s := range active {
			m.vote(s.found.sorted(), out.RawRowView(lo+i))
		}
	}
}

// predictByTree predicts rows that are near each other one after the other, since they look at the same leaves.
func (m *model) predictByTree(x, out *mat.Dense, n int) {
	s := newSearch(m)
	block := make([]struct{ row, leaf int32 }, min(n, orderedRows))
	for lo := 0; lo < n; lo += len(block) {
		active := block[:min(len(block), n-lo)]
		for i := range active {
			active[i].row = int32(lo + i)
			if len(active) > 2 {
				s.begin(x.RawRowView(lo + i))
				active[i].leaf = s.leaf()
			}
		}
		slices.SortFunc(active, func(a, b struct{ row, leaf int32 }) int {
			return cmp.Or(cmp.Compare(a.leaf, b.leaf), cmp.Compare(a.row, b.row))
		})
		for _, a := range active {
			found := s.find(x.RawRowView(int(a.row)))
			s.remember(found)
			m.vote(found, out.RawRowView(int(a.row)))
		}
	}
}

// enough is the share of k that may be missing when weights are added up: rounding must not call in one row more.
const enough = 1e-12

// vote fills out from the neighbours, which come nearest first.
func (m *model) vote(found []neighbor, out []float64) {
	clear(out)
	left, total := float64(m.k), 0.0
	nearest := m.norm.root(found[0].distance)
	for i := range found {
		f := &found[i]
		w := min(left, m.weight(f.at))
		left -= m.weight(f.at)
		if m.byDistance && !math.IsInf(nearest, 1) {
			if nearest > 0 {
				w *= nearest / m.norm.root(f.distance)
			} else if f.distance > 0 {
				break
			}
		}
		total += w
		if m.classes > 0 {
			out[int(m.target[f.at])] += w
		} else {
			for t, y := range m.target[int(f.at)*m.targets : int(f.at+1)*m.targets] {
				out[t] += w * y
			}
		}
		if left <= enough*float64(m.k) {
			break
		}
	}
	for c := range out {
		out[c] /= total
	}
}

func (m *model) Save(w *artifact.Writer) error { m.save(w); return nil }

var (
	_ learners.Learner         = (*learner)(nil)
	_ learners.MemoryEstimator = (*learner)(nil)
	_ learners.Model           = (*model)(nil)
)
