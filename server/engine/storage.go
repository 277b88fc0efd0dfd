package engine

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dolthub/dolt/go/libraries/doltcore/dbfactory"
	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"
	"github.com/dolthub/dolt/go/libraries/doltcore/env"
	"github.com/dolthub/dolt/go/libraries/utils/filesys"
	"github.com/dolthub/dolt/go/store/chunks"
)

// openDatabases opens every database of the data directory by itself before the engine does, because the engine leaves out, with a line in the log, what it
// cannot open: a server without one of its databases must not come up as if nothing were missing. Opened databases stay in the library's cache.
func (d *dataDir) openDatabases(ctx context.Context, home env.HomeDirProvider) error {
	entries, err := os.ReadDir(d.databases)
	if err != nil {
		return err
	}
	for _, f := range entries {
		dir := filepath.Join(d.databases, f.Name())
		noms := filepath.Join(dir, dbfactory.DoltDataDir)
		if _, err := os.Stat(noms); !f.IsDir() || err != nil {
			continue
		}
		if err := unlocked(filepath.Join(noms, storageLock)); err != nil {
			return fmt.Errorf("database %s cannot be opened: %w", f.Name(), err)
		}
		if done, err := d.secureStorage(f.Name(), noms); err != nil {
			return fmt.Errorf("database %s cannot be opened: %w", f.Name(), err)
		} else if done {
			continue
		}
		err := openDatabase(ctx, home, dir)
		if err != nil && strings.Contains(err.Error(), "bootstrapping chunk journal") {
			// The journal's index was malformed. The library has emptied it, to be built anew, but reports the error all the same, and keeps the lock of
			// what it did not open. The lock is on the file that has this name now; that nobody else holds it was seen above.
			slog.Warn("rebuilding a damaged journal index", "database", f.Name(), "error", err)
			if err = os.Remove(filepath.Join(noms, storageLock)); err == nil {
				err = openDatabase(ctx, home, dir)
			}
		}
		if err != nil {
			return fmt.Errorf("database %s cannot be opened: %w; nothing was changed. Restore it from a backup, or move %s away to start without it", f.Name(), err, dir)
		}
	}
	return nil
}

// storageLock is the name of the file in a database's storage that the library locks.
const storageLock = "LOCK"

// unlocked returns an error when another process has a database's storage open.
func unlocked(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.New("another process, such as a dolt command, has it open; end that first")
	}
	return nil
}

// closeDatabases closes what openDatabases and the engine have opened.
func (d *dataDir) closeDatabases() error {
	entries, err := os.ReadDir(d.databases)
	if err != nil {
		return err
	}
	for _, f := range entries {
		path := filepath.Join(d.databases, f.Name(), dbfactory.DoltDataDir)
		if _, serr := os.Stat(path); serr == nil {
			err = errors.Join(err, dbfactory.DeleteFromSingletonCache(filepath.ToSlash(path), true))
		}
	}
	return err
}

func openDatabase(ctx context.Context, home env.HomeDirProvider, dir string) error {
	fs, err := filesys.LocalFS.WithWorkingDir(dir)
	if err != nil {
		return err
	}
	d := env.LoadWithoutDB(ctx, home, fs, doltdb.LocalDirDoltDB, "")
	env.LoadDoltDB(ctx, fs, doltdb.LocalDirDoltDB, d)
	return errors.Join(d.CfgLoadErr, d.DBLoadError, d.RSLoadErr)
}

// secureStorage prepares a database's storage for being opened; gone tells that there is nothing to open. A crash just after a garbage collection can leave a journal
// without any content; the library would take that for a database without any root and write so into the manifest, which cannot be undone. So a copy of the
// manifest is kept at each start, and such a journal is moved aside: the manifest has the last root then. A crash within CREATE DATABASE leaves neither: nothing was ever
// committed there, and all of it is moved aside.
func (d *dataDir) secureStorage(name, noms string) (gone bool, err error) {
	manifest, err := os.ReadFile(filepath.Join(noms, "manifest"))
	none := errors.Is(err, os.ErrNotExist)
	if err != nil && !none {
		return false, err
	}
	journal := filepath.Join(noms, chunks.JournalFileID)
	empty, err := rootless(journal)
	if err != nil {
		return false, err
	}
	if none {
		if _, err := os.Stat(journal); !empty && err == nil {
			return false, nil // its first root is in the journal
		}
		slog.Warn("moving aside a database whose creation a crash cut off", "database", name)
		return true, d.moveAside(name, filepath.Join(d.databases, name))
	}
	if empty {
		// The manifest's tables stand after its version, format, lock, root and generation.
		fields := strings.Split(string(manifest), ":")
		for i := 5; i < len(fields); i += 2 {
			if fields[i] == chunks.JournalFileID {
				return false, fmt.Errorf("its journal %s is empty although the manifest says that data is in it: the file system has lost data; restore the database from a backup", journal)
			}
		}
		slog.Warn("moving aside the empty journal that a crash left", "database", name)
		if err := d.moveAside(name, journal, filepath.Join(noms, "journal.idx")); err != nil {
			return false, err
		}
	}
	kept := filepath.Join(d.server, "manifests")
	if err := os.MkdirAll(kept, 0o700); err != nil {
		return false, err
	}
	return false, writeFile(filepath.Join(kept, name), manifest, 0o600)
}

// moveAside keeps files of a database where nothing opens them. A missing one is no error.
func (d *dataDir) moveAside(name string, paths ...string) error {
	to := filepath.Join(d.server, "aside", fmt.Sprintf("%s-%d", name, time.Now().UnixNano()))
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, p := range paths {
		if err := os.Rename(p, filepath.Join(to, filepath.Base(p))); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// rootless tells whether a journal exists and holds neither a root nor anything that could be damage to one: it is empty, or zeros, or ends within its
// first records. Other damage is the library's to report.
//
// A record is a big-endian length of 4 bytes which counts itself, tagged fields, and a Castagnoli CRC of 4 bytes over all before it. The first field is the
// kind: tag 1, then 1 for a root, 2 for a chunk.
func rootless(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	r := bufio.NewReaderSize(f, 1<<20)
	left := info.Size()
	table := crc32.MakeTable(crc32.Castagnoli)
	const least, root, chunk = 10, 1, 2
	for left >= 4 {
		head, err := r.Peek(4)
		if err != nil {
			return false, err
		}
		n := int64(binary.BigEndian.Uint32(head))
		if n == 0 || n > left {
			break
		}
		if n < least {
			return false, nil
		}
		record := make([]byte, n)
		if _, err := io.ReadFull(r, record); err != nil {
			return false, err
		}
		left -= n
		if crc32.Checksum(record[:n-4], table) != binary.BigEndian.Uint32(record[n-4:]) || record[4] != 1 {
			return false, nil
		}
		if kind := record[5]; kind == root || kind != chunk {
			return false, nil
		}
	}
	if left < 4 {
		return true, nil
	}
	head, err := r.Peek(4)
	if err != nil {
		return false, err
	}
	if binary.BigEndian.Uint32(head) != 0 {
		return true, nil // a record that was cut off
	}
	for {
		b, err := r.ReadByte()
		if err == io.EOF {
			return true, nil
		}
		if err != nil || b != 0 {
			return false, err
		}
	}
}
