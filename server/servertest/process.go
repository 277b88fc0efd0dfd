package servertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os/exec"
	"sync"

	"aibms/internal/safego"
)

// process is one run of the program.
type process struct {
	command *exec.Cmd
	ready   chan address  // one value, when the log says that the server is ready
	ended   chan struct{} // closed when the process has ended
	err     error         // how it ended; to be read after ended
}

// address is what the server says of where it listens.
type address struct {
	Msg    string
	Port   int
	Socket string
}

// launch starts the program, with pairs added to the environment, and follows its log.
func launch(binary string, args, env []string, to *log) (*process, error) {
	p := &process{command: exec.Command(binary, args...), ready: make(chan address, 1), ended: make(chan struct{})}
	p.command.SysProcAttr = dieWithTest()
	p.command.Env = append(p.command.Environ(), env...)
	out, err := p.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	safego.Go(func() error {
		var at address
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadBytes('\n')
			to.add(line)
			var said address
			if json.Unmarshal(line, &said) == nil {
				switch said.Msg {
				case "listening":
					at = said
				case "ready":
					p.ready <- at
				}
			}
			if err != nil {
				break
			}
		}
		return p.command.Wait()
	}, func(err error) {
		p.err = err
		close(p.ended)
	})
	return p, nil
}

// log collects what a server writes.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) add(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(line)
}

// String returns all of it.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
