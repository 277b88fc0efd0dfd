-- The tables of the database `aibms`, schema version 1. Ordinary tables to be read by anybody who was granted SELECT; only the server writes them.
-- Keys are sequences that the one writer in the server hands out. Times are UTC. Free text is LONGTEXT, so that no reason or query is ever cut or
-- refused. The table catalog_info comes last: while its row schema_version is missing, the tables are not complete.

CREATE TABLE IF NOT EXISTS models (
  model_id BIGINT NOT NULL COMMENT 'sequence; never used again',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  definition LONGTEXT NOT NULL COMMENT 'canonical CREATE MODEL statement',
  sql_mode LONGTEXT NOT NULL COMMENT 'in which the SELECT of the definition is read',
  comment LONGTEXT,
  threshold DOUBLE COMMENT 'decision threshold set by ALTER MODEL; NULL is the rule of the learner',
  last_version BIGINT NOT NULL COMMENT 'highest version number ever given',
  deployed_version BIGINT COMMENT 'what PREDICT answers with; NULL is none',
  created_by VARCHAR(300) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL COMMENT 'last change of the declaration',
  PRIMARY KEY (model_id),
  UNIQUE KEY models_by_name (database_name, model_name)
) COLLATE utf8mb4_0900_bin COMMENT 'models as CREATE MODEL declared them';

CREATE TABLE IF NOT EXISTS model_versions (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL COMMENT '1, 2, 3 ... of the model; never used again',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  status VARCHAR(16) NOT NULL COMMENT 'TRAINING, READY, FAILED, INTERRUPTED or CORRUPT',
  reason LONGTEXT COMMENT 'why FAILED, INTERRUPTED or CORRUPT',
  learner VARCHAR(64),
  task VARCHAR(64),
  target LONGTEXT COMMENT 'the predicted columns, for reading; one row each in model_targets',
  definition LONGTEXT NOT NULL COMMENT 'canonical CREATE MODEL statement that was trained',
  training_query LONGTEXT COMMENT 'the query that gave the training rows',
  sql_mode LONGTEXT NOT NULL COMMENT 'in which that query is read',
  data_hash VARCHAR(255) COMMENT 'hash of the rows that were read',
  seed BIGINT UNSIGNED NOT NULL,
  engine_version VARCHAR(255) NOT NULL,
  rows_train BIGINT NOT NULL,
  rows_validate BIGINT NOT NULL,
  rows_test BIGINT NOT NULL,
  rows_dropped BIGINT NOT NULL COMMENT 'left out, as for a NULL target',
  metric VARCHAR(64) COMMENT 'headline metric',
  metric_dataset VARCHAR(16) COMMENT 'TEST, VALIDATE or TRAIN',
  value DOUBLE COMMENT 'of the headline metric',
  baseline DOUBLE COMMENT 'of the headline metric, by the majority class or the mean',
  artifact_hash VARCHAR(64) COMMENT 'SHA-256 of the artifact',
  artifact_bytes BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  warnings LONGTEXT COMMENT 'JSON array of texts',
  warm_started_from BIGINT COMMENT 'version that the learner went on from; NULL: it began anew',
  comment LONGTEXT,
  started_by VARCHAR(300) NOT NULL,
  started_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) COMMENT 'NULL while TRAINING',
  PRIMARY KEY (model_id, version),
  KEY model_versions_by_name (database_name, model_name, version),
  KEY model_versions_by_artifact (artifact_hash)
) COLLATE utf8mb4_0900_bin COMMENT 'one row for each TRAIN';

CREATE TABLE IF NOT EXISTS model_targets (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ...',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  target LONGTEXT NOT NULL COMMENT 'name of the predicted column',
  sql_type LONGTEXT NOT NULL,
  PRIMARY KEY (model_id, version, position)
) COLLATE utf8mb4_0900_bin COMMENT 'columns that a version predicts';

CREATE TABLE IF NOT EXISTS model_version_data (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ...',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  data_database LONGTEXT NOT NULL COMMENT 'database that was read',
  branch LONGTEXT COMMENT 'branch that was read',
  commit_hash LONGTEXT COMMENT 'the exact data; AS OF takes it',
  ref_name LONGTEXT COMMENT 'what keeps that commit from being collected',
  PRIMARY KEY (model_id, version, position)
) COLLATE utf8mb4_0900_bin COMMENT 'the exact data that a version was trained on';

