package svm

import (
	"math"
	"sync/atomic"
)

// The loops that a fit and a prediction spend their time in. Each goes by vector instructions where the processor has them (vector_amd64.s), else by the loop here, its
// twin: the same operations on each number in the same order, a product and its sum rounded once where the twin says math.FMA, so both give the same bits. The
// conversions float64(...) of products forbid the compiler to fuse others.
//
// Lengths are multiples of lane, or of group where four panels are taken at once; what is behind the last row is there and of no meaning.
const (
	lane  = 8  // rows of a panel, and numbers that a loop takes at once
	group = 32 // rows of four panels
)

// roundUp is the least multiple of to that is not below n.
func roundUp(n, to int) int { return (n + to - 1) / to * to }

var forced atomic.Bool

// portable makes everything go by the loops in Go from now on, or (false) by the fastest. It is for tests and comparisons.
func portable(on bool) { forced.Store(on) }

func vectors() bool { return available && !forced.Load() }

// dotsRow puts self + start[c] + x . row c into dst[c], for the rows of panels z; len(dst) is a multiple of group.
func dotsRow(dst, x, z, start []float64, self float64) {
	p := len(x)
	_, _ = z[len(dst)*p-1], start[len(dst)-1]
	if vectors() {
		dotsRowFMA(&dst[0], &x[0], &z[0], p, len(dst)/group, &start[0], self)
		return
	}
	for c := 0; c < len(dst); c += lane {
		dotsPanel(dst[c:c+lane], x, z[c*p:], start[c:c+lane], self)
	}
}

// dotsPanel is dotsRow for one panel.
func dotsPanel(dst, x, z, start []float64, self float64) {
	a0, a1, a2, a3 := self+start[0], self+start[1], self+start[2], self+start[3]
	a4, a5, a6, a7 := self+start[4], self+start[5], self+start[6], self+start[7]
	for k, v := range x {
		q := z[8*k:][:8]
		a0, a1, a2, a3 = math.FMA(v, q[0], a0), math.FMA(v, q[1], a1), math.FMA(v, q[2], a2), math.FMA(v, q[3], a3)
		a4, a5, a6, a7 = math.FMA(v, q[4], a4), math.FMA(v, q[5], a5), math.FMA(v, q[6], a6), math.FMA(v, q[7], a7)
	}
	dst[0], dst[1], dst[2], dst[3], dst[4], dst[5], dst[6], dst[7] = a0, a1, a2, a3, a4, a5, a6, a7
}

// dotsFour is dotsRow for four rows of x, of p numbers each and p apart: dst[r*dstStride+c] = self[r] + start[r*startStride+c] + x[r] . row c, for columns numbers c.
func dotsFour(dst []float64, dstStride, columns int, x []float64, p int, z, start []float64, startStride int, self *[4]float64) {
	_, _, _, _ = dst[3*dstStride+columns-1], x[4*p-1], z[columns*p-1], start[3*startStride+columns-1]
	if vectors() {
		dotsFourFMA(&dst[0], 8*dstStride, &x[0], 8*p, &z[0], p, columns/lane, &start[0], 8*startStride, &self[0])
		return
	}
	for r := range 4 {
		for c := 0; c < columns; c += lane {
			dotsPanel(dst[r*dstStride+c:][:lane], x[r*p:][:p], z[c*p:], start[r*startStride+c:][:lane], self[r])
		}
	}
}

// addScaled adds factor*k[c] to v[c].
func addScaled(v []float64, k []float32, factor float64) {
	n := len(v) &^ (lane - 1)
	_ = k[len(v)-1]
	if n > 0 && vectors() {
		addScaledAVX2(&v[0], &k[0], factor, n)
	} else {
		n = 0
	}
	for c := n; c < len(v); c++ {
		v[c] += float64(factor * float64(k[c]))
	}
}

// step takes delta*(ki[c]-kj[c]) from v[c] and returns the largest v[c]+up[c] after that, and the first place where it is; -1 when all are -Inf.
func step(v, up []float64, ki, kj []float32, delta float64) (at int, best float64) {
	n := len(v) &^ (lane - 1)
	_, _, _ = up[len(v)-1], ki[len(v)-1], kj[len(v)-1]
	at, best = -1, math.Inf(-1)
	if n > 0 && vectors() {
		var most [lane]float64
		var place [lane]int64
		stepAVX2(&v[0], &up[0], &ki[0], &kj[0], delta, n, &most[0], &place[0])
		at, best = firstOfLanes(&most, &place, best)
	} else {
		n = 0
	}
	for c := n; c < len(v); c++ {
		v[c] -= float64(delta * (float64(ki[c]) - float64(kj[c])))
		if u := v[c] + up[c]; u > best {
			at, best = c, u
		}
	}
	return at, best
}

// firstOfLanes returns the largest of the lanes' values, above least, and the first place that has it.
func firstOfLanes(most *[lane]float64, place *[lane]int64, least float64) (at int, best float64) {
	at, best = -1, least
	for l, v := range most {
		if v > best || v == best && place[l] >= 0 && int(place[l]) < at {
			at, best = int(place[l]), v
		}
	}
	return at, best
}

// leastCurvature is what takes the place of a curvature K_ii + K_jj - 2 K_ij that is not positive.
const leastCurvature = 1e-12

// gain looks, with d[c] = v[c]+down[c], for the place c with d[c] < u where (u-d[c])^2 / (kii + diagonal[c] - 2 ki[c]) is largest: by how much the objective can fall, times two. It
// returns the first such place, -1 when there is none, that quotient, and the least of all d.
func gain(v, down, diagonal []float64, ki []float32, u, kii float64) (at int, best, low float64) {
	n := len(v) &^ (lane - 1)
	_, _, _ = down[len(v)-1], diagonal[len(v)-1], ki[len(v)-1]
	at, best, low = -1, 0, math.Inf(1)
	if n > 0 && vectors() {
		var most, least [lane]float64
		var place [lane]int64
		for l := range least {
			least[l] = low
		}
		gainAVX2(&v[0], &down[0], &diagonal[0], &ki[0], u, kii, leastCurvature, n, &most[0], &place[0], &least[0])
		at, best = firstOfLanes(&most, &place, best)
		for _, d := range least {
			low = min(low, d)
		}
	} else {
		n = 0
	}
	for c := n; c < len(v); c++ {
		d := v[c] + down[c]
		low = min(low, d)
		if diff := u - d; diff > 0 {
			k := float64(ki[c])
			curvature := max(kii+diagonal[c]-(k+k), leastCurvature)
			if g := float64(diff*diff) / curvature; g > best {
				at, best = c, g
			}
		}
	}
	return at, best, low
}
