package mlsql

import "strings"

// maxSuggestBytes bounds the words that are compared: no choice is longer, and the comparison takes quadratic time.
const maxSuggestBytes = 32

// didYouMean returns "; did you mean X?" for the choice nearest to word, or "" when none is near: a third of the letters may differ.
func didYouMean(word string, choices []string) string {
	if len(word) > maxSuggestBytes {
		return ""
	}
	word = strings.ToUpper(word)
	best, bestDistance := "", len(word)/3+1
	for _, c := range choices {
		first, _, _ := strings.Cut(c, " ") // a clause of two words is recognised by its first
		if d := min(editDistance(word, c), editDistance(word, first)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// editDistance counts the bytes inserted, deleted or replaced, and the neighbours swapped (FORM for FROM), on the way from a to b: the
// optimal string alignment distance. O(len(a) len(b)) time, O(len(b)) space.
func editDistance(a, b string) int {
	before, previous, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := previous[j-1]
			if a[i-1] != b[j-1] {
				cost++
			}
			row[j] = min(cost, previous[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, previous, row = previous, row, before
	}
	return previous[len(b)]
}
