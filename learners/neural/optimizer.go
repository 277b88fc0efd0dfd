package neural

import (
	"context"
	"math"

	"aibms/internal/safego"
	"aibms/learners/vector"
)

// method is how a step follows from the gradient.
type method uint8

const (
	adam     method = iota // Kingma, Ba: Adam, ICLR 2015, algorithm 1 with the step size of its section 2
	adamw                  // the same, with weights that decay by themselves: Loshchilov, Hutter: Decoupled weight decay regularization, ICLR 2019
	sgd                    // v = momentum v - rate g; w = w + v
	nesterov               // the same, then w = w + momentum v - rate g: Sutskever et al., ICML 2013
)

var methods = []string{"adam", "adamw", "sgd", "nesterov"}

// optimizer moves parameters against their gradient.
type optimizer struct {
	method               method
	momentum             float64
	beta1, beta2, little float64
	decay                float64 // of adamw
	steps                int
	first, second        []float32 // running means of the gradient and of its square; first is the velocity of sgd and nesterov
}

func (o *optimizer) reset(size int) {
	o.first = make([]float32, size)
	if o.method == adam || o.method == adamw {
		o.second = make([]float32, size)
	}
}

// step moves the parameters of a by a gradient, which it changes. l2 is added times the weights, which alone are penalised.
func (o *optimizer) step(ctx context.Context, a *architecture, parameters, gradient []float32, rate, l2 float64, workers int) error {
	o.steps++
	if o.method == adamw {
		shrink := float32(1 - rate*o.decay)
		for _, l := range a.layers {
			for i := l.weights; i < l.bias; i++ {
				parameters[i] *= shrink
			}
		}
	}
	if l2 > 0 {
		strength := float32(l2)
		for _, l := range a.layers {
			w := parameters[l.weights:l.bias]
			for i := range w {
				gradient[l.weights+i] += strength * w[i]
			}
		}
	}
	return inPieces(ctx, len(parameters), workers, func(lo, hi int) {
		p, g, m := parameters[lo:hi], gradient[lo:hi], o.first[lo:hi]
		switch o.method {
		case adam, adamw:
			size := rate * math.Sqrt(1-math.Pow(o.beta2, float64(o.steps))) / (1 - math.Pow(o.beta1, float64(o.steps)))
			vector.AdamStep{Beta1: float32(o.beta1), Beta2: float32(o.beta2), Size: float32(size), Little: float32(o.little)}.Do(p, g, m, o.second[lo:hi])
		default:
			stepMomentum(p, g, m, float32(o.momentum), float32(rate), o.method == nesterov)
		}
	})
}

func stepMomentum(p, g, velocity []float32, momentum, rate float32, ahead bool) {
	g, velocity = g[:len(p)], velocity[:len(p)]
	for i := range p {
		d := rate * g[i]
		velocity[i] = momentum*velocity[i] - d
		if ahead {
			p[i] += momentum*velocity[i] - d
		} else {
			p[i] += velocity[i]
		}
	}
}

// pieceSize is how many parameters a worker takes at once.
const pieceSize = 1 << 15

// inPieces calls f for pieces of [0, n), on several workers when there is more than one piece.
func inPieces(ctx context.Context, n, workers int, f func(lo, hi int)) error {
	if n <= pieceSize {
		f(0, n)
		return nil
	}
	return safego.Chunks(ctx, n, pieceSize, workers, func(_, lo, hi int) error {
		f(lo, hi)
		return nil
	})
}

// schedule is how the learning rate falls.
type schedule struct {
	kind        string // constant, step, exponential, cosine
	rate, decay float64
	every       float64 // epochs in which decay takes place
	warmup      float64 // epochs in which the rate rises from 0
	epochs      float64
}

var schedules = []string{"constant", "step", "exponential", "cosine"}

// at is the rate after so many epochs, whole or not.
func (s schedule) at(epoch float64) float64 {
	rate := s.rate
	switch s.kind {
	case "step":
		rate *= math.Pow(s.decay, math.Floor(epoch/s.every))
	case "exponential":
		rate *= math.Pow(s.decay, epoch/s.every)
	case "cosine":
		rate *= (1 + math.Cos(math.Pi*min(1, epoch/s.epochs))) / 2
	}
	if epoch < s.warmup {
		rate *= epoch / s.warmup
	}
	return rate
}
