package catalog

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/feature"
)

const root = "root@localhost"

// clock ticks a microsecond and a bit at each look.
func clock() func() time.Time {
	at := time.Date(2025, 3, 1, 12, 0, 0, 0, time.FixedZone("elsewhere", 3600))
	return func() time.Time {
		at = at.Add(1234567 * time.Nanosecond)
		return at
	}
}

func newCatalog(t testing.TB, db DB) *Catalog {
	t.Helper()
	c, err := open(context.Background(), db, "0.1.0", Offers{}, clock())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ok[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// refused fails unless err wraps kind and its text contains all of the words.
func refused(t testing.TB, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got error %v, want one of the kind %q", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func result(artifact string) VersionResult {
	return VersionResult{
		Task: learners.Binary, DataHash: "d1", Rows: RowCounts{80, 0, 20, 3}, Duration: 1234567 * time.Microsecond,
		Headline: Headline{"roc_auc", "TEST", 0.8912345678901234, 0.5},
		Data:     []DataPin{{"shop", "main", "abc123", "refs/internal/aibms/1"}, {"other", "", "def456", ""}},
		Warnings: []string{"3 rows had no target", "quote \" and \\ and <é>\nline"},
		Settings: []Setting{{Name: "c", Value: "1", Source: "USER"}, {Name: "penalty", Value: "l2", Source: "DEFAULT"}},
		Inputs:   []Input{{"page_values", "double"}, {"month", "enum('a','b')"}},
		Features: []Feature{
			{feature.Info{Name: "page_values", Input: "page_values", Expression: "STANDARD_SCALE(page_values) AS page_values", Kind: data.Numeric, Columns: 1, Rows: 80,
				NullShare: 0.1, Mean: 1e-17, StdDev: 1.0 / 3, Min: -1e300, Max: math.Inf(1)}, "USER"},
			{feature.Info{Name: "month", Input: "month", Expression: "ONE_HOT(month) AS month", Kind: data.Categorical, Columns: 10, Rows: 80,
				Mean: math.NaN(), StdDev: math.NaN(), Min: math.NaN(), Max: math.NaN(), Categories: 10, TopCategory: "May", TopCount: 40}, "AUTO"}},
		Metrics: []Metric{
			{"TEST", "", "roc_auc", 0.8912345678901234, 0.87, 0.91, 0.5, 20, true},
			{"TEST", "month=May", "log_loss", 5e-324, math.NaN(), math.Inf(-1), math.Copysign(0, -1), 7, false}},
		Artifact: []byte(artifact),
	}
}

// train makes a READY version.
func train(t testing.TB, c *Catalog, database, name, artifact string) *Version {
	t.Helper()
	ctx := context.Background()
	v, err := c.BeginVersion(ctx, root, database, name, VersionStart{Definition: "CREATE MODEL " + name, Query: "SELECT * FROM t", Learner: "logistic_regression",
		Targets: []Target{{"revenue", "tinyint(1)"}}, Seed: math.MaxUint64, Comment: "nightly"})
	if err != nil {
		t.Fatal(err)
	}
	if v, err = c.FinishVersion(ctx, v.ModelID, v.Number, result(artifact)); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestLifeOfAModel(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	said := func(message string) {
		t.Helper()
		if got := db.lastMessage(); got != message {
			t.Errorf("the commit says %q, want %q", got, message)
		}
		checkStored(t, c, db)
	}

	m := ok[*Model](t)(c.CreateModel(ctx, root, Declaration{"shop", "Order_Intent", "CREATE MODEL Order_Intent ...", "first", "ANSI_QUOTES"}))
	said("create model shop.Order_Intent")
	if m.ID != 1 || m.Comment != "first" || m.CreatedBy != root || m.LastVersion != 0 {
		t.Errorf("created %+v", m)
	}
	_, err := c.CreateModel(ctx, root, Declaration{Database: "SHOP", Name: "order_intent"})
	refused(t, err, ErrModelExists, "shop.Order_Intent", "CREATE OR REPLACE")

	_, _, err = c.Snapshot().Resolve(Ref{Name: "order_intent"}, "shop")
	refused(t, err, ErrNotDeployed, "TRAIN MODEL shop.Order_Intent")
	_, err = c.Deploy(ctx, root, "shop", "order_intent", 1, "")
	refused(t, err, ErrNoVersion, "no version 1", "no versions yet", "TRAIN MODEL")

	v1 := train(t, c, "shop", "order_intent", "one")
	said("train shop.Order_Intent version 1: roc_auc 0.8912")
	if v1.Status != Ready || v1.Number != 1 || v1.Task != learners.Binary || v1.Learner != "logistic_regression" || v1.Duration != 1234*time.Millisecond ||
		v1.Seed != math.MaxUint64 || v1.EngineVersion != "0.1.0" || v1.ArtifactBytes != 3 || v1.ArtifactHash != hashOf([]byte("one")) {
		t.Errorf("trained %+v", v1)
	}
	_, _, err = c.Snapshot().Resolve(Ref{Name: "order_intent"}, "shop")
	refused(t, err, ErrNotDeployed, "DEPLOY MODEL shop.Order_Intent VERSION 1")

	v2 := ok[*Version](t)(c.BeginVersion(ctx, root, "shop", "order_intent", VersionStart{}))
	said("train shop.Order_Intent version 2: begun by root@localhost")
	_, _, err = c.Snapshot().Resolve(Ref{Name: "order_intent", Version: 2}, "shop")
	refused(t, err, ErrNotReady, "version 2", "TRAINING", "ready: version 1")
	_, err = c.DropVersion(ctx, root, "shop", "order_intent", 2)
	refused(t, err, ErrTraining, "KILL QUERY")
	_, err = c.DropModel(ctx, root, "shop", "order_intent", false)
	refused(t, err, ErrTraining, "KILL QUERY")
	ok[*Version](t)(c.FailVersion(ctx, v2.ModelID, 2, Failed, "no rows\nand more"))
	said("train shop.Order_Intent version 2 failed: no rows...")
	_, err = c.FinishVersion(ctx, v2.ModelID, 2, result("two"))
	refused(t, err, ErrNotTraining, "FAILED")
	_, err = c.Deploy(ctx, root, "shop", "order_intent", 2, "")
	refused(t, err, ErrNotReady, "FAILED", "no rows", "ready: version 1")

	train(t, c, "shop", "order_intent", "three")
	d := ok[*Deployment](t)(c.Deploy(ctx, root, "shop", "order_intent", 1, "go live"))
	said("deploy shop.Order_Intent version 1: go live")
	if d.ID != 1 || d.Version != 1 || d.Previous != 0 || d.Action != ActionDeploy || d.By != root {
		t.Errorf("deployed %+v", d)
	}
	ok[*Deployment](t)(c.Deploy(ctx, root, "shop", "order_intent", 3, ""))
	said("deploy shop.Order_Intent version 3 (was 1)")
	_, v, err := c.Snapshot().Resolve(Ref{Name: "ORDER_INTENT"}, "Shop")
	if err != nil || v.Number != 3 {
		t.Errorf("resolved %v, %v", v, err)
	}
	_, err = c.DropVersion(ctx, root, "shop", "order_intent", 3)
	refused(t, err, ErrDeployed, "version 3", "UNDEPLOY MODEL")
	ok[*Deployment](t)(c.Rollback(ctx, root, "shop", "order_intent", 0, "worse"))
	said("rollback shop.Order_Intent to version 1 (was 3): worse")
	_, err = c.Rollback(ctx, root, "shop", "order_intent", 0, "")
	refused(t, err, ErrNoPrevious, "version 1 is deployed now", "DEPLOY MODEL")

	ok[*Model](t)(c.SetAlias(ctx, root, "shop", "order_intent", "Champion", 3))
	said("alias Champion of shop.Order_Intent is version 3: by root@localhost")
	ok[*Model](t)(c.SetAlias(ctx, root, "shop", "order_intent", "champion", 1))
	said("alias champion of shop.Order_Intent is version 1 (was 3): by root@localhost")
	ok[*Model](t)(c.SetAlias(ctx, root, "shop", "order_intent", "b", 3))
	checkStored(t, c, db)
	_, v, err = c.Snapshot().Resolve(Ref{Database: "shop", Name: "order_intent", Alias: "CHAMPION"}, "")
	if err != nil || v.Number != 1 {
		t.Errorf("resolved %v, %v", v, err)
	}
	_, _, err = c.Snapshot().Resolve(Ref{Name: "order_intent", Alias: "x"}, "shop")
	refused(t, err, ErrNoAlias, "it has b, champion")
	_, err = c.DropVersion(ctx, root, "shop", "order_intent", 3)
	refused(t, err, ErrAliased, "alias b", "DROP ALIAS b")
	ok[*Model](t)(c.DropAlias(ctx, root, "shop", "order_intent", "B"))
	said("drop alias b of shop.Order_Intent (was 3): by root@localhost")
	_, err = c.DropAlias(ctx, root, "shop", "order_intent", "b")
	refused(t, err, ErrNoAlias)

	m = ok[*Model](t)(c.RenameModel(ctx, root, "shop", "order_intent", "intent", "CREATE MODEL intent ..."))
	said("rename model shop.Order_Intent to shop.intent: by root@localhost")
	if m.Deployed() != 1 || len(m.Versions) != 3 || m.Definition != "CREATE MODEL intent ..." {
		t.Errorf("renamed %+v", m)
	}
	if _, found := c.Snapshot().Model("shop", "order_intent"); found {
		t.Error("the old name is still known")
	}
	ok[*Model](t)(c.RenameModel(ctx, root, "shop", "intent", "INTENT", ""))
	checkStored(t, c, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "shop", Name: "select"}))
	said("create model shop.`select`")
	_, err = c.RenameModel(ctx, root, "shop", "select", "intent", "")
	refused(t, err, ErrModelExists, "shop.INTENT")

	threshold := math.Copysign(0, -1)
	m = ok[*Model](t)(c.SetThreshold(ctx, root, "shop", "intent", &threshold))
	said("set the threshold of shop.INTENT to 0: by root@localhost")
	threshold = 0.3
	if *m.Threshold != 0 {
		t.Error("the model keeps the caller's variable")
	}
	if m = ok[*Model](t)(c.SetThreshold(ctx, root, "shop", "intent", nil)); m.Threshold != nil {
		t.Error("the threshold was not removed")
	}
	checkStored(t, c, db)
	nan := math.NaN()
	if _, err = c.SetThreshold(ctx, root, "shop", "intent", &nan); err == nil {
		t.Error("a threshold of NaN was accepted")
	}
	ok[*Model](t)(c.SetComment(ctx, root, "shop", "intent", "second", "CREATE MODEL INTENT COMMENT 'second'"))
	said("set the comment of shop.INTENT: by root@localhost")
	m = ok[*Model](t)(c.ReplaceDefinition(ctx, root, Declaration{"shop", "intent", "CREATE MODEL INTENT FROM other", "", "ANSI_QUOTES"}))
	said("replace the definition of shop.INTENT: by root@localhost")
	if m.Deployed() != 1 || m.LastVersion != 3 || m.Comment != "" {
		t.Errorf("replaced %+v", m)
	}

	ok[*Version](t)(c.DropVersion(ctx, root, "shop", "intent", 3))
	said("drop shop.INTENT version 3: by root@localhost")
	ok[*Version](t)(c.DropVersion(ctx, root, "shop", "intent", 2))
	if v := train(t, c, "shop", "intent", "four"); v.Number != 4 {
		t.Errorf("number %d was given after 3 was dropped", v.Number)
	}
	_, err = c.Deploy(ctx, root, "shop", "intent", 3, "")
	refused(t, err, ErrNoVersion, "it has versions 1, 4")
	ok[*Deployment](t)(c.Undeploy(ctx, root, "shop", "intent", "holiday"))
	said("undeploy shop.INTENT (was 1): holiday")
	_, err = c.Undeploy(ctx, root, "shop", "intent", "")
	refused(t, err, ErrNotDeployed, "DEPLOY MODEL shop.INTENT VERSION 4")
	ok[*Deployment](t)(c.Rollback(ctx, root, "shop", "intent", 0, ""))
	said("rollback shop.INTENT to version 1")

	_, err = c.DropModel(ctx, root, "shop", "intent", false)
	refused(t, err, ErrDeployed, "version 1", "UNDEPLOY MODEL shop.INTENT")
	m = ok[*Model](t)(c.DropModel(ctx, root, "shop", "intent", true))
	said("drop model shop.INTENT: by root@localhost")
	if len(m.Versions) != 2 || len(m.Versions[0].Data) != 2 {
		t.Errorf("the dropped model is %+v", m)
	}
	if n := newRow(db.must(t, "SELECT COUNT(*) FROM model_artifacts")[0]).int(); n != 0 {
		t.Errorf("%d parts of artifacts are left", n)
	}
	last := db.must(t, "SELECT action, version, previous_version, model_name FROM model_deployments ORDER BY event_id DESC LIMIT 1")[0]
	if r := newRow(last); r.text() != "DROP" || r.int() != 0 || r.int() != 1 || r.text() != "INTENT" {
		t.Errorf("the last event is %v", last)
	}
	_, err = c.DropModel(ctx, root, "shop", "intent", true)
	refused(t, err, ErrNoModel, "shop.intent does not exist", "SHOW MODELS")

	again := ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "shop", Name: "intent"}))
	if again.ID == m.ID || again.Deployed() != 0 || len(again.Deployments) != 0 {
		t.Errorf("a new model of the name is %+v", again)
	}
	if v := train(t, c, "shop", "intent", "five"); v.Number != 1 {
		t.Errorf("the first version of a new model has number %d", v.Number)
	}
	if d := ok[*Deployment](t)(c.Deploy(ctx, root, "shop", "intent", 1, "")); d.ID != 7 {
		t.Errorf("event %d follows event 6", d.ID)
	}
	checkStored(t, c, db)
}

