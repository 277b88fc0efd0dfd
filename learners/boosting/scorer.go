package boosting

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// scorer predicts many rows at once by vector instructions, without walking down any tree. It follows QuickScorer (Lucchese et al., "QuickScorer: a Fast Algorithm to Rank Documents with
// Additive Ensembles of Regression Trees", SIGIR 2015), its form for vectors V-QuickScorer (Lucchese et al., "Exploiting CPU SIMD Extensions to Speed-up Document Scoring with Tree Ensembles",
// SIGIR 2016) and RapidScorer (Ye et al., "RapidScorer: Fast Tree Ensemble Evaluation by Maximizing Compactness in Data Level Parallelization", KDD 2018).
//
// The leaves of a tree are numbered from left to right. A row that goes right at a split cannot end in the leaves of the split's left subtree, which are numbers in a row. Once all splits at which
// the row goes right have ruled out their leaves, whether the row passes them or not, the lowest leaf that is left is the one it falls into: the leaves to the left of its path are all ruled out,
// and its own is not, since it goes right at no split whose left subtree has it.
//
// Whether a row goes right is a comparison of bytes. A column is a feature, a side for its missing values, and at most maxCuts distinct cuts of all the splits by both, in order; a feature with more
// cuts has further columns. A row's code in a column is the number of its cuts that the value exceeds, so that it goes right at the split of cut number q when its code is above q. A missing
// value that goes left exceeds no cut, one that goes right all of them.
//
// The leaves of a tree are kept in planes of eight, a bit each: a byte for a row, a vector for 32 rows. A split has an entry in each plane that has leaves of its left subtree. One instruction
// compares the codes of 32 rows, one keeps the bits of the rows that go left, one rules out leaves (exitLeaves).
//
// What differs from the papers: they go through the splits feature by feature, by rising cuts, and stop when no row of the vector exceeds a cut; the bits of all trees wait in memory meanwhile. We
// go tree by tree and plane by plane, so that the bits of the plane stay in registers, the codes and the entries of a tree stay in the nearest cache, and no order or end has to be looked for. The
// papers compare values; codes let a vector hold 32 rows. RapidScorer also compares equal splits of several trees once (its "merging"), which going tree by tree leaves no room for.
//
// The leaves' values are added in the order of the trees, so that a sum has the bits that walking gives: walking is the twin, on processors without these instructions, with the build tag purego,
// for few rows, and for ensembles with a tree of more than maxLeaves leaves or with more than maxColumns columns.
//
// Cost for each row: 32 comparisons in each column, 16 in one of few cuts, by vectors of four; about three cycles an entry for 64 rows; one sum a tree. There are about as many entries as splits,
// and an eighth of the summed sizes of the left subtrees more: the time grows with the number of leaves, where that of walking grows with the depth. Memory: 4 bytes an entry, 8 a leaf, 9 a cut.
//
// A scorer is immutable and safe for concurrent use.
type scorer struct {
	columns []column
	cuts    []float64 // of all columns
	trees   []scoredTree
	values  []float64 // of the leaves of all trees, from left to right, then as many that any byte is an index from every beginning on
}

// column is one byte of a row. Its cuts rise, and end with infinities, at least one, as many as make the last run of 16 full. Where there are several runs, the last cuts of 16 of them stand before
// the cuts, the pivots, with infinities for runs that there are not: the number of pivots that a value exceeds is the run in which to count on.
type column struct {
	feature int32
	pivots  int     // 0: there is one run
	begin   int     // of its pivots and cuts
	missing float64 // what stands for a missing value
}

// scoredTree is a tree by planes.
type scoredTree struct {
	planes []uint16 // number of entries of each plane
	splits []entry
	leaves int // where its leaves begin in values
}

// entry is a split in a plane, as exitLeaves reads it.
type entry struct {
	column uint16 // times 8
	cut    uint8  // number of the cut, from 1, biased
	keep   uint8  // the leaves of the plane that stay possible for rows that go right
}

const (
	scoredRows = 64 // rows that exitLeaves does at once
	maxLeaves  = 256
	maxCuts    = 255
	run        = 16 // cuts that encodeColumn counts at once
	maxColumns = 1 << 16 / 8
	bias       = 0x80 // vectors compare signed bytes
	fewRows    = 24   // fewer rows than these are walked
)

// side is a feature with the side that missing values go to.
type side struct {
	feature int32
	left    bool
}

