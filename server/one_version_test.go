package server_test

import (
	"context"
	"fmt"
	"testing"
)

// TestStatementUsesOneVersion deploys one version and the other all the time while statements predict: each statement answers by exactly one of them, in all of its parts.
func TestStatementUsesOneVersion(t *testing.T) {
	c, name := scratch(t)
	makeVisits(t, c, "bought")
	do(t, c, "TRAIN MODEL bought")
	other := connect(t, "root", name)
	ended, flipping := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-ended:
				flipping <- nil
				return
			default:
			}
			rows, err := query(other, fmt.Sprintf("DEPLOY MODEL bought VERSION %d", 1+i%2))
			if err != nil || len(rows) != 1 {
				flipping <- fmt.Errorf("%v: %w", rows, err)
				return
			}
		}
	}()
	prepared, err := c.PrepareContext(context.Background(), "SELECT JSON_UNQUOTE(JSON_EXTRACT(PREDICT_ALL('bought'), '$.version')) AS v FROM visits WHERE id > ? UNION SELECT MODEL_VERSION('bought') FROM visits")
	if err != nil {
		t.Fatal(err)
	}
	defer prepared.Close()
	seen := map[string]int{}
	for n := 0; n < 2000 && (n < 60 || len(seen) < 2); n++ {
		var versions [][]string
		if n%2 == 0 {
			versions, err = queryPrepared(prepared, 0)
		} else {
			versions, err = query(c, "SELECT JSON_UNQUOTE(JSON_EXTRACT(PREDICT_ALL('bought'), '$.version')) AS v FROM visits UNION SELECT MODEL_VERSION('bought') FROM visits")
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(versions) != 1 {
			t.Fatalf("statement %d answered by the versions %v", n, versions)
		}
		seen[versions[0][0]]++
	}
	close(ended)
	if err := <-flipping; err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2 {
		t.Errorf("statements answered by the versions %v alone: the test shows nothing", seen)
	}
}
