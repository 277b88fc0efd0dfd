//go:build !amd64 || purego

package vector

const available = false

const missing = "vector: there are no vector instructions"

func addRowAVX(z, row *float32, rows, blocks, stride int)                             { panic(missing) }
func addRowReluAVX(z, row *float32, rows, blocks, stride int)                         { panic(missing) }
func reluAVX(z *float32, blocks int)                                                  { panic(missing) }
func deriveReluAVX(delta, value *float32, blocks int)                                 { panic(missing) }
func multiplyAVX(z, by *float32, blocks int)                                          { panic(missing) }
func addColumnsAVX(sums, z *float32, rows, blocks, stride int)                        { panic(missing) }
func narrowAVX(to *float32, from, offset, factor *float64, blocks int, bound float64) { panic(missing) }
func adamAVX(p, gradient, m, v *float32, blocks int, c *[6]float32)                   { panic(missing) }
