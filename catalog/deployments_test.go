package catalog

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"aibms/internal/safego"
)

// steps is a script: dN deploys version N, u undeploys, r rolls back one step, rN rolls back to version N, cN marks version N corrupt, xN drops it. After the
// slash stands what is deployed then; ! is ErrNoPrevious, - is nothing.
func TestRollbackWalksTheHistory(t *testing.T) {
	for _, steps := range []string{
		"d1/1 d2/2 d3/3 r/2 r/1 r/!",
		"d1/1 d2/2 r/1 d3/3 r/1 r/!",          // 2 was rolled back from: it does not come again
		"d1/1 d2/2 d3/3 r/2 d4/4 r/2 r/1",     // nor 3
		"d1/1 d1/1 d2/2 d2/2 r/1 r/!",         // deploying again is no step
		"d1/1 d2/2 d1/1 r/2 r/1 r/!",          // back and forth are steps
		"d1/1 u/- r/1 r/!",                    // undo an UNDEPLOY
		"d1/1 d2/2 u/- r/2 r/1",               //
		"d1/1 u/- d2/2 r/1",                   // never back to nothing
		"d1/1 d2/2 d3/3 x2/3 r/1 r/!",         // a dropped version is passed over
		"d1/1 d2/2 d3/3 c2/3 r/1",             // a corrupt one too
		"d1/1 c1/1 d2/2 r/!",                  //
		"d1/1 d2/2 d1/1 x2/1 r/!",             // and what is left is the version rolled back from
		"d1/1 d2/2 d3/3 d4/4 r2/2 r/1 r/!",    // to a version: over those between
		"d1/1 d2/2 d3/3 r1/1 r/!",             //
		"d1/1 d2/2 r/1 r2/2 r/1 r/!",          // to one that was rolled back from: a step forward
		"d1/1 d2/2 r2/2 r/1",                  // to where it is: nothing changes
		"d1/1 r4/! d2/2 r/1",                  // 4 was never deployed
		"d1/1 d2/2 u/- r1/1 r/!",              //
		"d1/1 d2/2 d3/3 r/2 r/1 d3/3 r/1 r/!", //
		"d1/1 d2/2 d3/3 d2/2 d1/1 r/2 r/3 r/2 r/1 r/!",
	} {
		t.Run(steps, func(t *testing.T) {
			ctx := context.Background()
			db := newEngineDB(t)
			c := newCatalog(t, db)
			ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
			_, err := c.Rollback(ctx, root, "d", "m", 0, "")
			refused(t, err, ErrNotDeployed)
			for i := range 4 {
				train(t, c, "d", "m", fmt.Sprint(i))
			}
			for _, step := range splitSteps(steps) {
				var err error
				before, _ := c.Snapshot().Model("d", "m")
				switch step.op {
				case 'd':
					_, err = c.Deploy(ctx, root, "d", "m", step.version, "")
				case 'u':
					_, err = c.Undeploy(ctx, root, "d", "m", "")
				case 'r':
					var d *Deployment
					if d, err = c.Rollback(ctx, root, "d", "m", step.version, ""); err == nil && d.Previous != before.Deployed() {
						t.Errorf("%s: the event says that %d was deployed before", step.text, d.Previous)
					}
				case 'c':
					_, err = c.MarkCorrupt(ctx, before.ID, step.version, "test")
				case 'x':
					_, err = c.DropVersion(ctx, root, "d", "m", step.version)
				}
				if step.want < 0 {
					refused(t, err, ErrNoPrevious)
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", step.text, err)
				}
				if m, _ := c.Snapshot().Model("d", "m"); m.Deployed() != step.want {
					t.Fatalf("after %s version %d is deployed", step.text, m.Deployed())
				}
				checkStored(t, c, db)
			}
		})
	}
}

type step struct {
	text          string
	op            byte
	version, want int64
}

func splitSteps(text string) (steps []step) {
	var s step
	state := 0
	flush := func() {
		if state > 0 {
			steps = append(steps, s)
		}
		s, state = step{}, 0
	}
	for i := range len(text) {
		ch := text[i]
		if ch == ' ' {
			flush()
			continue
		}
		s.text += string(ch)
		switch {
		case state == 0:
			s.op, state = ch, 1
		case ch == '/':
			state = 2
		case state == 1:
			s.version = s.version*10 + int64(ch-'0')
		case ch == '!':
			s.want = -1
		case ch == '-':
		default:
			s.want = s.want*10 + int64(ch-'0')
		}
	}
	flush()
	return steps
}

