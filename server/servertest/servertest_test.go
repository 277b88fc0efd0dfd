package servertest_test

import (
	"strings"
	"testing"

	"aibms/server/servertest"
)

// TestServer starts, kills, restarts and stops a server.
func TestServer(t *testing.T) {
	s := servertest.Start(t)
	db := s.DB()
	for _, q := range []string{"CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1), (2)"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	count := func() (n int) {
		t.Helper()
		if err := s.DB().QueryRow("SELECT COUNT(*) FROM shop.t").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	port := s.Port()
	s.Kill()
	if s.PID() != 0 || db.Ping() == nil {
		t.Error("a killed server answers")
	}
	s.Restart()
	if got := count(); got != 2 {
		t.Errorf("%d rows after a kill, want 2", got)
	}
	s.Restart()
	if got := count(); got != 2 {
		t.Errorf("%d rows after a restart, want 2", got)
	}
	if s.Port() != port {
		t.Errorf("port %d after a restart, was %d", s.Port(), port)
	}
	s.Stop()
	if n := strings.Count(s.Log(), `"msg":"stopped"`); n != 2 {
		t.Errorf("the log tells of %d clean ends, want 2:\n%s", n, s.Log())
	}
}
