// Package clients runs real MySQL clients against one server: each goes through the same scenario (README.md) and must read the same answers and the same
// error numbers.
package clients

import (
	"database/sql"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"aibms/server/servertest"
)

// The account without rights on the table visits.
const (
	onlooker         = "onlooker"
	onlookerPassword = "look, don't touch"
)

// slowest is how long the script of one client may take.
const slowest = 2 * time.Minute

// TestClients starts a server and lets every client go through the scenario on it, in a database of its own.
func TestClients(t *testing.T) {
	s := &site{Server: servertest.Start(t)}
	var err error
	if s.scenario, err = readScenario(); err != nil {
		t.Fatal(err)
	}
	s.root = s.DB()
	if _, err := s.root.Exec("CREATE USER " + onlooker + " IDENTIFIED BY " + literal(onlookerPassword)); err != nil {
		t.Fatal(err)
	}
	t.Run("go_sql_driver", s.goSQLDriver)
	t.Run("mariadb_cli", s.mariadbCLI)
	t.Run("mariadb_cli_prints", s.mariadbCLIPrints)
	for _, c := range scripts {
		for _, form := range c.forms {
			t.Run(c.name+"_"+form, func(t *testing.T) { s.script(t, c, form) })
		}
	}
}

// site is the server that all clients talk to, and what they do.
type site struct {
	*servertest.Server
	*scenario
	root *sql.DB
}

// newDatabase makes the database that a client works in, with a table that the onlooker may see.
func (s *site) newDatabase(t *testing.T) (name string) {
	t.Helper()
	_, name, _ = strings.Cut(t.Name(), "/")
	name = strings.ReplaceAll(name, "/", "_")
	for _, statement := range []string{
		"CREATE DATABASE " + name,
		"CREATE TABLE " + name + ".lobby (chair INT PRIMARY KEY)",
		"GRANT SELECT ON " + name + ".lobby TO " + onlooker,
	} {
		if _, err := s.root.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return name
}

// missing names a client that is not installed: the test fails where nothing may be missing, else it is skipped.
func missing(t *testing.T, client string) {
	t.Helper()
	message := client + " is not installed; 'make clients' installs it or says what is wanting"
	if ci, err := strconv.ParseBool(os.Getenv("CI")); err == nil && ci {
		t.Fatal(message)
	}
	t.Skip(message)
}
