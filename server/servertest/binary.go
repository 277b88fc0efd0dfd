package servertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Binary is the path of the program under test: $AIBMS_BINARY, or one built from the tree, once in a test process.
//
// The go command keeps the result of a test for as long as the environment that the test read and the files in the module that it opened are the same. A program
// that a test runs is neither, so Binary makes it one of them: make test passes the build's hash in $AIBMS_BINARY_HASH; without that the file is opened.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var binary = sync.OnceValues(func() (string, error) {
	path, hash := os.Getenv("AIBMS_BINARY"), os.Getenv("AIBMS_BINARY_HASH")
	if path == "" {
		var err error
		if path, err = build(); err != nil {
			return "", err
		}
	} else if !filepath.IsAbs(path) {
		return "", fmt.Errorf("AIBMS_BINARY=%s: an absolute path is wanted, since every test runs in the directory of its package", path)
	} else if hash != "" {
		return path, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	return path, f.Close()
})

// build builds the program into the module's bin directory, where the next test process finds it up to date.
func build() (string, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(mod)))
	dir := filepath.Join(root, "bin", "servertest")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.Create(filepath.Join(dir, "lock")) // test processes run side by side
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "aibms")
	command := exec.Command("go", "build", "-tags", "gms_pure_go", "-trimpath", "-ldflags", "-s -w", "-o", path, "aibms/cmd/aibms")
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}