CREATE TABLE IF NOT EXISTS model_settings (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ...',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  name LONGTEXT NOT NULL,
  value LONGTEXT NOT NULL,
  source VARCHAR(16) NOT NULL COMMENT 'USER, DEFAULT or TUNED',
  PRIMARY KEY (model_id, version, position)
) COLLATE utf8mb4_0900_bin COMMENT 'hyper-parameters and other settings of a version';

CREATE TABLE IF NOT EXISTS model_inputs (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ... as PREDICT takes its arguments',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  input LONGTEXT NOT NULL COMMENT 'name of the column',
  sql_type LONGTEXT NOT NULL,
  PRIMARY KEY (model_id, version, position)
) COLLATE utf8mb4_0900_bin COMMENT 'columns that a version reads';

CREATE TABLE IF NOT EXISTS model_features (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ...',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  feature LONGTEXT NOT NULL,
  input LONGTEXT NOT NULL COMMENT 'column or SQL expression that it is computed from',
  expression LONGTEXT NOT NULL COMMENT 'in the language of TRANSFORM',
  source VARCHAR(16) NOT NULL COMMENT 'USER: written in TRANSFORM; AUTO: by rule',
  kind VARCHAR(16) NOT NULL COMMENT 'numeric or categorical input',
  column_count BIGINT NOT NULL COMMENT 'columns that the learner sees of it',
  row_count BIGINT NOT NULL COMMENT 'training rows',
  null_share DOUBLE COMMENT 'of them with a NULL input, 0 to 1',
  mean DOUBLE,
  std_dev DOUBLE,
  min_value DOUBLE,
  max_value DOUBLE,
  categories BIGINT NOT NULL COMMENT 'distinct values of a categorical input',
  top_category LONGTEXT,
  top_count BIGINT NOT NULL COMMENT 'rows of the most frequent category',
  PRIMARY KEY (model_id, version, position)
) COLLATE utf8mb4_0900_bin COMMENT 'the fitted pipeline of a version and what its inputs looked like in training';

CREATE TABLE IF NOT EXISTS model_metrics (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ...',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  dataset VARCHAR(16) NOT NULL COMMENT 'TEST, VALIDATE or TRAIN',
  slice LONGTEXT COMMENT 'target=x: one of several targets; NULL: all of them',
  metric VARCHAR(64) NOT NULL,
  value DOUBLE,
  ci_low DOUBLE COMMENT 'confidence interval',
  ci_high DOUBLE COMMENT 'confidence interval',
  baseline DOUBLE COMMENT 'by the majority class or the mean',
  row_count BIGINT NOT NULL,
  higher_is_better TINYINT(1) NOT NULL,
  PRIMARY KEY (model_id, version, position),
  KEY model_metrics_by_metric (metric, model_id, version)
) COLLATE utf8mb4_0900_bin COMMENT 'what TRAIN measured';

CREATE TABLE IF NOT EXISTS model_training_info (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ...',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  iteration BIGINT NOT NULL COMMENT '1, 2, ... of the learner; of 1000 or more the first, the last, and the multiples of a power of two',
  loss DOUBLE COMMENT 'mean over the training rows, without the penalty',
  validation_loss DOUBLE COMMENT 'mean over the validation rows; NULL: none',
  elapsed_ms DOUBLE NOT NULL COMMENT 'since the learner began',
  PRIMARY KEY (model_id, version, position)
) COLLATE utf8mb4_0900_bin COMMENT 'training curves of iterative learners';

CREATE TABLE IF NOT EXISTS model_fit_times (
  model_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ...',
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  part BIGINT NOT NULL COMMENT '1, 2, ... of the learners that were tried',
  learner LONGTEXT NOT NULL COMMENT 'with its settings',
  fit_ms DOUBLE NOT NULL COMMENT 'that all its fits took, and the measuring of them',
  PRIMARY KEY (model_id, version, position)
) COLLATE utf8mb4_0900_bin COMMENT 'how long each learner took that was tried for a version';

