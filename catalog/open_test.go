package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/params"
)

func TestFirstStartMakesTheTables(t *testing.T) {
	db := newEngineDB(t)
	newCatalog(t, db)
	if got := strings.Join(db.messages, "|"); got != "create the catalog" {
		t.Errorf("commits %s", got)
	}
	newCatalog(t, db)
	if len(db.messages) != 1 {
		t.Errorf("a second start wrote %q", db.messages[1:])
	}
	// every column can be named without quotes, every table has a key
	for _, values := range db.must(t, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'aibms'") {
		table := newRow(values).text()
		for _, values := range db.must(t, "SELECT column_name FROM information_schema.columns WHERE table_schema = 'aibms' AND table_name = ?", table) {
			column := newRow(values).text()
			db.must(t, "SELECT "+column+" FROM "+table)
		}
		if keys := db.must(t, "SELECT column_name FROM information_schema.columns WHERE table_schema = 'aibms' AND table_name = ? AND column_key = 'PRI'", table); len(keys) == 0 {
			t.Errorf("table %s has no primary key", table)
		}
	}
}

// A crash at any statement of the first start leaves something that the next start completes.
func TestFirstStartMayBeCut(t *testing.T) {
	for at := 0; ; at++ {
		db := newEngineDB(t)
		failed := false
		db.before = func(i int, _ Statement) error {
			if i == at {
				failed = true
				return errPlanted
			}
			return nil
		}
		_, err := open(context.Background(), db, "0.1.0", Offers{}, clock())
		db.before = nil
		if !failed {
			if err != nil || at < 15 {
				t.Fatalf("%d statements: %v", at, err)
			}
			return
		}
		refused(t, err, errPlanted)
		c := newCatalog(t, db)
		ok[*Model](t)(c.CreateModel(context.Background(), root, Declaration{Database: "d", Name: "m"}))
		checkStored(t, c, db)
	}
}

func TestNewerCatalogIsRefusedWithoutAWrite(t *testing.T) {
	_, db := stage(t) // a version is in training: a careless start would mark it
	db.must(t, "UPDATE catalog_info SET value = 2 WHERE name = 'schema_version'")
	commits := len(db.messages)
	_, err := open(context.Background(), db, "0.1.0", offered(), clock())
	refused(t, err, ErrNewerSchema, "schema version 2", "up to 1", "newer release")
	if len(db.messages) != commits {
		t.Errorf("it wrote %q", db.messages[commits:])
	}
}

func TestOlderCatalogIsMigrated(t *testing.T) {
	ctx := context.Background()
	_, db := stage(t)
	steps := [][]string{
		{"ALTER TABLE models ADD COLUMN owner VARCHAR(64)", "UPDATE models SET owner = created_by"},
		{"CREATE TABLE model_jobs (job_id BIGINT NOT NULL PRIMARY KEY)"},
	}
	if err := prepareSchema(ctx, db, steps); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(db.messages[len(db.messages)-2:], "|"); got != "migrate the catalog from schema version 1 to 2|migrate the catalog from schema version 2 to 3" {
		t.Errorf("commits %s", got)
	}
	if r := newRow(db.must(t, "SELECT owner FROM models")[0]); r.text() != root {
		t.Error("the migration did not run")
	}
	commits := len(db.messages)
	if err := prepareSchema(ctx, db, steps); err != nil || len(db.messages) != commits {
		t.Errorf("a second start: %v, %q", err, db.messages[commits:])
	}
	refused(t, prepareSchema(ctx, db, nil), ErrNewerSchema, "schema version 3")
}

// A process that ends in the middle of trainings leaves TRAINING versions and artifact parts without a version.
func TestStartAfterACrash(t *testing.T) {
	ctx := context.Background()
	c, db := stage(t)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "n"}))
	for range 2 {
		ok[*Version](t)(c.BeginVersion(ctx, root, "d", "n", VersionStart{}))
	}
	b := noise(9, inlineParts*partBytes+1)
	if _, err := c.upload(ctx, "test", hashOf(b), b, func(*Snapshot) error { return nil }); err != nil {
		t.Fatal(err)
	}
	kept := parts(t, db) - inlineParts - 1
	db.messages = nil
	c = newCatalog(t, db)
	if got := strings.Join(db.messages, "|"); got != "mark 3 versions INTERRUPTED: the server ended during their training|remove 1 artifacts that no version uses" {
		t.Errorf("commits %s", got)
	}
	checkStored(t, c, db)
	if n := parts(t, db); n != kept {
		t.Errorf("%d parts are left of %d", n, kept)
	}
	m, _ := c.Snapshot().Model("d", "m")
	v, _ := m.Version(4)
	if v.Status != Interrupted || v.Reason == "" || v.FinishedAt.IsZero() || m.Deployed() != 2 {
		t.Errorf("version 4 is %+v", v)
	}
	if v := train(t, c, "d", "m", "next"); v.Number != 5 {
		t.Errorf("number %d was given", v.Number)
	}
	_, err := c.FinishVersion(ctx, 1, 4, result("late"))
	refused(t, err, ErrNotTraining, "INTERRUPTED")
	db.messages = nil
	if newCatalog(t, db); len(db.messages) != 0 {
		t.Errorf("a quiet start wrote %q", db.messages)
	}
}

