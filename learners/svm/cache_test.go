package svm

import (
	"math/rand/v2"
	"testing"
)

// TestCacheKeepsItsRows lets rows come, be moved, cut and made wide again at random, and compares what the cache says it has with what belongs there.
func TestCacheKeepsItsRows(t *testing.T) {
	const n = 1000
	for _, rows := range []int64{4, 7, 60, n} {
		rng := rand.New(rand.NewPCG(uint64(rows), 1))
		c := newRowCache(n, rows*4*roundUp64(n))
		label := make([]int, n) // the row at a position
		for i := range label {
			label[i] = i
		}
		value := func(a, b int) float32 { return float32(a*n + b) }
		active, held, cut := n, 0, false
		for turn := range 4000 {
			switch k := rng.IntN(400); {
			case k == 0 && active > 100:
				left := active - 1 - rng.IntN(active/2)
				var below, above []int
				for q := left; q < active && len(below) < left; q++ {
					if rng.IntN(2) == 0 {
						below, above = append(below, len(below)*left/active), append(above, q)
					}
				}
				for i := 1; i < len(below); i++ { // ascending, each once
					below[i] = max(below[i], below[i-1]+1)
				}
				if len(below) > 0 && below[len(below)-1] >= left {
					continue
				}
				c.swaps(below, above)
				for i, a := range below {
					label[a], label[above[i]] = label[above[i]], label[a]
				}
				active = left
				c.resize(active)
				cut = cut || c.split > 1
			case k == 1:
				active = n
				c.resize(active)
			default:
				q := rng.IntN(active)
				p := c.use(q)
				for b := p.columns; b < active; b++ {
					p.data[b] = value(label[q], label[b])
				}
				p.columns = max(p.columns, active)
			}
			count := 0
			if turn%16 != 0 {
				continue
			}
			for q := range n {
				columns := c.columnsOf(q)
				if columns > 0 {
					count++
				}
				for b := range columns {
					if got := c.peek(q)[b]; got != value(label[q], label[b]) {
						t.Fatalf("%d rows: column %d of row %d is %v, want %v", rows, b, q, got, value(label[q], label[b]))
					}
				}
			}
			held = max(held, count)
			if len(c.blocks) > int(rows) {
				t.Fatalf("%d blocks, %d are allowed", len(c.blocks), rows)
			}
		}
		if held < int(min(rows, 300)) || rows == 60 && !cut {
			t.Errorf("%d rows: at most %d were held, cut: %v", rows, held, cut)
		}
	}
}
