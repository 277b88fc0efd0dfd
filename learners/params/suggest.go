package params

import (
	"fmt"
	"strings"
)

// Suggest returns " (did you mean X?)" for the choice nearest to name, or "" when none is near: at most a third of its letters differ.
func Suggest(name string, choices []string) string {
	if best := Nearest(name, choices); best != "" {
		return fmt.Sprintf(" (did you mean %s?)", best)
	}
	return ""
}

// Nearest returns the choice with the smallest edit distance to name, or "" when none is near. Case and underscores do not count.
func Nearest(name string, choices []string) string {
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "") }
	key := fold(name)
	best, bestDistance := "", len(key)/3+1
	for _, c := range choices {
		if d := editDistance(key, fold(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// editDistance counts insertions, deletions and replacements of bytes (Levenshtein); O(len(a) len(b)) time, O(len(b)) space.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
