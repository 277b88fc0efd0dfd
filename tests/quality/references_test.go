package quality

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// readReferences reads the lines of a file of tests/reference, of which there must be at least so many: a test against a file that was cut short would pass by comparing nothing.
func readReferences[T any](t testing.TB, name string, least int) []T {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "reference", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var references []T
	if err := json.Unmarshal(b, &references); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(references) < least {
		t.Fatalf("%s: only %d references, there should be %d or more", name, len(references), least)
	}
	return references
}