func TestIDsAreNotUsedAgainAfterARestart(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	m := ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	train(t, c, "d", "m", "a")
	ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", 1, ""))
	train(t, c, "d", "m", "b")
	ok[*Version](t)(c.DropVersion(ctx, root, "d", "m", 2))
	c = newCatalog(t, db)
	if v := train(t, c, "d", "m", "c"); v.Number != 3 {
		t.Errorf("number %d follows the dropped 2", v.Number)
	}
	ok[*Model](t)(c.DropModel(ctx, root, "d", "m", true))
	c = newCatalog(t, db)
	if again := ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"})); again.ID != m.ID+1 {
		t.Errorf("id %d follows the dropped %d", again.ID, m.ID)
	}
	train(t, c, "d", "m", "d")
	if d := ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", 1, "")); d.ID != 3 {
		t.Errorf("event %d follows 2", d.ID)
	}
	checkStored(t, c, db)
}

func TestPinsOfAllVersions(t *testing.T) {
	c, _ := stage(t)
	if got := c.Snapshot().Pins(); len(got) != 6 || got[0] != (DataPin{"shop", "main", "abc123", "refs/internal/aibms/1"}) {
		t.Errorf("pins %v", got)
	}
}

// Trainings of one model begin at the same time, and models come and go meanwhile.
func TestNumbersAreGivenOnce(t *testing.T) {
	const writers, each = 8, 12
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	var g safego.Group
	var mu sync.Mutex
	given := map[int64]int{}
	for w := range writers {
		g.Go(func() error {
			for i := range each {
				v, err := c.BeginVersion(ctx, root, "d", "m", VersionStart{})
				if err != nil {
					return err
				}
				mu.Lock()
				given[v.Number]++
				mu.Unlock()
				if (w+i)%2 == 0 {
					_, err = c.FinishVersion(ctx, v.ModelID, v.Number, result("x"))
				} else {
					_, err = c.FailVersion(ctx, v.ModelID, v.Number, Failed, "x")
				}
				if err != nil {
					return err
				}
				_, err = c.CreateModel(ctx, root, Declaration{Database: "d", Name: fmt.Sprint("n", i)})
				if err == nil {
					_, err = c.DropModel(ctx, root, "d", fmt.Sprint("N", i), false)
				}
				if err != nil && !errors.Is(err, ErrModelExists) && !errors.Is(err, ErrNoModel) {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for n := int64(1); n <= writers*each; n++ {
		if given[n] != 1 {
			t.Errorf("number %d was given %d times", n, given[n])
		}
	}
	if len(given) != writers*each {
		t.Errorf("%d numbers were given", len(given))
	}
	checkStored(t, c, db)
}

// fake is a learner as far as offers need one.
type fake struct {
	learners.Learner
	c       float64
	steps   int
	penalty string
	shuffle bool
}

func (f *fake) Declare(s *params.Set) {
	s.Float(&f.c, "c", 1, "inverse of the regularisation", params.Above(0), params.TuneLog(0.001, 1000))
	s.Int(&f.steps, "steps", 100, "most iterations", params.AtLeast(1), params.AtMost(1000))
	s.Choice(&f.penalty, "penalty", "l2", []string{"l1", "l2"}, "what is added", params.TuneValues("l1", "l2"))
	s.Bool(&f.shuffle, "shuffle", true, "whether rows are shuffled")
}

func offered() Offers {
	return Offers{
		Learners: learners.NewRegistry(&learners.Spec{Name: "fake", Doc: "a fake", Objective: "none", Reference: "nobody, 1999", Tasks: []learners.Task{learners.Binary, learners.Regression},
			Traits: learners.Traits{NeedsScaling: true}, New: func() learners.Learner { return new(fake) }, StateVersion: 1,
			Load: func(int, *artifact.Reader) (learners.Model, error) { return nil, nil }}),
		Metrics: []MetricOffer{{"roc_auc", []string{"auc"}, []learners.Task{learners.Binary}, true, "area under the curve"}, {"log_loss", nil, []learners.Task{learners.Binary, learners.Multiclass}, false, "loss"}},
	}
}

func TestOffersAreWrittenWhenTheyDiffer(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	start := func(version string, o Offers, commits ...string) {
		t.Helper()
		db.messages = nil
		if _, err := open(ctx, db, version, o, clock()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(db.messages, "|"); got != strings.Join(commits, "|") {
			t.Errorf("commits %s", got)
		}
	}
	start("1", offered(), "create the catalog", "record the learners and metrics of server version 1")
	start("2", offered())
	got := fmt.Sprint(db.must(t, "SELECT * FROM learners"), db.must(t, "SELECT * FROM learner_params ORDER BY position"), db.must(t, "SELECT * FROM metrics ORDER BY metric"))
	want := "[[fake a fake none nobody, 1999 binary_classification, regression 0 1 0 0 0 0]] " +
		"[[fake c 1 float 1 > 0 RANGE(0.001, 1000, LOG) inverse of the regularisation] [fake steps 2 int 100 >= 1 and <= 1000 <nil> most iterations] " +
		"[fake penalty 3 choice l2 l1, l2 IN (l1, l2) what is added] [fake shuffle 4 bool true TRUE, FALSE <nil> whether rows are shuffled]] " +
		"[[log_loss <nil> binary_classification, multiclass_classification 0 loss] [roc_auc auc binary_classification 1 area under the curve]]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	changed := offered()
	changed.Metrics[1].HigherIsBetter = true
	start("3", changed, "record the learners and metrics of server version 3")
	start("3", changed)
	start("4", Offers{}, "record the learners and metrics of server version 4")
	if rows := db.must(t, "SELECT * FROM learner_params"); len(rows) != 0 {
		t.Errorf("rows of a former release are left: %v", rows)
	}
}
