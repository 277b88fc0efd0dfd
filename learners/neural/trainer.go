package neural

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
)

const (
	partRows  = 128 // rows of a part of a batch, unless that makes more than maxParts
	maxParts  = 8
	blockRows = 256     // rows that go through the network at once
	chunk     = 1024    // rows that are measured at once
	shareWork = 1 << 16 // rows of a part times parameters, from which on sharing parts among goroutines pays
)

// chunks calls f for ranges of [0, n).
func chunks(ctx context.Context, n, workers int, f func(k, lo, hi int) error) error {
	return safego.Chunks(ctx, n, chunk, workers, f)
}

// Streams of random numbers.
const (
	streamStart = iota
	streamOrder
	streamDropout
	streamHoldOut
)

// units are those of a target: an output is (y - mean) / deviation. Of classes, whose codes are taken as they are, 0 and 1.
type units struct {
	mean, deviation float64 // deviation 0: the target is constant
}

// rowSet are rows that are learned from or measured on, with their targets and weights.
type rowSet struct {
	x       *mat.Dense
	rows    []int32
	targets [][]float64 // of all rows of x, column by column: the code of the class, or values
	weights []float64   // of rows; nil: 1 each
}

// scaled fills to with the targets of rows of x in their units, row by row, and returns as much of it.
func (s *rowSet) scaled(to []float64, rows []int32, of []units) []float64 {
	to = to[:len(rows)*len(of)]
	for k, u := range of {
		y := s.targets[k]
		for i, r := range rows {
			v := 0.0
			if u.deviation > 0 {
				v = (y[r] - u.mean) / u.deviation
			}
			to[i*len(of)+k] = v
		}
	}
	return to
}

// trainer is the state of one Fit.
type trainer struct {
	l         *neuralNetwork
	env       learners.Env
	a         *architecture
	criterion criterion
	classes   int
	scaling   scaling
	units     []units // of each target
	train     rowSet
	validate  *rowSet // nil: none

	parameters, statistics []float32
	parts                  []*scratch[float32]
	optimizer              optimizer
	schedule               schedule
	dropoutSeed            uint64
	steps                  int
}

// parts are into how many parts a batch is cut, and how many rows of one go through the network at once. It does not depend on workers.
func (l *neuralNetwork) parts(a *architecture, n int) (parts, rows int) {
	batch := min(l.batchSize, n)
	if a.norm == batchNormalization {
		return 1, batch
	}
	parts = min(maxParts, (batch+partRows-1)/partRows)
	return parts, min(blockRows, (batch+parts-1)/parts)
}

