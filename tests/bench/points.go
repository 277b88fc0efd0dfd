package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// The rows that every figure uses are made up, and the same on every machine. With i the number of the row from 0 and j that of the column from 1,
//
//	u(i, s)   = ((mix(i + s 2^40) >> 11) + 1/2) / 2^53                    uniform on (0, 1), mix as in tests/data/README.md
//	n(i, j)   = sqrt(-2 ln u(i, 2j+1)) cos(2 pi u(i, 2j+2))               normal
//	z(i, j)   = 0.6 n(i, 0) + 0.8 n(i, j)                                 normal; any two columns have the correlation 0.36
//	x(i, j)   = j + (1 + j/2) z(i, j)                                     the column, to six decimals
//	f(i)      = 0.2 + sum over j of (-1)^j / (1 + j/4) z(i, j)
//	y(i)      = 1 when u(i, 3001) < 1 / (1 + exp(-f(i))), else 0          the target
//
// and every fifth row, from row 0 on, is a test row.

// mix spreads the bits of a number.
func mix(i uint64) uint64 {
	z := (i + 1) * 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}

func uniform(i, stream uint64) float64 {
	return (float64(mix(i+stream<<40)>>11) + 0.5) / (1 << 53)
}

func normal(i, j uint64) float64 {
	return math.Sqrt(-2*math.Log(uniform(i, 2*j+1))) * math.Cos(2*math.Pi*uniform(i, 2*j+2))
}

// point fills z with the standardised features of row i and returns its target.
func point(i int, z []float64) bool {
	row := uint64(i)
	shared := normal(row, 0)
	f, sign := 0.2, -1.0
	for k := range z {
		j := float64(k + 1)
		z[k] = 0.6*shared + 0.8*normal(row, uint64(k+1))
		f += sign / (1 + j/4) * z[k]
		sign = -sign
	}
	return uniform(row, 3001) < 1/(1+math.Exp(-f))
}

// isTest tells whether a row is judged by rather than learned from.
func isTest(i int) bool { return i%5 == 0 }

// writePoints writes rows as comma-separated lines: id, x1 ... xp, y, part; part is TRAIN or TEST. It returns their targets.
func writePoints(file string, rows, columns int) (ones []bool, err error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	z := make([]float64, columns)
	ones = make([]bool, rows)
	var line []byte
	for i := range rows {
		ones[i] = point(i, z)
		line = strconv.AppendInt(line[:0], int64(i), 10)
		for k, v := range z {
			j := float64(k + 1)
			line = append(line, ',')
			line = strconv.AppendFloat(line, j+(1+j/2)*v, 'f', 6, 64)
		}
		line = append(line, ",0,TRAIN\n"...)
		if ones[i] {
			line[len(line)-len("0,TRAIN\n")] = '1'
		}
		if isTest(i) {
			line = append(line[:len(line)-len("TRAIN\n")], "TEST\n"...)
		}
		if _, err := w.Write(line); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return ones, f.Close()
}

// createPoints is the CREATE TABLE of the rows, for AIBMS and MariaDB alike.
func createPoints(table string, columns int) string {
	return fmt.Sprintf("CREATE TABLE %s (id BIGINT PRIMARY KEY, %s, y TINYINT NOT NULL, part VARCHAR(5) NOT NULL)", table, features(columns, "%s DOUBLE NOT NULL"))
}

// features is x1 to xn, each put into format.
func features(n int, format string) string {
	var list []string
	for j := range n {
		list = append(list, fmt.Sprintf(format, fmt.Sprintf("x%d", j+1)))
	}
	return strings.Join(list, ", ")
}
