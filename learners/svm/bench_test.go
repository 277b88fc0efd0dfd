package svm

import (
	"math/rand/v2"
	"testing"

	"aibms/learners/exponential"
)

// The loops of a fit, at 9984 rows of 28 features.
const benchRows, benchColumns = 9984, 28

func BenchmarkDotsRow(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, z, start, dst := normals(rng, benchColumns), normals(rng, benchRows*benchColumns), normals(rng, benchRows), make([]float64, rowChunk)
	for b.Loop() {
		for c := 0; c < benchRows; c += rowChunk {
			dotsRow(dst, x, z[c*benchColumns:], start[c:], 0)
		}
	}
}

func BenchmarkDotsFour(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, z, start, dst := normals(rng, 4*benchColumns), normals(rng, benchRows*benchColumns), normals(rng, benchRows), make([]float64, 4*rowChunk)
	for b.Loop() {
		for c := 0; c < benchRows; c += rowChunk {
			dotsFour(dst, rowChunk, rowChunk, x, benchColumns, z[c*benchColumns:], start[c:], 0, new([4]float64))
		}
	}
}

func BenchmarkExpTo32(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, dst := normals(rng, rowChunk), make([]float32, rowChunk)
	for b.Loop() {
		for c := 0; c < benchRows; c += rowChunk {
			exponential.To32(dst, x, 0)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	v, up, k := normals(rng, benchRows), normals(rng, benchRows), make([]float32, benchRows)
	for b.Loop() {
		step(v, up, k, k, 0.1)
	}
}

func BenchmarkGain(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	v, down, k := normals(rng, benchRows), normals(rng, benchRows), make([]float32, benchRows)
	for b.Loop() {
		gain(v, down, down, k, 1, 1)
	}
}
