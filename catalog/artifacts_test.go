package catalog

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"aibms/internal/safego"
)

func noise(seed uint64, size int) []byte {
	b := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{byte(seed)})
	rng.Read(b) // never fails
	return b
}

func TestArtifactsComeBack(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	for i, size := range []int{0, 1, partBytes - 1, partBytes, partBytes + 1, 5 * partBytes} {
		b := noise(uint64(i), size)
		v := train(t, c, "d", "m", string(b))
		got, err := c.Artifact(ctx, v.ArtifactHash)
		if err != nil || !bytes.Equal(got, b) || v.ArtifactBytes != int64(size) {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
		rows := db.must(t, "SELECT part, parts, LENGTH(bytes) FROM model_artifacts WHERE artifact_hash = ? ORDER BY part", v.ArtifactHash)
		left := int64(size)
		for i, values := range rows {
			r := newRow(values)
			if part, parts, length := r.int(), r.int(), r.int(); part != int64(i+1) || parts != int64(len(rows)) || length != min(left, partBytes) {
				t.Errorf("%d bytes: row %d is part %d of %d with %d bytes", size, i+1, part, parts, length)
			}
			left -= partBytes
		}
		if want := max(1, (size+partBytes-1)/partBytes); len(rows) != want {
			t.Errorf("%d bytes are %d parts, want %d", size, len(rows), want)
		}
	}
	checkStored(t, c, db)
	reopened := newCatalog(t, db)
	for _, v := range c.Snapshot().models[0].Versions {
		if _, err := reopened.Artifact(ctx, v.ArtifactHash); err != nil {
			t.Error(err)
		}
	}
	for _, hash := range []string{"", "ab", hashOf([]byte("another"))} {
		_, err := c.Artifact(ctx, hash)
		refused(t, err, ErrNoArtifact)
	}
}

func TestArtifactTooBig(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	v := ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	commits := len(db.messages)
	_, err := c.FinishVersion(ctx, v.ModelID, v.Number, VersionResult{Artifact: make([]byte, MaxArtifactBytes+1)})
	refused(t, err, ErrArtifactTooBig, "256 MB")
	if len(db.messages) != commits {
		t.Error("something was written")
	}
	ok[*Version](t)(c.FailVersion(ctx, v.ModelID, v.Number, Failed, err.Error()))
}

// Damage of every kind is found, said, and healed by the next training that gives the same bytes.
func TestDamagedArtifactsAreFound(t *testing.T) {
	ctx := context.Background()
	b := noise(1, 3*partBytes+10)
	hash := hashOf(b)
	flip := func(part int64, at int) func(*testing.T, *engineDB) {
		return func(t *testing.T, db *engineDB) {
			chunk := bytes.Clone(b[(part-1)*partBytes : min(part*partBytes, int64(len(b)))])
			chunk[at] ^= 1
			db.must(t, "UPDATE model_artifacts SET bytes = ? WHERE artifact_hash = ? AND part = ?", chunk, hash, part)
		}
	}
	damages := map[string]struct {
		say string
		do  func(*testing.T, *engineDB)
	}{
		"missing first": {"part 1 of 4 is missing", func(t *testing.T, db *engineDB) { db.must(t, "DELETE FROM model_artifacts WHERE part = 1") }},
		"missing last":  {"part 4 of 4 is missing", func(t *testing.T, db *engineDB) { db.must(t, "DELETE FROM model_artifacts WHERE part = 4") }},
		"all missing":   {"part 1 of 4 is missing", func(t *testing.T, db *engineDB) { db.must(t, "DELETE FROM model_artifacts") }},
		"short": {"part 2 of 4 has 5 bytes instead of 1048576", func(t *testing.T, db *engineDB) {
			db.must(t, "UPDATE model_artifacts SET bytes = ? WHERE part = 2", []byte("short"))
		}},
		"empty last": {"part 4 of 4 has 0 bytes instead of 10", func(t *testing.T, db *engineDB) {
			db.must(t, "UPDATE model_artifacts SET bytes = ? WHERE part = 4", []byte{})
		}},
		"long last": {"part 4 of 4 has 11 bytes instead of 10", func(t *testing.T, db *engineDB) {
			db.must(t, "UPDATE model_artifacts SET bytes = ? WHERE part = 4", make([]byte, 11))
		}},
		"swapped": {"its bytes have the SHA-256", func(t *testing.T, db *engineDB) {
			db.must(t, "UPDATE model_artifacts SET part = 9 WHERE part = 1")
			db.must(t, "UPDATE model_artifacts SET part = 1 WHERE part = 2")
			db.must(t, "UPDATE model_artifacts SET part = 2 WHERE part = 9")
		}},
		"doubled": {"its bytes have the SHA-256", func(t *testing.T, db *engineDB) {
			db.must(t, "UPDATE model_artifacts SET bytes = ? WHERE part = 2", b[:partBytes])
		}},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		part := int64(1 + rng.IntN(4))
		at := rng.IntN(partBytes)
		if part == 4 {
			at = rng.IntN(10)
		}
		damages[fmt.Sprintf("bit of byte %d of part %d", at, part)] = struct {
			say string
			do  func(*testing.T, *engineDB)
		}{"its bytes have the SHA-256", flip(part, at)}
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			db := newEngineDB(t)
			c := newCatalog(t, db)
			ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
			train(t, c, "d", "m", string(b))
			damage.do(t, db)
			_, err := c.Artifact(ctx, hash)
			refused(t, err, ErrCorrupt, hash, damage.say)
			train(t, c, "d", "m", string(b))
			if got, err := c.Artifact(ctx, hash); err != nil || !bytes.Equal(got, b) {
				t.Errorf("after the same training again: %d bytes, %v", len(got), err)
			}
		})
	}
}

