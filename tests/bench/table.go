package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// printHeader and printResult write the benchmark's answer: one line a figure, fields separated by tabs.
func printHeader(w io.Writer) { fmt.Fprintln(w, "name\tours\tpeer\tratio\tunit") }

func printResult(w io.Writer, r *Result) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%.3g\t%s\n", r.Figure.Name, number(r.Ours), number(r.Peer), r.Ratio, r.Figure.Unit)
}

// number writes a measured value: four digits, and all before the point.
func number(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

// explain writes how sure a result is, and how it stands to what was asked.
func explain(w io.Writer, r *Result) {
	verdict := "no floor is set"
	switch f := r.Figure; {
	case f.Least > 0 && r.Ratio < f.Least:
		verdict = fmt.Sprintf("BELOW the floor of %g", f.Least)
	case f.Aim > 0 && r.Ratio < f.Aim:
		verdict = fmt.Sprintf("above the floor of %g, below the aim of %g", f.Least, f.Aim)
	case f.Least > 0:
		verdict = fmt.Sprintf("at or above all that is asked (floor %g)", f.Least)
	}
	fmt.Fprintf(w, "%s: ratio %.3g, single pairs from %.3g to %.3g: %s\n", r.Figure.Name, r.Ratio, r.Low, r.High, verdict)
}

// figureTable is the table of what is measured, for the page and for --help.
func figureTable(list []Figure) []string {
	lines := []string{"", "| name | ours | peer | unit | at least | aim | what it tells |", "|---|---|---|---|---|---|---|"}
	for _, f := range list {
		lines = append(lines, fmt.Sprintf("| `%s` | %s | %s | %s | %s | %s | %s |", f.Name, f.Ours, f.Peer, f.Unit, orNone(f.Least), orNone(f.Aim), f.Why))
	}
	return append(lines, "")
}

func orNone(ratio float64) string {
	if ratio == 0 {
		return "–"
	}
	return fmt.Sprintf("%g", ratio)
}

// resultLines puts results into the lines of the page's table, in which every row says when it was measured: rows of the same name are replaced, others stay.
func resultLines(before []string, results []*Result, day time.Time, machine string) []string {
	head := []string{"", "| name | ours | peer | ratio | pairs and their ratios | unit | measured | on |", "|---|---|---|---|---|---|---|---|"}
	rows := slices.Clone(before)
	rows = slices.DeleteFunc(rows, func(line string) bool { return !strings.HasPrefix(line, "| `") })
	for _, r := range results {
		row := fmt.Sprintf("| `%s` | %s | %s | %.3g | %d: %.3g to %.3g | %s | %s | %s |", r.Figure.Name, number(r.Ours), number(r.Peer), r.Ratio, len(r.PairsRatios), r.Low, r.High, r.Figure.Unit, day.Format(time.DateOnly), machine)
		if at := slices.IndexFunc(rows, func(line string) bool { return strings.HasPrefix(line, "| `"+r.Figure.Name+"` |") }); at >= 0 {
			rows[at] = row
		} else {
			rows = append(rows, row)
		}
	}
	return append(append(head, rows...), "")
}

// short writes into the page which figures are below their floor or their aim, by its own table of results: the furthest behind first.
func short(file string, list []Figure) error {
	type behind struct {
		share float64 // of what is to be reached
		line  string
	}
	var all []behind
	if err := rewriteBetween(file, "results", func(rows []string) []string {
		for _, row := range rows {
			cells := strings.Split(row, " | ")
			at := slices.IndexFunc(list, func(f Figure) bool { return strings.HasPrefix(row, "| `"+f.Name+"` |") })
			if at < 0 || len(cells) < 4 {
				continue
			}
			f := list[at]
			ratio, err := strconv.ParseFloat(cells[3], 64)
			if err != nil || ratio >= max(f.Least, f.Aim) {
				continue
			}
			goal, words := f.Aim, "the aim"
			if ratio < f.Least {
				goal, words = f.Least, "**the floor**"
			}
			all = append(all, behind{ratio / goal, fmt.Sprintf("| `%s` | %s | %s | %s | %s |", f.Name, cells[3], orNone(f.Least), orNone(f.Aim), words)})
		}
		return rows
	}); err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b behind) int { return cmp.Compare(a.share, b.share) })
	lines := []string{"", "| figure | ratio | at least | aim | below |", "|---|---|---|---|---|"}
	for _, b := range all {
		lines = append(lines, b.line)
	}
	return rewriteBetween(file, "short", func([]string) []string { return append(lines, "") })
}

// rewriteBetween replaces the lines of a file between <!-- name --> and <!-- /name --> by what f makes of them.
func rewriteBetween(file, name string, f func(before []string) []string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	start, end := slices.Index(lines, "<!-- "+name+" -->"), slices.Index(lines, "<!-- /"+name+" -->")
	if start < 0 || end < start {
		return fmt.Errorf("%s: <!-- %s --> and <!-- /%s --> are missing", file, name, name)
	}
	now := slices.Concat(lines[:start+1], f(lines[start+1:end]), lines[end:])
	return os.WriteFile(file, []byte(strings.Join(now, "\n")), 0o644)
}
