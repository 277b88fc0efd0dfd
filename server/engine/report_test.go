package engine_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aibms/server/engine"
)

// TestNothingIsReported: the storage library reports its use to its maker unless its settings say no. They say no, and no event waits to be sent.
func TestNothingIsReported(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root := connect(t, e, "root", "")
	must(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1)")
	disabled := false
	err := filepath.WalkDir(e.DataDir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "eventsData" {
			t.Errorf("there are events to report in %s", path)
		}
		if d.Name() == "config_global.json" {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			disabled = disabled || strings.Contains(strings.ReplaceAll(string(text), " ", ""), `"metrics.disabled":"true"`)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !disabled {
		t.Error("the settings do not say metrics.disabled")
	}
}
