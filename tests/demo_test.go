package tests

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"aibms/server/servertest"
)

// runTime is how long a run of the program may take on a machine that does other things as well.
const runTime = 2 * time.Minute

// aibms runs the program to its end.
func aibms(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), runTime)
	defer cancel()
	command := exec.CommandContext(ctx, servertest.Binary(t), args...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("aibms %s did not end\n%s%s", strings.Join(args, " "), out.String(), errs.String())
	}
	return out.String(), errs.String(), command.ProcessState.ExitCode()
}

// section is what the demo shows from one statement to the next.
func section(t *testing.T, out, statement string) string {
	t.Helper()
	_, rest, ok := strings.Cut(out, "> "+statement)
	if !ok {
		t.Fatalf("the demo does not show %s", statement)
	}
	s, _, _ := strings.Cut(rest, "\n\n")
	return s
}

// numbers are those that the expression's group finds in a text.
func numbers(t *testing.T, text, expression string) []float64 {
	t.Helper()
	var out []float64
	for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		x, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

// TestDemo runs the demo twice on one data directory and then asks a server on it.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	for run := 1; run <= 2; run++ {
		first, second := 2*run-1, 2*run
		out, stderr, code := aibms(t, "demo", "--once", "--port", "0", "--data-dir", dir, "--socket", "none")
		if code != 0 || stderr != "" {
			t.Fatalf("run %d: exit code %d\n%s\n%s", run, code, stderr, out)
		}
		for _, train := range []struct{ statement, learner string }{
			{`TRAIN MODEL order_intent\G`, "logistic_regression"}, {`TRAIN MODEL order_intent USING linear_svm (c = 1.0)\G`, "linear_svm"},
		} {
			s := section(t, out, train.statement)
			auc := numbers(t, s, `(?m)^ +value: (\S+)$`)
			if !strings.Contains(s, "status: READY") || !strings.Contains(s, "learner: "+train.learner) || !strings.Contains(s, "metric: roc_auc") ||
				len(auc) != 1 || auc[0] <= 0.85 || auc[0] >= 1 {
				t.Errorf("run %d: %s shows\n%s", run, train.statement, s)
			}
		}
		evaluated := section(t, out, fmt.Sprintf("EVALUATE MODEL order_intent VERSION %d ON TEST;", first))
		if auc := numbers(t, evaluated, `\| roc_auc +\| +(\S+) `); len(auc) != 1 || auc[0] <= 0.85 || auc[0] >= 1 {
			t.Errorf("run %d: EVALUATE shows\n%s", run, evaluated)
		}
		features := section(t, out, "SHOW MODEL FEATURES order_intent;")
		if !strings.Contains(features, "ONE_HOT(month) AS month") || !strings.Contains(features, "STANDARD_SCALE(IMPUTE(page_values, 'median')) AS page_values") {
			t.Errorf("run %d: SHOW MODEL FEATURES shows\n%s", run, features)
		}
		rows := numbers(t, section(t, out, "SELECT visit_id, month, page_values, revenue, PREDICT('order_intent')"), `\| +(0\.\d+) \|\n`)
		if len(rows) != 5 {
			t.Errorf("run %d: %d probabilities, want 5", run, len(rows))
		}
		point := numbers(t, section(t, out, "SELECT PREDICT_PROBA('order_intent', ?"), `\| +(\S+) \|\n`)
		if len(point) != 1 || point[0] <= 0.5 || point[0] >= 1 {
			t.Errorf("run %d: the prepared prediction is %v", run, point)
		}
		back := regexp.MustCompile(fmt.Sprintf(`\| order_intent \| ROLLBACK \| +%d \| +%d \|`, first, second))
		if s := section(t, out, "ROLLBACK MODEL order_intent"); !back.MatchString(s) {
			t.Errorf("run %d: ROLLBACK shows\n%s", run, s)
		}
		if got := numbers(t, section(t, out, "SELECT MODEL_VERSION('order_intent')"), `\| +(\d+) \|`); len(got) != 1 || got[0] != float64(first) {
			t.Errorf("run %d: version %v is live after the rollback, want %d", run, got, first)
		}
		history := section(t, out, "SHOW MODEL DEPLOYMENTS order_intent;")
		if !strings.Contains(history, fmt.Sprintf("%d rows in set", 3*run)) || !strings.Contains(history, "complaints from the shop") {
			t.Errorf("run %d: the history is\n%s", run, history)
		}
		verified := section(t, out, fmt.Sprintf(`VERIFY MODEL order_intent VERSION %d\G`, first))
		if !strings.Contains(verified, "\n     identical: 1\n") || !strings.Contains(verified, "\ndata_identical: 1\n") {
			t.Errorf("run %d: VERIFY shows\n%s", run, verified)
		}
		if again := strings.Contains(out, "from an earlier run"); again != (run == 2) {
			t.Errorf("run %d: tells of an earlier run: %v", run, again)
		}
	}

	s := servertest.Start(t, servertest.DataDir(dir))
	db := s.DB()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("USE shop"); err != nil {
		t.Fatal(err)
	}
	var rows, orders, last int
	if err := db.QueryRow("SELECT COUNT(*), SUM(revenue), MAX(visit_id) FROM online_shoppers").Scan(&rows, &orders, &last); err != nil {
		t.Fatal(err)
	}
	if rows != 12330 || orders != 1908 || last != 12330 {
		t.Errorf("%d visits, %d orders, last visit %d; the file has 12330, 1908, 12330", rows, orders, last)
	}
	// what the demo asks by position must be what it means
	var byName, byPosition float64
	if err := db.QueryRow("SELECT PREDICT_PROBA('order_intent', ?, ?, ?, ?, ?, ?, ?)", 35.5, 0.0, 0.01, 1200.0, "Nov", "New_Visitor", true).Scan(&byPosition); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(`SELECT PREDICT_PROBA('order_intent') FROM (SELECT 35.5 AS page_values, 0.0 AS bounce_rates, 0.01 AS exit_rates,
		1200.0 AS product_related_duration, 'Nov' AS month, 'New_Visitor' AS visitor_type, TRUE AS weekend) AS visit`).Scan(&byName); err != nil {
		t.Fatal(err)
	}
	if byName != byPosition || byName <= 0.5 || byName >= 1 {
		t.Errorf("by name %v, by position %v", byName, byPosition)
	}
}

