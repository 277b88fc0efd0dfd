// Package matmul multiplies matrices of float64 and float32 on one micro-kernel: PCA, k-means, nearest neighbours and neural networks stand on it.
//
// Matrix is a view of numbers in a slice. Workspace.Mul and Workspace.AddMul multiply on the calling goroutine, Mul on several, Gram gives X'X. A product with a transposed
// matrix is the product with Matrix.T(), which copies nothing. Pack prepares a matrix that many others are multiplied with.
//
// What can be relied on: an element of a product is a sum over k in ascending order, cut every 128 numbers; each part is summed from zero and then added to the element.
// So an element's bits follow from its row of A, its column of B and k alone: not from the other rows and columns, from how the matrices lie in memory, nor from the
// number of workers. They do depend on the kernel: with AVX2 and FMA each product is added with one rounding, elsewhere with two (decision 0021).
//
// The kernel is Goto and van de Geijn: Anatomy of high-performance matrix multiplication, ACM TOMS 34 (2008), less the packing of A: numbers of A are broadcast one by one, so
// that they may lie in any order. B is packed where its rows are too long or too short.
package matmul

import (
	"context"
	"fmt"

	"aibms/internal/safego"
)

// Float is a type of numbers that can be multiplied.
type Float interface{ float32 | float64 }

const (
	depth      = 128        // numbers of k that are summed in one go: part of the result's definition
	blockRows  = 96         // rows of A that are multiplied with one panel after the other: 98 KB of float64 at full depth
	blockBytes = 4096       // bytes of a row of B that are packed at once: 512 KB at full depth
	directB    = 128 * 1024 // bytes of a block of B up to which its rows are multiplied where they lie
	directA    = 64 * 1024  // bytes from the first to the last number of a block of A up to which it is multiplied where it lies
	packFor    = 4          // panels from which on packing a block of A pays
)

// Matrix is a view of Rows x Columns numbers: row i, column j is Data[i*RowStride + j*ColumnStride]. The numbers belong to whoever made the slice.
type Matrix[T Float] struct {
	Rows, Columns           int
	RowStride, ColumnStride int
	Data                    []T
}

// Of is the row-major matrix whose rows begin stride numbers apart.
func Of[T Float](rows, columns, stride int, data []T) Matrix[T] {
	return Matrix[T]{Rows: rows, Columns: columns, RowStride: stride, ColumnStride: 1, Data: data}
}

// T is the transposed view.
func (a Matrix[T]) T() Matrix[T] {
	return Matrix[T]{Rows: a.Columns, Columns: a.Rows, RowStride: a.ColumnStride, ColumnStride: a.RowStride, Data: a.Data}
}

// Slice is the view of rows r0 to r1 and columns c0 to c1, both without the last.
func (a Matrix[T]) Slice(r0, r1, c0, c1 int) Matrix[T] {
	if r0 < 0 || r1 < r0 || r1 > a.Rows || c0 < 0 || c1 < c0 || c1 > a.Columns {
		panic(fmt.Sprintf("matmul: rows %d to %d and columns %d to %d of a %d x %d matrix", r0, r1, c0, c1, a.Rows, a.Columns))
	}
	if r0 == r1 || c0 == c1 {
		return Matrix[T]{Rows: r1 - r0, Columns: c1 - c0, RowStride: a.RowStride, ColumnStride: a.ColumnStride}
	}
	return Matrix[T]{Rows: r1 - r0, Columns: c1 - c0, RowStride: a.RowStride, ColumnStride: a.ColumnStride, Data: a.Data[r0*a.RowStride+c0*a.ColumnStride:]}
}

// check panics unless the view lies within its slice: the kernels do not check again.
func (a Matrix[T]) check(name string) {
	if a.Rows < 0 || a.Columns < 0 || a.RowStride < 0 || a.ColumnStride < 0 {
		panic(fmt.Sprintf("matmul: %s is %d x %d with strides %d and %d", name, a.Rows, a.Columns, a.RowStride, a.ColumnStride))
	}
	if a.Rows > 0 && a.Columns > 0 && (a.Rows-1)*a.RowStride+(a.Columns-1)*a.ColumnStride >= len(a.Data) {
		panic(fmt.Sprintf("matmul: %s is %d x %d with strides %d and %d, which is more than its %d numbers", name, a.Rows, a.Columns, a.RowStride, a.ColumnStride, len(a.Data)))
	}
}

