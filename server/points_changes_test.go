package server_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// TestPointsFollowChanges changes everything that an answer depends on between executions of statements that stay prepared.
func TestPointsFollowChanges(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root, "bought", "kind")
	definition := "PREDICT bought FROM visits KEY (id) FEATURES (amount, city)"
	release(t, root, "m", definition)
	do(t, root, "CREATE DATABASE "+db+"_2", "CREATE TABLE "+db+"_2.visits LIKE visits", "INSERT INTO "+db+"_2.visits SELECT * FROM visits WHERE id < 10",
		"CALL dolt_commit('-Am', 'all')", "CALL dolt_branch('side')")
	t.Cleanup(func() { do(t, connect(t, "root", ""), "DROP DATABASE "+db+"_2") })
	c := tapInto(t, "root", db)
	id := []value{integer(typeLongLong, 17)}
	statements := []struct {
		text   string
		values []value
	}{
		{"SELECT PREDICT_PROBA('m', ?, 'Bern'), MODEL_VERSION('m')", []value{double(88)}},
		{"SELECT PREDICT_ALL('m@champion', ?, 'Bern')", []value{double(88)}},
		{"SELECT PREDICT('" + db + ".kind', v), MODEL_VERSION('m'), v.id, v.amount FROM visits v WHERE id = ?", id},
		{"SELECT PREDICT_ALL('m') FROM visits WHERE id = ?", id},
		{"SELECT PREDICT_ALL('" + db + ".m'), ? AS city FROM " + db + ".visits WHERE id = 17", []value{words(typeVarString, "Rome")}},
	}
	do(t, root, "ALTER MODEL m SET ALIAS champion = VERSION 1")
	numbers := make([]uint32, len(statements))
	for i, s := range statements {
		var err error
		if numbers[i], _, err = c.prepare(t, s.text); err != nil {
			t.Fatal(s.text, err)
		}
	}
	look := func(after string, want ...int64) {
		t.Helper()
		for i, s := range statements {
			got := c.compared(t, "after "+after+": "+s.text, numbers[i], s.values)
			if len(want) > 0 && got < want[i%len(want)] {
				t.Errorf("after %s: %s: %d executions were answered past the engine", after, s.text, got)
			}
		}
	}
	both := func(list ...string) {
		for _, s := range list {
			do(t, root, s)
			look(s, 1)
		}
	}
	same := func(list ...string) { // in the session itself
		for _, s := range list {
			do(t, c.Conn, s)
			look(s)
		}
	}
	look("nothing", 2)
	version := func() string { return string(c.execute(t, numbers[0], statements[0].values)) }
	first := version()
	do(t, root, "UPDATE visits SET city = 'Paris', amount = amount + 50 WHERE id % 3 = 0")
	look("UPDATE by another session", 2)
	retrain(t, root, "m")
	look("a new version", 1)
	if second := version(); second == first {
		t.Error("the new version answers as the old one")
	}
	both("ROLLBACK MODEL m")
	if back := version(); back != first {
		t.Error("after ROLLBACK the first version does not answer")
	}
	both("DEPLOY MODEL m VERSION 2", "ALTER MODEL m SET THRESHOLD 0.9", "ALTER MODEL m SET THRESHOLD 0.1", "ALTER MODEL m SET ALIAS champion = VERSION 2")
	for _, s := range []string{"UNDEPLOY MODEL m", "DEPLOY MODEL m VERSION 1", "ALTER MODEL m RENAME TO n", "ALTER MODEL n RENAME TO m", "UNDEPLOY MODEL m", "DROP MODEL m", "CREATE MODEL m " + definition, "TRAIN MODEL m", "DEPLOY MODEL m VERSION 1",
		"ALTER MODEL m SET ALIAS champion = VERSION 1"} {
		do(t, root, s)
		look(s)
	}
	do(t, root, "UNDEPLOY MODEL m", "DROP MODEL m")
	release(t, root, "m", "PREDICT kind FROM visits KEY (id) FEATURES (city, pages)")
	look("another model of that name, with other columns")
	do(t, root, "UNDEPLOY MODEL m", "DROP MODEL m")
	release(t, root, "m", definition)
	do(t, root, "ALTER MODEL m SET ALIAS champion = VERSION 1")
	look("the model as it was", 1)

	both("UPDATE visits SET amount = 12.5 WHERE id = 17", "DELETE FROM visits WHERE id = 17", "INSERT INTO visits SELECT 17, amount, pages, price, city, tier, day, seen, big, flag, bought, kind, grade, spend, items, rating FROM visits WHERE id = 18",
		"ALTER TABLE visits ADD COLUMN more INT", "ALTER TABLE visits MODIFY COLUMN amount DECIMAL(20,3)", "ALTER TABLE visits MODIFY COLUMN city VARCHAR(40)", "ALTER TABLE visits ADD INDEX (city)", "UPDATE visits SET city = NULL WHERE id = 17")
	for _, s := range []string{"ALTER TABLE visits DROP PRIMARY KEY", "ALTER TABLE visits ADD PRIMARY KEY (id, items)", "ALTER TABLE visits DROP PRIMARY KEY", "ALTER TABLE visits ADD PRIMARY KEY (id)",
		"ALTER TABLE visits DROP COLUMN amount", "ALTER TABLE visits ADD COLUMN amount DOUBLE DEFAULT 5", "RENAME TABLE visits TO gone", "CREATE VIEW visits AS SELECT * FROM gone", "DROP VIEW visits", "RENAME TABLE gone TO visits",
		"ALTER TABLE visits RENAME COLUMN amount TO sum", "ALTER TABLE visits RENAME COLUMN sum TO amount", "CREATE TABLE other LIKE visits", "DROP TABLE visits", "RENAME TABLE other TO visits", "INSERT INTO visits SELECT * FROM visits AS OF 'HEAD' WHERE FALSE",
		"INSERT INTO visits (id, amount, pages, city, bought, kind, grade, spend, items, rating) VALUES (17, 3, 3, 'Oslo', 1, 'tea', 'low', 1, 1, 1)"} {
		if _, err := root.ExecContext(context.Background(), s); err != nil && !strings.Contains(s, "FALSE") {
			t.Errorf("%s: %v", s, err)
		}
		look(s)
	}
	do(t, root, "ALTER MODEL m SET COMMENT 'looked at again'") // statements that were found unfit are given another try
	look("all that", 1)
	look("nothing more", 2)

	same("START TRANSACTION", "UPDATE visits SET amount = 999 WHERE id = 17")
	do(t, root, "UPDATE visits SET city = 'Bern' WHERE id = 17")
	look("a commit of another session, in a transaction", 2)
	same("SAVEPOINT s", "DELETE FROM visits WHERE id = 17", "ROLLBACK TO s", "ROLLBACK")
	same("START TRANSACTION READ ONLY")
	do(t, root, "UPDATE visits SET city = 'Rome' WHERE id = 17")
	look("a commit of another session, in a transaction that has begun", 2)
	same("COMMIT", "SET autocommit = 0")
	do(t, root, "UPDATE visits SET city = 'Oslo' WHERE id = 17")
	look("a commit of another session, without autocommit", 2)
	same("UPDATE visits SET amount = 1 WHERE id = 17", "SET autocommit = 1", "CREATE TEMPORARY TABLE visits (id INT PRIMARY KEY, amount DOUBLE)", "INSERT INTO visits VALUES (17, 1)", "DROP TABLE visits")
	same("SET sql_select_limit = 0", "SET sql_select_limit = 1", "SET sql_select_limit = DEFAULT", "SET NAMES latin1", "SET character_set_results = NULL", "SET NAMES utf8mb4", "SET collation_connection = utf8mb4_general_ci", "SET NAMES utf8mb4 COLLATE utf8mb4_0900_bin",
		"SET sql_mode = ''", "SET sql_mode = DEFAULT", "SET time_zone = '+05:00'", "SET time_zone = DEFAULT")
	do(t, root, "CALL dolt_commit('-Am', 'more')")
	look("a commit of the storage", 1)
	same("CALL dolt_checkout('side')", "UPDATE visits SET amount = amount / 2 WHERE id = 17", "CALL dolt_checkout('main')", "USE `"+db+"/side`", "USE "+db+"_2", "USE "+db)
	look("everything", 2)

	// what the session has prepared goes with COM_RESET_CONNECTION
	before := running.PointsAnswered()
	c.wire.Write([]byte{1, 0, 0, 0, 0x1f})
	c.answer(t)
	if answer := c.execute(t, numbers[0], statements[0].values); answer[4] != 0xff || running.PointsAnswered() != before {
		t.Errorf("a statement outlives COM_RESET_CONNECTION: %q", answer)
	}
	do(t, c.Conn, "USE "+db)
	for i, s := range statements {
		var err error
		if numbers[i], _, err = c.prepare(t, s.text); err != nil {
			t.Fatal(s.text, err)
		}
	}
	look("COM_RESET_CONNECTION", 2)
}