// TestDemoServes says that the demo keeps serving, on the port and the socket that it prints, until it is told to stop.
func TestDemoServes(t *testing.T) {
	dir, err := os.MkdirTemp("", "aibms-") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	command := exec.Command(servertest.Binary(t), "demo", "--port", "0", "--data-dir", dir)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(runTime, func() { command.Process.Kill() })
	defer late.Stop()
	byPort := regexp.MustCompile(`^  (?:mysql|mariadb) --host 127\.0\.0\.1 --port (\d+) --user root$`)
	bySocket := regexp.MustCompile(`^  (?:mysql|mariadb) --socket (\S+) --user root$`)
	var addresses []string
	lines := bufio.NewScanner(out)
	for len(addresses) < 2 && lines.Scan() {
		if m := byPort.FindStringSubmatch(lines.Text()); m != nil {
			addresses = append(addresses, "tcp(127.0.0.1:"+m[1]+")")
		} else if m := bySocket.FindStringSubmatch(lines.Text()); m != nil {
			addresses = append(addresses, "unix("+m[1]+")")
		}
	}
	if len(addresses) != 2 {
		t.Errorf("the demo printed how to connect to %v, want a port and a socket", addresses)
	}
	for _, address := range addresses {
		db, err := sql.Open("mysql", "root@"+address+"/shop")
		if err != nil {
			t.Fatal(err)
		}
		var prediction int
		if err := db.QueryRow("SELECT PREDICT('order_intent') FROM online_shoppers WHERE visit_id = 1").Scan(&prediction); err != nil || prediction != 0 {
			t.Errorf("%s: the prediction is %d, %v; want 0", address, prediction, err)
		}
		db.Close()
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		t.Errorf("the demo printed more after the commands: %s", lines.Text())
	}
	if err := command.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("the demo ended with %v\n%s", err, stderr.String())
	}
}

// oneLine checks that a start failed with exit code 1 and one line that says all of want.
func oneLine(t *testing.T, stderr string, code int, want ...string) {
	t.Helper()
	if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "aibms: ") {
		t.Errorf("exit code %d, want 1 and one line:\n%s", code, stderr)
	}
	for _, w := range want {
		if !strings.Contains(stderr, w) {
			t.Errorf("%q does not say %q", strings.TrimSpace(stderr), w)
		}
	}
}

// TestStartRefused says how a start that cannot be ends.
func TestStartRefused(t *testing.T) {
	s := servertest.Start(t)
	port := strconv.Itoa(s.Port())
	for _, command := range []string{"serve", "demo"} {
		_, stderr, code := aibms(t, command, "--data-dir", filepath.Join(t.TempDir(), "d"), "--port", port)
		oneLine(t, stderr, code, "port "+port+" on 127.0.0.1 is already in use", "--port")

		_, stderr, code = aibms(t, command, "--data-dir", s.DataDir(), "--port", "0")
		oneLine(t, stderr, code, s.DataDir()+" is in use by another aibms server (process "+strconv.Itoa(s.PID())+")", "--data-dir")

		_, stderr, code = aibms(t, command, "--data-dir", filepath.Join(t.TempDir(), "d"), "--port", "0", "--socket", s.Socket())
		oneLine(t, stderr, code, "the unix socket "+s.Socket()+" is in use", "--socket")
	}
	if err := s.DB().Ping(); err != nil {
		t.Errorf("the server that was there does not answer: %v", err)
	}
	nowhere := filepath.Join(t.TempDir(), "d")
	_, stderr, code := aibms(t, "serve", "--data-dir", nowhere, "--port", "99999999")
	oneLine(t, stderr, code, "port 99999999 is none", "--port")
	if _, err := os.Stat(nowhere); !os.IsNotExist(err) {
		t.Errorf("a port that is none has made the data directory: %v", err)
	}
}

