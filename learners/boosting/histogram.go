package boosting

// slots is the size of the table into which a feature is added up: one place for each code that a byte can have.
const slots = 256

// table is the working place of a histogram. Adding to it needs no check of bounds.
type table [slots]pair

// addRows adds the pairs of rows by their codes; pairs are in the order of rows.
func (t *table) addRows(codes []uint8, rows []uint32, pairs []pair) {
	pairs = pairs[:len(rows)]
	for ; len(rows) >= 4 && len(pairs) >= 4; rows, pairs = rows[4:], pairs[4:] {
		a, b, c, d := codes[rows[0]], codes[rows[1]], codes[rows[2]], codes[rows[3]]
		t[a] += pairs[0]
		t[b] += pairs[1]
		t[c] += pairs[2]
		t[d] += pairs[3]
	}
	for i, r := range rows {
		t[codes[r]] += pairs[i]
	}
}

// addAll adds the pairs of all rows by their codes.
func (t *table) addAll(codes []uint8, pairs []pair) {
	pairs = pairs[:len(codes)]
	for ; len(codes) >= 4 && len(pairs) >= 4; codes, pairs = codes[4:], pairs[4:] {
		t[codes[0]] += pairs[0]
		t[codes[1]] += pairs[1]
		t[codes[2]] += pairs[2]
		t[codes[3]] += pairs[3]
	}
	for i, c := range codes {
		t[c] += pairs[i]
	}
}

// fewBins is the number of bins below which rows that follow each other often have the same, so that an addition would wait for the one before.
const fewBins = 64

// few are four tables of a feature with fewer than fewBins bins, to which rows are added by turns. The last place is that of missing values.
type few [4][fewBins]pair

func (f *few) addRows(codes []uint8, rows []uint32, pairs []pair) {
	const mask = fewBins - 1
	pairs = pairs[:len(rows)]
	for ; len(rows) >= 4 && len(pairs) >= 4; rows, pairs = rows[4:], pairs[4:] {
		a, b, c, d := codes[rows[0]]&mask, codes[rows[1]]&mask, codes[rows[2]]&mask, codes[rows[3]]&mask
		f[0][a] += pairs[0]
		f[1][b] += pairs[1]
		f[2][c] += pairs[2]
		f[3][d] += pairs[3]
	}
	for i, r := range rows {
		f[0][codes[r]&mask] += pairs[i]
	}
}

func (f *few) addAll(codes []uint8, pairs []pair) {
	const mask = fewBins - 1
	pairs = pairs[:len(codes)]
	for ; len(codes) >= 4 && len(pairs) >= 4; codes, pairs = codes[4:], pairs[4:] {
		f[0][codes[0]&mask] += pairs[0]
		f[1][codes[1]&mask] += pairs[1]
		f[2][codes[2]&mask] += pairs[2]
		f[3][codes[3]&mask] += pairs[3]
	}
	for i, c := range codes {
		f[0][c&mask] += pairs[i]
	}
}

// addTo adds the tables to t.
func (f *few) addTo(t *table, bins int) {
	for c := range bins {
		t[c] += f[0][c] + f[1][c] + f[2][c] + f[3][c]
	}
	const last = fewBins - 1
	t[slots-1] += f[0][last] + f[1][last] + f[2][last] + f[3][last]
}

// subtract takes another table off, up to the number of bins and in the place of missing values.
func (t *table) subtract(other *table, bins int) {
	a, b := t[:bins], other[:bins]
	for i, p := range b[:len(a)] {
		a[i] -= p
	}
	t[slots-1] -= other[slots-1]
}
