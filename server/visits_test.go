package server_test

import (
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// visitRows is how many rows the table visits has; some values of each nullable column are NULL.
const visitRows = 400

const visitsTable = `CREATE TABLE visits (id INT PRIMARY KEY, amount DOUBLE, pages INT, price DECIMAL(10,2), city VARCHAR(20), tier ENUM('free','silver','gold'),
	day DATE, seen DATETIME, big BIGINT, flag BOOL, bought BOOL NOT NULL, kind VARCHAR(10) NOT NULL, grade ENUM('low','mid','high') NOT NULL,
	spend DECIMAL(10,2) NOT NULL, items INT UNSIGNED NOT NULL, rating DOUBLE NOT NULL)`

// visitFeatures are the columns that the models on visits read, in the order of PREDICT's arguments.
var visitFeatures = []string{"amount", "pages", "price", "city", "tier", "day", "seen", "big", "flag"}

// visits returns the rows of visits as SQL: the same at each call.
func visits() string {
	r := rand.New(rand.NewPCG(1, 2))
	orNull := func(s string) string {
		if r.Float64() < 0.06 {
			return "NULL"
		}
		return s
	}
	var b strings.Builder
	for id := 1; id <= visitRows; id++ {
		amount, pages := r.NormFloat64()*40+100, r.IntN(30)
		price := math.Round(r.Float64()*10000) / 100
		city, tier := []string{"Ankara", "Bern", "it's Rome", "Oslo"}[r.IntN(4)], []string{"free", "silver", "gold"}[r.IntN(3)]
		day := fmt.Sprintf("20%02d-%02d-%02d", 20+r.IntN(5), 1+r.IntN(12), 1+r.IntN(28))
		seen := fmt.Sprintf("2024-%02d-%02d %02d:%02d:%02d", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
		big, flag := int64(1)<<53+r.Int64N(1<<40), r.IntN(2)
		score := (amount-100)/40 + float64(pages-15)/10 + map[string]float64{"free": -1, "silver": 0, "gold": 1}[tier] + r.NormFloat64()*0.7
		bought, kind, grade := 0, "tea", "low"
		if score > 0 {
			bought, kind, grade = 1, "coffee", "mid"
		}
		if math.Abs(score) > 1.5 {
			kind, grade = "water", "high"
		}
		if id > 1 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "(%d,%s,%s,%s,%s,%s,%s,%s,%s,%s,%d,'%s','%s',%.2f,%d,%g)", id, orNull(fmt.Sprintf("%.6f", amount)), orNull(fmt.Sprint(pages)), orNull(fmt.Sprintf("%.2f", price)),
			orNull("'"+strings.ReplaceAll(city, "'", "''")+"'"), orNull("'"+tier+"'"), orNull("'"+day+"'"), orNull("'"+seen+"'"), orNull(fmt.Sprint(big)), orNull(fmt.Sprint(flag)),
			bought, kind, grade, 50+10*score, max(0, int(3+2*score)), score)
	}
	return "INSERT INTO visits VALUES " + b.String()
}

// makeVisits fills a database with visits and trains the models.
func makeVisits(t testing.TB, c *sql.Conn, models ...string) {
	t.Helper()
	do(t, c, visitsTable, visits())
	for _, m := range models {
		trainVisits(t, c, m)
	}
}

// trainVisits trains a model on visits, whose name is its target or begins with it, and deploys it.
func trainVisits(t testing.TB, c *sql.Conn, model string) {
	t.Helper()
	target, _, _ := strings.Cut(model, "_")
	using := "logistic_regression"
	switch target {
	case "spend", "items", "rating":
		using = "linear_regression"
	}
	release(t, c, model, "PREDICT "+target+" FROM visits KEY (id) USING "+using+" FEATURES ("+strings.Join(visitFeatures, ", ")+")")
}

// release declares a model, trains its first version and deploys it.
func release(t testing.TB, c *sql.Conn, model, definition string) {
	t.Helper()
	do(t, c, "CREATE MODEL "+model+" "+definition)
	retrain(t, c, model)
}

// retrain trains the next version of a model and deploys it.
func retrain(t testing.TB, c *sql.Conn, model string) {
	t.Helper()
	version := all(t, c, "TRAIN MODEL "+model)[0][1]
	do(t, c, "DEPLOY MODEL "+model+" VERSION "+version)
}

// shop connects to the database shop, which all tests share and none changes: visits with a model of each type of target, and the models one (of the column
// amount alone) and strict (which imputes nothing).
func shop(t testing.TB, options ...string) *sql.Conn {
	t.Helper()
	return makeShop.connect(t, "shop", func(c *sql.Conn) {
		makeVisits(t, c, "bought", "kind", "grade", "spend", "items", "rating")
		release(t, c, "one", "PREDICT bought FROM visits KEY (id) FEATURES (amount)")
		release(t, c, "strict", "PREDICT bought FROM visits KEY (id) TRANSFORM (STANDARD_SCALE(amount) AS amount, pages / 10 AS tens, ONE_HOT(UPPER(city)) AS city)")
	}, options...)
}

// shared is a database that tests share and none changes. The first that needs it makes it.
type shared struct {
	once sync.Once
	made bool
}

var makeShop shared

// connect connects to the database, which make fills unless that was done.
func (s *shared) connect(t testing.TB, name string, make func(c *sql.Conn), options ...string) *sql.Conn {
	t.Helper()
	s.once.Do(func() {
		c := connect(t, "root", "")
		do(t, c, "CREATE DATABASE "+name, "USE "+name)
		make(c)
		s.made = true
	})
	if !s.made {
		t.Fatalf("the database %s could not be made", name)
	}
	return connect(t, "root", name, options...)
}
