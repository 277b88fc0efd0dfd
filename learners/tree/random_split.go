package tree

import (
	"context"
	"math/rand/v2"
)

// candidate is a way to part a node: a threshold drawn for a feature.
type candidate struct {
	feature, code int // rows with codes <= code go left
	threshold     float64
}

// parting is the scratch of randomSplit.
type parting struct {
	low, high  []uint8 // the smallest and the largest code of each feature in the node
	features   []int32 // all, in the order that the last draws left them in
	candidates []candidate
	cut, bit   []uint8 // of tally; bit is all zeros between calls
	table      [2 << maxTallied]tallied
}

// newParting makes the scratch for p features.
func newParting(p int) parting {
	width := blocked(p)
	s := parting{low: make([]uint8, width), high: make([]uint8, width), cut: make([]uint8, width), bit: make([]uint8, width), features: make([]int32, p)}
	s.reset()
	return s
}

// reset forgets former draws.
func (p *parting) reset() {
	for j := range p.features {
		p.features[j] = int32(j)
	}
}

// fewRows is the number of rows below which a pass for each candidate, and none after one that cannot be bettered, costs less than reading a table.
const fewRows = 24

// passRows is the number of rows after which a pass looks at the context.
const passRows = 1 << 16

// randomSplit parts a node as scanner.random would, for all features at once: one pass over the rows tells between which codes thresholds can be drawn, one more adds up the left sides of
// up to maxTallied of them. It draws features as someFeatures does. It reports false, and has drawn nothing, where a row misses a value.
func (g *Grower) randomSplit(ctx context.Context, rng *rand.Rand, o *open, rows rows, work *scratch) (ok bool, err error) {
	codes, p := g.columns.byRow, &work.parting
	for j := range p.low {
		p.low[j], p.high[j] = 255, 0
	}
	for lo := 0; lo < rows.len(); lo += passRows {
		if rows.len() >= largeNode && ctx.Err() != nil {
			return false, ctx.Err()
		}
		codes.spread(rows.ids[lo:min(lo+passRows, rows.len())], p.low, p.high)
	}
	if codes.missing {
		for j := range g.columns.columns {
			if int(p.high[j]) == g.columns.columns[j].missing {
				return false, nil
			}
		}
	}
	if rows.len() < fewRows {
		g.drawFeatures(rng, p, func(way candidate) (goOn bool) {
			left := codes.leftOf(way, rows)
			return !work.scanner.offer(o, way, left)
		})
		return true, nil
	}
	p.candidates = p.candidates[:0]
	g.drawFeatures(rng, p, func(way candidate) bool {
		p.candidates = append(p.candidates, way)
		return true
	})
	for lo := 0; lo < len(p.candidates); lo += maxTallied {
		some := p.candidates[lo:min(lo+maxTallied, len(p.candidates))]
		var sums [maxTallied]tallied
		if err := g.tally(ctx, p, some, rows, &sums); err != nil {
			return false, err
		}
		for c, way := range some {
			work.scanner.offer(o, way, sums[c])
		}
	}
	return true, nil
}

// offer makes a way to part a node its split when it is better than the one it has, and reports whether none can be better: two classes are told apart.
func (s *scanner) offer(o *open, way candidate, left tallied) (perfect bool) {
	if !s.enough(int32(left.rows)) {
		return false
	}
	if score := s.score(left.moment, nil); !o.split.ok || score > o.split.score {
		o.split = split{ok: true, score: score, feature: way.feature, code: way.code, threshold: way.threshold, left: left.moment}
	}
	return s.binary && (left.s == 0 || left.s == left.w) && (left.s == s.total.s || s.total.s-left.s == s.total.w-left.w)
}

// drawFeatures draws features without putting them back, until enough were drawn and one of them could split the node, and calls try with a threshold drawn for each that is not constant
// in the node, until it returns false.
func (g *Grower) drawFeatures(rng *rand.Rand, p *parting, try func(candidate) bool) {
	varying := 0
	for visited := range g.columns.columns {
		j := visited
		if k := g.settings.Features; k > 0 {
			if visited >= k && varying > 0 {
				return
			}
			at := visited + rng.IntN(len(p.features)-visited)
			p.features[visited], p.features[at] = p.features[at], p.features[visited]
			j = int(p.features[visited])
		}
		low, high := p.low[j], p.high[j]
		if low == high {
			continue
		}
		varying++
		code, threshold := g.columns.columns[j].draw(int(low), int(high), rng)
		if !try(candidate{j, code, threshold}) {
			return
		}
	}
}

// tally fills sums with the left sides of some candidates.
func (g *Grower) tally(ctx context.Context, p *parting, some []candidate, rows rows, sums *[maxTallied]tallied) error {
	half := 1 << len(some)
	table := p.table[:2*half]
	clear(table)
	for c, way := range some {
		p.cut[way.feature], p.bit[way.feature] = uint8(way.code), 1<<c
	}
	defer func() {
		for _, way := range some {
			p.bit[way.feature] = 0
		}
	}()
	for lo := 0; lo < rows.len(); lo += passRows {
		if rows.len() >= largeNode && ctx.Err() != nil {
			return ctx.Err()
		}
		g.columns.byRow.tally(rows.part(lo, min(lo+passRows, rows.len())), p.cut, p.bit, table[:half], table[half:])
	}
	for c := len(some); c >= 0; c-- { // the upper half of the table is what went left by way c, or odd rows; laid on the lower half it serves the other ways
		upper := table[1<<c : 2<<c]
		for at, t := range upper {
			table[at].join(t)
			if c < len(some) {
				sums[c].join(t)
			}
		}
	}
	return nil
}

// leftOf adds up the rows that go left.
func (r *rowCodes) leftOf(way candidate, rows rows) (sum tallied) {
	for i, id := range rows.ids {
		if int(r.codes[int(id)*r.stride+way.feature]) <= way.code {
			sum.add(rows.moments[i])
			sum.rows++
		}
	}
	return sum
}
