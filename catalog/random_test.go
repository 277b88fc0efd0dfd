package catalog

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

var seedFlag = flag.Uint64("catalog.seed", 0, "run only this seed of the random operations")

// Random operations, some of which are cut by a fault, some of which follow a restart: what memory holds is what a new start reads, always.
func TestRandomOperationsSurviveAReopen(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if *seedFlag != 0 {
		seeds = []uint64{*seedFlag}
	}
	done := map[string]int{} // over all seeds: a single one may never come to a rollback
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("-catalog.seed=%d", seed), func(t *testing.T) { randomOperations(t, seed, 200, done) })
	}
	for _, what := range []string{"create", "rename", "begin", "finish", "fail", "drop model", "drop version", "alias", "deploy", "rollback"} {
		if done[what] == 0 && *seedFlag == 0 {
			t.Errorf("no %s went through: %v", what, done)
		}
	}
}

func randomOperations(t *testing.T, seed uint64, operations int, done map[string]int) {
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(seed, 0))
	db := newEngineDB(t)
	now := clock()
	c, err := open(ctx, db, "0.1.0", Offers{}, now)
	if err != nil {
		t.Fatal(err)
	}
	name := func() string { return []string{"alpha", "γάμμα", "select"}[rng.IntN(3)] }
	number := func(name string) int64 {
		if m, found := c.Snapshot().Model("d", name); found && len(m.Versions) > 0 && rng.IntN(5) > 0 {
			return m.Versions[rng.IntN(len(m.Versions))].Number
		}
		return 1 + rng.Int64N(8)
	}
	for i := range operations {
		before := c.Snapshot()
		var what string
		var err error
		if rng.IntN(8) == 0 {
			skip := rng.IntN(12)
			db.before = func(int, Statement) error {
				if skip--; skip < 0 {
					return errPlanted
				}
				return nil
			}
		} else if rng.IntN(16) == 0 {
			db.commit = func() error { return errAfterward }
		}
		training := func() (id, n int64) {
			for _, m := range c.Snapshot().Models("") {
				for _, v := range m.Versions {
					if v.Status == Training && rng.IntN(2) == 0 {
						return m.ID, v.Number
					}
				}
			}
			return 1 + rng.Int64N(4), rng.Int64N(8)
		}
		switch n := name(); rng.IntN(20) {
		case 0, 1:
			what = "create"
			_, err = c.CreateModel(ctx, root, Declaration{"d", n, fmt.Sprint("definition ", i), fmt.Sprint(i), "ANSI_QUOTES"})
		case 2:
			what = "replace"
			_, err = c.ReplaceDefinition(ctx, root, Declaration{"d", n, fmt.Sprint("definition ", i), "", "ANSI_QUOTES"})
		case 3:
			what = "rename"
			_, err = c.RenameModel(ctx, root, "d", n, name(), fmt.Sprint("definition ", i))
		case 4:
			what = "drop model"
			if rng.IntN(3) > 0 {
				break // seldom, so that histories grow
			}
			_, err = c.DropModel(ctx, root, "d", n, rng.IntN(8) == 0)
		case 5, 6, 7:
			what = "begin"
			_, err = c.BeginVersion(ctx, root, "d", n, VersionStart{Definition: fmt.Sprint(i), Targets: []Target{{"y", "int"}}[:rng.IntN(2)]})
		case 8, 9, 10:
			what = "finish"
			r := result(fmt.Sprint("artifact ", rng.IntN(5)))
			if rng.IntN(3) == 0 {
				r = VersionResult{Artifact: r.Artifact}
			}
			id, number := training()
			_, err = c.FinishVersion(ctx, id, number, r)
		case 11:
			what = "fail"
			id, number := training()
			_, err = c.FailVersion(ctx, id, number, []Status{Failed, Interrupted}[rng.IntN(2)], "because")
		case 12:
			what = "drop version"
			_, err = c.DropVersion(ctx, root, "d", n, number(n))
		case 13:
			what = "alias"
			if rng.IntN(3) == 0 {
				_, err = c.DropAlias(ctx, root, "d", n, "champion")
			} else {
				_, err = c.SetAlias(ctx, root, "d", n, []string{"champion", "Champion", "b"}[rng.IntN(3)], number(n))
			}
		case 14, 16, 17:
			what = "deploy"
			_, err = c.Deploy(ctx, root, "d", n, number(n), fmt.Sprint(i))
		case 15, 18, 19:
			what = "rollback"
			switch rng.IntN(3) {
			case 0:
				_, err = c.Rollback(ctx, root, "d", n, 0, "")
			case 1:
				_, err = c.Rollback(ctx, root, "d", n, number(n), "")
			default:
				_, err = c.Undeploy(ctx, root, "d", n, "")
			}
		}
		db.before, db.commit = nil, nil
		var f *fault
		if err != nil && !errors.Is(err, errPlanted) && !errors.As(err, &f) {
			t.Fatalf("operation %d, %s: %v", i, what, err)
		}
		if err == nil && c.Snapshot() != before {
			done[what]++
		}
		checkStored(t, c, db)
		for _, m := range c.Snapshot().Models("") {
			for _, v := range m.Versions {
				if v.ArtifactHash != "" {
					if _, err := c.Artifact(ctx, v.ArtifactHash); err != nil {
						t.Fatalf("operation %d, %s: version %d of %s: %v", i, what, v.Number, m.Name, err)
					}
				}
			}
		}
		if rng.IntN(25) == 0 {
			before := c.Snapshot()
			if c, err = open(ctx, db, "0.1.0", Offers{}, now); err != nil {
				t.Fatal(err)
			}
			interrupted := 0
			for _, m := range before.models {
				for _, v := range m.Versions {
					if v.Status == Training {
						interrupted++
						after, _ := c.Snapshot().byID[m.ID].Version(v.Number)
						if after.Status != Interrupted {
							t.Fatalf("operation %d: version %d of %s is %s after a restart", i, v.Number, m.Name, after.Status)
						}
					}
				}
			}
			if d := sameSnapshot(before, c.Snapshot()); interrupted == 0 && d != "" {
				t.Fatalf("operation %d: a restart changed %s", i, d)
			}
			checkStored(t, c, db)
		}
	}
}