func TestRollbackToAVersionThatIsGone(t *testing.T) {
	ctx := context.Background()
	c := newCatalog(t, newEngineDB(t))
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	for i := range 3 {
		train(t, c, "d", "m", fmt.Sprint(i))
	}
	for i := range 3 {
		ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", int64(i+1), ""))
	}
	ok[*Version](t)(c.DropVersion(ctx, root, "d", "m", 1))
	ok[*Version](t)(c.MarkCorrupt(ctx, 1, 2, "test"))
	_, err := c.Rollback(ctx, root, "d", "m", 1, "")
	refused(t, err, ErrNoVersion, "it has versions 2, 3")
	_, err = c.Rollback(ctx, root, "d", "m", 2, "")
	refused(t, err, ErrNotReady, "CORRUPT")
	train(t, c, "d", "m", "new")
	_, err = c.Rollback(ctx, root, "d", "m", 4, "")
	refused(t, err, ErrNoPrevious, "never deployed", "DEPLOY MODEL d.m VERSION 4")
}

// Eight writers flip one model; the history must be one line without a lost or doubled event. With the engine's tables, whose cost grows with their
// rows, and many more times with a storage that only remembers what it was told.
func TestFlipsMakeALinearHistory(t *testing.T) {
	t.Run("engine", func(t *testing.T) {
		db := newEngineDB(t)
		c := flip(t, db, db, 100)
		checkStored(t, c, db)
	})
	t.Run("many", func(t *testing.T) {
		journal := &journalDB{engineDB: newEngineDB(t)}
		c := flip(t, journal, journal.engineDB, 1000)
		m, _ := c.Snapshot().Model("d", "m")
		for i, d := range m.Deployments[1:] {
			want := append(insert("model_deployments", deploymentColumns, d.row(m)),
				Statement{"UPDATE models SET deployed_version = ? WHERE model_id = ?", []any{idOrNull(d.Version), m.ID}})
			if !reflect.DeepEqual(journal.written[i], want) {
				t.Fatalf("event %d was written as %v", d.ID, journal.written[i])
			}
		}
	})
}

// journalDB sets up in an engine and then only remembers writes.
type journalDB struct {
	*engineDB
	remember bool
	written  [][]Statement
}

func (j *journalDB) Write(ctx context.Context, message string, statements []Statement) error {
	if !j.remember {
		return j.engineDB.Write(ctx, message, statements)
	}
	// no lock: the catalog promises that there is one writer, and the race detector is to see it when there are two
	j.messages = append(j.messages, message)
	j.written = append(j.written, statements)
	return nil
}

func flip(t *testing.T, db DB, engine *engineDB, flips int) *Catalog {
	const writers = 8
	ctx := context.Background()
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	for i := range writers + 1 {
		train(t, c, "d", "m", fmt.Sprint(i))
	}
	ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", writers+1, ""))
	start := len(engine.messages)
	if j, journal := db.(*journalDB); journal {
		j.remember = true
	}

	var g safego.Group
	var mu sync.Mutex
	answered := map[int64]*Deployment{}
	for w := range writers {
		g.Go(func() error {
			for i := range flips {
				var d *Deployment
				var err error
				if i%2 == 0 {
					d, err = c.Deploy(ctx, fmt.Sprint("writer ", w), "d", "m", int64(w+1), "")
				} else {
					d, err = c.Rollback(ctx, fmt.Sprint("writer ", w), "d", "m", 0, "")
				}
				if errors.Is(err, ErrNoPrevious) {
					continue // the others have gone back all the way
				}
				if err != nil {
					return err
				}
				mu.Lock()
				answered[d.ID] = d
				mu.Unlock()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	m, _ := c.Snapshot().Model("d", "m")
	if n := len(answered); n < writers*flips/2 || len(m.Deployments) != n+1 || len(engine.messages)-start != n {
		t.Fatalf("%d events, %d answers, %d commits", len(m.Deployments), len(answered), len(engine.messages)-start)
	}
	for i, d := range m.Deployments {
		if d.ID != int64(i+1) {
			t.Fatalf("event %d has the number %d", i+1, d.ID)
		}
		if i == 0 {
			continue
		}
		if d.Previous != m.Deployments[i-1].Version {
			t.Fatalf("event %d follows %d but says %d", d.ID, m.Deployments[i-1].Version, d.Previous)
		}
		if answered[d.ID] != d {
			t.Fatalf("event %d was not answered", d.ID)
		}
	}
	return c
}
