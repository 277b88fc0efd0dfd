package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestWorker speaks with a Python process: closures run there and are timed there, and an exception is an error that does not end it.
func TestWorker(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	modules, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHONPATH", modules)
	t.Setenv("PYTHONDONTWRITEBYTECODE", "1")
	b := &Bench{ctx: t.Context(), log: new(bytes.Buffer), python: python, peers: "peers"}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	w, err := b.startWorker()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.prepare(b.ctx, "sum", "add", map[string]any{"a": 2, "b": 3}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		timing, err := w.run(b.ctx, "sum")
		if err != nil {
			t.Fatal(err)
		}
		if string(timing.Value) != "5" || timing.Wall <= 0 || timing.CPU <= 0 {
			t.Errorf("%+v", timing)
		}
	}
	if err := w.prepare(b.ctx, "wrong", "add", map[string]any{"a": -1, "b": 3}); err == nil || !strings.Contains(err.Error(), "a is negative") {
		t.Errorf("the error is %v", err)
	}
	if err := w.drop(b.ctx, "sum"); err != nil {
		t.Error(err)
	}
	if _, err := w.run(b.ctx, "sum"); err == nil || !strings.Contains(err.Error(), "KeyError") {
		t.Errorf("what was dropped still runs: %v", err)
	}
}

func TestNoPython(t *testing.T) {
	b := &Bench{ctx: t.Context(), python: filepath.Join(t.TempDir(), "python")}
	if _, err := b.startWorker(); err == nil || !strings.Contains(err.Error(), "make bench-peers") {
		t.Errorf("the error is %v", err)
	}
}
