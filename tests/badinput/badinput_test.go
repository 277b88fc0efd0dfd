package badinput

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// themes is THE LIST, in the order of the document.
var themes = []theme{
	dataTheme,
	namesTheme,
	definitionTheme,
	aloneTheme,
	changeTheme,
	predictTheme,
	evaluateTheme,
	releaseTheme,
	privilegesTheme,
	limitsTheme,
	syntaxTheme,
	laterTheme,
}

// TestBadInput gives every bad of every theme to the server.
func TestBadInput(t *testing.T) {
	number := 0
	for _, th := range themes {
		t.Run(name(th.title), func(t *testing.T) {
			for i := range th.bad {
				b := &th.bad[i]
				number++
				database := fmt.Sprintf("bad_%04d", number)
				t.Run(name(b.give), func(t *testing.T) {
					if got := b.answer(t, th.setup, database); got != b.want {
						t.Errorf("%s\ngot\n%s\nwant\n%s", b.give, got, b.want)
					}
					for _, line := range logged.panics() {
						t.Errorf("%s: the server logged: %s", b.give, line)
					}
				})
			}
		})
	}
}

var notLetters = regexp.MustCompile(`[^A-Za-z0-9]+`)

// name is a text as the name of a test.
func name(text string) string { return strings.Trim(notLetters.ReplaceAllString(text, "_"), "_") }