// Packed is a matrix laid out for the kernel: the right side of many products. It is immutable and safe for concurrent use.
//
// The rows are cut every depth rows; a part holds one panel after the other, each row after row, padded with zeros.
type Packed[T Float] struct {
	rows, columns int
	data          []T
}

// Pack copies b.
func Pack[T Float](b Matrix[T]) *Packed[T] {
	b.check("B")
	width := panelColumns[T]()
	padded := (b.Columns + width - 1) / width * width
	p := &Packed[T]{rows: b.Rows, columns: b.Columns, data: make([]T, b.Rows*padded)}
	for k0 := 0; k0 < b.Rows; k0 += depth {
		k1 := min(b.Rows, k0+depth)
		packPanels(b.Slice(k0, k1, 0, b.Columns), p.data[k0*padded:k1*padded])
	}
	return p
}

// Dims are the rows and columns of the matrix that was packed.
func (p *Packed[T]) Dims() (rows, columns int) { return p.rows, p.columns }

// packPanels lays b out panel by panel. to has room for b.Rows rows of whole panels.
func packPanels[T Float](b Matrix[T], to []T) {
	width := panelColumns[T]()
	for j := 0; j < b.Columns; j += width {
		panel := to[:b.Rows*width]
		to = to[b.Rows*width:]
		used := min(width, b.Columns-j)
		if used < width {
			clear(panel)
		}
		if b.ColumnStride == 1 {
			for t := range b.Rows {
				to, from := panel[t*width:][:used], b.Data[t*b.RowStride+j:][:used]
				for len(to) >= 8 { // faster than a call of copy
					*(*[8]T)(to) = *(*[8]T)(from)
					to, from = to[8:], from[8:]
				}
				copy(to, from)
			}
			continue
		}
		for i := range used {
			from := b.Data[(j+i)*b.ColumnStride:]
			at := 0
			for t := i; t < len(panel); t += width {
				panel[t] = from[at]
				at += b.RowStride
			}
		}
	}
}

// Workspace holds what products need beside their matrices; it grows to what the largest of them needed, at most about 2 MB. The zero Workspace is ready. It is used by one
// goroutine at a time.
type Workspace[T Float] struct {
	panels []T // of B
	tiles  []T // of A
	edge   []T // the last rows of A, padded to a tile
	spill  []T // tiles that are only partly wanted
	rows   []T // of Gram: a block of rows less the shift, and the same times the weights

	unwanted []T // sums that nobody asked for
}

func room[T Float](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	return (*s)[:n]
}

// Mul sets c = a b. c is row-major and shares no numbers with a and b.
func (w *Workspace[T]) Mul(c, a, b Matrix[T]) {
	b.check("B")
	w.multiply(c, a, b.Rows, b.Columns, source[T]{matrix: b}, false, false, 0)
}

// AddMul sets c = c + a b.
func (w *Workspace[T]) AddMul(c, a, b Matrix[T]) {
	b.check("B")
	w.multiply(c, a, b.Rows, b.Columns, source[T]{matrix: b}, true, false, 0)
}

// MulPacked is Mul with a matrix that was packed before.
func (w *Workspace[T]) MulPacked(c, a Matrix[T], b *Packed[T]) {
	w.multiply(c, a, b.rows, b.columns, source[T]{packed: b}, false, false, 0)
}

// AddMulPacked is AddMul with a matrix that was packed before.
func (w *Workspace[T]) AddMulPacked(c, a Matrix[T], b *Packed[T]) {
	w.multiply(c, a, b.rows, b.columns, source[T]{packed: b}, true, false, 0)
}

