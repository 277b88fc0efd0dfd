package badinput

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// slow is a model whose training takes far longer than any limit below: many rows, and a stochastic gradient that never stops by itself.
const slow = `CREATE TABLE s (id INT PRIMARY KEY, x DOUBLE, y INT);
INSERT INTO s WITH RECURSIVE n AS (SELECT 1 AS k UNION ALL SELECT k + 1 FROM n WHERE k < 5000) SELECT k, RAND(k), k % 2 FROM n;
CREATE MODEL slow PREDICT y FROM s USING logistic_regression (solver = 'sgd', max_iter = 1000000000, tol = 0);
`

var limitsTheme = theme{
	title: "Limits",
	about: "A statement ends when it is told to, or when it goes beyond what WITH allows, and leaves nothing half-done.",
	bad: []bad{
		{give: "more rows than max_rows", setup: twenty + "CREATE MODEL m PREDICT y FROM t WITH (max_rows = 19);", do: "TRAIN MODEL m", then: failed, want: "ERROR 1114 (HY000): the source has more rows than WITH (max_rows = 19) allows; raise it, or read fewer rows\nthen\nversion: 1, status: FAILED, reason: the source has more rows than WITH (max_rows = 19) allows; raise it, or read fewer rows"},
		{give: "exactly max_rows", setup: twenty + "CREATE MODEL m PREDICT y FROM t WITH (max_rows = 20);", do: "TRAIN MODEL m", show: training, want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: NULL"},
		{give: "more memory than max_memory", setup: twenty + "CREATE MODEL m PREDICT y FROM t WITH (max_memory = '100');", do: "TRAIN MODEL m", then: failed, want: "ERROR 1114 (HY000): after 1 rows the source needs more memory than WITH (max_memory = '100') allows; raise it, or read fewer rows or columns\nthen\nversion: 1, status: FAILED, reason: after 1 rows the source needs more memory than WITH (max_memory = '100') allows; raise it, or read fewer rows or columns"},
		{give: "longer than max_time", setup: slow, do: "TRAIN MODEL slow WITH (max_time = '200ms')", then: failed, want: "ERROR 3024 (HY000): training took longer than WITH (max_time = '200ms') allows; raise it, or read fewer rows\nthen\nversion: 1, status: FAILED, reason: training took longer than WITH (max_time = '200ms') allows; raise it, or read fewer rows"},
		{give: "a max_time of a nanosecond", setup: twenty + "CREATE MODEL m PREDICT y FROM t;", do: "TRAIN MODEL m WITH (max_time = '1ns')", then: failed, want: "ERROR 3024 (HY000): training took longer than WITH (max_time = '1ns') allows; raise it, or read fewer rows\nthen\nversion: 1, status: FAILED, reason: training took longer than WITH (max_time = '1ns') allows; raise it, or read fewer rows"},
		{give: "KILL QUERY of a training", setup: slow, run: killed("KILL QUERY"), shown: "TRAIN MODEL slow, and KILL QUERY from another session", then: failed, want: "ERROR 1317 (70100): query execution was interrupted\nthen\nversion: 1, status: INTERRUPTED, reason: the statement was killed, or its client went away"},
		{give: "KILL of the connection of a training", setup: slow, run: killed("KILL"), shown: "TRAIN MODEL slow, and KILL from another session", then: failed, want: "the connection broke: invalid connection\nthen\nversion: 1, status: INTERRUPTED, reason: the statement was killed, or its client went away"},
		{give: "KILL QUERY of a CREATE TABLE ... AS SELECT PREDICT", setup: slow, run: killedWhile("CREATE TABLE p AS SELECT a.id, PREDICT('slow', a.x) AS p FROM s AS a, s AS b, s AS c",
			"TRAIN MODEL slow USING logistic_regression (max_iter = 1); DEPLOY MODEL slow VERSION 1"), shown: "CREATE TABLE p AS SELECT a.id, PREDICT('slow', a.x) AS p FROM s AS a, s AS b, s AS c, and KILL QUERY", want: "ERROR 1317 (70100): query execution was interrupted"},
		{give: "a model dropped while it trains", setup: slow, run: droppedWhile, shown: "TRAIN MODEL slow, and DROP MODEL slow from another session", want: "ERROR 30005 (45000): version 1 of model shop.slow is in training; KILL QUERY ends it\nERROR 1317 (70100): query execution was interrupted"},
	},
}

// killed starts TRAIN MODEL slow and ends it from another session.
func killed(how string) func(t *testing.T, c *client) string {
	return whileRunning("TRAIN MODEL slow", "", func(t *testing.T, other *client, id int64) {
		other.must(t, fmt.Sprintf("%s %d;", how, id))
		// a killed connection is gone before the statement that ran in it has ended
		for training, since := 1, time.Now(); training > 0; {
			query := "SELECT COUNT(*) FROM aibms.model_versions WHERE database_name = '" + other.database + "' AND status = 'TRAINING'"
			if err := other.conn.QueryRowContext(context.Background(), query).Scan(&training); err != nil {
				t.Fatal(err)
			}
			if time.Since(since) > patience {
				t.Fatal("the training never ended")
			}
		}
	})
}

// killedWhile prepares, starts a statement and kills it from another session.
func killedWhile(statement, before string) func(t *testing.T, c *client) string {
	return whileRunning(statement, before, func(t *testing.T, other *client, id int64) { other.must(t, fmt.Sprintf("KILL QUERY %d;", id)) })
}

// droppedWhile drops the model that is being trained, and ends the training.
func droppedWhile(t *testing.T, c *client) string {
	dropped := ""
	out := whileRunning("TRAIN MODEL slow", "", func(t *testing.T, other *client, id int64) {
		dropped = other.ask("DROP MODEL $db.slow", "")
		other.must(t, fmt.Sprintf("KILL QUERY %d;", id))
	})(t, c)
	return dropped + "\n" + out
}

// whileRunning starts a statement and calls meanwhile as soon as the server shows that it runs; id is that of its connection.
func whileRunning(statement, before string, meanwhile func(t *testing.T, other *client, id int64)) func(t *testing.T, c *client) string {
	return func(t *testing.T, c *client) string {
		c.must(t, strings.ReplaceAll(before, "; ", ";\n"))
		var id int64
		if err := c.conn.QueryRowContext(context.Background(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		other := dial(t, "root", c.database)
		answer := make(chan string, 1)
		started := time.Now()
		go func() { answer <- c.ask(statement, "model,version,status") }()
		for {
			var running int
			query := fmt.Sprintf("SELECT COUNT(*) FROM information_schema.processlist WHERE id = %d AND command = 'Query'", id)
			if err := other.conn.QueryRowContext(context.Background(), query).Scan(&running); err != nil {
				t.Fatal(err)
			}
			if running > 0 && time.Since(started) > 200*time.Millisecond {
				break
			}
			if time.Since(started) > patience {
				t.Fatal("the statement never ran")
			}
		}
		killed := time.Now()
		meanwhile(t, other, id)
		out := <-answer
		if d := time.Since(killed); d > 2*time.Second {
			t.Errorf("it took %v to end", d)
		}
		return out
	}
}
