// Package learners says what a learner is: Spec describes one, Learner fits, Model predicts. Registry finds them by their SQL name.
//
// Learner and Model are two types, so that an unfitted model cannot exist and a failed Fit leaves nothing half-done.
package learners

import (
	"context"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// Task is what is predicted.
type Task string

const (
	Binary     Task = "binary_classification"     // one of two classes
	Multiclass Task = "multiclass_classification" // one of three or more classes
	Regression Task = "regression"                // a number
	Clustering Task = "clustering"                // without a target: to which of k groups a row belongs
	Anomaly    Task = "anomaly_detection"         // without a target: whether a row is unlike the others
	Projection Task = "projection"                // without a target: fewer numbers that keep what tells rows apart
)

// Classification reports whether t predicts a class.
func (t Task) Classification() bool { return t == Binary || t == Multiclass }

// Supervised reports whether t needs a target: whether Examples have Y.
func (t Task) Supervised() bool { return t.Classification() || t == Regression }

// Decides reports whether what t predicts is decided by what a model gives: a class, a cluster, or whether a row is unusual.
func (t Task) Decides() bool { return t.Classification() || t == Clustering || t == Anomaly }

// Thresholded reports whether a threshold can decide what t predicts: on the probability of the positive one of two classes, or on the score of an anomaly.
func (t Task) Thresholded() bool { return t == Binary || t == Anomaly }

// Traits are what a learner can take and what it needs; the automatic feature rules follow them.
type Traits struct {
	Missing       bool // takes NaN in X as a missing value
	Categories    bool // takes codes of categories as they are (Examples.Categories), NaN among them
	NeedsScaling  bool // wants features of comparable size
	Weights       bool // honours row weights (and so class weights)
	Probabilities bool // Predict gives calibrated or modelled probabilities of classes
	Targets       bool // predicts several numbers at once (Examples.Targets); then Predict fills n x t
}

// Spec describes a learner: the one thing that is registered.
type Spec struct {
	Name         string // SQL name, snake_case
	Doc          string // one sentence
	Objective    string // what Fit minimises, in one line of plain text
	Reference    string // paper or book
	Tasks        []Task
	Traits       Traits
	Alone        *Traits // of the tasks without a target; nil: Traits too
	New          func() Learner
	StateVersion int                                                  // of the saved state; +1 at each change of it
	Load         func(version int, r *artifact.Reader) (Model, error) // reads every state version ever released
}

// Supports reports whether the learner can do the task.
func (s *Spec) Supports(t Task) bool {
	for _, x := range s.Tasks {
		if x == t {
			return true
		}
	}
	return false
}

// TraitsFor are the traits of the learner at a task.
func (s *Spec) TraitsFor(t Task) Traits {
	if s.Alone != nil && !t.Supervised() {
		return *s.Alone
	}
	return s.Traits
}

// With returns a new learner with the given settings and the others at their defaults.
func (s *Spec) With(given []params.Setting) (Learner, error) {
	l := s.New()
	var set params.Set
	l.Declare(&set)
	return l, set.Assign(s.Name, given)
}

// WarmStarts reports whether the learner can go on from a model.
func (s *Spec) WarmStarts() bool {
	_, able := s.New().(WarmStarter)
	return able
}

// Env is what a Fit gets beside its data. Results may depend on Seed, never on Workers.
type Env struct {
	Task     Task
	Seed     uint64
	Workers  int                                 // goroutines a Fit may use, at least 1
	Memory   int64                               // bytes that Fit may hold beside its examples; 0: no limit
	Record   func(Iteration)                     // called after each iteration of an iterative learner, in order, from Fit's own goroutine; may be nil
	Progress func(done, total int, loss float64) // called now and then from Fit's own goroutine; may be nil; loss is NaN when unknown
	Warn     func(format string, args ...any)    // for the user: no convergence, dropped columns ...; may be nil

	// for learners that try others
	Metric   string                                          // name of the metric that the user optimises for; "": none was named
	Positive int                                             // of two classes: the code of the positive one
	Begin    func(part string)                               // called when the work on a part begins, which it names; may be nil
	Took     func(part int, name string, took time.Duration) // called when part 1, 2 ... is done with: how long all its fits took together; may be nil
}

// RNG returns a generator for the given stream: equal seeds and streams give equal numbers, whatever the number of workers.
func (e Env) RNG(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(e.Seed, stream)) }

