package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// endless is a training that goes on until it is stopped.
const endless = "TRAIN MODEL endless USING logistic_regression (solver = sgd, max_iter = 1000000000, tol = 0)"

// endlessRead is a training that reads until it is stopped.
const endlessRead = "TRAIN MODEL endless FROM (SELECT a.x + b.x + c.x AS x, a.y FROM t a JOIN t b JOIN t c JOIN t d)"

// interruptible makes a database with the model endless and returns a connection to it.
func interruptible(t *testing.T, database string) *sql.DB {
	t.Helper()
	admin, err := open("root", "")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec("CREATE DATABASE " + database); err != nil {
		t.Fatal(err)
	}
	db, err := open("root", database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, statement := range []string{
		"CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y BOOL)",
		"INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, (i * 37) % 211, (i * 37) % 211 + i % 50 > 100 FROM n",
		"CREATE MODEL endless PREDICT y FROM t FEATURES (x) USING logistic_regression",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return db
}

// stuck is a statement at work on a connection of its own.
type stuck struct {
	conn   *sql.Conn
	id     int64
	ended  chan error
	cancel context.CancelFunc
}

// begin starts a statement and waits until SHOW PROCESSLIST shows it in a phase.
func begin(t *testing.T, db *sql.DB, statement, phase string) *stuck {
	t.Helper()
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := &stuck{conn: conn, ended: make(chan error, 1)}
	if err := conn.QueryRowContext(context.Background(), "SELECT CONNECTION_ID()").Scan(&s.id); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	go func() {
		rows, err := conn.QueryContext(ctx, statement)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Close()
		}
		s.ended <- err
	}()
	t.Cleanup(func() {
		s.cancel()
		conn.Close()
	})
	s.waitFor(t, db, phase)
	return s
}

// waitFor waits until SHOW PROCESSLIST shows the statement in a phase.
func (s *stuck) waitFor(t *testing.T, db *sql.DB, phase string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		select {
		case err := <-s.ended:
			t.Fatalf("the statement ended before the phase %q: %v", phase, err)
		default:
		}
		if strings.Contains(state(t, db, s.id), phase) {
			return
		}
	}
	t.Fatalf("SHOW PROCESSLIST does not show the phase %q", phase)
}

// state is what SHOW PROCESSLIST says of a connection; "" when it is not there.
func state(t *testing.T, db *sql.DB, id int64) string {
	t.Helper()
	rows, err := db.Query("SHOW PROCESSLIST")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			process                  int64
			user, host, command      string
			at, what, info, database sql.NullString
		)
		if err := rows.Scan(&process, &user, &host, &database, &command, &at, &what, &info); err != nil {
			t.Fatal(err)
		}
		if process == id {
			return what.String
		}
	}
	return ""
}

// lastVersion is the newest version of the model endless, with its status and reason.
func lastVersion(t *testing.T, db *sql.DB) (number int64, status, reason string) {
	t.Helper()
	err := db.QueryRow("SELECT version, status, COALESCE(reason, '') FROM aibms.model_versions WHERE model_name = 'endless' AND database_name = DATABASE() ORDER BY version DESC LIMIT 1").Scan(&number, &status, &reason)
	if err != nil {
		t.Fatal(err)
	}
	return number, status, reason
}