// TestPointsUnderPrivileges changes grants between executions.
func TestPointsUnderPrivileges(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root, "bought")
	release(t, root, "one", "PREDICT bought FROM visits KEY (id) FEATURES (amount)")
	account(t, root, "pointed", "SELECT ON "+db+".*", "EXECUTE ON "+db+".*")
	do(t, root, "CREATE ROLE pointers")
	t.Cleanup(func() { do(t, connect(t, "root", ""), "DROP ROLE pointers") })
	c := tapInto(t, "pointed", db)
	texts := []string{"SELECT PREDICT('one', ?)", "SELECT MODEL_VERSION('one'), ?", "SELECT PREDICT('one') FROM visits WHERE id = ?", "SELECT PREDICT('one', amount), PREDICT('bought') FROM " + db + ".visits WHERE id = ?"}
	var numbers []uint32
	for _, s := range texts {
		n, _, err := c.prepare(t, s)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	answer := func(i int) (number int, packets []byte) {
		packets = c.execute(t, numbers[i], []value{integer(typeLongLong, 17)})
		if packets[4] == 0xff {
			number = int(packets[5]) | int(packets[6])<<8
		}
		return number, packets
	}
	for _, s := range []struct {
		change  string
		allowed [4]bool // each statement
	}{
		{"SELECT 1", [4]bool{true, true, true, true}},
		{"REVOKE EXECUTE ON " + db + ".* FROM pointed@localhost", [4]bool{}},
		{"GRANT EXECUTE ON PROCEDURE " + db + ".one TO pointed@localhost", [4]bool{true, true, true, false}},
		{"REVOKE EXECUTE ON PROCEDURE " + db + ".one FROM pointed@localhost", [4]bool{}},
		{"GRANT EXECUTE ON " + db + ".* TO pointed@localhost", [4]bool{true, true, true, true}},
		{"REVOKE SELECT ON " + db + ".* FROM pointed@localhost", [4]bool{true, true, false, false}},
		{"GRANT SELECT ON " + db + ".visits TO pointed@localhost", [4]bool{true, true, true, true}},
		{"REVOKE SELECT ON " + db + ".visits FROM pointed@localhost", [4]bool{true, true, false, false}},
		{"GRANT SELECT ON " + db + ".* TO pointers", [4]bool{true, true, false, false}},
		{"GRANT pointers TO pointed@localhost", [4]bool{true, true, true, true}},
		{"REVOKE pointers FROM pointed@localhost", [4]bool{true, true, false, false}},
		{"GRANT SELECT ON *.* TO pointed@localhost", [4]bool{true, true, true, true}},
	} {
		do(t, root, s.change)
		for i := range numbers {
			answered := c.compared(t, "after "+s.change+": "+texts[i], numbers[i], []value{integer(typeLongLong, 17)})
			number, packets := answer(i)
			denied := number == 1370 || number == 1142 || number == 1044
			if denied == s.allowed[i] || !denied && number != 0 {
				t.Errorf("after %s: %s: error %d: %q", s.change, texts[i], number, packets)
			}
			if denied != (answered == 0) {
				t.Errorf("after %s: %s: error %d, %d executions were answered past the engine", s.change, texts[i], number, answered)
			}
		}
	}
	do(t, root, "DROP USER pointed@localhost")
	for i, text := range texts {
		before := running.PointsAnswered()
		number, packets := answer(i)
		var want []byte
		slowly(func() { _, want = answer(i) })
		if number == 0 || !bytes.Equal(packets, want) || running.PointsAnswered() != before {
			t.Errorf("after DROP USER: %s: %q, want %q", text, packets, want)
		}
	}
	do(t, root, "CREATE USER pointed@localhost") // for the clean-up
}

