// Package demo shows a model's life on real data over an ordinary MySQL connection: Show runs the statements and prints what a client would see.
package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-sql-driver/mysql"
)

const model = "order_intent"

// definition follows CREATE MODEL.
const definition = " " + model + `
  PREDICT revenue
  FROM online_shoppers
  KEY (visit_id)
  FEATURES (page_values, bounce_rates, exit_rates, product_related_duration, month, visitor_type, weekend)
  USING logistic_regression`

// Show loads the data, unless an earlier run has, and runs the statements as root on the server at address (host:port), writing them and their answers to out. Run again
// on the same server it makes new versions of the same model.
func Show(ctx context.Context, out io.Writer, address string) error {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", "tcp", address
	config.Timeout = 10 * time.Second
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("cannot connect to the server: %w", err)
	}
	defer conn.Close()
	s := &screen{conn, out}
	if err := s.data(ctx); err != nil {
		return err
	}
	return s.lifecycle(ctx)
}

// data makes the table.
func (s *screen) data(ctx context.Context) error {
	s.say("An ordinary MySQL table: visits to an online shop, and whether they ended with an order.")
	for _, statement := range []string{"CREATE DATABASE IF NOT EXISTS shop", "USE shop", createTable} {
		if _, err := s.run(ctx, statement); err != nil {
			return err
		}
	}
	var rows int
	if err := s.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM online_shoppers").Scan(&rows); err != nil {
		return err
	}
	if rows > 0 {
		s.say("The table holds %d rows from an earlier run.", rows)
	} else {
		from := time.Now()
		rows, err := load(ctx, s.conn)
		if err != nil {
			return err
		}
		s.say("%d rows loaded by INSERT in %.1f seconds.", rows, time.Since(from).Seconds())
	}
	_, err := s.run(ctx, "SELECT visit_id, page_values, exit_rates, month, visitor_type, weekend, revenue FROM online_shoppers WHERE page_values > 0 LIMIT 3")
	return err
}

// lifecycle runs from CREATE MODEL to VERIFY MODEL.
func (s *screen) lifecycle(ctx context.Context) error {
	create := "CREATE MODEL"
	exists, err := s.modelExists(ctx)
	if err != nil {
		return err
	}
	if exists {
		create = "CREATE OR REPLACE MODEL"
		s.say("The model is there from an earlier run. Its definition is replaced; its versions stay, and the next one gets the next number.")
	} else {
		s.say("A model is declared: what to predict, from which rows, with which learner. Nothing is trained yet.")
	}
	if _, err := s.run(ctx, create+definition); err != nil {
		return err
	}
	s.say("Training makes a version. The value is measured on rows that were held out; beside it stands what guessing reaches.")
	trained, err := s.run(ctx, "TRAIN MODEL "+model+`\G`)
	if err != nil {
		return err
	}
	first := trained.value("version")

	s.say("All metrics of that version on the held-out rows, with 95 %% confidence intervals.")
	if _, err := s.run(ctx, "EVALUATE MODEL "+model+" VERSION "+first+" ON TEST"); err != nil {
		return err
	}
	s.say("How each column becomes features, learned from the training rows alone, in words that CREATE MODEL ... TRANSFORM takes.")
	if _, err := s.run(ctx, "SHOW MODEL FEATURES "+model); err != nil {
		return err
	}
	s.say("Nothing goes live by itself. From here on PREDICT answers with this version.")
	if _, err := s.run(ctx, "DEPLOY MODEL "+model+" VERSION "+first); err != nil {
		return err
	}
	s.say("Predictions in any SELECT; the features are found by name in the row.")
	if _, err := s.run(ctx, "SELECT visit_id, month, page_values, revenue, PREDICT('"+model+"') AS prediction, ROUND(PREDICT_PROBA('"+model+"'), 4) AS probability\n"+
		"FROM online_shoppers WHERE page_values > 0 ORDER BY visit_id LIMIT 5"); err != nil {
		return err
	}
	s.say("An application prepares the question once and asks it for values of its own, in the order of FEATURES.")
	const point = "SELECT PREDICT_PROBA('" + model + "', ?, ?, ?, ?, ?, ?, ?) AS probability"
	if err := s.runPrepared(ctx, point, 35.5, 0.0, 0.01, 1200.0, "Nov", "New_Visitor", true); err != nil {
		return err
	}

	s.say("A second version with another learner, on the same rows and the same split.")
	if trained, err = s.run(ctx, "TRAIN MODEL "+model+` USING linear_svm (c = 1.0)\G`); err != nil {
		return err
	}
	second := trained.value("version")
	s.say("Every version stands in the catalog, an ordinary database.")
	if _, err := s.run(ctx, "SELECT version, status, learner, metric, value, baseline FROM aibms.model_versions\nWHERE model_name = '"+model+"' AND version IN ("+first+", "+second+")"); err != nil {
		return err
	}
	s.say("It goes live, somebody complains, and the version before is back at once.")
	for _, statement := range []string{
		"DEPLOY MODEL " + model + " VERSION " + second,
		"ROLLBACK MODEL " + model + " REASON 'complaints from the shop'",
		"SELECT MODEL_VERSION('" + model + "')",
	} {
		if _, err := s.run(ctx, statement); err != nil {
			return err
		}
	}
	s.say("The history of what was live is only ever added to.")
	if _, err := s.run(ctx, "SHOW MODEL DEPLOYMENTS "+model); err != nil {
		return err
	}
	s.say("The proof that a version is what it says: trained again from its recorded data, definition and seed, byte for byte the same.")
	verified, err := s.run(ctx, "VERIFY MODEL "+model+" VERSION "+first+`\G`)
	if err != nil {
		return err
	}
	if verified.value("identical") != "1" {
		return errors.New("the version is not the same when it is trained again")
	}
	return nil
}

func (s *screen) modelExists(ctx context.Context) (exists bool, err error) {
	err = s.conn.QueryRowContext(ctx, "SELECT COUNT(*) > 0 FROM aibms.models WHERE database_name = 'shop' AND model_name = ?", model).Scan(&exists)
	return exists, err
}