func TestModelsAreListedByDatabaseAndName(t *testing.T) {
	ctx := context.Background()
	c := newCatalog(t, newEngineDB(t))
	for _, name := range []string{"b.z", "a.x", "b.Y", "B.a", "c.a"} {
		ref := ok[Ref](t)(ParseRef(name))
		ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: ref.Database, Name: ref.Name}))
	}
	list := func(database string) (names []string) {
		for _, m := range c.Snapshot().Models(database) {
			names = append(names, m.SQLName())
		}
		return names
	}
	if got := strings.Join(list(""), " "); got != "a.x B.a b.Y b.z c.a" {
		t.Errorf("all: %s", got)
	}
	if got := strings.Join(list("b"), " "); got != "B.a b.Y b.z" {
		t.Errorf("of b: %s", got)
	}
	m := c.Snapshot().Models("c")[0]
	if same, found := c.Snapshot().ModelByID(m.ID); !found || same != m {
		t.Error("not found by id")
	}
	_, err := c.Snapshot().Lookup(Ref{Name: "a"}, "")
	refused(t, err, ErrNoDatabase, "USE a database")
	_, err = c.CreateModel(ctx, root, Declaration{Name: "a"})
	refused(t, err, ErrNoDatabase)
	_, err = c.Deploy(ctx, root, "", "a", 1, "")
	refused(t, err, ErrNoDatabase)
}