// TestPointsAreOneVersion deploys one version after the other while many connections ask: each answer is that of the version that its statement names.
func TestPointsAreOneVersion(t *testing.T) {
	root, db := scratch(t)
	do(t, root, "CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y DOUBLE)", "CREATE TABLE asked (id INT PRIMARY KEY, x DOUBLE)", "INSERT INTO asked VALUES (1, 1000)")
	for i := range 40 {
		do(t, root, fmt.Sprintf("INSERT INTO t VALUES (%d, %d, %d)", i, i, i))
	}
	do(t, root, "CREATE MODEL line PREDICT y FROM t KEY (id)", "TRAIN MODEL line", "UPDATE t SET y = 100 - y", "TRAIN MODEL line", "DEPLOY MODEL line VERSION 1")
	answers := map[string]string{}
	for _, v := range []string{"1", "2"} {
		answers[v] = one(t, root, "SELECT PREDICT('line@"+v+"', 1000)")
	}
	if answers["1"] == answers["2"] {
		t.Fatal("the versions answer the same")
	}
	var stop atomic.Bool
	var seen [2]atomic.Int64
	before := running.PointsAnswered()
	var asking sync.WaitGroup
	for i := range 12 {
		c := connect(t, "root", db)
		text := []string{"SELECT MODEL_VERSION('line'), PREDICT('line', ?), PREDICT('line', 1000)", "SELECT MODEL_VERSION('line'), PREDICT('line'), PREDICT('line', x) FROM asked WHERE id = ?"}[i%2]
		ask := []any{[]any{1000.0, 1}[i%2]}
		p, err := c.PrepareContext(context.Background(), text)
		if err != nil {
			t.Fatal(err)
		}
		asking.Go(func() {
			for !stop.Load() {
				rows, err := queryPrepared(p, ask...)
				if err != nil {
					t.Errorf("%s: %v", text, err)
					return
				}
				row := rows[0]
				if row[1] != answers[row[0]] || row[2] != answers[row[0]] {
					t.Errorf("%s: version %s answers %s and %s, want %s", text, row[0], row[1], row[2], answers[row[0]])
					return
				}
				seen[row[0][0]-'1'].Add(1)
			}
		})
	}
	for i := range 60 {
		do(t, root, fmt.Sprintf("DEPLOY MODEL line VERSION %d", 2-i%2))
	}
	stop.Store(true)
	asking.Wait()
	if seen[0].Load() == 0 || seen[1].Load() == 0 || running.PointsAnswered() == before {
		t.Errorf("version 1 was seen %d times and version 2 %d times; %d executions were answered past the engine", seen[0].Load(), seen[1].Load(), running.PointsAnswered()-before)
	}
}