CREATE TABLE IF NOT EXISTS model_aliases (
  model_id BIGINT NOT NULL,
  alias VARCHAR(64) NOT NULL,
  database_name VARCHAR(64) NOT NULL,
  model_name VARCHAR(64) NOT NULL,
  version BIGINT NOT NULL,
  set_by VARCHAR(300) NOT NULL,
  set_at DATETIME(6) NOT NULL,
  PRIMARY KEY (model_id, alias)
) COLLATE utf8mb4_0900_bin COMMENT 'movable names of versions';

CREATE TABLE IF NOT EXISTS model_deployments (
  event_id BIGINT NOT NULL COMMENT 'sequence: the order of events',
  model_id BIGINT NOT NULL,
  database_name VARCHAR(64) NOT NULL COMMENT 'at the time of the event',
  model_name VARCHAR(64) NOT NULL COMMENT 'at the time of the event',
  action VARCHAR(16) NOT NULL COMMENT 'DEPLOY, ROLLBACK, UNDEPLOY or DROP',
  version BIGINT COMMENT 'deployed since the event; NULL is none',
  previous_version BIGINT COMMENT 'deployed before it; NULL is none',
  reason LONGTEXT,
  changed_by VARCHAR(300) NOT NULL,
  changed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (event_id),
  KEY model_deployments_by_model (model_id, event_id)
) COLLATE utf8mb4_0900_bin COMMENT 'append-only history of what PREDICT answers with; kept when a model is dropped';

CREATE TABLE IF NOT EXISTS model_artifacts (
  artifact_hash VARCHAR(64) NOT NULL COMMENT 'SHA-256 of the whole artifact',
  part BIGINT NOT NULL COMMENT '1, 2, ...',
  parts BIGINT NOT NULL COMMENT 'how many there are',
  bytes LONGBLOB NOT NULL COMMENT '1 MiB, the last part what is left',
  PRIMARY KEY (artifact_hash, part)
) COLLATE utf8mb4_0900_bin COMMENT 'artifacts of versions, in parts; equal artifacts are stored once';

CREATE TABLE IF NOT EXISTS learners (
  learner VARCHAR(64) NOT NULL,
  description LONGTEXT NOT NULL,
  objective LONGTEXT NOT NULL COMMENT 'what it minimises',
  reference LONGTEXT NOT NULL COMMENT 'paper or book',
  tasks LONGTEXT NOT NULL,
  missing_values TINYINT(1) NOT NULL COMMENT 'takes NULL features',
  needs_scaling TINYINT(1) NOT NULL COMMENT 'wants features of comparable size',
  row_weights TINYINT(1) NOT NULL COMMENT 'honours WEIGHT and CLASS WEIGHTS',
  probabilities TINYINT(1) NOT NULL COMMENT 'gives probabilities of classes',
  several_targets TINYINT(1) NOT NULL COMMENT 'predicts several numbers at once',
  warm_start TINYINT(1) NOT NULL COMMENT 'can go on from a version: WARM START',
  PRIMARY KEY (learner)
) COLLATE utf8mb4_0900_bin COMMENT 'learners of this server; written at start';

CREATE TABLE IF NOT EXISTS learner_params (
  learner VARCHAR(64) NOT NULL,
  param VARCHAR(64) NOT NULL,
  position BIGINT NOT NULL COMMENT '1, 2, ...',
  param_type VARCHAR(16) NOT NULL COMMENT 'float, int, bool, choice or text',
  default_value LONGTEXT NOT NULL,
  valid_values LONGTEXT NOT NULL,
  search_space LONGTEXT COMMENT 'where TUNE looks unless told otherwise',
  description LONGTEXT NOT NULL,
  PRIMARY KEY (learner, param)
) COLLATE utf8mb4_0900_bin COMMENT 'hyper-parameters of the learners; written at start';

CREATE TABLE IF NOT EXISTS metrics (
  metric VARCHAR(64) NOT NULL,
  aliases LONGTEXT,
  tasks LONGTEXT NOT NULL,
  higher_is_better TINYINT(1) NOT NULL,
  description LONGTEXT NOT NULL,
  PRIMARY KEY (metric)
) COLLATE utf8mb4_0900_bin COMMENT 'metrics of this server; written at start';

CREATE TABLE IF NOT EXISTS catalog_info (
  name VARCHAR(64) NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (name)
) COLLATE utf8mb4_0900_bin COMMENT 'schema_version: of these tables; last_model_id: highest ever given';