func TestEpochGrowsAndSnapshotsStay(t *testing.T) {
	ctx := context.Background()
	c := newCatalog(t, newEngineDB(t))
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	train(t, c, "d", "m", "a")
	before := c.Snapshot()
	ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", 1, ""))
	after := c.Snapshot()
	if after.Epoch() <= before.Epoch() {
		t.Errorf("epoch went from %d to %d", before.Epoch(), after.Epoch())
	}
	m, _ := before.Model("d", "m")
	if m.Deployed() != 0 {
		t.Error("a snapshot changed after it was taken")
	}
	_, err := c.Deploy(ctx, root, "d", "m", 9, "")
	refused(t, err, ErrNoVersion)
	if c.Snapshot() != after {
		t.Error("a refused change was published")
	}
}

func TestFailVersionWorksAfterTheContextEnded(t *testing.T) {
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ctx, cancel := context.WithCancel(context.Background())
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	v := ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	cancel()
	_, err := c.FinishVersion(ctx, v.ModelID, v.Number, result("x"))
	refused(t, err, context.Canceled)
	v = ok[*Version](t)(c.FailVersion(ctx, v.ModelID, v.Number, Interrupted, "killed"))
	if v.Status != Interrupted || v.Reason != "killed" || v.FinishedAt.IsZero() || v.Duration <= 0 {
		t.Errorf("failed as %+v", v)
	}
	checkStored(t, c, db)
	if _, err := c.FailVersion(ctx, v.ModelID, v.Number, Ready, ""); err == nil {
		t.Error("a training failed as READY")
	}
}

