package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// dataDir is the layout of a data directory that this process holds the lock of.
type dataDir struct {
	root, databases, server, files string
	lock                           *os.File
}

// openDataDir creates the directory when missing and takes its lock.
func openDataDir(dir string) (*dataDir, error) {
	if dir == "" {
		return nil, errors.New("no data directory given; pass --data-dir DIR")
	}
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	d := &dataDir{
		root:      root,
		databases: filepath.Join(root, "databases"),
		server:    filepath.Join(root, "server"),
		files:     filepath.Join(root, "files"),
	}
	for _, p := range []string{d.root, d.databases, d.server, d.files} {
		if err := os.MkdirAll(p, 0o700); err != nil {
			return nil, fmt.Errorf("cannot create the data directory %s: %w", root, err)
		}
	}
	d.lock, err = lockFile(filepath.Join(root, "lock"), root)
	return d, err
}

// lockFile takes an exclusive lock that the kernel gives back when the process ends, however it ends.
func lockFile(path, root string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the data directory %s: %w", root, err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder := make([]byte, 32)
		n, _ := f.Read(holder)
		f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("cannot lock the data directory %s: %w", root, err)
		}
		pid := strings.TrimSpace(string(holder[:n]))
		if pid == "" {
			pid = "unknown"
		}
		return nil, fmt.Errorf("the data directory %s is in use by another aibms server (process %s); stop that one or choose another --data-dir", root, pid)
	}
	if err := f.Truncate(0); err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot write to the data directory %s: %w", root, err)
	}
	return f, nil
}

// close gives the lock back.
func (d *dataDir) close() { d.lock.Close() }
