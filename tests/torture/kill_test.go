// Package torture breaks the server on purpose and looks at what is left. The short form runs with every test run; AIBMS_TORTURE_ROUNDS sets the number of
// rounds of the long one (make torture).
package torture

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"aibms/server/servertest"
)

func init() {
	// the driver logs every connection that dies: here that is the plan
	_ = mysql.SetLogger(log.New(io.Discard, "", 0))
}

// rounds is how often the server is killed.
func rounds(t *testing.T) int {
	text := os.Getenv("AIBMS_TORTURE_ROUNDS")
	if text == "" {
		return 50
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("AIBMS_TORTURE_ROUNDS=%s: a number of rounds is wanted", text)
	}
	return n
}

// ledger is what the server has acknowledged.
type ledger struct {
	mu          sync.Mutex
	trained     map[int64]string // version -> artifact hash, of every TRAIN that answered
	deployed    []int64          // versions of every DEPLOY that answered, in order
	inserted    []int64          // ids of every INSERT that answered
	predictions map[int64]string // version -> its predictions of the probe rows
}

const probe = "SELECT GROUP_CONCAT(CONCAT(PREDICT_PROBA('%s', x1, x2)) ORDER BY id) FROM probe"

// TestKill kills the server with SIGKILL at random moments of TRAIN, DEPLOY and commits. After each kill: nothing that was acknowledged is lost, no version is half-done, and
// the deployed version loads and predicts the same as ever.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("AIBMS_TORTURE_SEED"); text != "" {
		fmt.Sscan(text, &seed)
	}
	t.Logf("AIBMS_TORTURE_SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	s := servertest.Start(t)
	db := open(t, s)
	must(t, db,
		"CREATE DATABASE kill9", "USE kill9",
		"CREATE TABLE t (id INT PRIMARY KEY, x1 DOUBLE, x2 DOUBLE, y BOOL)",
		"CREATE TABLE probe (id INT PRIMARY KEY, x1 DOUBLE, x2 DOUBLE)",
		"CREATE TABLE log (id BIGINT PRIMARY KEY, note TEXT)",
		"INSERT INTO probe VALUES (1, -1, 0), (2, 0.5, 0.5), (3, 2, -3)")
	var values []string
	for i := 0; i < 2000; i++ {
		x1, x2 := rng.NormFloat64(), rng.NormFloat64()
		y := 0
		if x1-0.5*x2+0.5*rng.NormFloat64() > 0 {
			y = 1
		}
		values = append(values, fmt.Sprintf("(%d, %g, %g, %d)", i, x1, x2, y))
	}
	must(t, db, "INSERT INTO t VALUES "+strings.Join(values, ", "), "CREATE MODEL m PREDICT y FROM t KEY (id) USING logistic_regression")
	book := &ledger{trained: map[int64]string{}, predictions: map[int64]string{}}
	train(t, db, book)
	must(t, db, "DEPLOY MODEL m VERSION 1")
	book.deployed = append(book.deployed, 1)
	db.Close()

	for round := 0; round < rounds(t); round++ {
		var group sync.WaitGroup
		stop := make(chan struct{})
		for _, work := range []func(*sql.DB, *ledger, *rand.Rand) error{trainOnce, deployOnce, insertOnce, insertOnce} {
			db := open(t, s)
			own := rand.New(rand.NewPCG(rng.Uint64(), 1))
			group.Add(1)
			go func() {
				defer group.Done()
				defer db.Close()
				for {
					select {
					case <-stop:
						return
					default:
					}
					if err := work(db, book, own); err != nil {
						if !serverGone(err) {
							t.Errorf("round %d: %v", round, err)
						}
						return
					}
				}
			}()
		}
		// the moment of death is what the test is about: it is random
		time.Sleep(time.Duration(20+rng.IntN(250)) * time.Millisecond)
		s.Kill()
		close(stop)
		group.Wait()
		s.Restart()
		check(t, s, book, round)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills: %d trainings, %d deployments, %d inserts were acknowledged and are all there", rounds(t), len(book.trained), len(book.deployed), len(book.inserted))
}

func open(t *testing.T, s *servertest.Server) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", s.DSN("root", ""))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	_, _ = db.Exec("USE kill9")
	return db
}

func must(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%.100s: %v", q, err)
		}
	}
}

