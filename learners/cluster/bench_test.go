package cluster

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func BenchmarkFit(b *testing.B) {
	e := groups(400_000, 28, 1, 1)
	for _, algorithm := range []string{"lloyd", "hamerly", "elkan", "auto"} {
		b.Run(algorithm, func(b *testing.B) {
			for range b.N {
				fitted(b, e, 1, map[string]string{"max_iter": "20", "tol": "0", "algorithm": algorithm})
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/20/400_000*1e9, "ns/row/iteration")
		})
	}
}

func BenchmarkPredict(b *testing.B) {
	e := groups(400_000, 28, 1, 1)
	m, _ := fitted(b, e, 1, map[string]string{"max_iter": "2"})
	out := mat.NewDense(400_000, 8, nil)
	b.Run(fmt.Sprint(m.k), func(b *testing.B) {
		for range b.N {
			if err := m.Predict(e.X, out); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/400_000*1e9, "ns/row")
	})
}
