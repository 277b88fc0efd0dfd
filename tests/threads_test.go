package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"aibms/server/servertest"
)

// TestSameBytesOnAnyNumberOfThreads trains every learner on the demo's data on servers that may use 1, 2 and 4 threads: the artifacts must be equal.
func TestSameBytesOnAnyNumberOfThreads(t *testing.T) {
	first := filepath.Join(t.TempDir(), "data")
	if _, stderr, code := aibms(t, "demo", "--once", "--port", "0", "--data-dir", first, "--socket", "none"); code != 0 {
		t.Fatal(stderr)
	}
	trainings := []struct{ model, using string }{
		{"order_intent", "logistic_regression"},
		{"order_intent", "logistic_regression (penalty = 'l1')"},
		{"order_intent", "logistic_regression (solver = 'sgd')"},
		{"order_intent", "linear_svm"},
		{"order_intent", "linear_svm (loss = 'hinge')"},
		{"order_intent", "svm (cache_mb = 20)"},
		{"order_intent", "decision_tree"},
		{"order_intent", "random_forest (n_trees = 10)"},
		{"order_intent", "extra_trees (n_trees = 10)"},
		{"order_intent", "k_nearest_neighbors"},
		{"duration", "linear_regression"},
		{"duration", "svm (epsilon = 300, c = 100, max_iter = 2000)"},
		{"duration", "random_forest (n_trees = 10, oob_score = TRUE)"},
		{"duration", "linear_regression (penalty = 'l1', alpha = 0.1)"},
	}
	var want []string
	for _, threads := range []int{1, 2, 4} {
		dir := filepath.Join(t.TempDir(), "data")
		if err := os.CopyFS(dir, os.DirFS(first)); err != nil {
			t.Fatal(err)
		}
		s := servertest.Start(t, servertest.DataDir(dir), servertest.Args("--socket", "none"), servertest.Env(fmt.Sprintf("GOMAXPROCS=%d", threads)))
		db := s.DB()
		db.SetMaxOpenConns(1)
		for _, statement := range []string{"USE shop", "CREATE MODEL duration PREDICT product_related_duration FROM online_shoppers KEY (visit_id) USING linear_regression"} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		for i, tr := range trainings {
			statement := "TRAIN MODEL " + tr.model + " USING " + tr.using
			if _, err := db.Exec(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			var hash string
			if err := db.QueryRow("SELECT artifact_hash FROM aibms.model_versions WHERE model_name = ? AND status = 'READY' ORDER BY version DESC LIMIT 1", tr.model).Scan(&hash); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if threads == 1 {
				want = append(want, hash)
			} else if hash != want[i] {
				t.Errorf("%s: on %d threads the artifact is %s, on one it is %s", statement, threads, hash, want[i])
			}
		}
		s.Stop()
	}
	different := map[string]bool{}
	for _, hash := range want {
		different[hash] = true
	}
	if len(different) != len(want) {
		t.Errorf("different learners made equal artifacts: %v", want)
	}
}
