package clients

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mariadbCLI runs the scenario through the command-line client: a statement at a time, each amid others in one packet, and with PREPARE and EXECUTE as text.
// The first goes over the unix socket, the second over TCP, the third over TCP with TLS.
func (s *site) mariadbCLI(t *testing.T) {
	program := cliProgram(t)
	tcp := []string{"--host=127.0.0.1", "--protocol=TCP", fmt.Sprintf("--port=%d", s.Port())}
	for _, form := range []struct {
		name    string
		connect []string
	}{
		{"single", []string{"--protocol=SOCKET", "--socket=" + s.Socket()}},
		{"multi", tcp},
		{"prepare", append([]string{"--ssl", "--skip-ssl-verify-server-cert"}, tcp...)},
	} {
		t.Run(form.name, func(t *testing.T) {
			database := s.newDatabase(t)
			open := func(user, password string) client {
				return openCLI(t, form.name, program, append([]string{"--user=" + user, "--database=" + database}, form.connect...), password)
			}
			root := open("root", "")
			s.lifecycle(t, root, false)
			accounts := map[string]client{"root": root, "onlooker": open(onlooker, onlookerPassword)}
			s.mistakes(t, "text", accounts)
			if form.name == "prepare" {
				s.mistakes(t, "prepared", accounts)
			}
		})
	}
}

// mariadbCLIPrints checks what a person sees: a table, the line below it, and a warning.
func (s *site) mariadbCLIPrints(t *testing.T) {
	program := cliProgram(t)
	database := s.newDatabase(t)
	c := exec.Command(program, "--no-defaults", "--user=root", "--protocol=SOCKET", "--socket="+s.Socket(), "--table", "-vv", "--show-warnings", database)
	c.Stdin = strings.NewReader(`CREATE TABLE t (id INT PRIMARY KEY, x INT, y INT);
INSERT INTO t VALUES (1, 1, 3), (2, 2, 5), (3, 3, 7);
CREATE MODEL line PREDICT y FROM t USING linear_regression FEATURES (x) SPLIT NONE;
TRAIN MODEL line;
DEPLOY MODEL line VERSION 1;
SELECT id, PREDICT('line') AS y FROM t;
`)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{
		"SPLIT NONE\n--------------\n\nQuery OK, 0 rows affected\n",
		"Query OK, 3 rows affected\n",
		"1 row in set, 1 warning\n\nWarning (Code 1642): the metrics are those of the training rows",
		"\n+----+------+\n| id | y    |\n+----+------+\n|  1 |    3 |\n|  2 |    5 |\n|  3 |    7 |\n+----+------+\n3 rows in set\n",
	} {
		if !strings.Contains(string(out), part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
}

func cliProgram(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("mariadb")
	if err != nil {
		missing(t, "the mariadb command-line client")
	}
	return program
}

// cli is one running client, fed with statements through its standard input. It prints answers as XML.
type cli struct {
	form     string
	in       io.Writer
	out      *os.File // both what the client prints and its errors, in their order
	sent     int      // statements, for their end marks
	prepared int
}

// openCLI starts the client; it ends with the test.
func openCLI(t *testing.T, form, program string, arguments []string, password string) *cli {
	t.Helper()
	c := exec.Command(program, append([]string{"--no-defaults", "--xml", "--force", "--unbuffered", "--default-character-set=utf8mb4"}, arguments...)...)
	c.Env = append(os.Environ(), "MYSQL_PWD="+password)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, printed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = printed, printed
	err = c.Start()
	printed.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		c.Wait() // its status tells whether any statement failed, and some have to
		out.Close()
	})
	return &cli{form: form, in: in, out: out}
}

