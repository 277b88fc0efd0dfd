package linear

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/artifact"
)

// coefficients are those of one or more linear functions x.w + b of the same p features. They are immutable once fitted.
type coefficients struct {
	p          int
	weights    []float64 // outputs x p, row-major
	intercepts []float64 // one an output
}

func newCoefficients(p, outputs int) *coefficients {
	return &coefficients{p: p, weights: make([]float64, outputs*p), intercepts: make([]float64, outputs)}
}

func (c *coefficients) outputs() int { return len(c.intercepts) }

func (c *coefficients) row(k int) []float64 { return c.weights[k*c.p : (k+1)*c.p] }

// Coefficients returns copies: one row of p coefficients for each output, and the intercepts.
func (c *coefficients) Coefficients() (*mat.Dense, []float64) {
	return mat.NewDense(c.outputs(), c.p, append([]float64(nil), c.weights...)), append([]float64(nil), c.intercepts...)
}

// perClass is Coefficients with a row for each class of a task with more than two: present says which class an output belongs to.
func (c *coefficients) perClass(classes int, present []int) (*mat.Dense, []float64) {
	if c.outputs() == 1 {
		return c.Coefficients()
	}
	w, b := mat.NewDense(classes, c.p, nil), make([]float64, classes)
	for k := range b {
		b[k] = math.Inf(-1)
	}
	for i, k := range present {
		w.SetRow(k, c.row(i))
		b[k] = c.intercepts[i]
	}
	return w, b
}

// predictBlock is how many rows of margins are computed at a time.
const predictBlock = 128

// eachMargins calls f with the margins of each row of x, one an output, all finite. f may change them. A row's margins do not depend on the other rows.
func (c *coefficients) eachMargins(x *mat.Dense, f func(i int, z []float64)) {
	raw, k := x.RawMatrix(), c.outputs()
	rows := min(predictBlock, raw.Rows)
	byOutput, z := make([]float64, k*rows), make([]float64, k)
	for lo := 0; lo < raw.Rows; lo += rows {
		count := min(rows, raw.Rows-lo)
		for j := 0; j < k; j++ {
			denseMargins(raw.Data[lo*raw.Stride:], raw.Stride, count, c.row(j), c.intercepts[j], byOutput[j*rows:])
		}
		for i := 0; i < count; i++ {
			for j := range z {
				z[j] = clampMargin(byOutput[j*rows+i])
			}
			f(lo+i, z)
		}
	}
}

// clampMargin keeps a margin finite, so that probabilities are numbers even for features near the end of their range.
func clampMargin(z float64) float64 {
	if math.IsNaN(z) { // infinities of both signs met
		return 0
	}
	return min(max(z, -math.MaxFloat64), math.MaxFloat64)
}

// checkShapes says whether x has p columns and out as many rows as x and width columns.
func (c *coefficients) checkShapes(x, out *mat.Dense, width int) error {
	n, err := c.checkInput(x)
	if err != nil {
		return err
	}
	if out == nil {
		return fmt.Errorf("there is no matrix for the predictions")
	}
	if r, k := out.Dims(); r != n || k != width {
		return fmt.Errorf("predictions need a %d x %d matrix, got %d x %d", n, width, r, k)
	}
	return nil
}

func (c *coefficients) checkInput(x *mat.Dense) (n int, err error) {
	if x == nil {
		return 0, fmt.Errorf("there are no rows to predict")
	}
	n, p := x.Dims()
	if p != c.p {
		return 0, fmt.Errorf("the model has %d features, got %d columns", c.p, p)
	}
	return n, nil
}

func (c *coefficients) save(w *artifact.Writer) {
	w.Int64s("shape", []int64{int64(c.outputs()), int64(c.p)})
	w.Float64s("coefficients", c.weights)
	w.Float64s("intercepts", c.intercepts)
}

func loadCoefficients(r *artifact.Reader) (*coefficients, error) {
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	c := new(coefficients)
	if c.weights, err = r.Float64s("coefficients"); err != nil {
		return nil, err
	}
	if c.intercepts, err = r.Float64s("intercepts"); err != nil {
		return nil, err
	}
	k := int64(len(c.intercepts))
	if len(shape) != 2 || k < 1 || shape[0] != k || shape[1] < 1 || int64(len(c.weights))%k != 0 || int64(len(c.weights))/k != shape[1] {
		return nil, fmt.Errorf("%w: shape %v does not fit %d coefficients and %d intercepts", artifact.ErrCorrupt, shape, len(c.weights), k)
	}
	if !finite(c.weights...) || !finite(c.intercepts...) {
		return nil, fmt.Errorf("%w: a coefficient is not finite", artifact.ErrCorrupt)
	}
	c.p = int(shape[1])
	return c, nil
}

// maxClasses bounds what a damaged artifact can make Coefficients allocate.
const maxClasses = 1 << 16

// saveClasses writes how many classes the task has and which of them each output belongs to.
func saveClasses(w *artifact.Writer, classes int, present []int) {
	v := []int64{int64(classes)}
	for _, code := range present {
		v = append(v, int64(code))
	}
	w.Int64s("classes", v)
}

// loadClasses reads what saveClasses wrote and checks it against the number of outputs: one for a task of two classes, else one for each class present.
func loadClasses(r *artifact.Reader, outputs int) (classes int, present []int, err error) {
	v, err := r.Int64s("classes")
	if err != nil {
		return 0, nil, err
	}
	bad := fmt.Errorf("%w: classes %v do not fit %d outputs", artifact.ErrCorrupt, v, outputs)
	if len(v) < 3 || v[0] < 2 || v[0] > maxClasses {
		return 0, nil, bad
	}
	for i, code := range v[1:] {
		if code < 0 || code >= v[0] || i > 0 && code <= v[i] {
			return 0, nil, bad
		}
		present = append(present, int(code))
	}
	if v[0] == 2 && outputs != 1 || v[0] > 2 && outputs != len(present) {
		return 0, nil, bad
	}
	return int(v[0]), present, nil
}

// checkVersion says whether this build reads the state version of a learner: versions 1 to newest.
func checkVersion(learner string, version, newest int) error {
	switch {
	case version > newest:
		return fmt.Errorf("%w: %s has state version %d, this server reads up to %d", artifact.ErrNewer, learner, version, newest)
	case version < 1:
		return fmt.Errorf("%w: %s has no state version %d", artifact.ErrCorrupt, learner, version)
	}
	return nil
}