func parts(t testing.TB, db *engineDB) int64 {
	t.Helper()
	return newRow(db.must(t, "SELECT COUNT(*) FROM model_artifacts")[0]).int()
}

func TestEqualArtifactsAreStoredOnce(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	for _, name := range []string{"m", "n"} {
		ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: name}))
	}
	v := train(t, c, "d", "m", "same")
	train(t, c, "d", "m", "same")
	train(t, c, "d", "n", "same")
	train(t, c, "d", "n", "same")
	train(t, c, "d", "n", "other")
	expect := func(n int64) {
		t.Helper()
		if got := parts(t, db); got != n {
			t.Errorf("%d parts are stored, want %d", got, n)
		}
	}
	expect(2)
	ok[*Version](t)(c.DropVersion(ctx, root, "d", "m", 1))
	expect(2)
	ok[*Version](t)(c.DropVersion(ctx, root, "d", "m", 2))
	expect(2)
	if _, err := c.Artifact(ctx, v.ArtifactHash); err != nil {
		t.Error(err)
	}
	ok[*Model](t)(c.DropModel(ctx, root, "d", "n", false))
	expect(0)
	_, err := c.Artifact(ctx, v.ArtifactHash)
	refused(t, err, ErrNoArtifact)
	train(t, c, "d", "m", "same")
	expect(1)
}

// A large artifact goes ahead of its version in bounded transactions, and other changes come through in between.
func TestLargeArtifactIsWrittenInSteps(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	train(t, c, "d", "m", "small")
	db.messages = nil
	b := noise(3, 2*inlineParts*partBytes+1)
	v := ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	var once sync.Once
	started := make(chan error, 2)
	db.writing = func() {
		once.Do(func() { // while the first parts are being written
			safego.Go(func() error {
				_, err := c.Deploy(ctx, root, "d", "m", 1, "")
				return err
			}, func(err error) { started <- err })
		})
	}
	v = ok[*Version](t)(c.FinishVersion(ctx, v.ModelID, v.Number, result(string(b))))
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	want := []string{
		"train d.m version 2: begun by root@localhost",
		"store parts 1 to 16 of 33 of the artifact of d.m version 2",
		"deploy d.m version 1",
		"store parts 17 to 32 of 33 of the artifact of d.m version 2",
		"store parts 33 to 33 of 33 of the artifact of d.m version 2",
		"train d.m version 2: roc_auc 0.8912",
	}
	if fmt.Sprint(slices.Sorted(slices.Values(db.messages))) != fmt.Sprint(slices.Sorted(slices.Values(want))) || db.messages[len(db.messages)-1] != want[len(want)-1] || db.messages[1] != want[1] {
		t.Errorf("commits %q", db.messages)
	}
	if db.largest > inlineParts*partBytes {
		t.Errorf("the largest transaction wrote %d bytes", db.largest)
	}
	if got, err := c.Artifact(ctx, v.ArtifactHash); err != nil || !bytes.Equal(got, b) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	checkStored(t, c, db)

	// dropped while its artifact is being written: nothing is left
	v = ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	large := result(string(noise(4, 2*inlineParts*partBytes)))
	var drop sync.Once
	db.writing = nil
	db.before = func(at int, s Statement) error {
		drop.Do(func() {
			safego.Go(func() error { _, err := c.DropModel(ctx, root, "d", "m", true); return err }, func(err error) { started <- err })
		})
		return nil
	}
	_, err := c.FinishVersion(ctx, v.ModelID, v.Number, large)
	refused(t, err, ErrNoModel, "dropped meanwhile")
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	if n := parts(t, db); n != 0 {
		t.Errorf("%d parts are left", n)
	}
	checkStored(t, c, db)
}

// A version is dropped while another training is writing the same large artifact ahead: the parts must stay.
func TestUploadKeepsASharedArtifact(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	b := noise(5, inlineParts*partBytes+1)
	train(t, c, "d", "m", string(b))
	v := ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	ids := v.ModelID
	done, err := c.upload(ctx, "test", hashOf(b), b, func(*Snapshot) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	ok[*Version](t)(c.DropVersion(ctx, root, "d", "m", 1))
	if n := parts(t, db); n != inlineParts+1 {
		t.Errorf("%d parts are left", n)
	}
	v = ok[*Version](t)(c.FinishVersion(ctx, ids, v.Number, result(string(b))))
	done()
	if _, err := c.Artifact(ctx, v.ArtifactHash); err != nil {
		t.Error(err)
	}
	ok[*Version](t)(c.DropVersion(ctx, root, "d", "m", 2))
	if n := parts(t, db); n != 0 {
		t.Errorf("%d parts are left", n)
	}
}
