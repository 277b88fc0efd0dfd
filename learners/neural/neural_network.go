package neural

import (
	"context"
	"fmt"
	"slices"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

const learnerName = "neural_network"

// NeuralNetwork is the learner neural_network: h_0 = x, h_l = f(norm(h_{l-1} W_l + a_l) + b_l) for each hidden layer, z = h_L W + b.
//
//	minimise  (1/n) sum_i s_i loss(y_i, z_i) + l2/(2m) sum of W^2        by steps on batches of m rows
//
//	loss = log(1 + exp(z)) - y z            two classes, y = 0 or 1, one output
//	       log sum_k exp z_k - z_y          K classes, K outputs
//	       1/2 sum_k (z_k - t_k)^2          K numbers, K outputs; t_k = (y_k - mean) / deviation of the training rows, each target by its own
//	       the same, linear far out         loss = 'huber', each number by itself
//
// s is the row weight, divided by the mean weight. f is relu, tanh or gelu; norm is nothing, batch or layer normalisation, with a gain for each unit; a_l is there for the last. Each feature of categories goes in as a row of a table that is learned with
// the rest (Guo, Berkhahn: Entity embeddings of categorical variables, 2016), of min(50, half its categories) numbers unless embedding_size says otherwise; one more row stands for NULL and what was not seen.
//
// The gradient of a batch is found by backpropagation (Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, Nature 323 (1986)), in single precision. What l2,
// batch_size, learning_rate, tol and the beginning mean is what they mean in scikit-learn's MLPClassifier and MLPRegressor; what differs: the target of a regression is scaled, and there is more to
// choose from. Several numbers count alike, whatever their units, and share all layers but the last. The loss of a row is a sum over them and so are the steps, as scikit-learn's: learning_rate, l2
// and huber_delta mean what they mean of one number. What is reported, compared with tol and watched for early stopping is the mean over them, as there too. A batch is cut into at most 8 parts whatever the number of workers, and their gradients are added in order, so that every number of workers gives the same bits; batch normalisation
// needs all rows at once, so then only one core is used. An epoch of n rows costs about 6 n times the number of weights.
func NeuralNetwork() *learners.Spec {
	return &learners.Spec{
		Name: learnerName,
		Doc:  "Layers of units, fitted by stochastic gradients, with embeddings of categories.",
		Objective: "mean of weight * loss(y, z(x)) + l2/(2 batch_size) * sum of squared weights, z the last of the layers; loss is minus the logarithm of the class's probability, " +
			"or the squared or Huber loss of the scaled target; of several targets their sum",
		Reference: "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, Nature 323 (1986); Kingma, Ba: Adam, ICLR 2015; " +
			"Glorot, Bengio, AISTATS 2010; Guo, Berkhahn: Entity embeddings of categorical variables (2016)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass, learners.Regression},
		Traits:       learners.Traits{Categories: true, NeedsScaling: true, Weights: true, Probabilities: true, Targets: true},
		New:          func() learners.Learner { return new(neuralNetwork) },
		StateVersion: 1,
		Load:         loadNetwork,
	}
}

type neuralNetwork struct {
	layers, activation, normalization string
	dropout                           float64
	loss                              string
	huberDelta                        float64
	optimizer                         string
	rate, momentum                    float64
	beta1, beta2, epsilon             float64
	schedule                          string
	decay                             float64
	decayEpochs, warmupEpochs         int
	l2, weightDecay                   float64
	batchSize, epochs, patience       int
	tol, validationFraction           float64
	embeddingSize                     int
}

func (l *neuralNetwork) Declare(s *params.Set) {
	s.Text(&l.layers, "hidden_layers", "100", "numbers of units with commas between, as '64,32'; '' for none", "units of each hidden layer, the first one next to the features", params.TuneValues("32", "100", "64,32", "128,64"))
	s.Choice(&l.activation, "activation", "relu", activations, "function of the hidden units; gelu by its approximation with tanh")
	s.Choice(&l.normalization, "normalization", "none", normalizations, "of the sums of hidden layers, before the activation: each unit over a batch, or each row over its units")
	s.Float(&l.dropout, "dropout", 0, "share of the hidden units that each training row goes without", params.AtLeast(0), params.AtMost(0.9), params.Tune(0, 0.5))
	s.Choice(&l.loss, "loss", "auto", append([]string{"auto"}, losses...), "what is minimised; auto is logistic for two classes, softmax for more, squared_error for numbers")
	s.Float(&l.huberDelta, "huber_delta", 1, "loss huber: errors count squared up to this many standard deviations of the target", params.Above(0))
	s.Choice(&l.optimizer, "optimizer", "adam", methods, "how a step follows from gradients; sgd and nesterov use momentum, adamw uses weight_decay")
	s.Float(&l.rate, "learning_rate", 0.001, "size of a step, before the schedule", params.Above(0), params.TuneLog(1e-4, 1e-2))
	s.Float(&l.momentum, "momentum", 0.9, "sgd and nesterov: share of the last step that is made again", params.AtLeast(0), params.Below(1))
	s.Float(&l.beta1, "beta_1", 0.9, "adam and adamw: inertia of the mean of gradients", params.AtLeast(0), params.Below(1))
	s.Float(&l.beta2, "beta_2", 0.999, "adam and adamw: inertia of the mean of squared gradients", params.AtLeast(0), params.Below(1))
	s.Float(&l.epsilon, "epsilon", 1e-8, "adam and adamw: added to the root of that mean", params.Above(0))
	s.Choice(&l.schedule, "schedule", "constant", schedules, "how the learning rate falls: by decay at once every decay_epochs, by decay evenly over decay_epochs, or to zero at the end")
	s.Float(&l.decay, "decay", 0.5, "schedules step and exponential: by what the learning rate is multiplied", params.Above(0), params.AtMost(1))
	s.Int(&l.decayEpochs, "decay_epochs", 10, "schedules step and exponential: in how many epochs", params.AtLeast(1))
	s.Int(&l.warmupEpochs, "warmup_epochs", 0, "epochs in which the learning rate rises evenly from zero", params.AtLeast(0))
	s.Float(&l.l2, "l2", 1e-4, "strength of the penalty on the squares of the weights, divided by the rows of a batch", params.AtLeast(0), params.TuneLog(1e-6, 1e-1))
	s.Float(&l.weightDecay, "weight_decay", 0.01, "adamw: share by which the weights shrink in a step of size 1", params.AtLeast(0), params.TuneLog(1e-4, 1e-1))
	s.Int(&l.batchSize, "batch_size", 200, "rows of a step", params.AtLeast(1), params.TuneLog(32, 1024))
	s.Int(&l.epochs, "epochs", 200, "passes over the training rows at most", params.AtLeast(1), params.AtMost(10_000))
	s.Float(&l.tol, "tol", 1e-4, "what an epoch must gain to count as progress", params.AtLeast(0))
	s.Int(&l.patience, "patience", 10, "stop after so many epochs in a row without progress: of the validation loss when there are validation rows, whose best epoch is kept, else of the training loss; 0: never", params.AtLeast(0))
	s.Float(&l.validationFraction, "validation_fraction", 0, "without a validation split: share of the training rows that are held out for early stopping", params.AtLeast(0), params.AtMost(0.9))
	s.Int(&l.embeddingSize, "embedding_size", 0, "numbers that stand for a category; 0: half as many as there are categories, at most 50", params.AtLeast(0), params.AtMost(1024))
}

// criterion is the loss for a task.
func (l *neuralNetwork) criterion(task learners.Task) (criterion, error) {
	fits := map[learners.Task][]string{learners.Binary: {losses[logistic]}, learners.Multiclass: {losses[softmax]}, learners.Regression: {losses[squared], losses[huber]}}[task]
	name := l.loss
	if name == "auto" {
		name = fits[0]
	}
	if !slices.Contains(fits, name) {
		return criterion{}, fmt.Errorf("%s: loss '%s' does not fit the task %s; use '%s' or 'auto'", learnerName, l.loss, task, fits[0])
	}
	return criterion{loss: loss(slices.Index(losses, name)), delta: l.huberDelta}, nil
}

// architecture lays the network out.
func (l *neuralNetwork) architecture(s learners.Shape) (*architecture, error) {
	hidden, err := parseLayers(l.layers)
	if err != nil {
		return nil, err
	}
	if l.normalization == "batch" && l.batchSize < 2 {
		return nil, fmt.Errorf("%s: normalization = 'batch' compares the rows of a batch, so batch_size must be at least 2, got %d", learnerName, l.batchSize)
	}
	width := func(j int) int {
		if l.embeddingSize > 0 {
			return l.embeddingSize
		}
		return embeddingWidth(s.Categories[j])
	}
	return layOut(s.Features, s.Categories, width, hidden, s.Values(), activation(slices.Index(activations, l.activation)), normalization(slices.Index(normalizations, l.normalization)))
}

// MemoryNeeded is exact but for the validation rows. A warm start holds no more: its parameters are a copy of those of the first model.
func (l *neuralNetwork) MemoryNeeded(s learners.Shape) int64 {
	a, err := l.architecture(s)
	if err != nil {
		return 0 // Fit says why
	}
	return l.memory(a, s.Rows, s.Rows)
}

// memory is how many bytes a fit of n training rows holds, out of all rows.
func (l *neuralNetwork) memory(a *architecture, n, all int) int64 {
	parts, rows := l.parts(a, n)
	// row numbers, their order and weights; parts of a batch; parameters as they are, as they were best, as they are measured (twice), and two means of each
	return 16*int64(all) + int64(parts)*a.bytesOf(rows, true) + 6*4*int64(a.size) + a.bytesOf(predictRows, false)
}

func (l *neuralNetwork) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	return l.fit(ctx, nil, train, validate, env)
}