func (l *neuralNetwork) newTrainer(ctx context.Context, from *network, train, validate *data.Examples, env learners.Env) (*trainer, error) {
	n, p := train.Dims()
	if n == 0 || p == 0 || train.X == nil {
		return nil, fmt.Errorf("%s needs rows and features, got %d rows of %d features", learnerName, n, p)
	}
	if n > math.MaxInt32 {
		return nil, fmt.Errorf("%s learns from at most %d rows, got %d", learnerName, math.MaxInt32, n)
	}
	t := &trainer{l: l, env: env, classes: len(train.Classes), units: []units{{0, 1}}}
	var err error
	if t.criterion, err = l.criterion(env.Task); err != nil {
		return nil, err
	}
	if t.a, err = l.architecture(learners.ShapeOf(train)); err != nil {
		return nil, err
	}
	if from != nil {
		if from.classes != t.classes {
			return nil, learners.Differs(learnerName, "number of classes", from.classes, t.classes)
		}
		if err := sameShape(from.a, t.a); err != nil {
			return nil, err
		}
	}
	all, err := positiveRows(train)
	if err != nil {
		return nil, err
	}
	held := []int32(nil)
	if validate == nil && l.validationFraction > 0 {
		rng := env.RNG(streamHoldOut)
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		k := min(len(all)-1, int(math.Ceil(l.validationFraction*float64(len(all)))))
		held, all = all[:k], all[k:]
		slices.Sort(held)
		slices.Sort(all)
	}
	if err := l.enough(train, all); err != nil {
		return nil, err
	}
	if err := env.CheckMemory(learnerName, l.memory(t.a, len(all), n), "use fewer hidden units or a smaller batch_size"); err != nil {
		return nil, err
	}
	if from != nil {
		t.scaling, t.units = from.scaling, from.units
		t.parameters, t.statistics = slices.Clone(from.parameters), slices.Clone(from.statistics)
	} else {
		if t.scaling, err = newScaling(ctx, t.a, train, all); err != nil {
			return nil, err
		}
		if t.classes == 0 {
			if t.units, err = unitsOf(train, all); err != nil {
				return nil, err
			}
		}
		if t.parameters, err = t.a.initialise(ctx, env.RNG(streamStart).Float64); err != nil {
			return nil, err
		}
		t.statistics = t.a.initialStatistics()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.train = newRowSet(train, all)
	switch {
	case validate != nil && len(validate.Y) > 0 && (l.patience > 0 || env.Record != nil):
		rows, err := positiveRows(validate)
		if err != nil {
			return nil, err
		}
		t.validate = new(rowSet)
		*t.validate = newRowSet(validate, rows)
	case len(held) > 0:
		t.validate = new(rowSet)
		*t.validate = newRowSet(train, held)
	}
	parts, rows := l.parts(t.a, len(all))
	for range parts {
		t.parts = append(t.parts, newScratch[float32](t.a, rows, true, l.dropout > 0))
	}
	t.optimizer = optimizer{method: method(slices.Index(methods, l.optimizer)), momentum: l.momentum, beta1: l.beta1, beta2: l.beta2, little: l.epsilon, decay: l.weightDecay}
	t.optimizer.reset(t.a.size)
	t.schedule = schedule{kind: l.schedule, rate: l.rate, decay: l.decay, every: float64(l.decayEpochs), warmup: float64(l.warmupEpochs), epochs: float64(l.epochs)}
	t.dropoutSeed = env.RNG(streamDropout).Uint64()
	return t, nil
}

// positiveRows are the rows that count: those of weight 0 are as if they were not there.
func positiveRows(e *data.Examples) ([]int32, error) {
	rows, total := make([]int32, 0, len(e.Y)), 0.0
	for i := range e.Y {
		if w := e.Weight(i); w > 0 {
			rows = append(rows, int32(i))
			total += w
		}
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return nil, fmt.Errorf("%s: the row weights sum to %v; the sum must be positive and finite", learnerName, total)
	}
	return rows, nil
}

// enough refuses rows of one class, and targets that are no numbers.
func (l *neuralNetwork) enough(e *data.Examples, rows []int32) error {
	if e.Classes == nil {
		for k := range e.Outputs() {
			y := e.Target(k)
			for _, i := range rows {
				if math.IsNaN(y[i]) || math.IsInf(y[i], 0) {
					return fmt.Errorf("%s: the target is %v in training row %d; it must be a finite number", learnerName, y[i], i+1)
				}
			}
		}
		return nil
	}
	for _, i := range rows {
		if e.Y[i] != e.Y[rows[0]] {
			return nil
		}
	}
	return fmt.Errorf("%s needs at least two classes, but every training row has the class '%s'", learnerName, e.Classes[int(e.Y[rows[0]])])
}

// unitsOf are the mean and the standard deviation of each target over rows.
func unitsOf(e *data.Examples, rows []int32) ([]units, error) {
	var weights []float64
	if e.Weights != nil {
		weights = make([]float64, len(rows))
		for k, i := range rows {
			weights[k] = e.Weights[i]
		}
	}
	var of []units
	for k := range e.Outputs() {
		y, size := e.Target(k), 0.0
		for _, i := range rows {
			size = max(size, math.Abs(y[i]))
		}
		mean, deviation := spread(len(rows), size, weights, func(i int) float64 { return y[rows[i]] })
		if math.IsInf(deviation, 0) || math.IsNaN(mean) || math.IsInf(1/deviation, 0) && deviation > 0 {
			return nil, fmt.Errorf("%s: the target is too large or too small; scale it", learnerName)
		}
		of = append(of, units{mean, deviation})
	}
	return of, nil
}

// newRowSet takes rows of e, with weights of mean one.
func newRowSet(e *data.Examples, rows []int32) rowSet {
	s := rowSet{x: e.X, rows: rows}
	for k := range e.Outputs() {
		s.targets = append(s.targets, e.Target(k))
	}
	if e.Weights != nil {
		total := 0.0
		for _, i := range rows {
			total += e.Weights[i]
		}
		s.weights = make([]float64, len(rows))
		for k, i := range rows {
			s.weights[k] = e.Weights[i] / total * float64(len(rows))
		}
	}
	return s
}

// lossUnit turns a loss of a scaled target into one of the target. That of several targets, which have no unit together, stays as it is.
func (t *trainer) lossUnit() float64 {
	if len(t.units) > 1 {
		return 1
	}
	return t.units[0].deviation * t.units[0].deviation // of classes 1
}

// network is the model as it stands.
func (t *trainer) network() *network {
	return newNetwork(t.a, t.scaling, t.classes, t.units, slices.Clone(t.parameters), slices.Clone(t.statistics))
}

// run makes epochs until progress ends.
func (t *trainer) run(ctx context.Context) (learners.Model, error) {
	rng := t.env.RNG(streamOrder)
	order := make([]int32, len(t.train.rows))
	for i := range order {
		order[i] = int32(i)
	}
	best, waiting := math.Inf(1), 0
	var kept *network // with the least validation loss
	ended := false
	for epoch := range t.l.epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		loss, err := t.epoch(ctx, epoch, order)
		if err != nil {
			return nil, err
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) || !finite(t.parameters...) {
			return nil, fmt.Errorf("%s: the numbers overflow in epoch %d; lower learning_rate or scale the features", learnerName, epoch+1)
		}
		it := learners.Iteration{Number: epoch + 1, Loss: loss * t.lossUnit(), ValidationLoss: math.NaN()}
		watched := loss
		if t.validate != nil {
			now := t.network()
			watched, err = now.meanLoss(ctx, t.criterion, t.validate, t.env.Workers)
			if err != nil {
				return nil, err
			}
			it.ValidationLoss = watched * t.lossUnit()
			if t.l.patience > 0 && watched < best {
				kept = now
			}
		}
		t.env.Keep(it)
		t.env.Report(epoch+1, t.l.epochs, it.Loss)
		if watched > best-t.l.tol {
			waiting++
		} else {
			waiting = 0
		}
		best = min(best, watched)
		if t.l.patience > 0 && waiting >= t.l.patience {
			ended = true
			break
		}
	}
	if !ended && t.l.patience > 0 && t.l.schedule != "cosine" {
		t.env.Warnf("%s was still making progress after %d epochs; raise epochs", learnerName, t.l.epochs)
	}
	if kept == nil {
		kept = t.network()
	}
	if t.env.Report(t.l.epochs, t.l.epochs, math.NaN()); !finite(kept.ready.parameters...) {
		return nil, fmt.Errorf("%s: the numbers overflow; lower learning_rate or scale the features", learnerName)
	}
	return kept, nil
}

