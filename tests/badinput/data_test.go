package badinput

import (
	"fmt"
	"strings"
)

// trained makes a model of a table t, trains it and deploys version 1.
const trained = "CREATE MODEL m PREDICT y FROM t;\nTRAIN MODEL m;\nDEPLOY MODEL m VERSION 1;\n"

// twenty fills a table t with twenty rows that can be learned: y is 1 where x is above 10.
const twenty = `CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, c VARCHAR(20), y INT);
INSERT INTO t VALUES (1,1,'a',0),(2,2,'b',0),(3,3,'a',0),(4,4,'b',0),(5,5,'a',0),(6,6,'b',0),(7,7,'a',0),(8,8,'b',0),(9,9,'a',0),(10,10,'b',0),
(11,11,'a',1),(12,12,'b',1),(13,13,'a',1),(14,14,'b',1),(15,15,'a',1),(16,16,'b',1),(17,17,'a',1),(18,18,'b',1),(19,19,'a',1),(20,20,'b',1);
`

// training is what of the answer of TRAIN does not differ from run to run.
const training = "status,rows_train,rows_test,metric,value,warnings"

// failed shows what TRAIN left behind.
const failed = "SELECT version, status, reason FROM aibms.model_versions WHERE database_name = '$db'"

var dataTheme = theme{
	title: "Rows and values",
	about: "What TRAIN makes of tables that nothing, or little, can be learned from, and of values at the edges of their types.",
	bad: []bad{
		{give: "a table without rows",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y INT);\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m", then: failed,
			want: "ERROR 30001 (45000): the source of model m has no rows: SELECT * FROM t gives none\nthen\nversion: 1, status: FAILED, reason: the source of model m has no rows: SELECT * FROM t gives none"},
		{give: "a table of one row, a class as target",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y INT);\nINSERT INTO t VALUES (1, 1, 1);\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): target y has one class only ('1'); a classifier needs rows of two: add rows of another class to the source"},
		{give: "a table of one row, a number as target",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y DOUBLE);\nINSERT INTO t VALUES (1, 1, 1);\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): SPLIT: RANDOM puts none of the 1 rows into TEST (fraction 0.2): give more rows or a larger fraction, or train on all rows with SPLIT NONE"},
		{give: "a table of one row, a number as target, without a split",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y DOUBLE);\nINSERT INTO t VALUES (1, 1, 1);\nCREATE MODEL m PREDICT y FROM t SPLIT NONE;",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 1, rows_test: 0, metric: r2_score, value: NULL, warnings: feature x: x is 1 in every training row and so of no use; it becomes 0; linear_regression: 1 features for 1 rows leave the coefficients open; of all best fits the one with the smallest coefficients is taken; penalty 'l2' would predict better; r2_score has no value on the one TRAIN row: the target is the same throughout; more rows, or a larger fraction of them, would give it one; the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen\nwarning 1642: feature x: x is 1 in every training row and so of no use; it becomes 0\nwarning 1642: linear_regression: 1 features for 1 rows leave the coefficients open; of all best fits the one with the smallest coefficients is taken; penalty 'l2' would predict better\nwarning 1642: r2_score has no value on the one TRAIN row: the target is the same throughout; more rows, or a larger fraction of them, would give it one\nwarning 1642: the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen"},
		{give: "one class",
			setup: twenty + "UPDATE t SET y = 1;\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): target y has one class only ('1'); a classifier needs rows of two: add rows of another class to the source"},
		{give: "two classes, one row each",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y INT);\nINSERT INTO t VALUES (1, 1, 1), (2, 2, 0);\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): SPLIT: STRATIFIED puts none of the 2 rows into TEST (fraction 0.2): give more rows or a larger fraction, or train on all rows with SPLIT NONE"},
		{give: "two classes, one row each, without a split",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x DOUBLE, y INT);\nINSERT INTO t VALUES (1, 1, 1), (2, 2, 0);\nCREATE MODEL m PREDICT y FROM t SPLIT NONE;",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 2, rows_test: 0, metric: roc_auc, value: 1, warnings: feature x tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x)) leaves it out; the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen\nwarning 1642: feature x tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x)) leaves it out\nwarning 1642: the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen"},
		{give: "one class that has a single row beside nineteen of the other",
			setup: twenty + "UPDATE t SET y = 0 WHERE id < 20;\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: NULL, warnings: class 1 has a single row; it goes to TRAIN, so no metric shows how well the class is predicted; roc_auc has no value on the 4 TEST rows: the only class there is '0'; more rows, or a larger fraction of them, would give it one\nwarning 1642: class 1 has a single row; it goes to TRAIN, so no metric shows how well the class is predicted\nwarning 1642: roc_auc has no value on the 4 TEST rows: the only class there is '0'; more rows, or a larger fraction of them, would give it one"},
		{give: "a column that is constant",
			setup: twenty + "UPDATE t SET x = 5;\nCREATE MODEL m PREDICT y FROM t FEATURES (x, c);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 0.25, warnings: feature x: x is 5 in every training row and so of no use; it becomes 0\nwarning 1642: feature x: x is 5 in every training row and so of no use; it becomes 0"},
		{give: "only columns that are constant",
			setup: twenty + "UPDATE t SET x = 5;\nCREATE MODEL m PREDICT y FROM t FEATURES (x);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 0.5, warnings: feature x: x is 5 in every training row and so of no use; it becomes 0\nwarning 1642: feature x: x is 5 in every training row and so of no use; it becomes 0"},
		{give: "a column that is NULL throughout",
			setup: twenty + "UPDATE t SET x = NULL;\nCREATE MODEL m PREDICT y FROM t FEATURES (x, c);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 0.25, warnings: feature x: x is NULL in every training row; IMPUTE puts 0 in its place; feature x: x is 0 in every training row and so of no use; it becomes 0\nwarning 1642: feature x: x is NULL in every training row; IMPUTE puts 0 in its place\nwarning 1642: feature x: x is 0 in every training row and so of no use; it becomes 0"},
		{give: "a category that is NULL throughout",
			setup: twenty + "UPDATE t SET c = NULL;\nCREATE MODEL m PREDICT y FROM t FEATURES (x, c);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: feature c: c is NULL in every training row; ONE_HOT makes no column of it\nwarning 1642: feature c: c is NULL in every training row; ONE_HOT makes no column of it"},
		{give: "only a category that is NULL throughout",
			setup: twenty + "UPDATE t SET c = NULL;\nCREATE MODEL m PREDICT y FROM t FEATURES (c);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): no feature is left: every input is NULL in all of the 16 training rows"},
		{give: "a target that is NULL in some rows",
			setup: twenty + "UPDATE t SET y = NULL WHERE id IN (1, 20);\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 14, rows_test: 4, metric: roc_auc, value: 1, warnings: 2 rows are left out: target y is NULL\nwarning 1642: 2 rows are left out: target y is NULL"},
		{give: "a target that is NULL in every row",
			setup: twenty + "UPDATE t SET y = NULL;\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): no row of the source has a value in target y"},
		{give: "a number target that is NULL in every row",
			setup: twenty + "CREATE MODEL m PREDICT x FROM (SELECT id, y, NULLIF(x, x) * 1.5 AS x FROM t);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): no row of the source can be used: 20 rows are left out: target x is NULL"},
		{give: "a feature without IMPUTE that is NULL in every row",
			setup: twenty + "UPDATE t SET x = NULL;\nCREATE MODEL m PREDICT y FROM t TRANSFORM (x);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): no training row is left: every one has a NULL feature; use IMPUTE in TRANSFORM"},
		{give: "a feature without IMPUTE that is NULL in some rows",
			setup: twenty + "UPDATE t SET x = NULL WHERE id IN (1, 20);\nCREATE MODEL m PREDICT y FROM t TRANSFORM (x);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 15, rows_test: 3, metric: roc_auc, value: 1, warnings: 2 rows are left out for a NULL feature; IMPUTE(x, 'median') keeps such rows\nwarning 1642: 2 rows are left out for a NULL feature; IMPUTE(x, 'median') keeps such rows"},
		{give: "a division by zero as a feature",
			setup: twenty + "CREATE MODEL m PREDICT y FROM t TRANSFORM (IMPUTE(x / (x - 5), 'mean') AS r);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 0.5, warnings: NULL\nwarning 1365: Division by 0"},
		{give: "a logarithm of zero and a root of minus one as features",
			setup: twenty + "CREATE MODEL m PREDICT y FROM t TRANSFORM (IMPUTE(LN(x - 1), 'mean') AS l, IMPUTE(SQRT(x - 3), 0) AS r);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: NULL\nwarning 3020: invalid argument value for logarithm: 0"},
		{give: "numbers that overflow to infinity in a feature",
			setup: twenty + "CREATE MODEL m PREDICT y FROM t TRANSFORM (IMPUTE(EXP(x * 100), 'mean') AS e);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 0.5, warnings: NULL"},
		{give: "'NaN' and 'inf' cast to DOUBLE",
			setup: twenty + "CREATE MODEL m PREDICT y FROM (SELECT id, y, CAST(IF(id = 3, 'NaN', IF(id = 4, 'inf', x)) AS DOUBLE) AS x FROM t);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: NULL\nwarning 1292: Truncated incorrect double value: inf\nwarning 1292: Truncated incorrect double value: NaN"},
		{give: "values of 1e308 and -1e308",
			setup: twenty + "UPDATE t SET x = IF(y = 1, 1e308, -1e308);\nCREATE MODEL m PREDICT y FROM t FEATURES (x);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: feature x tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x)) leaves it out\nwarning 1642: feature x tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x)) leaves it out"},
		{give: "values of 1e308 and -1e308, not scaled",
			setup: twenty + "UPDATE t SET x = IF(y = 1, 1e308, -1e308);\nCREATE MODEL m PREDICT y FROM t TRANSFORM (x);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 0.5, warnings: feature x tells target y exactly in every row: it may be known only after the fact; leave it out of TRANSFORM if so; logistic_regression did not converge in max_iter = 100 iterations; raise max_iter or scale the features\nwarning 1642: feature x tells target y exactly in every row: it may be known only after the fact; leave it out of TRANSFORM if so\nwarning 1642: logistic_regression did not converge in max_iter = 100 iterations; raise max_iter or scale the features"},
		{give: "a target of 1e308 and -1e308",
			setup: twenty + "UPDATE t SET x = IF(y = 1, 1e308, -1e308);\nCREATE MODEL m PREDICT x FROM t FEATURES (y);",
			do:    "TRAIN MODEL m", show: training,
			want: "ERROR 30001 (45000): learner linear_regression: the numbers overflow; scale the features"},
		{give: "minus zero beside zero",
			setup: twenty + "CREATE MODEL m PREDICT y FROM (SELECT id, y, IF(id % 2 = 0, -0e0, 0e0) AS z, x FROM t) TRANSFORM (ONE_HOT(z) AS z, x);\nTRAIN MODEL m;",
			do:    "SHOW MODEL FEATURES m", show: "feature,columns",
			want: "feature: z, columns: 1\nfeature: x, columns: 1"},
		{give: "denormal numbers",
			setup: twenty + "UPDATE t SET x = x * 5e-324;\nCREATE MODEL m PREDICT y FROM t FEATURES (x);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: NULL"},
		{give: "integers beyond 2^53 that differ by one, as numbers",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x BIGINT, y INT);\nINSERT INTO t VALUES (1,9007199254740992,0),(2,9007199254740993,1),(3,9007199254740992,0),(4,9007199254740993,1);\n" +
				"CREATE MODEL m PREDICT y FROM t FEATURES (x) SPLIT NONE;",
			do: "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 4, rows_test: 0, metric: roc_auc, value: 0.5, warnings: feature x: x is 9.007199254740992e+15 in every training row and so of no use; it becomes 0; the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen\nwarning 1642: feature x: x is 9.007199254740992e+15 in every training row and so of no use; it becomes 0\nwarning 1642: the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen"},
		{give: "integers beyond 2^53 that differ by one, as a key",
			setup: "CREATE TABLE t (id BIGINT PRIMARY KEY, x INT, y INT);\nINSERT INTO t VALUES (9007199254740992,0,0),(9007199254740993,1,1),(9007199254740994,0,0),(9007199254740995,1,1);\n" +
				"CREATE MODEL m PREDICT y FROM t SPLIT NONE;\nTRAIN MODEL m;",
			do: "PREDICT MODEL m VERSION 1 FROM t INTO p", show: "row_count", then: "SELECT id, prediction FROM p ORDER BY id",
			want: "row_count: 4\nthen\nid: 9007199254740992, prediction: 0\nid: 9007199254740993, prediction: 1\nid: 9007199254740994, prediction: 0\nid: 9007199254740995, prediction: 1"},
		{give: "integers beyond 2^53 that differ by one, as classes",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x INT, y BIGINT);\nINSERT INTO t VALUES (1,0,9007199254740992),(2,1,9007199254740993),(3,0,9007199254740992),(4,1,9007199254740993);\n" +
				"CREATE MODEL m PREDICT y FROM t SPLIT NONE;\nTRAIN MODEL m;\nDEPLOY MODEL m VERSION 1;",
			do:   "SELECT id, PREDICT('m') AS p FROM t ORDER BY id",
			want: "id: 1, p: 9007199254740992\nid: 2, p: 9007199254740993\nid: 3, p: 9007199254740992\nid: 4, p: 9007199254740993"},
		{give: "the largest BIGINT UNSIGNED",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x BIGINT UNSIGNED, y INT);\nINSERT INTO t VALUES (1,0,0),(2,18446744073709551615,1),(3,0,0),(4,18446744073709551615,1);\n" +
				"CREATE MODEL m PREDICT y FROM t FEATURES (x) SPLIT NONE;\nTRAIN MODEL m;\nDEPLOY MODEL m VERSION 1;",
			do:   "SELECT id, PREDICT('m') AS p FROM t ORDER BY id",
			want: "id: 1, p: 0\nid: 2, p: 1\nid: 3, p: 0\nid: 4, p: 1"},
		{give: "DECIMAL(65,30) with all its digits",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x DECIMAL(65,30), y INT);\nINSERT INTO t VALUES (1,-99999999999999999999999999999999999.999999999999999999999999999999,0)," +
				"(2,99999999999999999999999999999999999.999999999999999999999999999999,1),(3,-99999999999999999999999999999999999,0),(4,0.000000000000000000000000000001,1);\n" +
				"CREATE MODEL m PREDICT y FROM t FEATURES (x) SPLIT NONE;\nTRAIN MODEL m;\nDEPLOY MODEL m VERSION 1;",
			do:   "SELECT id, PREDICT('m') AS p FROM t ORDER BY id",
			want: "id: 1, p: 0\nid: 2, p: 1\nid: 3, p: 0\nid: 4, p: 1"},
		{give: "a DECIMAL(65,30) as the target",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, x INT, y DECIMAL(65,30));\nINSERT INTO t VALUES (1,1,1.5),(2,2,2.5),(3,3,3.5),(4,4,4.5);\n" +
				"CREATE MODEL m PREDICT y FROM t FEATURES (x) SPLIT NONE;\nTRAIN MODEL m;\nDEPLOY MODEL m VERSION 1;",
			do:   "SELECT id, ROUND(PREDICT('m'), 6) AS p FROM t ORDER BY id",
			want: "id: 1, p: 1.5\nid: 2, p: 2.5\nid: 3, p: 3.5\nid: 4, p: 4.5"},
		{give: "the date 0000-00-00",
			setup: "SET SESSION sql_mode = '';\nCREATE TABLE t (id INT PRIMARY KEY, d DATE, y INT);\nINSERT INTO t VALUES (1,'0000-00-00',0),(2,'2026-01-01',1),(3,'0000-00-00',0),(4,'2026-02-01',1);\n" +
				"CREATE MODEL m PREDICT y FROM t FEATURES (d) SPLIT NONE;",
			do: "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 4, rows_test: 0, metric: roc_auc, value: 1, warnings: feature YEAR(d) tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (...)) leaves its column out; feature DAYOFMONTH(d) tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (...)) leaves its column out; the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen\nwarning 1642: feature YEAR(d) tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (...)) leaves its column out\nwarning 1642: feature DAYOFMONTH(d) tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (...)) leaves its column out\nwarning 1642: the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen\nwarning 1292: Incorrect datetime value: '-0001-11-30 00:00:00 +0000 UTC'\nwarning 1292: Incorrect datetime value: '-0001-11-30 00:00:00 +0000 UTC'"},
		{give: "the dates 0001-01-01 and 9999-12-31 as event time",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, d DATETIME, x INT, y INT);\nINSERT INTO t VALUES (1,'0001-01-01 00:00:00',0,0),(2,'9999-12-31 23:59:59',1,1),(3,'2026-01-01',0,0),(4,'2026-02-01',1,1),(5,'2026-03-01',1,1);\n" +
				"CREATE MODEL m PREDICT y FROM t TIME (d) SPLIT TIME TRAIN 0.8 TEST 0.2;",
			do: "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 4, rows_test: 1, metric: roc_auc, value: NULL, warnings: feature x tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x)) leaves it out; roc_auc has no value on the one TEST row: the only class there is '1'; more rows, or a larger fraction of them, would give it one\nwarning 1642: feature x tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x)) leaves it out\nwarning 1642: roc_auc has no value on the one TEST row: the only class there is '1'; more rows, or a larger fraction of them, would give it one"},
		{give: "1,000 columns",
			setup: wide(1000) + "CREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m", show: "status,rows_train,rows_test",
			want: "status: READY, rows_train: 4, rows_test: 2\nwarning 1642: feature x0 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x0)) leaves it out\nwarning 1642: feature x5 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x5)) leaves it out\nwarning 1642: feature x10 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x10)) leaves it out\nwarning 1642: feature x15 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x15)) leaves it out\nwarning 1642: feature x20 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x20)) leaves it out\nwarning 1642: feature x25 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x25)) leaves it out\nwarning 1642: feature x30 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x30)) leaves it out\nwarning 1642: feature x35 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x35)) leaves it out\nwarning 1642: feature x40 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x40)) leaves it out\nwarning 1642: feature x45 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x45)) leaves it out\nwarning 1642: feature x50 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x50)) leaves it out\nwarning 1642: feature x55 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x55)) leaves it out\nwarning 1642: feature x60 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x60)) leaves it out\nwarning 1642: feature x65 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x65)) leaves it out\nwarning 1642: feature x70 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x70)) leaves it out\nwarning 1642: feature x75 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x75)) leaves it out\nwarning 1642: feature x80 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x80)) leaves it out\nwarning 1642: feature x85 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x85)) leaves it out\nwarning 1642: feature x90 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x90)) leaves it out\nwarning 1642: and 181 more warnings of this kind"},
		{give: "4,095 columns, as many as a table may have",
			setup: wide(4093) + "CREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m", show: "status,rows_train,rows_test",
			want: "status: READY, rows_train: 4, rows_test: 2\nwarning 1642: feature x0 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x0)) leaves it out\nwarning 1642: feature x5 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x5)) leaves it out\nwarning 1642: feature x10 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x10)) leaves it out\nwarning 1642: feature x15 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x15)) leaves it out\nwarning 1642: feature x20 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x20)) leaves it out\nwarning 1642: feature x25 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x25)) leaves it out\nwarning 1642: feature x30 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x30)) leaves it out\nwarning 1642: feature x35 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x35)) leaves it out\nwarning 1642: feature x40 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x40)) leaves it out\nwarning 1642: feature x45 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x45)) leaves it out\nwarning 1642: feature x50 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x50)) leaves it out\nwarning 1642: feature x55 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x55)) leaves it out\nwarning 1642: feature x60 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x60)) leaves it out\nwarning 1642: feature x65 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x65)) leaves it out\nwarning 1642: feature x70 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x70)) leaves it out\nwarning 1642: feature x75 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x75)) leaves it out\nwarning 1642: feature x80 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x80)) leaves it out\nwarning 1642: feature x85 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x85)) leaves it out\nwarning 1642: feature x90 tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (x90)) leaves it out\nwarning 1642: and 800 more warnings of this kind"},
		{give: "4,096 columns",
			do: wide(4094), shown: "CREATE TABLE t (id INT PRIMARY KEY, y INT, x0 TINYINT, x1 TINYINT, ...)",
			want: "ok"},
		{give: "one column more than a table may have",
			setup: wide(4093),
			do:    "ALTER TABLE t ADD COLUMN extra INT",
			want:  "ERROR 1117 (HY000): too many columns: a table has at most 4095, this one would have 4096"},
		{give: "10,000 categories",
			setup: categories(10000) + "CREATE MODEL m PREDICT y FROM t FEATURES (c);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 8000, rows_test: 2000, metric: roc_auc, value: 0.5, warnings: feature c: ONE_HOT keeps the 100 most frequent of the 8000 categories of c, the others become zeros; ONE_HOT(c, 8000) keeps more\nwarning 1642: feature c: ONE_HOT keeps the 100 most frequent of the 8000 categories of c, the others become zeros; ONE_HOT(c, 8000) keeps more"},
		{give: "10,000 categories, all wanted as columns",
			setup: categories(10000),
			do:    "CREATE MODEL m PREDICT y FROM t TRANSFORM (ONE_HOT(c, 10001) AS c)",
			want:  "ERROR 1210 (HY000): TRANSFORM: feature c: ONE_HOT: top_n must be a whole number from 1 to 10000, got 10001; it is written ONE_HOT(x [, top_n])"},
		{give: "10,000 classes",
			setup: categories(10000) + "CREATE MODEL m PREDICT c FROM t FEATURES (y);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): target c has 10000 distinct values, more than the 1000 classes a classifier takes; group the rare ones, in FROM (SELECT ...)"},
		{give: "a text of 1 MB in a category",
			setup: "CREATE TABLE t (id INT PRIMARY KEY, c LONGTEXT, y INT);\nINSERT INTO t VALUES (1,REPEAT('a', 1048576),0),(2,REPEAT('b', 1048576),1),(3,REPEAT('a', 1048576),0),(4,'b',1);\n" +
				"CREATE MODEL m PREDICT y FROM t FEATURES (c) SPLIT NONE;\nTRAIN MODEL m;\nDEPLOY MODEL m VERSION 1;",
			do:   "SELECT id, PREDICT('m') AS p FROM t ORDER BY id",
			want: "id: 1, p: 0\nid: 2, p: 1\nid: 3, p: 0\nid: 4, p: 1"},
		{give: "a text of 1 MB where a number was learned from",
			setup: twenty + trained,
			do:    "SELECT PREDICT('m', REPEAT('9', 1048576), 'a') AS p",
			want:  "ERROR 30007 (45000): PREDICT('m'): feature x: '9999999999999999999999999999999999999999999999999999999999999999...' is not a number"},
		{give: "a copy of the target among the features",
			setup: twenty + "ALTER TABLE t ADD COLUMN answer INT;\nUPDATE t SET answer = y;\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: feature answer tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (answer)) leaves it out\nwarning 1642: feature answer tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (answer)) leaves it out"},
		{give: "a text copy of the target among the features",
			setup: twenty + "ALTER TABLE t ADD COLUMN answer VARCHAR(10);\nUPDATE t SET answer = IF(y = 1, 'yes', 'no');\nCREATE MODEL m PREDICT y FROM t;",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: feature answer tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (answer)) leaves it out\nwarning 1642: feature answer tells target y exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (answer)) leaves it out"},
		{give: "a copy of a number target among the features",
			setup: twenty + "ALTER TABLE t ADD COLUMN answer DOUBLE;\nUPDATE t SET answer = x;\nCREATE MODEL m PREDICT x FROM t;",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: r2_score, value: 1, warnings: feature answer tells target x exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (answer)) leaves it out; linear_regression: the 4 features that vary depend on each other (rank 3); of all best fits the one with the smallest coefficients is taken\nwarning 1642: feature answer tells target x exactly in every row: it may be known only after the fact; FEATURES (* EXCEPT (answer)) leaves it out\nwarning 1642: linear_regression: the 4 features that vary depend on each other (rank 3); of all best fits the one with the smallest coefficients is taken"},
		{give: "the same row in TRAIN and TEST",
			setup: twenty + "CREATE TABLE u (k INT PRIMARY KEY, x DOUBLE, y INT);\nINSERT INTO u SELECT id, 1, y FROM t;\nCREATE MODEL m PREDICT y FROM u;",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 0.5, warnings: feature x: x is 1 in every training row and so of no use; it becomes 0\nwarning 1642: feature x: x is 1 in every training row and so of no use; it becomes 0"},
		{give: "a negative row weight",
			setup: twenty + "CREATE MODEL m PREDICT y FROM (SELECT *, id - 3 AS w FROM t) WEIGHT (w) KEY (id);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): WEIGHT (w): a row has the weight -2; a weight is a finite number that is not negative"},
		{give: "row weights that are all zero",
			setup: twenty + "CREATE MODEL m PREDICT y FROM (SELECT *, 0 AS w FROM t) WEIGHT (w) KEY (id);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): every training row of class '0' has the weight 0, so the class cannot be learned; give some a weight above 0 (WEIGHT, CLASS WEIGHTS), or leave the class out of the source"},
		{give: "row weights of 1e308",
			setup: twenty + "CREATE MODEL m PREDICT y FROM (SELECT *, 1e308 AS w FROM t) WEIGHT (w) KEY (id);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): learner logistic_regression: the sum of c times the row weights is not finite"},
		{give: "two columns of the same name in the source",
			setup: twenty,
			do:    "CREATE MODEL m PREDICT y FROM (SELECT a.x, b.x, a.y FROM t AS a JOIN t AS b ON a.id = b.id)",
			want:  "ERROR 1210 (HY000): the source of model m has two columns called x; give one of them another name with AS"},
		{give: "a key that is not unique",
			setup: twenty + "CREATE MODEL m PREDICT y FROM t KEY (c);",
			do:    "TRAIN MODEL m", show: training,
			want: "status: READY, rows_train: 16, rows_test: 4, metric: roc_auc, value: 1, warnings: KEY (c) does not tell rows apart: 20 share theirs with another row\nwarning 1642: KEY (c) does not tell rows apart: 20 share theirs with another row"},
		{give: "a split column with another word than TRAIN, VALIDATE, TEST",
			setup: twenty + "CREATE MODEL m PREDICT y FROM t SPLIT COLUMN (c);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): SPLIT: row 1 of the split column holds 'a': it must be 'TRAIN', 'VALIDATE', 'TEST', or NULL to leave the row out"},
		{give: "a split column without a row for TRAIN",
			setup: twenty + "CREATE MODEL m PREDICT y FROM (SELECT *, 'TEST' AS part FROM t) SPLIT COLUMN (part);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): SPLIT: no row is marked TRAIN in the split column (0 VALIDATE, 20 TEST, 0 NULL): there is nothing to learn from"},
		{give: "an event time that is NULL in a row",
			setup: twenty + "CREATE MODEL m PREDICT y FROM (SELECT *, IF(id = 3, NULL, id) AS at FROM t) TIME (at);",
			do:    "TRAIN MODEL m",
			want:  "ERROR 30001 (45000): TIME (at): a row has NULL there; every row needs an event time for SPLIT TIME; leave such rows out (WHERE at IS NOT NULL) or split by RANDOM"},
	},
}

// wide fills a table t with columns columns beside id and y, and six rows.
func wide(columns int) string {
	var create, values strings.Builder
	for i := range columns {
		fmt.Fprintf(&create, ", x%d TINYINT", i)
		fmt.Fprintf(&values, ", %%[1]d MOD %d", i%5+2)
	}
	row := func(id, y int) string { return fmt.Sprintf("(%[1]d, %[2]d"+values.String()+")", id, y) }
	return "CREATE TABLE t (id INT PRIMARY KEY, y INT" + create.String() + ");\nINSERT INTO t VALUES " +
		row(1, 0) + ", " + row(2, 1) + ", " + row(3, 0) + ", " + row(4, 1) + ", " + row(5, 0) + ", " + row(6, 1) + ";\n"
}

// categories fills a table t with n rows, each of another category.
func categories(n int) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE t (id INT PRIMARY KEY, c VARCHAR(20), y INT);\nINSERT INTO t VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "(%d,'c%d',%d)", i, i, i%2)
	}
	return b.String() + ";\n"
}