// newScorer lays out trees; it returns nil when they are to be walked.
func newScorer(trees []tree) *scorer {
	if !vectors {
		return nil
	}
	cuts := map[side][]float64{}
	for _, t := range trees {
		if len(t) > 2*maxLeaves-1 {
			return nil
		}
		for _, n := range t {
			if n.feature >= 0 {
				k := side{n.feature, n.missingLeft}
				cuts[k] = append(cuts[k], n.cut)
			}
		}
	}
	s := &scorer{}
	var sides []side
	for k := range cuts {
		sides = append(sides, k)
	}
	slices.SortFunc(sides, func(a, b side) int {
		if c := cmp.Compare(a.feature, b.feature); c != 0 || a.left == b.left {
			return c
		}
		if a.left {
			return 1
		}
		return -1
	})
	first := map[side]int{}
	for _, k := range sides {
		slices.Sort(cuts[k])
		cuts[k] = slices.Compact(cuts[k])
		first[k] = len(s.columns)
		for part := range slices.Chunk(cuts[k], maxCuts) {
			c := column{feature: k.feature, begin: len(s.cuts), missing: math.Inf(1)}
			if k.left {
				c.missing = math.Inf(-1)
			}
			padded := slices.Clone(part)
			for len(padded) == len(part) || len(padded)%run > 0 {
				padded = append(padded, math.Inf(1))
			}
			if len(padded) > run {
				c.pivots = run
				for i := range run {
					s.cuts = append(s.cuts, padded[min(run*i+run-1, len(padded)-1)])
				}
			}
			s.cuts = append(s.cuts, padded...)
			s.columns = append(s.columns, c)
		}
	}
	if len(s.columns) > maxColumns {
		return nil
	}
	for _, t := range trees {
		scored := scoredTree{leaves: len(s.values)}
		byPlane := make([][]entry, ((len(t)+1)/2+7)/8)
		var number func(i int32) // gives the leaves below node i their numbers
		number = func(i int32) {
			n := &t[i]
			if n.feature < 0 {
				s.values = append(s.values, n.value)
				return
			}
			from := len(s.values) - scored.leaves
			number(n.child)
			to := len(s.values) - scored.leaves
			number(n.child + 1)
			k := side{n.feature, n.missingLeft}
			q, _ := slices.BinarySearch(cuts[k], n.cut)
			e := entry{column: uint16(8 * (first[k] + q/maxCuts)), cut: uint8(q%maxCuts+1) ^ bias}
			for plane := from / 8; 8*plane < to; plane++ {
				e.keep = ^(^uint8(0) << max(0, from-8*plane) & (^uint8(0) >> max(0, 8*plane+8-to)))
				byPlane[plane] = append(byPlane[plane], e)
			}
		}
		number(0)
		for _, entries := range byPlane {
			scored.planes = append(scored.planes, uint16(len(entries)))
			scored.splits = append(scored.splits, entries...)
		}
		scored.splits = append(scored.splits, entry{}) // so that there is one
		s.trees = append(s.trees, scored)
	}
	s.values = append(s.values, make([]float64, maxLeaves)...)
	return s
}

// blockRows is the number of rows whose codes stay in the nearest cache.
func (s *scorer) blockRows() int {
	return scoredRows * min(4, max(1, (16<<10)/(scoredRows*max(1, len(s.columns)))))
}

// margins sums up the trees for n rows of x from row lo on, at most a block, output by output within a row.
func (s *scorer) margins(x *mat.Dense, lo, n int, start []float64, w *workspace) []float64 {
	groups, outputs, size := (n+scoredRows-1)/scoredRows, len(start), scoredRows*len(s.columns)
	codes, sums, margins := grow(&w.codes, groups*size+1), grow(&w.sums, groups*scoredRows*outputs), grow(&w.margins, n*outputs)
	for g := range groups {
		s.encode(x, lo+g*scoredRows, min(scoredRows, n-g*scoredRows), codes[g*size:])
		for k, v := range start {
			for r := range scoredRows {
				sums[(g*outputs+k)*scoredRows+r] = v
			}
		}
	}
	leaves := &w.leaves
	for t := range s.trees {
		tree, k := &s.trees[t], t%outputs
		values := (*[maxLeaves]float64)(s.values[tree.leaves:])
		for g := range groups {
			exitLeaves(leaves, &codes[g*size], &tree.splits[0], &tree.planes[0], len(tree.planes))
			addLeaves((*[scoredRows]float64)(sums[(g*outputs+k)*scoredRows:]), values, leaves)
		}
	}
	for i := range n {
		for k := range outputs {
			margins[i*outputs+k] = sums[(i/scoredRows*outputs+k)*scoredRows+i%scoredRows]
		}
	}
	return margins
}

// addLeaves adds the value of each row's leaf to its sum.
func addLeaves(sums *[scoredRows]float64, values *[maxLeaves]float64, leaves *[scoredRows]uint8) {
	for r := 0; r < scoredRows; r += 4 {
		l := leaves[r : r+4 : r+4]
		m := sums[r : r+4 : r+4]
		m[0] += values[l[0]]
		m[1] += values[l[1]]
		m[2] += values[l[2]]
		m[3] += values[l[3]]
	}
}

// encode writes the codes of n rows, biased, column by column. What stands beyond n rows means nothing.
func (s *scorer) encode(x *mat.Dense, lo, n int, codes []uint8) {
	raw := x.RawMatrix()
	for c := range s.columns {
		column := &s.columns[c]
		from := raw.Data[lo*raw.Stride+int(column.feature) : (lo+n-1)*raw.Stride+int(column.feature)+1]
		to := codes[c*scoredRows : (c+1)*scoredRows]
		encodeColumn(&to[0], &from[0], 8*raw.Stride, n, &s.cuts[column.begin], column.pivots, column.missing)
	}
}
