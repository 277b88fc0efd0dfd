package catalog

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"aibms/internal/safego"
)

// changes are one change of every kind, on a catalog that stage has made.
var changes = map[string]func(ctx context.Context, c *Catalog) error{
	"create": func(ctx context.Context, c *Catalog) error {
		_, err := c.CreateModel(ctx, root, Declaration{Database: "d", Name: "new"})
		return err
	},
	"replace": func(ctx context.Context, c *Catalog) error {
		_, err := c.ReplaceDefinition(ctx, root, Declaration{"d", "m", "other", "other", "ANSI_QUOTES"})
		return err
	},
	"drop": func(ctx context.Context, c *Catalog) error {
		_, err := c.DropModel(ctx, root, "d", "m", true)
		return err
	},
	"rename": func(ctx context.Context, c *Catalog) error {
		_, err := c.RenameModel(ctx, root, "d", "m", "other", "other")
		return err
	},
	"comment": func(ctx context.Context, c *Catalog) error {
		_, err := c.SetComment(ctx, root, "d", "m", "other", "other")
		return err
	},
	"threshold": func(ctx context.Context, c *Catalog) error {
		x := 0.25
		_, err := c.SetThreshold(ctx, root, "d", "m", &x)
		return err
	},
	"move alias": func(ctx context.Context, c *Catalog) error {
		_, err := c.SetAlias(ctx, root, "d", "m", "CHAMPION", 2)
		return err
	},
	"drop alias": func(ctx context.Context, c *Catalog) error {
		_, err := c.DropAlias(ctx, root, "d", "m", "champion")
		return err
	},
	"begin": func(ctx context.Context, c *Catalog) error {
		_, err := c.BeginVersion(ctx, root, "d", "m", VersionStart{Targets: []Target{{"y", "int"}}})
		return err
	},
	"finish": func(ctx context.Context, c *Catalog) error {
		_, err := c.FinishVersion(ctx, 1, 4, result("four"))
		return err
	},
	"finish large": func(ctx context.Context, c *Catalog) error {
		_, err := c.FinishVersion(ctx, 1, 4, result(string(make([]byte, inlineParts*partBytes+1))))
		return err
	},
	"fail": func(ctx context.Context, c *Catalog) error {
		_, err := c.FailVersion(ctx, 1, 4, Failed, "x")
		return err
	},
	"mark corrupt": func(ctx context.Context, c *Catalog) error {
		_, err := c.MarkCorrupt(ctx, 1, 2, "x")
		return err
	},
	"drop version": func(ctx context.Context, c *Catalog) error {
		_, err := c.DropVersion(ctx, root, "d", "m", 3)
		return err
	},
	"deploy": func(ctx context.Context, c *Catalog) error {
		_, err := c.Deploy(ctx, root, "d", "m", 3, "x")
		return err
	},
	"undeploy": func(ctx context.Context, c *Catalog) error {
		_, err := c.Undeploy(ctx, root, "d", "m", "x")
		return err
	},
	"rollback": func(ctx context.Context, c *Catalog) error {
		_, err := c.Rollback(ctx, root, "d", "m", 0, "x")
		return err
	},
}

// stage makes a model with three READY versions, an alias, a history, and version 4 in training.
func stage(t testing.TB) (*Catalog, *engineDB) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{"d", "m", "first", "first", "ANSI_QUOTES"}))
	for i := range 3 {
		train(t, c, "d", "m", fmt.Sprint(i))
	}
	ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", 1, ""))
	ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", 2, ""))
	ok[*Model](t)(c.SetAlias(ctx, root, "d", "m", "champion", 1))
	ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	return c, db
}