// Mul sets c = a b on up to workers goroutines, with the bits of Workspace.Mul. It fails with ctx's error only; c is then partly set.
func Mul[T Float](ctx context.Context, workers int, c, a, b Matrix[T]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.check("B")
	checkProduct(c, a, b.Rows, b.Columns)
	packed := Pack(b)
	workers = max(1, min(workers, (c.Rows+blockRows-1)/blockRows))
	free := make(chan *Workspace[T], workers)
	for range workers {
		free <- new(Workspace[T])
	}
	return safego.Chunks(ctx, c.Rows, blockRows, workers, func(_, lo, hi int) error {
		w := <-free
		defer func() { free <- w }()
		for n0 := 0; n0 < packed.columns; n0 += 4 * depth { // a stop within milliseconds
			if err := ctx.Err(); err != nil {
				return err
			}
			w.multiplyColumns(c.Slice(lo, hi, 0, c.Columns), a.Slice(lo, hi, 0, a.Columns), source[T]{packed: packed}, n0, min(packed.columns, n0+4*depth))
		}
		return nil
	})
}

// multiplyColumns sets columns n0 to n1 of c. n0 is a multiple of a panel's width.
func (w *Workspace[T]) multiplyColumns(c, a Matrix[T], b source[T], n0, n1 int) {
	if a.Columns == 0 {
		clearMatrix(c)
		return
	}
	for k0 := 0; k0 < a.Columns; k0 += depth {
		w.multiplyBlock(c, a, b, k0, min(a.Columns, k0+depth), n0, n1, k0 > 0, false, 0)
	}
}

func checkProduct[T Float](c, a Matrix[T], bRows, bColumns int) {
	a.check("A")
	c.check("C")
	if c.Rows != a.Rows || a.Columns != bRows || c.Columns != bColumns {
		panic(fmt.Sprintf("matmul: %d x %d = %d x %d times %d x %d", c.Rows, c.Columns, a.Rows, a.Columns, bRows, bColumns))
	}
	if c.ColumnStride != 1 || c.Rows > 1 && c.RowStride < c.Columns {
		panic(fmt.Sprintf("matmul: C must be row-major, its strides are %d and %d", c.RowStride, c.ColumnStride))
	}
}

func clearMatrix[T Float](c Matrix[T]) {
	for i := range c.Rows {
		if c.Columns > 0 {
			clear(c.Data[i*c.RowStride:][:c.Columns])
		}
	}
}

// source is the right side of a product: as it lies in memory, or packed.
type source[T Float] struct {
	matrix Matrix[T]
	packed *Packed[T]
}

// multiply sets or adds to c the product of a and b. lower says that only the elements on and below the diagonal of a larger matrix are wanted, of which c is the part that begins at
// row first and column 0; others may be set or not.
func (w *Workspace[T]) multiply(c, a Matrix[T], bRows, bColumns int, b source[T], add, lower bool, first int) {
	checkProduct(c, a, bRows, bColumns)
	if a.Columns == 0 {
		if !add {
			clearMatrix(c)
		}
		return
	}
	if c.Rows == 0 || c.Columns == 0 {
		return
	}
	wide := blockBytes / panelBytes * panelColumns[T]()
	for k0 := 0; k0 < a.Columns; k0 += depth {
		for n0 := 0; n0 < c.Columns; n0 += wide {
			w.multiplyBlock(c, a, b, k0, min(a.Columns, k0+depth), n0, min(c.Columns, n0+wide), add || k0 > 0, lower, first)
		}
	}
}

