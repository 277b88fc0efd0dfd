package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"aibms/internal/safego"
)

const (
	startTime = 2 * time.Minute
	stopTime  = time.Minute
)

// process is a program that the benchmark started. It ends with the benchmark.
type process struct {
	command *exec.Cmd
	ended   chan struct{} // closed when it has ended
	err     error         // how; to be read after ended

	mu  sync.Mutex
	log []byte // the end of what it wrote to its standard error
}

// start starts a program and calls line for every line of its standard error.
func start(command *exec.Cmd, line func([]byte)) (*process, error) {
	p := &process{command: command, ended: make(chan struct{})}
	command.SysProcAttr = dieWithParent()
	out, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	safego.Go(func() error {
		for lines := bufio.NewReader(out); ; {
			text, err := lines.ReadBytes('\n')
			p.mu.Lock()
			p.log = append(p.log, text...)
			p.log = p.log[max(0, len(p.log)-16<<10):]
			p.mu.Unlock()
			if line != nil && len(text) > 0 {
				line(text)
			}
			if err != nil {
				return command.Wait()
			}
		}
	}, func(err error) {
		p.err = err
		close(p.ended)
	})
	return p, nil
}

// Log is the end of what the program wrote to its standard error.
func (p *process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(bytes.TrimSpace(p.log))
}

// stop asks the program to end and waits for it.
func (p *process) stop() error {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTime):
		_ = p.command.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s still ran after %v", p.command.Path, stopTime)
	}
}

// wait returns when ready says so: it is asked again and again, until it holds, the program ends, or it takes too long.
func (p *process) wait(ctx context.Context, ready func() error) error {
	late := time.After(startTime)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %v\n%s", p.command.Path, p.err, p.Log())
		case <-late:
			return fmt.Errorf("%s was not ready after %v: %w\n%s", p.command.Path, startTime, err, p.Log())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// memory reads a field of a process's memory, such as VmRSS (now) or VmHWM (the most so far), in bytes.
func (p *process) memory(field string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		return 0, errors.New("memory is measured through /proc, which only Linux has")
	}
	if err != nil {
		return 0, err
	}
	return memoryField(string(text), field)
}

// idle returns the resident memory of now and lets VmHWM begin anew from there.
func (p *process) idle() (float64, error) {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.command.Process.Pid), []byte("5"), 0); err != nil {
		return 0, fmt.Errorf("cannot forget the peak of the memory so far: %w", err)
	}
	return p.memory("VmRSS")
}

func memoryField(status, field string) (float64, error) {
	for line := range strings.Lines(status) {
		if name, rest, _ := strings.Cut(line, ":"); name == field {
			kilobytes, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kilobytes * 1024, err
		}
	}
	return 0, fmt.Errorf("the status of the process has no %s", field)
}

// cpuSeconds is the processor time of this process so far, all threads, its garbage collector's included.
func cpuSeconds() (float64, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds(), nil
}

// untuned is the environment without variables that set the number of threads or the kernels of numeric libraries: peers tune themselves.
func untuned(environ []string) []string {
	var out []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		tunes := strings.HasSuffix(name, "_NUM_THREADS")
		for _, prefix := range []string{"OPENBLAS_", "OMP_", "MKL_", "GOTO_", "BLIS_", "KMP_", "GOMP_"} {
			tunes = tunes || strings.HasPrefix(name, prefix)
		}
		if !tunes {
			out = append(out, pair)
		}
	}
	return out
}