func TestMarkCorruptLeavesTheVersionDeployed(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	train(t, c, "d", "m", "a")
	train(t, c, "d", "m", "b")
	ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", 1, ""))
	ok[*Deployment](t)(c.Deploy(ctx, root, "d", "m", 2, ""))
	v := ok[*Version](t)(c.MarkCorrupt(ctx, 1, 2, "part 1 of 1 is missing"))
	checkStored(t, c, db)
	if m, _ := c.Snapshot().Model("d", "m"); m.Deployed() != 2 {
		t.Errorf("version %d is deployed", m.Deployed())
	}
	m, got, err := c.Snapshot().Resolve(Ref{Name: "m"}, "d")
	refused(t, err, ErrNotReady, "CORRUPT", "part 1 of 1 is missing", "DEPLOY MODEL d.m VERSION 1")
	if m == nil || got != v {
		t.Error("the version is not returned with the error")
	}
	_, err = c.Deploy(ctx, root, "d", "m", 2, "")
	refused(t, err, ErrNotReady, "CORRUPT")
	if d := ok[*Deployment](t)(c.Rollback(ctx, root, "d", "m", 0, "")); d.Version != 1 {
		t.Errorf("rolled back to %d", d.Version)
	}
	started := ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	_, err = c.MarkCorrupt(ctx, 1, started.Number, "")
	refused(t, err, ErrNotReady, "TRAINING")
}

