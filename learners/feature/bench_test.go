package feature

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"aibms/learners/data"
)

// shoppers is data like that of a web shop: ten numbers with a few NULLs, two texts, and the automatic features of a learner that scales.
func shoppers(n int) (*data.Dataset, []Item) {
	rng := rand.New(rand.NewPCG(1, 1))
	var columns []data.Column
	var inputs []InputColumn
	for j := range 10 {
		c := numeric(fmt.Sprint("x", j))
		for range n {
			v := rng.ExpFloat64()
			if rng.IntN(50) == 0 {
				v = nan
			}
			c.Num = append(c.Num, v)
		}
		columns, inputs = append(columns, c), append(inputs, InputColumn{c.Name, Number})
	}
	for j, k := range []int{10, 40} {
		c := data.Column{Name: fmt.Sprint("m", j), Kind: data.Categorical}
		for i := range k {
			c.Levels = append(c.Levels, fmt.Sprintf("level %02d", i))
		}
		for range n {
			c.Codes = append(c.Codes, int32(rng.IntN(k)))
		}
		columns, inputs = append(columns, c), append(inputs, InputColumn{c.Name, Text})
	}
	items, _ := Auto(inputs, Needs{Scaling: true})
	return dataset(columns...), items
}

func BenchmarkFit(b *testing.B) {
	ds, items := shoppers(100_000)
	b.SetBytes(int64(ds.Rows))
	for b.Loop() {
		mustFit(b, items, ds, nil)
	}
}

func BenchmarkTransform(b *testing.B) {
	ds, items := shoppers(100_000)
	p, _ := mustFit(b, items, ds, nil)
	b.SetBytes(int64(ds.Rows))
	for b.Loop() {
		if _, _, err := p.Transform(b.Context(), ds, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransformRow(b *testing.B) {
	ds, items := shoppers(1000)
	p, _ := mustFit(b, items, ds, nil)
	values, out := valuesOf(p, ds, 3), make([]float64, len(p.Features()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.TransformRow(values, out); err != nil {
			b.Fatal(err)
		}
	}
}