// serverGone tells the errors of a connection whose server died.
func serverGone(err error) bool {
	text := err.Error()
	for _, s := range []string{"invalid connection", "connection refused", "broken pipe", "reset by peer", "EOF", "bad connection", "closed network"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

func train(t *testing.T, db *sql.DB, book *ledger) {
	t.Helper()
	if err := trainOnce(db, book, nil); err != nil {
		t.Fatal(err)
	}
}

// trainOnce trains a version and notes it.
func trainOnce(db *sql.DB, book *ledger, _ *rand.Rand) error {
	var version int64
	rows, err := db.Query("TRAIN MODEL m WITH (seed = " + strconv.Itoa(int(time.Now().UnixNano()%1000)) + ")")
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(errors.New("TRAIN answered no row"), rows.Err())
	}
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	cells := make([]any, len(names))
	for i := range cells {
		cells[i] = new(any)
	}
	cells[1] = &version
	if err := rows.Scan(cells...); err != nil {
		return err
	}
	if rows.Next() || rows.Err() != nil {
		return errors.Join(errors.New("TRAIN answered more than a row"), rows.Err())
	}
	book.mu.Lock()
	defer book.mu.Unlock()
	book.trained[version] = ""
	return nil
}

// deployOnce deploys a version that was trained.
func deployOnce(db *sql.DB, book *ledger, rng *rand.Rand) error {
	book.mu.Lock()
	version := int64(1 + rng.IntN(len(book.trained)))
	_, ok := book.trained[version]
	book.mu.Unlock()
	if !ok {
		return nil
	}
	if _, err := db.Exec(fmt.Sprintf("DEPLOY MODEL m VERSION %d", version)); err != nil {
		return err
	}
	book.mu.Lock()
	defer book.mu.Unlock()
	book.deployed = append(book.deployed, version)
	return nil
}

var nextID struct {
	sync.Mutex
	n int64
}

// insertOnce commits a row.
func insertOnce(db *sql.DB, book *ledger, _ *rand.Rand) error {
	nextID.Lock()
	nextID.n++
	id := nextID.n
	nextID.Unlock()
	if _, err := db.Exec(fmt.Sprintf("INSERT INTO log VALUES (%d, REPEAT('x', %d))", id, 10+id%5000)); err != nil {
		return err
	}
	book.mu.Lock()
	defer book.mu.Unlock()
	book.inserted = append(book.inserted, id)
	return nil
}

// check compares the server with the ledger.
func check(t *testing.T, s *servertest.Server, book *ledger, round int) {
	t.Helper()
	db := open(t, s)
	defer db.Close()
	status := map[int64]string{}
	rows, err := db.Query("SELECT version, status FROM aibms.model_versions WHERE model_name = 'm'")
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	for rows.Next() {
		var v int64
		var text string
		if err := rows.Scan(&v, &text); err != nil {
			t.Fatal(err)
		}
		status[v] = text
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for v := range book.trained {
		if status[v] != "READY" {
			t.Errorf("round %d: version %d was acknowledged and is now %q", round, v, status[v])
		}
	}
	for v, text := range status {
		if text != "READY" && text != "INTERRUPTED" {
			t.Errorf("round %d: version %d is %s after a restart", round, v, text)
		}
	}
	var history []int64
	rows, err = db.Query("SELECT version FROM aibms.model_deployments WHERE model_name = 'm' ORDER BY event_id")
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		history = append(history, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if !contains(history, book.deployed) {
		t.Errorf("round %d: deployments %v were acknowledged, the history is %v", round, book.deployed, history)
	}
	book.deployed = history // what was done but not acknowledged when the server died counts from here on
	var live int64
	if err := db.QueryRow("SELECT MODEL_VERSION('m')").Scan(&live); err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	if live != history[len(history)-1] {
		t.Errorf("round %d: version %d answers, the last deployment is of %d", round, live, history[len(history)-1])
	}
	for v, name := range map[int64]string{live: "m"} {
		var answer string
		if err := db.QueryRow(fmt.Sprintf(probe, name)).Scan(&answer); err != nil {
			t.Fatalf("round %d: version %d does not predict: %v", round, v, err)
		}
		if before, ok := book.predictions[v]; ok && before != answer {
			t.Errorf("round %d: version %d predicts %s, it was %s", round, v, answer, before)
		}
		book.predictions[v] = answer
	}
	present := map[int64]bool{}
	rows, err = db.Query("SELECT id FROM log")
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		present[id] = true
	}
	for _, id := range book.inserted {
		if !present[id] {
			t.Errorf("round %d: row %d was acknowledged and is lost", round, id)
		}
	}
}

// contains tells whether part is a subsequence of whole.
func contains(whole, part []int64) bool {
	i := 0
	for _, v := range whole {
		if i < len(part) && part[i] == v {
			i++
		}
	}
	return i == len(part)
}
