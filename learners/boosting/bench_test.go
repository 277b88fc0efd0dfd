package boosting

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// uniform is the i-th number of a stream, in (0, 1).
func uniform(i, stream int) float64 {
	z := (uint64(i) + uint64(stream)<<40 + 1) * 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	z ^= z >> 31
	return (float64(z>>11) + 0.5) / (1 << 53)
}

func normal(i, j int) float64 {
	return math.Sqrt(-2*math.Log(uniform(i, 2*j+1))) * math.Cos(2*math.Pi*uniform(i, 2*j+2))
}

// curved makes n rows of p >= 9 normal features, the same for the same n and p, whose binary target depends on the first nine by curves and products.
func curved(n, p int) *data.Examples {
	e := &data.Examples{X: mat.NewDense(n, p, nil), Y: make([]float64, n), Classes: []string{"0", "1"}}
	for j := range p {
		e.Features = append(e.Features, fmt.Sprintf("x%d", j))
	}
	for i := range n {
		x := e.X.RawRowView(i)
		for j := range x {
			x[j] = normal(i, j)
		}
		f := 0.8*x[0] - 0.6*x[1] + 0.7*x[2]*x[3] + 0.5*math.Sin(2*x[4]) + 0.4*(math.Abs(x[5])-0.8) - 0.3*x[8]*x[8] + 0.3
		if x[7] > 0 {
			f += 0.5 * x[6]
		}
		if uniform(i, 3001) < 1/(1+math.Exp(-1.5*f)) {
			e.Y[i] = 1
		}
	}
	return e
}

// train fits with settings given as name, value, name, value ...
func train(ctx context.Context, e, validate *data.Examples, env learners.Env, settings ...string) (*ensemble, error) {
	return trainFrom(ctx, nil, e, validate, env, settings...)
}

// trainFrom is train that goes on from a model; nil: it begins anew.
func trainFrom(ctx context.Context, from *ensemble, e, validate *data.Examples, env learners.Env, settings ...string) (*ensemble, error) {
	l := new(gradientBoosting)
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for k := 0; k < len(settings); k += 2 {
		given = append(given, params.Setting{Name: settings[k], Value: settings[k+1], Source: "USER"})
	}
	if err := set.Assign(learnerName, given); err != nil {
		return nil, err
	}
	if env.Workers == 0 {
		env.Workers = 1
	}
	if env.Task == "" {
		switch k := len(e.Classes); {
		case k == 0:
			env.Task = learners.Regression
		case k == 2:
			env.Task = learners.Binary
		default:
			env.Task = learners.Multiclass
		}
	}
	fit := l.Fit
	if from != nil {
		fit = func(ctx context.Context, e, validate *data.Examples, env learners.Env) (learners.Model, error) {
			return l.FitFrom(ctx, from, e, validate, env)
		}
	}
	m, err := fit(ctx, e, validate, env)
	if err != nil {
		return nil, err
	}
	return m.(*ensemble), nil
}

func BenchmarkFit(b *testing.B) {
	for _, size := range []struct{ n, p int }{{10_000, 28}, {20_000, 28}, {80_000, 28}, {80_000, 56}} {
		e := curved(size.n, size.p)
		b.Run(fmt.Sprintf("%dx%d", size.n, size.p), func(b *testing.B) {
			for b.Loop() {
				if _, err := train(b.Context(), e, nil, learners.Env{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPredict(b *testing.B) {
	e := curved(20_000, 28)
	m, err := train(b.Context(), e, nil, learners.Env{})
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 8, 64, 20_000} {
		x, out := e.X.Slice(0, n, 0, 28).(*mat.Dense), mat.NewDense(n, 2, nil)
		b.Run(fmt.Sprintf("%d rows", n), func(b *testing.B) {
			for b.Loop() {
				if err := m.Predict(x, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}