// TestKill: KILL QUERY ends a training with error 1317 within 200 ms, wherever it is, and leaves the version INTERRUPTED, its data let go, its number used.
func TestKill(t *testing.T) {
	db := interruptible(t, "test_kill")
	for i, c := range []struct{ statement, phase, kill string }{
		{endless, "train endless: training", "KILL QUERY %d"},
		{endlessRead, "train endless: reading", "KILL QUERY %d"},
		{"CALL ml_exec('" + endless + "')", "train endless: training", "KILL QUERY %d"},
		{endless, "train endless: training", "KILL %d"},
	} {
		t.Run(fmt.Sprintf("%s while %s", c.kill, c.phase), func(t *testing.T) {
			fastest := time.Hour
			for attempt := range 3 { // the machine may be busy with others
				s := begin(t, db, c.statement, c.phase)
				killed := time.Now()
				if _, err := db.Exec(fmt.Sprintf(c.kill, s.id)); err != nil {
					t.Fatal(err)
				}
				err := <-s.ended
				fastest = min(fastest, time.Since(killed))
				var e *mysql.MySQLError
				if c.kill == "KILL QUERY %d" && (!errors.As(err, &e) || e.Number != 1317) || err == nil {
					t.Fatalf("the statement ended with %v, not with error 1317", err)
				}
				for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
					number, status, reason := lastVersion(t, db)
					if status == "INTERRUPTED" && strings.Contains(reason, "killed") && number == int64(3*i+attempt+1) {
						break
					}
					if time.Now().After(deadline) {
						t.Fatalf("version %d is %s (%s)", number, status, reason)
					}
				}
				if fastest <= 200*time.Millisecond {
					// the version numbers of the cases do not depend on how many attempts were needed
					for range 2 - attempt {
						if _, err := db.Exec("TRAIN MODEL endless FROM (SELECT 1 AS x, 1 AS y)"); err == nil {
							t.Fatal("a table without rows of two classes was learned from")
						}
					}
					break
				}
			}
			if fastest > 200*time.Millisecond {
				t.Errorf("KILL took %v", fastest)
			}
		})
	}
	var pins int
	if err := db.QueryRow("SELECT COUNT(*) FROM aibms.model_version_data WHERE database_name = DATABASE()").Scan(&pins); err != nil || pins != 0 {
		t.Errorf("%d versions that did not come to be hold on to their data (%v)", pins, err)
	}
	if _, err := db.Exec("TRAIN MODEL endless"); err != nil {
		t.Errorf("a training after those that were killed: %v", err)
	}
}