// multiplyBlock adds what columns k0 to k1 of a and columns n0 to n1 of b give.
func (w *Workspace[T]) multiplyBlock(c, a Matrix[T], b source[T], k0, k1, n0, n1 int, add, lower bool, first int) {
	k, width := k1-k0, panelColumns[T]()
	// where panel j, which begins at column n0 + j*width, lies; a last one that is not full may lie elsewhere, with columns before it that are not wanted
	var panels, last []T
	panelStride, bRow, lastRow, before := k*width, width, width, 0
	if p := b.packed; p != nil {
		padded := (p.columns + width - 1) / width * width
		panels = p.data[k0*padded+n0*k:]
	} else {
		block := b.matrix.Slice(k0, k1, n0, n1)
		if block.ColumnStride == 1 && k*(n1-n0)*panelBytes/width <= directB {
			panels, panelStride, bRow = block.Data, width, block.RowStride
			switch odd := (n1 - n0) % width; {
			case odd == 0:
			case n1 >= width:
				last, lastRow, before = b.matrix.Data[k0*block.RowStride+n1-width:], block.RowStride, width-odd
			default:
				last = room(&w.panels, k*width)
				packPanels(block.Slice(0, k, n1-n0-odd, n1-n0), last)
			}
		} else {
			panels = room(&w.panels, k*((n1-n0+width-1)/width*width))
			packPanels(block, panels)
		}
	}
	for m0 := 0; m0 < c.Rows; m0 += blockRows {
		m1 := min(c.Rows, m0+blockRows)
		rows := m1 - m0
		tiles, rest := rows/tileRows, rows%tileRows
		left := tilesOf[T]{a.Data[m0*a.RowStride+k0*a.ColumnStride:], tileRows * a.RowStride, a.RowStride, a.ColumnStride}
		// the last rows: a tile with rows above them that are not wanted, or padded when there are none
		var edge tilesOf[T]
		above := 0
		switch {
		case rest == 0:
		case m1 >= tileRows:
			edge = tilesOf[T]{a.Data[(m1-tileRows)*a.RowStride+k0*a.ColumnStride:], 0, a.RowStride, a.ColumnStride}
			above = tileRows - rest
		default:
			edge = tilesOf[T]{room(&w.edge, tileRows*k), 0, 1, tileRows}
			clear(edge.data)
			packTile(edge.data, left.from(tiles), rest)
		}
		if n1-n0 >= packFor*width && ((rows-1)*a.RowStride+(k-1)*a.ColumnStride)*panelBytes/width > directA {
			packed := tilesOf[T]{room(&w.tiles, blockRows*depth), tileRows * k, 1, tileRows}
			for i := range tiles {
				packTile(packed.data[i*packed.tile:][:packed.tile], left.from(i), tileRows)
			}
			left = packed
		}
		for j := 0; n0+j*width < n1; j++ {
			column := n0 + j*width
			used := min(width, n1-column)
			panel, panelRow, skipped := last, lastRow, before
			if used == width || last == nil {
				panel, panelRow, skipped = panels[j*panelStride:], bRow, 0
			}
			skip := 0
			if lower {
				if m1+first <= column {
					break // this panel and all that follow are above the diagonal
				}
				skip = min(tiles, max(0, column-first-m0)/tileRows)
			}
			if n := tiles - skip; n > 0 {
				from, to := left.from(skip), c.Data[(m0+skip*tileRows)*c.RowStride+column:]
				if used == width {
					multiplyTiles(n, k, from, panel, panelRow, to, c.RowStride, add)
				} else {
					spill := room(&w.spill, blockRows*width)
					multiplyTiles(n, k, from, panel, panelRow, spill, width, false)
					unspill(to, c.RowStride, spill[skipped:], width, n*tileRows, used, add)
				}
			}
			if rest > 0 {
				spill := room(&w.spill, blockRows*width)
				multiplyTiles(1, k, edge, panel, panelRow, spill, width, false)
				unspill(c.Data[(m0+tiles*tileRows)*c.RowStride+column:], c.RowStride, spill[above*width+skipped:], width, rest, used, add)
			}
		}
	}
}

// packTile copies the first rows of a tile to to, which holds whole tiles column after column.
func packTile[T Float](to []T, a tilesOf[T], rows int) {
	for i := range rows {
		at := i * a.row
		for t := i; t < len(to); t += tileRows {
			to[t] = a.data[at]
			at += a.column
		}
	}
}

// unspill sets or adds to c the wanted part of tiles that were computed beside it.
func unspill[T Float](c []T, cRow int, spill []T, width, rows, columns int, add bool) {
	for i := range rows {
		to, from := c[i*cRow:][:columns], spill[i*width:][:columns]
		if !add {
			copy(to, from)
			continue
		}
		for j, v := range from {
			to[j] += v
		}
	}
}