// Iteration is a point of a training curve: what one pass, round or epoch has reached.
type Iteration struct {
	Number         int     // 1, 2, 3 ...
	Loss           float64 // of the training rows: the mean over them, weighted; without the penalty
	ValidationLoss float64 // of the validation rows; NaN when there are none
}

// Keep calls Record when there is one.
func (e Env) Keep(it Iteration) {
	if e.Record != nil {
		e.Record(it)
	}
}

// Report calls Progress when there is one.
func (e Env) Report(done, total int, loss float64) {
	if e.Progress != nil {
		e.Progress(done, total, loss)
	}
}

// Warnf calls Warn when there is one.
func (e Env) Warnf(format string, args ...any) {
	if e.Warn != nil {
		e.Warn(format, args...)
	}
}

// BeginPart calls Begin when there is one.
func (e Env) BeginPart(part string) {
	if e.Begin != nil {
		e.Begin(part)
	}
}

// TookPart calls Took when there is one.
func (e Env) TookPart(part int, name string, took time.Duration) {
	if e.Took != nil {
		e.Took(part, name, took)
	}
}

// Learner fits models. A Learner is used for one Fit, by one goroutine.
type Learner interface {
	// Declare binds each hyper-parameter to a field of the learner: default, range, doc, search space. It is the only place that names them.
	Declare(*params.Set)
	// Fit learns from train; validate is nil when there is no validation split (early stopping looks there). Both are read only.
	// It returns the context's error within 50 ms of ctx ending.
	Fit(ctx context.Context, train, validate *data.Examples, env Env) (Model, error)
}

// Model is what Fit found. It is immutable and safe for concurrent use.
type Model interface {
	// Predict fills out from the n x p rows of x. Classification: n x K probabilities in the order of the classes, each row summing to one.
	// Regression: n x 1, or n x t of t targets. Clustering: n x k degrees of belonging to each cluster, each row summing to one. Anomaly: n x 1 scores from 0 to 1, the larger
	// the more unusual. Projection: n x d. It fails only when the shapes do not fit. What a row gets does not depend on the other rows, to the last bit.
	Predict(x *mat.Dense, out *mat.Dense) error
	// Save writes the model's state; Spec.Load reads it back to a model that predicts the same bits.
	Save(*artifact.Writer) error
}

// Sized is an ability of the models without a target: how many numbers a prediction has is theirs to say. Clustering: k; Anomaly: 1; Projection: d.
type Sized interface {
	Outputs() int
}

// Centers is an optional ability of a Model of Clustering: the point that stands for each cluster. mean_squared_distance is measured to it.
type Centers interface {
	// Centers returns k x p numbers, the centre of each cluster in the space of the features. The caller must not change them.
	Centers() *mat.Dense
}

// Restorer is an optional ability of a Model of Projection: it turns projections back into features. explained_variance_ratio is measured by what is lost on the way.
type Restorer interface {
	// Restore fills x, n x p, with features whose projection is nearest to the n x d rows of z. It fails only when the shapes do not fit.
	Restore(z *mat.Dense, x *mat.Dense) error
}

// Components is an optional ability of a Model of Projection along directions.
type Components interface {
	// Components returns the directions, d x p, the variance of the training rows along each, and its share of the variance of all features. The caller may change them.
	Components() (directions *mat.Dense, variance, share []float64)
}

// WarmStarter is an optional ability of a Learner: it goes on from a model of the same learner, features and classes.
type WarmStarter interface {
	// FitFrom is Fit that starts from a model which the same learner found before, perhaps with other settings. It fails when the model cannot be gone on from.
	FitFrom(ctx context.Context, from Model, train, validate *data.Examples, env Env) (Model, error)
}