// TestKillWarmStart: a killed WARM START leaves nothing but the INTERRUPTED version: the version that it began from keeps its bytes and its answers and stays deployed, and can be gone on from, as before
// and to the same bytes.
func TestKillWarmStart(t *testing.T) {
	db := interruptible(t, "test_kill_warm")
	text := func(query string) string {
		t.Helper()
		r, err := ask(db, query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		var all []string
		for _, row := range r.rows {
			for _, v := range row {
				all = append(all, v.String)
			}
		}
		return strings.Join(all, " ")
	}
	train := func(rest string) int64 {
		t.Helper()
		r, err := ask(db, "TRAIN MODEL endless "+rest)
		if err != nil {
			t.Fatalf("%s: %v", rest, err)
		}
		return number(t, r.rows[0][1].String)
	}
	exec := func(statement string) {
		t.Helper()
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	hash := func(version int64) string {
		return text(fmt.Sprintf("SELECT artifact_hash FROM aibms.model_versions WHERE database_name = DATABASE() AND version = %d", version))
	}
	for _, c := range []struct{ learner, brief, long string }{
		{"logistic_regression", "(max_iter = 3)", "(solver = sgd, max_iter = 1000000000, tol = 0)"},
		{"neural_network", "(hidden_layers = '256,256', epochs = 1)", "(hidden_layers = '256,256', epochs = 10000, patience = 0)"},
		{"gradient_boosting", "(n_trees = 5)", "(n_trees = 10000, min_samples_leaf = 1, max_leaves = 400, learning_rate = 0.000001)"},
	} {
		t.Run(c.learner, func(t *testing.T) {
			first := train("USING " + c.learner + " " + c.brief)
			again := fmt.Sprintf("USING %s %s WARM START FROM VERSION %d", c.learner, c.brief, first)
			next := train(again)
			wanted := hash(next)
			exec(fmt.Sprintf("DROP MODEL endless VERSION %d", next))
			exec(fmt.Sprintf("DEPLOY MODEL endless VERSION %d", first))
			// what a user can see of the first version
			seen := func() string {
				return text(fmt.Sprintf("SELECT PREDICT('endless', x), PREDICT_PROBA('endless@%d', x) FROM t ORDER BY id", first)) +
					text(fmt.Sprintf("SELECT * FROM aibms.model_versions WHERE database_name = DATABASE() AND version = %d", first)) +
					text("SELECT deployed_version FROM aibms.models WHERE database_name = DATABASE()") +
					text("SELECT version, commit_hash FROM aibms.model_version_data WHERE database_name = DATABASE() ORDER BY version")
			}
			before := seen()
			for _, phase := range []string{"training", "reading"} {
				from := ""
				if phase == "reading" {
					from = "FROM (SELECT a.x + b.x + c.x AS x, a.y FROM t a JOIN t b JOIN t c JOIN t d) "
				}
				s := begin(t, db, fmt.Sprintf("TRAIN MODEL endless %sUSING %s %s WARM START", from, c.learner, c.long), "train endless: "+phase)
				if _, err := db.Exec(fmt.Sprintf("KILL QUERY %d", s.id)); err != nil {
					t.Fatal(err)
				}
				err := <-s.ended
				if e := new(mysql.MySQLError); !errors.As(err, &e) || e.Number != 1317 {
					t.Fatalf("the statement ended with %v, not with error 1317", err)
				}
				_, status, reason := lastVersion(t, db)
				if status != "INTERRUPTED" || !strings.Contains(reason, "killed") {
					t.Fatalf("the killed version is %s (%s)", status, reason)
				}
				if after := seen(); after != before {
					t.Errorf("before the kill while %s\n%s\nafter it\n%s", phase, before, after)
				}
				if got := text(fmt.Sprintf("VERIFY MODEL endless VERSION %d", first)); !strings.HasPrefix(got, fmt.Sprintf("endless %d 1 1 ", first)) {
					t.Errorf("VERIFY MODEL says %s", got)
				}
				// the newest READY version is the first one still
				resumed := train(fmt.Sprintf("USING %s %s WARM START", c.learner, c.brief))
				if got := text(fmt.Sprintf("SELECT warm_started_from FROM aibms.model_versions WHERE database_name = DATABASE() AND version = %d", resumed)); got != fmt.Sprint(first) {
					t.Errorf("WARM START after the kill goes on from version %s, not %d", got, first)
				}
				if hash(resumed) != wanted {
					t.Error("WARM START after the kill gives another model than before it")
				}
				exec(fmt.Sprintf("DROP MODEL endless VERSION %d", resumed))
			}
		})
	}
}

// TestProgressIsOfSomething: SHOW PROCESSLIST says how far a training is and of how much, and that of a large prediction, which can be killed too.
func TestProgressIsOfSomething(t *testing.T) {
	db := interruptible(t, "test_progress")
	s := begin(t, db, endless, "/1000000000 partitions")
	if _, err := db.Exec(fmt.Sprintf("KILL QUERY %d", s.id)); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	for _, statement := range []string{
		"CREATE TABLE many (id INT PRIMARY KEY, x DOUBLE, y DOUBLE)",
		"INSERT INTO many WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9000) SELECT i, (i * 37) % 21101, i % 800 FROM n",
		"CREATE OR REPLACE MODEL endless PREDICT y FROM many FEATURES (x) USING k_nearest_neighbors (algorithm = brute, n_neighbors = 5000, metric = minkowski, p = 3.5)",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	s = begin(t, db, "TRAIN MODEL endless", "measuring (")
	s.waitFor(t, db, "/7") // thousand rows to learn from, some seconds' work
	if _, err := db.Exec(fmt.Sprintf("KILL QUERY %d", s.id)); err != nil {
		t.Fatal(err)
	}
	err := <-s.ended
	var e *mysql.MySQLError
	if !errors.As(err, &e) || e.Number != 1317 {
		t.Errorf("the statement ended with %v, not with error 1317", err)
	}
}

// TestClientGoesAway: a client that closes its connection ends its training within 6 seconds.
func TestClientGoesAway(t *testing.T) {
	db := interruptible(t, "test_goes_away")
	for _, c := range []struct{ statement, phase string }{{endless, "train endless: training"}, {endlessRead, "train endless: reading"}} {
		s := begin(t, db, c.statement, c.phase)
		gone := time.Now()
		s.cancel() // the driver closes the connection
		if err := <-s.ended; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for {
			_, status, reason := lastVersion(t, db)
			if status == "INTERRUPTED" {
				t.Logf("%s: ended after %v: %s", c.phase, time.Since(gone).Round(time.Millisecond), reason)
				break
			}
			if status != "TRAINING" || time.Since(gone) > 6*time.Second {
				t.Fatalf("%v after its client the version is %s (%s)", time.Since(gone), status, reason)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// TestGarbageCollectionDuringTraining: a collection does not wait for a training, and takes nothing from under it.
func TestGarbageCollectionDuringTraining(t *testing.T) {
	db := interruptible(t, "test_gc")
	s := begin(t, db, endless, "train endless: training")
	for _, how := range []string{"CALL dolt_gc('--shallow')", "CALL dolt_gc()", "CALL dolt_gc('--full')"} {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		_, err := db.ExecContext(ctx, how)
		cancel()
		if err != nil {
			t.Fatalf("%s beside a training: %v", how, err)
		}
	}
	if !strings.Contains(state(t, db, s.id), "training") {
		t.Error("the training ended")
	}
	if _, err := db.Exec(fmt.Sprintf("KILL QUERY %d", s.id)); err != nil {
		t.Fatal(err)
	}
	<-s.ended

	// collections one after the other, with trainings beside them
	done := make(chan struct{})
	collected := make(chan error, 1)
	go func() {
		for {
			select {
			case <-done:
				collected <- nil
				return
			default:
			}
			if _, err := db.Exec("CALL dolt_gc('--full')"); err != nil {
				collected <- err
				return
			}
		}
	}()
	var versions []int64
	for i := range 8 {
		var model, status string
		var version int64
		rows, err := ask(db, fmt.Sprintf("TRAIN MODEL endless USING logistic_regression (solver = sgd, max_iter = 200, tol = 0) WITH (seed = %d)", i))
		if err != nil {
			t.Fatal(err)
		}
		model, version, status = rows.rows[0][0].String, number(t, rows.rows[0][1].String), rows.rows[0][2].String
		if model != "endless" || status != "READY" {
			t.Fatalf("version %d of %s is %s", version, model, status)
		}
		versions = append(versions, version)
		if _, err := db.Exec("UPDATE t SET x = x + 1"); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	if err := <-collected; err != nil {
		t.Fatalf("dolt_gc: %v", err)
	}
	for _, v := range versions {
		r, err := ask(db, fmt.Sprintf("VERIFY MODEL endless VERSION %d", v))
		if err != nil {
			t.Fatalf("version %d: %v", v, err)
		}
		if r.rows[0][2].String != "1" || r.rows[0][3].String != "1" {
			t.Errorf("version %d: identical %s, data_identical %s", v, r.rows[0][2].String, r.rows[0][3].String)
		}
	}
}

// TestTrainingsAtTheSameTime: each gets a version of its own.
func TestTrainingsAtTheSameTime(t *testing.T) {
	db := interruptible(t, "test_same_time")
	const sessions = 6
	ended := make(chan error, sessions)
	for i := range sessions {
		go func() {
			_, err := db.Exec(fmt.Sprintf("TRAIN MODEL endless WITH (seed = %d)", i))
			ended <- err
		}()
	}
	for range sessions {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	var ready, numbers int
	if err := db.QueryRow("SELECT COUNT(*), COUNT(DISTINCT version) FROM aibms.model_versions WHERE database_name = DATABASE() AND status = 'READY'").Scan(&ready, &numbers); err != nil {
		t.Fatal(err)
	}
	if ready != sessions || numbers != sessions {
		t.Errorf("%d versions are ready, with %d numbers", ready, numbers)
	}
}

// TestEvent: the body of an event trains.
func TestEvent(t *testing.T) {
	db := interruptible(t, "test_event")
	if _, err := db.Exec("CREATE EVENT nightly ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 SECOND DO CALL ml_exec('TRAIN MODEL endless COMMENT ''by the event''')"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		var ready int
		if err := db.QueryRow("SELECT COUNT(*) FROM aibms.model_versions WHERE database_name = DATABASE() AND status = 'READY' AND comment = 'by the event'").Scan(&ready); err != nil {
			t.Fatal(err)
		}
		if ready == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the event has trained nothing")
		}
	}
}
