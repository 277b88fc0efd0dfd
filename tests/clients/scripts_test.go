package clients

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// scriptClient is a client that runs in a process of its own and checks everything itself.
type scriptClient struct {
	name, title string
	folder      string   // where it runs
	installed   string   // the file in it whose presence means that the client is installed
	sources     string   // pattern of the files in it that decide what the client does
	command     []string // run in folder
	forms       []string // its ways of sending statements, each on a database of its own
}

// scripts are all of them. A line added here is a client tested.
var scripts = []scriptClient{
	{"pymysql", "PyMySQL", "python", ".venv/installed", "*.py", []string{".venv/bin/python", "pymysql_client.py"}, []string{"text"}},
	{"sqlalchemy", "SQLAlchemy with pandas", "python", ".venv/installed", "*.py", []string{".venv/bin/python", "sqlalchemy_client.py"}, []string{"pymysql", "mysqlconnector"}},
	{"connector_python", "MySQL Connector/Python", "python", ".venv/installed", "*.py", []string{".venv/bin/python", "mysql_connector_client.py"}, []string{"plain", "prepared"}},
	{"mysql2", "mysql2 of Node.js", "node", "node_modules/installed", "*.js", []string{"node", "mysql2_client.js"}, []string{"query", "execute"}},
	{"connector_j", "MySQL Connector/J", "java", "target/installed", "src/main/java/aibms/clients/*.java",
		[]string{"java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", "target/classes:target/dependency/*", "aibms.clients.ConnectorJ"},
		[]string{"statement", "client", "server", "fallback"}},
}

// script runs a client in one of its forms. It must end with 0 and say that all checks passed.
func (s *site) script(t *testing.T, c scriptClient, form string) {
	if _, err := os.Stat(filepath.Join(c.folder, c.installed)); errors.Is(err, fs.ErrNotExist) {
		missing(t, c.title)
	}
	// the go command runs a test again when a file that it looked at has changed: not the process, the test has to look
	sources, err := filepath.Glob(filepath.Join(c.folder, c.sources))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no files %s in %s: %v", c.sources, c.folder, err)
	}
	for _, source := range sources {
		if _, err := os.Stat(source); err != nil {
			t.Fatal(err)
		}
	}
	scenario, err := filepath.Abs("scenario")
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), slowest)
	defer cancel()
	command := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	command.Dir = c.folder
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "AIBMS_HOST=127.0.0.1", fmt.Sprintf("AIBMS_PORT=%d", s.Port()), "AIBMS_DATABASE="+s.newDatabase(t),
		"AIBMS_FORM="+form, "AIBMS_ONLOOKER="+onlooker, "AIBMS_ONLOOKER_PASSWORD="+onlookerPassword, "AIBMS_SCENARIO="+scenario)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s (%s): %v\n%s", c.title, form, err, out)
	}
	if !strings.Contains(string(out), "all checks passed") {
		t.Fatalf("%s (%s) ended without saying that all checks passed:\n%s", c.title, form, out)
	}
}