// FitFrom goes on from the parameters of a network of the same layers, activation, normalisation, features, and classes or number of targets; its scaling, of the targets too, stays. Running means of the optimizer begin anew.
func (l *neuralNetwork) FitFrom(ctx context.Context, from learners.Model, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	m, err := learners.FirstModel[*network](learnerName, from)
	if err != nil {
		return nil, err
	}
	return l.fit(ctx, m, train, validate, env)
}

func (l *neuralNetwork) fit(ctx context.Context, from *network, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	t, err := l.newTrainer(ctx, from, train, validate, env)
	if err != nil {
		return nil, err
	}
	return t.run(ctx)
}

// sameShape says what keeps a network from being gone on from; nil: nothing does.
func sameShape(from, a *architecture) error {
	differs := func(what string, before, now any) error { return learners.Differs(learnerName, what, before, now) }
	switch {
	case from.features != a.features:
		return differs("number of features", from.features, a.features)
	case !slices.Equal(from.tables, a.tables):
		return differs("categories and embedding_size", fmt.Sprintf("%d features of categories", len(from.tables)), fmt.Sprintf("%d of other sizes", len(a.tables)))
	case !slices.Equal(from.hidden(), a.hidden()):
		return differs("hidden_layers", "'"+formatLayers(from.hidden())+"'", "'"+formatLayers(a.hidden())+"'")
	case from.activation != a.activation:
		return differs("activation", activations[from.activation], activations[a.activation])
	case from.norm != a.norm:
		return differs("normalization", normalizations[from.norm], normalizations[a.norm])
	case from.outputs() != a.outputs():
		return differs("number of targets", from.outputs(), a.outputs())
	}
	return nil
}

var (
	_ learners.Learner         = (*neuralNetwork)(nil)
	_ learners.MemoryEstimator = (*neuralNetwork)(nil)
	_ learners.WarmStarter     = (*neuralNetwork)(nil)
)
