-- The statements of the scenario, each under its name; README.md says what each must answer.

-- name: create_table
CREATE TABLE visits (
  visit_id INT PRIMARY KEY,
  score INT NOT NULL,
  channel VARCHAR(8) NOT NULL,
  member BOOL NOT NULL,
  amount DECIMAL(10,2) NOT NULL,
  seen_at DATETIME(6) NOT NULL,
  detail JSON,
  part VARCHAR(8) NOT NULL,
  bought BOOL NOT NULL);

-- name: insert_visit
INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: create_intent
CREATE MODEL intent PREDICT bought FROM visits KEY (visit_id) USING logistic_regression FEATURES (score) SPLIT COLUMN (part) OPTIMIZE FOR accuracy;

-- name: train_intent
TRAIN MODEL intent;

-- name: evaluate_intent
EVALUATE MODEL intent ON TEST;

-- name: deploy_intent
DEPLOY MODEL intent VERSION 1;

-- name: predict_intent
SELECT visit_id, member, amount, seen_at, detail, PREDICT('intent') AS prediction, PREDICT_PROBA('intent') AS probability
FROM visits WHERE visit_id <= 2 ORDER BY visit_id;

-- name: point_intent
SELECT PREDICT('intent', ?) AS prediction, PREDICT_PROBA('intent', ?) AS probability;

-- name: create_price
CREATE MODEL price PREDICT amount FROM visits KEY (visit_id) USING linear_regression FEATURES (score, channel) SPLIT COLUMN (part);

-- name: train_price
TRAIN MODEL price;

-- name: deploy_price_1
DEPLOY MODEL price VERSION 1;

-- name: point_price
SELECT PREDICT('price', ?, ?) AS prediction, MODEL_VERSION('price') AS version;

-- name: raise_amounts
UPDATE visits SET amount = amount + 1000;

-- name: deploy_price_2
DEPLOY MODEL price VERSION 2;

-- name: rollback_price
ROLLBACK MODEL price;

-- name: show_models
SHOW MODELS;

-- name: exec_evaluate
CALL ml_exec('EVALUATE MODEL intent ON TEST');

-- name: exec_train
CALL ml_exec('TRAIN MODEL intent');

-- name: exec_any
CALL ml_exec(?);

-- name: wrapped_prediction
SELECT * FROM (SELECT visit_id, channel, PREDICT('price') AS prediction FROM visits) AS virtual_table WHERE prediction > 155 ORDER BY visit_id LIMIT 1000;

-- name: wrapped_metrics
SELECT metric, value, baseline, row_count FROM (SELECT * FROM ml_evaluate('intent')) AS virtual_table WHERE metric = 'accuracy';