func (c *cli) run(statement string, arguments ...any) ([]row, error) {
	switch c.form {
	case "multi":
		for _, a := range arguments {
			statement = strings.Replace(statement, "?", literal(a), 1)
		}
		sets, err := c.send("DELIMITER //\nSELECT 'before' AS place; " + statement + "; SELECT 'after' AS place //\nDELIMITER ;")
		if err != nil {
			return nil, err
		}
		if len(sets) < 2 || len(sets) > 3 || sets[0][0]["place"] != "before" || sets[len(sets)-1][0]["place"] != "after" {
			return nil, fmt.Errorf("%d answers to a statement amid two others: %v", len(sets), sets)
		}
		return first(sets[1 : len(sets)-1]), nil
	case "prepare":
		execute, err := c.hold(statement)
		if err != nil {
			return nil, err
		}
		return execute(arguments...)
	}
	for _, a := range arguments {
		statement = strings.Replace(statement, "?", literal(a), 1)
	}
	sets, err := c.send(statement + ";")
	return first(sets), err
}

func (c *cli) hold(statement string) (func(arguments ...any) ([]row, error), error) {
	c.prepared++
	name := fmt.Sprintf("p%d", c.prepared)
	if _, err := c.send("PREPARE " + name + " FROM " + literal(statement) + ";"); err != nil {
		return nil, err
	}
	return func(arguments ...any) ([]row, error) {
		var set, using string
		for i, a := range arguments {
			set += fmt.Sprintf("SET @v%d = %s;\n", i, literal(a))
			using += fmt.Sprintf(", @v%d", i)
		}
		sets, err := c.send(set + "EXECUTE " + name + strings.Replace(using, ",", " USING", 1) + ";")
		return first(sets), err
	}, nil
}

func first(sets [][]row) []row {
	if len(sets) == 0 {
		return nil
	}
	return sets[0]
}

// failure is how the client prints an error.
var failure = regexp.MustCompile(`(?m)^ERROR (\d+) \(([0-9A-Z]{5})\) at line \d+: (.*)$`)

// send lets the client run a text and returns the rows of each answer that has columns.
func (c *cli) send(text string) ([][]row, error) {
	c.sent++
	mark := fmt.Sprintf("end of text %d", c.sent)
	if _, err := fmt.Fprintf(c.in, "%s\nSELECT '%s' AS mark;\n", text, mark); err != nil {
		return nil, err
	}
	answer, err := c.until(`<field name="mark">` + mark + "</field>\n  </row>\n</resultset>\n")
	if err != nil {
		return nil, err
	}
	if f := failure.FindStringSubmatch(answer); f != nil {
		n, err := strconv.ParseUint(f[1], 10, 16)
		if err != nil {
			return nil, err
		}
		return nil, &refusal{uint16(n), f[2], f[3]}
	}
	sets, err := parseSets(answer)
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, answer)
	}
	return sets[:len(sets)-1], nil
}

// until reads what the client prints up to a text with which it ends.
func (c *cli) until(end string) (string, error) {
	if err := c.out.SetReadDeadline(time.Now().Add(slowest)); err != nil {
		return "", err
	}
	var text []byte
	buffer := make([]byte, 64<<10)
	for !bytes.HasSuffix(text, []byte(end)) {
		n, err := c.out.Read(buffer)
		text = append(text, buffer[:n]...)
		if err != nil {
			return "", fmt.Errorf("the client printed no end of the answer: %w; it printed %s", err, text)
		}
	}
	return string(text), nil
}

// parseSets reads the result sets that the client printed.
func parseSets(text string) (sets [][]row, err error) {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		var set struct {
			Rows []struct {
				Fields []struct {
					Name  string `xml:"name,attr"`
					Nil   bool   `xml:"http://www.w3.org/2001/XMLSchema-instance nil,attr"`
					Value string `xml:",chardata"`
				} `xml:"field"`
			} `xml:"row"`
		}
		if err := d.Decode(&set); err == io.EOF {
			return sets, nil
		} else if err != nil {
			return nil, err
		}
		rows := make([]row, len(set.Rows))
		for i, r := range set.Rows {
			rows[i] = row{}
			for _, f := range r.Fields {
				rows[i][f.Name] = f.Value
				if f.Nil {
					rows[i][f.Name] = nil
				}
			}
		}
		sets = append(sets, rows)
	}
}
