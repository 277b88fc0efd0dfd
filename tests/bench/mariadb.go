package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// mariadb is a MariaDB server of the benchmark's own: its data directory, socket and port are private, and an installed server is left alone.
type mariadb struct {
	*process
	port   int
	db     *sql.DB
	loaded map[Size]string
}

// mariaDB starts the server once. Its settings are the defaults, full durability included, but for a buffer pool that holds all rows.
func (b *Bench) mariaDB() (*mariadb, error) {
	if b.maria != nil {
		return b.maria, nil
	}
	path := os.Getenv("PATH")
	if err := os.Setenv("PATH", path+":/usr/sbin"); err != nil { // where Debian has the server
		return nil, err
	}
	var programs [2]string
	for i, name := range []string{"mariadb-install-db", "mariadbd"} {
		var err error
		if programs[i], err = exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("this figure needs the MariaDB server, and there is no program %s; on Debian `make bench-peers` installs it (the package mariadb-server-core)", name)
		}
	}
	dir := filepath.Join(b.dir, "mariadb")
	common := []string{"--no-defaults", "--datadir=" + dir}
	if os.Geteuid() == 0 {
		common = append(common, "--user=root")
	}
	install := exec.CommandContext(b.ctx, programs[0], append(common, "--auth-root-authentication-method=normal", "--skip-test-db")...)
	if out, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", programs[0], err, out)
	}
	m := &mariadb{loaded: map[Size]string{}}
	var err error
	if m.port, err = freePort(); err != nil {
		return nil, err
	}
	m.process, err = start(exec.Command(programs[1], append(common, fmt.Sprintf("--port=%d", m.port), "--bind-address=127.0.0.1", "--socket="+filepath.Join(dir, "s"), "--pid-file="+filepath.Join(dir, "pid"),
		"--innodb-buffer-pool-size=1G", "--local-infile=1")...), nil)
	if err != nil {
		return nil, err
	}
	if m.db, err = sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/?allowAllFiles=true", m.port)); err != nil {
		return nil, err
	}
	b.closers = append(b.closers, func() error { return errors.Join(m.db.Close(), m.process.stop()) })
	if err := m.wait(b.ctx, m.db.Ping); err != nil {
		return nil, err
	}
	var version string
	if err := m.db.QueryRowContext(b.ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return nil, err
	}
	b.say("MariaDB %s", version)
	b.maria = m
	return m, execAll(b.ctx, m.db, "CREATE DATABASE bench")
}

// load brings a dataset into the server, once, and returns the name of its table.
func (m *mariadb) load(b *Bench, d *dataset) (string, error) {
	if table := m.loaded[d.Size]; table != "" {
		return table, nil
	}
	table := fmt.Sprintf("bench.points_%d_%d", d.Rows, d.Columns)
	if err := execAll(b.ctx, m.db, createPoints(table, d.Columns), load(d.file, table), "ANALYZE TABLE "+table); err != nil {
		return "", err
	}
	m.loaded[d.Size] = table
	return table, nil
}
