// Package neural holds the learner neural_network: layers of units that are fitted by stochastic gradients.
//
// architecture says where the numbers of a network lie; scratch runs blocks of rows through it forwards and backwards; trainer fits it batch by batch; network is the model that
// comes out. Rows are multiplied by package matmul in single precision. What works on them is generic, so that tests check gradients in double precision.
package neural