// TestPointsInTheProcessList asks without end while another connection looks at the process list and kills: a statement is seen there, and ends with an error or with the right
// answer.
func TestPointsInTheProcessList(t *testing.T) {
	shop(t)
	c := connect(t, "root", "shop")
	id := one(t, c, "SELECT CONNECTION_ID()")
	const text = "SELECT PREDICT('one', ?) AS listed"
	p, err := c.PrepareContext(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	want, err := queryPrepared(p, 200.0)
	if err != nil {
		t.Fatal(err)
	}
	before := running.PointsAnswered()
	var killed atomic.Int64
	ended := make(chan error, 1)
	var asking sync.WaitGroup
	asking.Go(func() {
		for {
			got, err := queryPrepared(p, 200.0)
			var e *mysql.MySQLError
			switch {
			case errors.As(err, &e) && e.Number == 1317:
				killed.Add(1)
			case err != nil:
				ended <- err
				return
			case fmt.Sprint(got) != fmt.Sprint(want):
				ended <- fmt.Errorf("the answer is %v, want %v", got, want)
				return
			}
		}
	})
	other := connect(t, "root", "")
	for listed := false; !listed; {
		for _, line := range all(t, other, "SHOW PROCESSLIST") {
			listed = listed || line[0] == id && line[7] == text
		}
	}
	for killed.Load() == 0 {
		if _, err := other.ExecContext(context.Background(), "KILL QUERY "+id); err != nil {
			t.Fatal(err)
		}
	}
	answered := running.PointsAnswered()
	for running.PointsAnswered() == answered { // it goes on
		if len(ended) > 0 {
			t.Fatal(<-ended)
		}
	}
	do(t, other, "KILL "+id)
	asking.Wait()
	if err := <-ended; !errors.Is(err, mysql.ErrInvalidConn) && !errors.Is(err, sql.ErrConnDone) && !strings.Contains(err.Error(), "bad connection") {
		t.Errorf("a connection that was killed ends with %v", err)
	}
	if answered == before {
		t.Error("no execution was answered past the engine")
	}
}

// TestPointsAreCounted holds that predictions are counted on this path as on the engine's.
func TestPointsAreCounted(t *testing.T) {
	shop(t)
	c := tapInto(t, "root", "shop")
	number, _, err := c.prepare(t, "SELECT PREDICT('one', ?), PREDICT_PROBA('one', 5)")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		before := running.Predictions()
		c.execute(t, number, []value{double(1)})
		if got := running.Predictions() - before; got != 2 {
			t.Errorf("%d predictions were counted, want 2", got)
		}
	}
}

// TestPointsByCursor executes a statement with a cursor, as Connector/J does with setFetchSize: the rows come when they are fetched.
func TestPointsByCursor(t *testing.T) {
	shop(t)
	c := tapInto(t, "root", "shop")
	number, _, err := c.prepare(t, "SELECT PREDICT('one') AS p, id FROM visits WHERE id = ?")
	if err != nil {
		t.Fatal(err)
	}
	run := func() []byte {
		c.send(t, number, 1, []value{integer(typeLongLong, 17)})
		opened := c.columns(t)
		fetch := []byte{9, 0, 0, 0, 0x1c, byte(number), byte(number >> 8), byte(number >> 16), byte(number >> 24), 10, 0, 0, 0}
		c.wire.read.Reset()
		c.wire.Write(fetch)
		return append(opened, c.fetched(t)...)
	}
	var want []byte
	slowly(func() { want = run() })
	before := running.PointsAnswered()
	for range 2 {
		if got := run(); !bytes.Equal(got, want) {
			t.Errorf("answers %q\nwant    %q", got, want)
		}
	}
	if got := running.PointsAnswered() - before; got != 2 {
		t.Errorf("%d executions were answered past the engine", got)
	}
}
