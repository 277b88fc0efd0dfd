package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pythonCommand is a command line of the Python that has the peers.
func (b *Bench) pythonCommand(script string, args ...string) (*exec.Cmd, error) {
	if _, err := os.Stat(b.python); err != nil {
		return nil, fmt.Errorf("this figure needs the Python of the peers; `make bench-peers` installs it: %w", err)
	}
	command := exec.CommandContext(b.ctx, b.python, append([]string{filepath.Join(b.peers, script)}, args...)...)
	command.Env = untuned(os.Environ())
	return command, nil
}

// script runs a Python script from its start to its end, imports and all, and returns what it printed.
func (b *Bench) script(name string, args ...string) (string, error) {
	command, err := b.pythonCommand(name, args...)
	if err != nil {
		return "", err
	}
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// worker is a Python process that stays: it imports once, is told line by line what to do (peers/worker.py describes the lines), and takes the time itself, so that
// neither imports nor the transport of data count.
type worker struct {
	*process
	in  io.WriteCloser
	out *bufio.Reader
}

// Timing is what a run took inside the Python process, and what it returned.
type Timing struct {
	Wall  float64         `json:"wall"` // seconds
	CPU   float64         `json:"cpu"`  // seconds, all threads of the process
	Value json.RawMessage `json:"value"`
}

// pythonWorker starts the worker once and tells which numeric kernels and how many threads it found by itself.
func (b *Bench) pythonWorker() (*worker, error) {
	if b.worker != nil {
		return b.worker, nil
	}
	w, err := b.startWorker()
	if err != nil {
		return nil, err
	}
	about, err := w.ask(b.ctx, map[string]any{"op": "about"})
	if err != nil {
		return nil, err
	}
	b.say("the Python of the peers: %s", about.Value)
	b.worker = w
	return w, nil
}

func (b *Bench) startWorker() (*worker, error) {
	command, err := b.pythonCommand("worker.py")
	if err != nil {
		return nil, err
	}
	w := &worker{}
	if w.in, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = bufio.NewReaderSize(out, 1<<20)
	if w.process, err = start(command, nil); err != nil {
		return nil, err
	}
	b.closers = append(b.closers, func() error {
		w.in.Close() // which ends it
		return w.process.stop()
	})
	return w, nil
}

// prepare calls prepare(**args) of a module in the folder of the peers and keeps the closure that it returns under name.
func (w *worker) prepare(ctx context.Context, name, module string, args map[string]any) error {
	_, err := w.ask(ctx, map[string]any{"op": "prepare", "name": name, "module": module, "args": args})
	return err
}

// run runs the closure of that name.
func (w *worker) run(ctx context.Context, name string) (*Timing, error) {
	return w.ask(ctx, map[string]any{"op": "run", "name": name})
}

// drop lets go of the closure and its data.
func (w *worker) drop(ctx context.Context, name string) error {
	_, err := w.ask(ctx, map[string]any{"op": "drop", "name": name})
	return err
}

// ask sends one line and reads the line of the answer. When ctx ends, the process does, and with it the reading.
func (w *worker) ask(ctx context.Context, request map[string]any) (*Timing, error) {
	line, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	if _, err := w.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, w.Log())
	}
	answer, err := w.out.ReadBytes('\n')
	if err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("the Python process ended: %w\n%s", err, w.Log()))
	}
	var t struct {
		Timing
		Error string `json:"error"`
	}
	if err := json.Unmarshal(answer, &t); err != nil {
		return nil, fmt.Errorf("the Python process answered %q: %w", answer, err)
	}
	if t.Error != "" {
		return nil, fmt.Errorf("Python: %s", strings.TrimSpace(t.Error))
	}
	return &t.Timing, nil
}
