// Command bench measures AIBMS beside what people use today: scikit-learn, pandas and MariaDB. Every figure is a ratio of two numbers that were taken in turn in one
// run; `make bench` runs it, and tests/bench/README.md says how to read it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == serveWord {
		if err := serveHere(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	end()
	os.Exit(code)
}

// settings are the flags.
type settings struct {
	only                string
	growth, list, costs bool
	pairs, rows         int
	aibms, python, page string
	peers               string
}

// parse reads the flags. flag.ErrHelp: --help was answered on w.
func parse(args []string, w io.Writer) (*settings, error) {
	s := &settings{}
	program := os.Getenv("AIBMS_BINARY")
	if program == "" {
		program = "bin/aibms"
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(w)
	f.StringVar(&s.only, "only", "", "measure only these figures: a comma list of names, or of beginnings of names")
	f.BoolVar(&s.growth, "growth", false, "measure how figures grow: at their own size, with twice and ten times the rows, twice the columns, 4 to 64 connections")
	f.BoolVar(&s.costs, "costs", false, "print a table of what fitting costs each learner by itself, in time and memory, and how that grows; -only names learners")
	f.BoolVar(&s.list, "list", false, "print the names of the figures and end")
	f.IntVar(&s.pairs, "pairs", 5, "pairs of runs that count; fewer than 5 is for trying out")
	f.IntVar(&s.rows, "rows", 0, "rows of every table, in place of what the figures say, which grow from there: for trying out")
	f.StringVar(&s.aibms, "aibms", program, "the program to measure")
	f.StringVar(&s.peers, "peers", "tests/bench/peers", "the folder of the peers' scripts")
	f.StringVar(&s.python, "python", "tests/bench/peers/.venv/bin/python", "the Python that has the peers")
	f.StringVar(&s.page, "page", "", "also write the results into the table of this page, such as docs/performance.md")
	f.Usage = func() {
		fmt.Fprintln(w, "bench measures AIBMS beside what people use today and prints a line a figure: name, ours, peer, ratio, unit.\n\nFigures:")
		for _, line := range figureTable(figures()) {
			if line != "" {
				fmt.Fprintln(w, line)
			}
		}
		fmt.Fprintln(w, "\nFlags:")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("bench takes flags only, not %q", f.Arg(0))
	}
	if s.pairs < 1 || s.rows < 0 {
		return nil, errors.New("-pairs must be at least 1 and -rows at least 0")
	}
	return s, nil
}

// chosen are the figures that the flags ask for.
func (s *settings) chosen() ([]Figure, error) {
	list := figures()
	if s.rows > 0 {
		for i := range list {
			list[i] = list[i].withRows(s.rows)
		}
	}
	if s.growth {
		var grow []Figure
		for _, f := range list {
			grow = append(grow, grown(f)...)
		}
		list = grow
	}
	return choose(list, s.only)
}

// run is the program: results go to out, everything else to log. It returns the exit code, which is 0 when every figure was measured and every guard held.
func run(ctx context.Context, args []string, out, log io.Writer) int {
	s, err := parse(args, log)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	var list []Figure
	if err == nil && !s.costs {
		list, err = s.chosen()
	}
	if err != nil {
		fmt.Fprintln(log, err)
		return 2
	}
	if s.list {
		fmt.Fprintln(out, strings.Join(names(list), "\n"))
		return 0
	}
	if s.costs {
		if err := printCosts(&Bench{ctx: ctx, log: log}, out, s.only); err != nil {
			fmt.Fprintln(log, err)
			return 1
		}
		return 0
	}
	b := &Bench{ctx: ctx, log: log, pairs: s.pairs, aibms: s.aibms, python: s.python, peers: s.peers}
	code := 0
	fail := func(format string, args ...any) {
		fmt.Fprintf(log, format+"\n", args...)
		code = 1
	}
	if err := b.open(); err != nil {
		fail("%v", err)
		return code
	}
	defer func() {
		if err := b.close(); err != nil {
			fmt.Fprintln(log, err)
		}
	}()
	machine := fmt.Sprintf("%d cores, %s", runtime.NumCPU(), processor())
	fmt.Fprintln(log, machine)
	printHeader(out)
	var results []*Result
	for _, f := range list {
		if _, err := os.Stat(f.Needs); f.Needs != "" && err != nil {
			fmt.Fprintf(log, "%s: left out: %v; tests/bench/README.md says where those rows are from\n", f.Name, err)
			if s.only != "" {
				code = 1
			}
			continue
		}
		begin := time.Now()
		r, err := b.measure(f)
		if err != nil {
			fail("%s: %v", f.Name, err)
			if ctx.Err() != nil {
				return code
			}
			continue
		}
		printResult(out, r)
		explain(log, r)
		fmt.Fprintf(log, "%s: measured in %.0f s\n", f.Name, time.Since(begin).Seconds())
		results = append(results, r)
	}
	if s.page != "" {
		err := rewriteBetween(s.page, "results", func(before []string) []string { return resultLines(before, results, time.Now(), machine) })
		if err != nil {
			fail("%v", err)
		} else if err := short(s.page, figures()); err != nil {
			fail("%v", err)
		}
	}
	return code
}

// processor is what the processor calls itself, where that can be found out.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		lines := strings.Split(string(text), "\n")
		if at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "model name") }); at >= 0 {
			_, name, _ := strings.Cut(lines[at], ":")
			return strings.TrimSpace(name)
		}
	}
	return runtime.GOARCH
}
