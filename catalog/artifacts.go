package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// MaxArtifactBytes is the size up to which an artifact is stored.
const MaxArtifactBytes = 256 << 20

const (
	// partBytes is the size of every part of an artifact but the last; tables of schema version 1 hold no other.
	partBytes = 1 << 20
	// inlineParts is how many parts are written in one transaction: an artifact of more is written ahead of its version, so that no transaction is bigger.
	inlineParts = 16
)

// Artifact returns the bytes of an artifact: all parts are there and match the SHA-256. hash is Version.ArtifactHash. The error wraps ErrNoArtifact or
// ErrCorrupt, which says what is wrong with the parts.
func (c *Catalog) Artifact(ctx context.Context, hash string) ([]byte, error) {
	hash = strings.ToLower(hash)
	b, err := c.readArtifact(ctx, hash)
	if !errors.Is(err, ErrCorrupt) {
		return b, err
	}
	// the version may have been dropped between two parts: as the writer, nobody else changes anything
	if err := c.lock(ctx); err != nil {
		return nil, err
	}
	defer c.unlock()
	return c.readArtifact(ctx, hash)
}

func (c *Catalog) readArtifact(ctx context.Context, hash string) ([]byte, error) {
	size, ok := c.Snapshot().artifactBytes(hash)
	if !ok {
		return nil, faultf(ErrNoArtifact, "no version has the artifact %q; it may have been dropped", hash)
	}
	damaged := func(format string, args ...any) error {
		return faultf(ErrCorrupt, "artifact %s is damaged: %s", hash, fmt.Sprintf(format, args...))
	}
	if size < 0 || size > MaxArtifactBytes {
		return nil, damaged("its version says that it has %d bytes", size)
	}
	parts := partCount(size)
	b := make([]byte, 0, size)
	for part := int64(1); part <= parts; part++ {
		rows, err := c.db.Read(ctx, "SELECT bytes FROM model_artifacts WHERE artifact_hash = ? AND part = ?", hash, part)
		if err != nil {
			return nil, fmt.Errorf("read artifact %s: %w", hash, err)
		}
		if len(rows) == 0 {
			return nil, damaged("part %d of %d is missing", part, parts)
		}
		r := newRow(rows[0])
		chunk := r.bytes()
		if r.err != nil {
			return nil, r.err
		}
		if want := min(size-int64(len(b)), partBytes); int64(len(chunk)) != want {
			return nil, damaged("part %d of %d has %d bytes instead of %d", part, parts, len(chunk), want)
		}
		b = append(b, chunk...)
	}
	if got := hashOf(b); got != hash {
		return nil, damaged("its bytes have the SHA-256 %s", got)
	}
	return b, nil
}

func (s *Snapshot) artifactBytes(hash string) (int64, bool) {
	for _, m := range s.models {
		for _, v := range m.Versions {
			if v.ArtifactHash == hash && hash != "" {
				return v.ArtifactBytes, true
			}
		}
	}
	return 0, false
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// partCount is at least 1: an empty artifact has one empty part, so that it is there or missing like any other.
func partCount(size int64) int64 { return max(1, (size+partBytes-1)/partBytes) }

// putParts makes the statements that store the parts from first to last, one each. They replace what is there: equal bytes, unless those were damaged.
func putParts(hash string, b []byte, first, last int64) []Statement {
	parts := partCount(int64(len(b)))
	var statements []Statement
	for part := first; part <= last; part++ {
		lo := (part - 1) * partBytes
		hi := min(lo+partBytes, int64(len(b)))
		chunk := b[lo:hi:hi]
		if len(chunk) == 0 {
			chunk = []byte{} // and not nil, which is NULL
		}
		statements = append(statements, Statement{
			"REPLACE INTO model_artifacts (artifact_hash, part, parts, bytes) VALUES (?, ?, ?, ?)", []any{hash, part, parts, chunk}})
	}
	return statements
}

func deleteArtifact(hash string) Statement {
	return Statement{"DELETE FROM model_artifacts WHERE artifact_hash = ?", []any{hash}}
}

// unused reports whether no version but those of a model (or one version of it) uses an artifact. Writer only.
func (c *Catalog) unused(s *Snapshot, hash string, model, version int64) bool {
	return !c.uploads.active(hash) && s.users(hash, model, version) == 0
}

// upload writes the parts of a large artifact ahead of its version, a few at a time, so that a deployment in between does not wait for all of it. still is
// asked before each write whether the version is still wanted. Until done is called nobody removes the parts; then they go, unless a version uses
// them. A crash leaves parts that the next Open removes.
func (c *Catalog) upload(ctx context.Context, what, hash string, b []byte, still func(*Snapshot) error) (done func(), err error) {
	c.uploads.begin(hash)
	written := false
	done = func() {
		c.uploads.end(hash)
		if written {
			c.sweepUpload(context.WithoutCancel(ctx), what, hash)
		}
	}
	parts := partCount(int64(len(b)))
	for first := int64(1); first <= parts; first += inlineParts {
		last := min(first+inlineParts-1, parts)
		err := c.apply(ctx, func(s *Snapshot) (change, error) {
			if err := still(s); err != nil {
				return change{}, err
			}
			written = true
			message := fmt.Sprintf("store parts %d to %d of %d of the artifact of %s", first, last, parts, what)
			return change{message, putParts(hash, b, first, last), s}, nil
		})
		if err != nil {
			done()
			return nil, err
		}
	}
	return done, nil
}

// sweepUpload removes the parts of an upload that ended, unless a version or another upload uses them.
func (c *Catalog) sweepUpload(ctx context.Context, what, hash string) {
	// an error leaves parts that do no harm: the next Open removes them
	_ = c.apply(ctx, func(s *Snapshot) (change, error) {
		if !c.unused(s, hash, 0, 0) {
			return change{}, errInUse
		}
		return change{"remove the artifact of " + what + ", which was not finished", []Statement{deleteArtifact(hash)}, s}, nil
	})
}

var errInUse = errors.New("artifact is in use")

// uploads counts, by hash, the artifacts that are being written ahead of their version.
type uploads struct {
	mu    sync.Mutex
	count map[string]int
}

func (u *uploads) begin(hash string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.count == nil {
		u.count = map[string]int{}
	}
	u.count[hash]++
}

func (u *uploads) end(hash string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.count[hash]--; u.count[hash] == 0 {
		delete(u.count, hash)
	}
}

func (u *uploads) active(hash string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.count[hash] > 0
}

// sweepArtifacts removes the parts that no version uses: what a crash left between the parts and the version. Only Open may call it.
func (c *Catalog) sweepArtifacts(ctx context.Context) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	rows, err := c.db.Read(ctx, "SELECT DISTINCT artifact_hash FROM model_artifacts ORDER BY artifact_hash")
	if err != nil {
		return fmt.Errorf("read the catalog: table model_artifacts: %w", err)
	}
	var statements []Statement
	for _, values := range rows {
		r := newRow(values)
		hash := r.text()
		if r.err != nil {
			return fmt.Errorf("read the catalog: table model_artifacts: %w", r.err)
		}
		if c.snap.Load().users(hash, 0, 0) == 0 {
			statements = append(statements, deleteArtifact(hash))
		}
	}
	if len(statements) == 0 {
		return nil
	}
	return c.write(ctx, fmt.Sprintf("remove %d artifacts that no version uses", len(statements)), statements)
}

// bytes reads a blob; NULL is empty.
func (r *row) bytes() []byte {
	switch v := r.next().(type) {
	case nil:
		return nil
	case []byte:
		return v
	case string:
		return []byte(v)
	default:
		r.wrong(v, "bytes")
		return nil
	}
}
