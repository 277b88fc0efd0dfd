package neural

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	maxLayers     = 16
	maxUnits      = 16384
	maxParameters = 1 << 25 // 128 MB in single precision: half of what an artifact may have
)

// architecture says what a network consists of and where its numbers lie in one flat list of parameters: the tables of the embeddings, then layer by layer weights, bias and gain.
type architecture struct {
	activation activation
	norm       normalization
	features   int
	numeric    []int // the features that are numbers
	tables     []table
	inputs     int // of the first layer: the numbers, then the embeddings
	layers     []layer
	size       int // parameters
	statistics int // numbers of running statistics: of each normalised unit its mean, then of each its variance
}

// table is the embedding of a feature of categories: a row for each, and a last one for a value that is missing or was not seen.
type table struct {
	feature, categories, width int
	at                         int // of its first parameter
	column                     int // of its first number among the inputs
}

// layer has in x out weights, row-major, and for each unit a bias: y = x W + bias. With batch normalisation it is gain * normalised(x W) + bias, with layer normalisation
// gain * normalised(x W + inner) + bias.
type layer struct {
	in, out             int
	weights, bias, gain int // where they begin, bias next to the weights; gain is -1 without normalisation
	inner               int // -1 without layer normalisation
	statistic           int // the first of its units among the running statistics; -1 without
}

// embeddingWidth is how many numbers stand for one of so many categories, unless the user says: half of them, at most 50 (Howard, Gugger: fastai, Information 11 (2020)).
func embeddingWidth(categories int) int { return min(50, (categories+1)/2) }

// layOut lays a network out. categories is nil or has, for each feature, how many categories it has (0: a number); width says how wide the embedding of a feature is.
func layOut(features int, categories []int, width func(feature int) int, hidden []int, outputs int, act activation, norm normalization) (*architecture, error) {
	a := &architecture{activation: act, norm: norm, features: features}
	for j := range features {
		if categories == nil || categories[j] == 0 {
			a.numeric = append(a.numeric, j)
		}
	}
	a.inputs = len(a.numeric)
	for j, k := range categories {
		if k > 0 {
			t := table{feature: j, categories: k, width: width(j), at: a.size, column: a.inputs}
			a.tables = append(a.tables, t)
			a.inputs += t.width
			a.size += (k + 1) * t.width
			if k > maxParameters || t.width > maxUnits || a.size > maxParameters {
				return nil, fmt.Errorf("%s: the embeddings have more than %d parameters; group the categories or lower embedding_size", learnerName, maxParameters)
			}
		}
	}
	in := a.inputs
	for i, units := range append(append([]int(nil), hidden...), outputs) {
		l := layer{in: in, out: units, weights: a.size, bias: a.size + in*units, gain: -1, inner: -1, statistic: -1}
		a.size = l.bias + units
		if norm != noNormalization && i < len(hidden) {
			l.gain = a.size
			a.size += units
			if norm == batchNormalization {
				l.statistic = a.statistics
				a.statistics += units
			} else {
				l.inner = a.size
				a.size += units
			}
		}
		if in > maxParameters || in*units > maxParameters || a.size > maxParameters {
			return nil, fmt.Errorf("%s: a network of layers '%s' for %d inputs has more than %d parameters; use fewer units", learnerName, formatLayers(hidden), a.inputs, maxParameters)
		}
		a.layers = append(a.layers, l)
		in = units
	}
	a.statistics *= 2
	return a, nil
}

// outputs is how many numbers come out for a row.
func (a *architecture) outputs() int { return a.layers[len(a.layers)-1].out }

// hidden are the units of the hidden layers.
func (a *architecture) hidden() []int {
	var units []int
	for _, l := range a.layers[:len(a.layers)-1] {
		units = append(units, l.out)
	}
	return units
}

// widest is the largest number of inputs or outputs of a layer.
func (a *architecture) widest() int {
	w := a.inputs
	for _, l := range a.layers {
		w = max(w, l.out)
	}
	return w
}

// parseLayers reads '64,32'. An empty text is no hidden layer.
func parseLayers(text string) ([]int, error) {
	var units []int
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > maxUnits {
			return nil, fmt.Errorf("%s: hidden_layers must be up to %d numbers of units from 1 to %d with commas between, as '64,32', got '%s'", learnerName, maxLayers, maxUnits, clip(text))
		}
		units = append(units, n)
	}
	if len(units) > maxLayers {
		return nil, fmt.Errorf("%s: hidden_layers may name at most %d layers, got %d", learnerName, maxLayers, len(units))
	}
	return units, nil
}

func clip(text string) string {
	if len(text) > 64 {
		return text[:64] + "..."
	}
	return text
}

func formatLayers(units []int) string {
	var b strings.Builder
	for i, n := range units {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// initialise draws parameters: weights and biases uniform within sqrt(6 / (inputs + units)) of zero (Glorot, Bengio: Understanding the difficulty of training deep feedforward neural
// networks, AISTATS 2010; the biases as scikit-learn does), embeddings within 1/2. Normalised units begin with gain 1 and bias 0.
func (a *architecture) initialise(ctx context.Context, uniform func() float64) ([]float32, error) {
	p := make([]float32, a.size)
	draw := func(lo, hi int, bound float64) {
		for i := lo; i < hi; i++ {
			if i&(1<<16-1) == 0 && ctx.Err() != nil {
				return
			}
			p[i] = float32(bound * (2*uniform() - 1))
		}
	}
	for _, t := range a.tables {
		draw(t.at, t.at+(t.categories+1)*t.width, 0.5)
	}
	for _, l := range a.layers {
		bound := math.Sqrt(6 / float64(l.in+l.out))
		draw(l.weights, l.bias, bound)
		if l.gain < 0 {
			draw(l.bias, l.bias+l.out, bound)
			continue
		}
		for i := range l.out {
			p[l.gain+i] = 1
		}
		if l.inner >= 0 {
			draw(l.inner, l.inner+l.out, bound)
		}
	}
	return p, ctx.Err()
}

// initialStatistics are the running statistics before the first batch: mean 0 and variance 1.
func (a *architecture) initialStatistics() []float32 {
	s := make([]float32, a.statistics)
	for i := a.statistics / 2; i < a.statistics; i++ {
		s[i] = 1
	}
	return s
}