func TestTrainingOfADroppedModelEnds(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	v := ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	ok[*Model](t)(c.DropModel(ctx, root, "d", "m", true))
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{}))
	_, err := c.FinishVersion(ctx, v.ModelID, v.Number, result("x"))
	refused(t, err, ErrNoModel, "dropped meanwhile")
	_, err = c.FailVersion(ctx, v.ModelID, v.Number, Failed, "x")
	refused(t, err, ErrNoModel)
	checkStored(t, c, db)
}

func TestResultWithoutAHeadline(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "d", Name: "m"}))
	v := ok[*Version](t)(c.BeginVersion(ctx, root, "d", "m", VersionStart{Seed: 5, Learner: "a"}))
	v = ok[*Version](t)(c.FinishVersion(ctx, v.ModelID, v.Number, VersionResult{Headline: Headline{Value: 0.5}}))
	if !math.IsNaN(v.Headline.Value) || v.Seed != 5 || v.Learner != "a" || v.Status != Ready {
		t.Errorf("finished %+v", v)
	}
	if got := db.lastMessage(); got != "train d.m version 1" {
		t.Errorf("the commit says %q", got)
	}
	checkStored(t, c, db)
}

func TestTextsAreStoredWhole(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	long := strings.Repeat("é\x00😀'\"\\;--%s{}?", 20000)
	ok[*Model](t)(c.CreateModel(ctx, "o'brien@%", Declaration{"d", "naïve café 模型", long, long, "ANSI_QUOTES"}))
	v := ok[*Version](t)(c.BeginVersion(ctx, root, "d", "naïve café 模型", VersionStart{Definition: long, Query: long + "\xff\xfe"}))
	r := result("x")
	r.Warnings = []string{long, "", "a\xffb"}
	r.Metrics[0].Slice = long
	v = ok[*Version](t)(c.FinishVersion(ctx, v.ModelID, v.Number, r))
	if v.Warnings[2] != "a\uFFFDb" || v.Definition != long {
		t.Error("texts were changed")
	}
	checkStored(t, c, db)
}
