package tests

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aibms/server/servertest"
)

// scraped is what one scrape said: the value of each series, by its name with labels, and the type of each metric.
type scraped struct {
	values map[string]float64
	types  map[string]string
}

func scrape(t *testing.T, url string) scraped {
	t.Helper()
	client := http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, answer.Status)
	}
	s := scraped{map[string]float64{}, map[string]string{}}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		line := lines.Text()
		if words := strings.Fields(line); len(words) == 4 && words[1] == "TYPE" {
			s.types[words[2]] = words[3]
		} else if !strings.HasPrefix(line, "#") {
			series, value, ok := strings.Cut(line, " ")
			n, err := strconv.ParseFloat(value, 64)
			if !ok || err != nil {
				t.Fatalf("%q is no sample", line)
			}
			s.values[series] = n
		}
	}
	return s
}

// freePort is a TCP port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// metricName is how a metric is named in docs/monitoring.md.
var metricName = regexp.MustCompile("`((?:aibms|go|process)_[a-z_]+)")

// TestMonitoring runs statements and compares what /metrics counts with what was done, and with docs/monitoring.md.
func TestMonitoring(t *testing.T) {
	port := freePort(t)
	s := servertest.Start(t, servertest.Args("--metrics-port", strconv.Itoa(port)))
	url := fmt.Sprintf("http://127.0.0.1:%d/metrics", port)
	db := s.DB()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"CREATE DATABASE d", "USE d", "CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y INT)"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	var rows []string
	for i := range 200 {
		rows = append(rows, fmt.Sprintf("(%d, %d, %d)", i, i%17, i%17/9))
	}
	before := scrape(t, url)
	for _, statement := range []string{
		"INSERT INTO t VALUES " + strings.Join(rows, ", "),
		"CREATE MODEL m PREDICT y FROM t KEY (id)", "TRAIN MODEL m", "DEPLOY MODEL m VERSION 1",
		"SELECT id, PREDICT('m') FROM t WHERE id < 120", "/* twice */ select 1", "WITH a AS (SELECT 2) SELECT * FROM a",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%.100s: %v", statement, err)
		}
	}
	for range 2 {
		if _, err := db.Exec("SELECT * FROM nothing"); err == nil {
			t.Fatal("no error")
		}
	}
	prepared, err := db.Prepare("SELECT ?")
	if err != nil {
		t.Fatal(err)
	}
	defer prepared.Close()
	if _, err := prepared.Exec(1); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Prepare("SELECT * FROM nothing WHERE id = ?"); err == nil {
		t.Fatal("no error")
	}
	stranger, err := sql.Open("mysql", s.DSN("root:wrong", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if err := stranger.Ping(); err == nil {
		t.Fatal("a wrong password is accepted")
	}
	var after scraped
	for refused := 0.0; refused == 0; { // the server notes the end of a connection when it has seen it
		after = scrape(t, url)
		refused = after.values[`aibms_connections_refused_total{reason="login_failed"}`]
	}
	for series, want := range map[string]float64{
		`aibms_statements_total{kind="insert"}`:                        1,
		`aibms_statements_total{kind="create_model"}`:                  1,
		`aibms_statements_total{kind="train_model"}`:                   1,
		`aibms_statements_total{kind="deploy_model"}`:                  1,
		`aibms_statements_total{kind="select"}`:                        6,
		`aibms_statement_seconds_count{kind="select"}`:                 6,
		`aibms_statement_seconds_bucket{kind="train_model",le="+Inf"}`: 1,
		`aibms_statements_total{kind="ddl"}`:                           0,
		`aibms_errors_total{code="1146"}`:                              3,
		`aibms_predictions_total`:                                      120,
		`aibms_connections`:                                            0,
		`aibms_connections_accepted_total`:                             1,
		`aibms_connections_refused_total{reason="login_failed"}`:       1,
		`aibms_connections_refused_total{reason="max_connections"}`:    0,
		`aibms_prepared_statements`:                                    1,
		`aibms_models`:                                                 1,
		`aibms_models_deployed`:                                        1,
		`aibms_model_versions{status="READY"}`:                         1,
		`aibms_model_versions{status="FAILED"}`:                        0,
		`aibms_trainings_running`:                                      0,
	} {
		if got := after.values[series] - before.values[series]; got != want {
			t.Errorf("%s grew by %g, want %g", series, got, want)
		}
	}
	if after.values["aibms_connections"] != 1 || after.values["process_resident_memory_bytes"] < 1<<20 || after.values["go_goroutines"] < 1 {
		t.Errorf("connections %g, memory %g, goroutines %g", after.values["aibms_connections"], after.values["process_resident_memory_bytes"], after.values["go_goroutines"])
	}

	page, err := os.ReadFile(filepath.Join("..", "docs", "monitoring.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, m := range metricName.FindAllStringSubmatch(string(page), -1) {
		documented[m[1]] = true
	}
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		if after.types[name] == "" {
			t.Errorf("docs/monitoring.md names %s, which there is not", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after.types)) {
		if strings.HasPrefix(name, "aibms_") && !documented[name] {
			t.Errorf("docs/monitoring.md does not name %s", name)
		}
	}
}

// TestMetricsAreForThisMachine: one path, one method, one address; and a port that is taken is a clear error.
func TestMetricsAreForThisMachine(t *testing.T) {
	port := freePort(t)
	servertest.Start(t, servertest.Args("--metrics-port", strconv.Itoa(port)))
	at := fmt.Sprintf("http://127.0.0.1:%d", port)
	for _, c := range []struct {
		method, path string
		want         int
	}{{"GET", "/metrics", 200}, {"GET", "/", 404}, {"GET", "/debug/pprof/", 404}, {"POST", "/metrics", 405}, {"DELETE", "/metrics", 405}} {
		request, err := http.NewRequest(c.method, at+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s %s: %s, want %d", c.method, c.path, answer.Status, c.want)
		}
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && ip.IP.To4() != nil {
			if c, err := net.DialTimeout("tcp", net.JoinHostPort(ip.IP.String(), strconv.Itoa(port)), 5*time.Second); err == nil {
				c.Close()
				t.Errorf("the metrics can be had at %s", ip.IP)
			}
		}
	}
}
