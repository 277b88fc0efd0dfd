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

// subtract takes another table off, up to the number of bins and in the place of missing values.
func (t *table) subtract(other *table, bins int) {
	a, b := t[:bins], other[:bins]
	for i, p := range b[:len(a)] {
		a[i] -= p
	}
	t[slots-1] -= other[slots-1]
}