// TestSocket says that a socket which a killed server left behind stops nobody, and that it is gone after a clean end.
func TestSocket(t *testing.T) {
	s := servertest.Start(t)
	if s.Socket() != filepath.Join(s.DataDir(), "aibms.sock") {
		t.Errorf("the socket is %s", s.Socket())
	}
	s.Kill()
	if _, err := os.Lstat(s.Socket()); err != nil {
		t.Fatalf("a killed server leaves its socket: %v", err)
	}
	s.Restart()
	c, err := net.Dial("unix", s.Socket())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	s.Stop()
	if _, err := os.Lstat(s.Socket()); !os.IsNotExist(err) {
		t.Errorf("the socket is still there after the end: %v", err)
	}
}

// TestStop says that a signal ends the server with exit code 0 also when clients are connected, idle and busy: what runs longer than the drain time is killed.
func TestStop(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			s := servertest.Start(t, servertest.Args("--drain-time", "300ms"))
			db := s.DB()
			idle, err := db.Conn(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer idle.Close()
			ended := make(chan error, 1)
			go func() {
				_, err := db.Exec("SELECT SLEEP(600)")
				ended <- err
			}()
			for running := 0; running == 0; {
				if err := idle.QueryRowContext(context.Background(), "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'").Scan(&running); err != nil {
					t.Fatal(err)
				}
			}
			from := time.Now()
			if err := s.Signal(signal); err != nil {
				t.Errorf("the server ended with %v", err)
			}
			if took := time.Since(from); took > 20*time.Second {
				t.Errorf("the end took %v", took)
			}
			if err := <-ended; err == nil {
				t.Error("the statement that was cut off has succeeded")
			}
			if !strings.Contains(s.Log(), `"msg":"shutting down"`) || !strings.Contains(s.Log(), `"msg":"stopped"`) {
				t.Errorf("the log does not tell of the end:\n%s", s.Log())
			}
		})
	}
}

// TestStopEndsTraining says that a training is told that the server stops, with MySQL's number for it, and that its version is INTERRUPTED.
func TestStopEndsTraining(t *testing.T) {
	s := servertest.Start(t)
	db := s.DB()
	for _, statement := range []string{
		"CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, x DOUBLE, y BOOL)",
		"INSERT INTO d.t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, (i * 37) % 211, (i * 37) % 211 + i % 50 > 100 FROM n",
		"CREATE MODEL d.m PREDICT y FROM d.t FEATURES (x) USING logistic_regression (solver = sgd, max_iter = 1000000000, tol = 0)",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	ended := make(chan error, 1)
	go func() {
		rows, err := db.Query("TRAIN MODEL d.m")
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Close()
		}
		ended <- err
	}()
	for running := 0; running == 0; {
		select {
		case err := <-ended:
			t.Fatalf("the training ended by itself: %v", err)
		default:
		}
		if err := db.QueryRow("SELECT COUNT(*) FROM aibms.model_versions WHERE status = 'TRAINING'").Scan(&running); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	var e *mysql.MySQLError
	if err := <-ended; !errors.As(err, &e) || e.Number != 1053 || string(e.SQLState[:]) != "08S01" {
		t.Errorf("TRAIN ended with %v, want error 1053 (08S01)", err)
	}
	s.Restart()
	var status, reason string
	if err := s.DB().QueryRow("SELECT status, reason FROM aibms.model_versions").Scan(&status, &reason); err != nil || status != "INTERRUPTED" || reason != "the server is stopping" {
		t.Errorf("the version is %s (%s), %v", status, reason, err)
	}
}

// TestHelp says that the program tells a newcomer how to start.
func TestHelp(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"", []string{"aibms demo", "aibms serve", "mysql --host 127.0.0.1 --port 3306 --user root"}},
		{"--help", []string{"aibms demo", "aibms serve"}},
		{"serve --help", []string{"Examples:", "--data-dir=", "$AIBMS_DATA_DIR", "--require-tls"}},
		{"demo --help", []string{"Examples:", "--once"}},
		{"version", []string{"aibms 0.", "github.com/dolthub/dolt/go v"}},
	} {
		out, stderr, code := aibms(t, strings.Fields(c.args)...)
		if code != 0 || stderr != "" {
			t.Errorf("aibms %s: exit code %d, %s", c.args, code, stderr)
		}
		for _, w := range c.want {
			if !strings.Contains(out, w) {
				t.Errorf("aibms %s does not say %q:\n%s", c.args, w, out)
			}
		}
	}
	if _, stderr, code := aibms(t, "serve", "--prt", "1"); code != 2 || !strings.Contains(stderr, `did you mean "--port"?`) {
		t.Errorf("a flag that does not exist: exit code %d, %s", code, stderr)
	}
}