// TreeNode is a node of a tree for reading: ml_tree.
type TreeNode struct {
	Tree, Node, Parent int       // trees and nodes count from 0, the root is 0; Parent is -1 at the root
	Output             int       // which column of a prediction the tree adds to; -1: to all of them, those of the classes or of several targets
	Feature            int       // of the split; -1 in a leaf
	Threshold          float64   // rows whose feature is <= it go left; NaN where categories decide
	Categories         []int     // codes that go left; nil where a threshold decides
	MissingLeft        bool      // rows without a value go left
	Left, Right        int       // children; -1 in a leaf
	Gain               float64   // by how much the split made the objective smaller; NaN when it was not kept
	Rows               float64   // training rows here, weighted; NaN when it was not kept
	Value              []float64 // what a row that ends here is given: one number, or one for each class or target
}

// Trees is an optional ability of a Model made of trees, for ml_tree.
type Trees interface {
	// EachNode calls f with every node, tree after tree, each parent before its children, until f returns false.
	EachNode(f func(TreeNode) bool)
}

// Classifier is an optional ability of a Model, required for Anomaly (class 1 is unusual): it decides classes by its own rule (an SVM by the sign of the margin) rather than by
// the largest probability. A threshold that the user set overrides it.
type Classifier interface {
	// Classify fills classes with the class codes of the n x p rows of x.
	Classify(x *mat.Dense, classes []int32) error
}

// Coefficients is an optional ability of a Model: linear coefficients, for ml_weights.
type Coefficients interface {
	// Coefficients returns one row of p coefficients for each output (one for each target of a regression; one for binary tasks, where it belongs to the
	// positive class; K for multiclass), and the intercept of each.
	Coefficients() (weights *mat.Dense, intercepts []float64)
}

// Column is what a coefficient is of: a feature, or one category of it.
type Column struct {
	Feature  int
	Category int // code; -1 of a feature of numbers
}

// Columns is an optional ability of a Model with Coefficients that sees a column of 0 and 1 for each category in the place of a feature of categories.
type Columns interface {
	// Columns says what each coefficient is of, in their order, in the place of the p features. The caller may change it.
	Columns() []Column
}

// Importances is an optional ability of a Model: how much each feature matters to it, for ml_feature_importance.
type Importances interface {
	// Importances returns p numbers >= 0 that sum to one, or are all 0 when the model uses no feature. The caller may change them.
	Importances() []float64
}

// OutOfBag is an optional ability of a Model that is a mean of parts: a score of the training rows, each predicted by the parts that did not learn from it.
type OutOfBag interface {
	// OutOfBag returns the name of the metric (accuracy or r2), its value, and over how many rows it is: 0 when it was not asked for.
	OutOfBag() (metric string, score float64, rows int)
}

// Delegate is an optional ability of a Model that stands for another: its optional abilities are those that it lists, beside its own methods.
type Delegate interface {
	// Abilities returns values, each of which implements one optional ability of a Model.
	Abilities() []any
}

// As returns the optional ability T of a model: its own, or that of the one that it stands for.
func As[T any](m Model) (ability T, ok bool) {
	if ability, ok = m.(T); ok {
		return ability, true
	}
	if d, stands := m.(Delegate); stands {
		for _, a := range d.Abilities() {
			if ability, ok = a.(T); ok {
				return ability, true
			}
		}
	}
	return ability, false
}

// Statuses of a Candidate.
const (
	Ranked    = "RANKED"
	Failed    = "FAILED"      // Error says why
	OutOfTime = "OUT_OF_TIME" // it was at work when the time had passed
	NotTried  = "NOT_TRIED"   // the time had passed before
)

// Candidate is a learner that was tried for a model.
type Candidate struct {
	Number   int    // 1, 2 ... in the order in which they were tried
	Learner  string // name
	Settings string // as the user writes them; "": its defaults
	Status   string
	Error    string
	Mean     float64 // of the metric over the folds; NaN unless ranked
	Spread   float64 // standard deviation over the folds; NaN unless ranked, and of one fold
	Baseline float64 // mean of the metric that a constant prediction reaches; NaN unless ranked
}

// Leaderboard is an optional ability of a Model that was chosen among others.
type Leaderboard interface {
	// Leaderboard returns the metric that decided and the candidates: the ranked ones first, the chosen one at their head. The caller may change them.
	Leaderboard() (metric string, candidates []Candidate)
}