// epoch makes a step for each batch and returns the mean loss, over the targets too, each batch's as it was before its step.
func (t *trainer) epoch(ctx context.Context, epoch int, order []int32) (float64, error) {
	sum, n, size := 0.0, 0, min(t.l.batchSize, len(order))
	for lo := 0; lo < len(order); lo += size {
		batch := order[lo:min(len(order), lo+size)]
		if t.a.norm == batchNormalization && len(batch) == 1 && len(order) > 1 {
			break // one row has no variance
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		loss, err := t.batch(ctx, batch)
		if err != nil {
			return 0, err
		}
		sum += loss
		n += len(batch)
		at := float64(epoch) + float64(lo+len(batch))/float64(len(order))
		if t.schedule.warmup <= float64(epoch) {
			at = float64(epoch) + float64(lo)/float64(len(order))
		}
		if err := t.optimizer.step(ctx, t.a, t.parameters, t.parts[0].gradient, t.schedule.at(at), t.l.l2/float64(len(batch)), t.env.Workers); err != nil {
			return 0, err
		}
	}
	return sum / float64(n*len(t.units)), nil
}

// batch puts the gradient of the mean loss over the rows, named by their places in the training rows, into the first part, and returns the sum of the losses.
func (t *trainer) batch(ctx context.Context, batch []int32) (float64, error) {
	t.steps++
	parts := min(len(t.parts), (len(batch)+partRows-1)/partRows)
	if t.a.norm == batchNormalization {
		parts = 1
	}
	size := (len(batch) + parts - 1) / parts
	parts = (len(batch) + size - 1) / size
	workers := t.env.Workers
	if size*t.a.size < shareWork {
		workers = 1
	}
	err := safego.Chunks(ctx, len(batch), size, workers, func(k, lo, hi int) error {
		return t.part(ctx, k, batch[lo:hi], 1/float64(len(batch)))
	})
	if err != nil {
		return 0, err
	}
	first := t.parts[0]
	loss := first.loss
	for _, s := range t.parts[1:parts] {
		loss += s.loss
	}
	if t.a.norm == batchNormalization {
		for i, v := range first.moments {
			t.statistics[i] = batchInertia*t.statistics[i] + (1-batchInertia)*v
		}
	}
	return loss, inPieces(ctx, t.a.size, t.env.Workers, func(lo, hi int) {
		g := first.gradient[lo:hi]
		for _, s := range t.parts[1:parts] {
			for i, v := range s.gradient[lo:hi] {
				g[i] += v
			}
		}
	})
}

// part finds the gradient of some rows of a batch, each loss times scale.
func (t *trainer) part(ctx context.Context, k int, batch []int32, scale float64) error {
	s := t.parts[k]
	s.loss = 0
	var drop *dropout
	if t.l.dropout > 0 {
		drop = &dropout{state: t.dropoutSeed, rate: t.l.dropout}
		drop.state ^= uint64(t.steps)*maxParts + uint64(k)
		drop.state = drop.next()
	}
	for lo := 0; lo < len(batch); lo += s.rows {
		if lo > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		block := batch[lo:min(len(batch), lo+s.rows)]
		n := len(block)
		for i, b := range block {
			s.numbers[i] = t.train.rows[b]
		}
		weights := []float64(nil)
		if t.train.weights != nil {
			weights = s.weights[:n]
			for i, b := range block {
				weights[i] = t.train.weights[b]
			}
		}
		s.gather(t.train.x.RawMatrix(), s.numbers[:n], 0, n, t.scaling, t.parameters)
		if err := s.forward(ctx, t.parameters, n, drop); err != nil {
			return err
		}
		outputs := n * t.a.outputs()
		targets := t.train.scaled(s.targets, s.numbers[:n], t.units)
		s.loss += lossOf(t.criterion, s.values[len(s.values)-1][:outputs], t.a.outputs(), targets, weights, scale, s.delta[:outputs])
		if err := s.backward(ctx, t.parameters, n, drop != nil, lo > 0); err != nil {
			return err
		}
	}
	return nil
}
