// Package svm holds the learner svm: support vector machines with kernels, for classes and for numbers.
//
// A fit goes through the files in this order: svm.go (hyper-parameters, the problems of each form, cross-validation), kernel.go (scaled rows in panels), solver.go (sequential minimal optimisation) with
// cache.go (rows of the kernel), platt.go (probabilities), model.go (prediction and saved bytes). vector.go and exp.go hold the loops that take the time, vector_amd64.s the same for AVX2.
package svm

const name = "svm"