// Each change fails once at each of its statements, at its commit, and after it. Memory and storage must agree then, be all as before or all
// as after, and the catalog must go on.
func TestEveryStatementOfEveryChangeMayFail(t *testing.T) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			c, db := stage(t)
			before := c.Snapshot()
			for at := 0; ; at++ {
				n, failed := 0, false
				db.before = func(int, Statement) error {
					if n++; n-1 == at {
						failed = true
						return errPlanted
					}
					return nil
				}
				err := change(ctx, c)
				db.before = nil
				checkStored(t, c, db)
				if !failed { // at is past the last statement
					if err != nil || at == 0 || sameSnapshot(before, c.Snapshot()) == "" {
						t.Fatalf("without a fault: %v after %d statements", err, at)
					}
					break
				}
				if !errors.Is(err, errPlanted) {
					t.Fatalf("a fault at statement %d gave %v", at, err)
				}
				if d := sameSnapshot(before, c.Snapshot()); d != "" {
					t.Fatalf("a fault at statement %d changed %s", at, d)
				}
			}
			for _, fault := range []error{errAtCommit, errAfterward} {
				c, db := stage(t)
				before := c.Snapshot()
				db.commit = func() error { return fault }
				err := change(ctx, c)
				db.commit = nil
				refused(t, err, fault)
				checkStored(t, c, db)
				changed := sameSnapshot(before, c.Snapshot()) != ""
				// the first commit of a large artifact is of parts alone, which no version shows
				if want := fault == errAfterward && name != "finish large"; changed != want {
					t.Errorf("%v: changed is %v", fault, changed)
				}
			}
		})
	}
}

// When storage can neither be written nor read, nothing is changed until it can be read again.
func TestUnreadableStorageStopsChanges(t *testing.T) {
	ctx := context.Background()
	_, db := stage(t)
	broken := &brokenDB{engineDB: db}
	c := newCatalog(t, broken)
	before := c.Snapshot()
	broken.err = errPlanted
	db.commit = func() error { return errAfterward }
	_, err := c.Deploy(ctx, root, "d", "m", 3, "")
	refused(t, err, errPlanted, "reading it again failed")
	db.commit = nil
	_, err = c.Deploy(ctx, root, "d", "m", 2, "")
	refused(t, err, errPlanted, "read the catalog after a failed write")
	if c.Snapshot() != before {
		t.Error("a snapshot was published")
	}
	broken.err = nil
	d := ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", 1, ""))
	if d.Previous != 3 {
		t.Errorf("the deployment that did take place is not known: %+v", d)
	}
	checkStored(t, c, db)
}

// brokenDB cannot be read while err is set.
type brokenDB struct {
	*engineDB
	err error
}

func (b *brokenDB) Read(ctx context.Context, query string, args ...any) ([][]any, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.engineDB.Read(ctx, query, args...)
}

// A write that hangs holds up writers, who can give up, and no reader.
func TestReadersNeverWait(t *testing.T) {
	c, db := stage(t)
	entered, release := make(chan bool), make(chan bool)
	db.writing = func() { entered <- true; <-release }
	done := make(chan error, 1)
	safego.Go(func() error {
		_, err := c.Deploy(context.Background(), root, "d", "m", 3, "")
		return err
	}, func(err error) { done <- err })
	<-entered
	if m, _ := c.Snapshot().Model("d", "m"); m.Deployed() != 2 {
		t.Errorf("version %d is deployed before it was stored", m.Deployed())
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := c.Deploy(ctx, root, "d", "m", 1, "")
	refused(t, err, context.DeadlineExceeded)
	db.writing = nil
	release <- true
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if m, _ := c.Snapshot().Model("d", "m"); m.Deployed() != 3 {
		t.Errorf("version %d is deployed", m.Deployed())
	}
}

// A panic of the storage leaves the catalog usable and true.
func TestPanicInTheStorage(t *testing.T) {
	c, db := stage(t)
	db.writing = func() { panic("storage") }
	err := safego.Run(func() error {
		_, err := c.Deploy(context.Background(), root, "d", "m", 3, "")
		return err
	})
	var p *safego.PanicError
	if !errors.As(err, &p) {
		t.Fatalf("got %v", err)
	}
	db.writing = nil
	ok[*Deployment](t)(c.Deploy(context.Background(), root, "d", "m", 3, ""))
	checkStored(t, c, db)
}

// A cancelled statement changes nothing; one whose write has begun is finished.
func TestCancelledContext(t *testing.T) {
	for name, change := range changes {
		if name == "fail" || name == "mark corrupt" {
			continue // these are for then
		}
		c, db := stage(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		commits := len(db.messages)
		refused(t, change(ctx, c), context.Canceled)
		if len(db.messages) != commits {
			t.Errorf("%s: something was written", name)
		}
		if name == "finish large" {
			continue // it stops between its parts
		}
		ctx, cancel = context.WithCancel(context.Background())
		db.before = func(int, Statement) error { cancel(); return nil }
		if err := change(ctx, c); err != nil {
			t.Errorf("%s: cancelled during the write: %v", name, err)
		}
		db.before = nil
		checkStored(t, c, db)
	}
}
