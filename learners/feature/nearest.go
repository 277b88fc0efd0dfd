package feature

import "strings"

// didYouMean returns " (did you mean X?)" for the choice nearest to word, or "" when more than a third of its letters differ.
func didYouMean(word string, choices []string) string {
	word = strings.ToLower(word)
	best, least := "", len(word)/3+1
	for _, c := range choices {
		if d := distance(word, strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// distance counts the insertions, deletions and replacements of bytes between a and b (Levenshtein); O(len(a) len(b)).
func distance(a, b string) int {
	if a == "" {
		return len(b)
	}
	previous := make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range len(a) {
		current := make([]int, len(b)+1)
		current[0] = i + 1
		for j := range len(b) {
			replace := previous[j]
			if a[i] != b[j] {
				replace++
			}
			current[j+1] = min(replace, previous[j+1]+1, current[j]+1)
		}
		previous = current
	}
	return previous[len(b)]
}
