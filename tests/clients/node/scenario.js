'use strict';
// What every client does, as the Go tests beside this folder: the statements and the errors come from the folder scenario, the answers from its README.

const fs = require('node:fs');
const path = require('node:path');
const { isDeepStrictEqual, inspect } = require('node:util');

const environment = process.env;
const folder = environment.AIBMS_SCENARIO;

/** A statement that the server refused, with number and state as the client shows them. */
class Refused extends Error {
  constructor(number, state, message) {
    super(`error ${number} (${state}): ${message}`);
    this.number = number;
    this.state = state;
  }
}

function readStatements() {
  const statements = {};
  for (const part of fs.readFileSync(path.join(folder, 'lifecycle.sql'), 'utf8').split('-- name: ').slice(1)) {
    const end = part.indexOf('\n');
    statements[part.slice(0, end)] = part.slice(end).trim().replace(/;$/, '');
  }
  return statements;
}

function readTable(name) {
  const lines = fs.readFileSync(path.join(folder, name), 'utf8').replace(/\n$/, '').split('\n').map((line) => line.split('\t'));
  const [names, ...rows] = lines;
  return rows.map((row) => Object.fromEntries(names.map((column, i) => [column, row[i]])));
}

const statements = readStatements();
const visits = readTable('visits.tsv').map(Object.values);
const errors = readTable('errors.tsv');

const failures = [];

/** Notes a failure; the script goes on, so that one run shows all of them. */
function check(condition, what) {
  if (!condition) failures.push(what);
}

function checkEqual(what, got, expected) {
  check(isDeepStrictEqual(got, expected), `${what} is ${inspect(got)}, expected ${inspect(expected)}`);
}

/** Compares some columns of a row; a number within 1e-9. */
function checkRow(what, row, expected) {
  for (const [name, value] of Object.entries(expected)) {
    const got = row[name];
    if (typeof value === 'number') check(typeof got === 'number' && Math.abs(got - value) <= 1e-9, `${what}: ${name} is ${inspect(got)}, expected ${value}`);
    else checkEqual(`${what}: ${name}`, got, value);
  }
}

/** Ends the process: 0 when every check held. */
function finish() {
  for (const failure of failures) console.log('FAILED', failure);
  if (failures.length > 0) process.exit(1);
  console.log('all checks passed');
}

function isOurs(name) {
  return /^(train|evaluate|deploy|rollback|show)_/.test(name) || /^create_(?!table)/.test(name);
}

/**
 * Takes a client through the scenario. A client has run(statement, ...arguments), which returns the rows of the answer or throws a Refused;
 * hold(statement), which prepares one and returns a function of its arguments; and viaExec: statements of AIBMS go through CALL ml_exec(?).
 */
async function lifecycle(client) {
  const must = async (name, ...values) => {
    const viaExec = client.viaExec && isOurs(name);
    const [statement, bound] = viaExec ? [statements.exec_any, [statements[name]]] : [statements[name], values];
    try {
      return await client.run(statement, ...bound);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    }
  };
  const one = async (name, ...values) => {
    const rows = await must(name, ...values);
    if (rows.length !== 1) throw new Error(`${name}: ${rows.length} rows, expected 1: ${inspect(rows)}`);
    return rows[0];
  };
  const accuracy = async (name, ...values) => {
    const rows = (await must(name, ...values)).filter((row) => row.metric === 'accuracy');
    if (rows.length !== 1) throw new Error(`${name}: ${rows.length} rows of the metric accuracy, expected 1`);
    checkRow(name, rows[0], { value: 0.8, baseline: 0.5, row_count: 40 });
  };

  await must('create_table');
  for (const visit of visits) await must('insert_visit', ...visit);

  checkEqual('the rows of create_intent', await must('create_intent'), []);
  checkRow('train_intent', await one('train_intent'), {
    model: 'intent', version: 1, status: 'READY', learner: 'logistic_regression', target: 'bought',
    rows_train: 80, rows_validate: 0, rows_test: 40, metric: 'accuracy', value: 0.8, baseline: 0.5, warnings: null,
  });
  await accuracy('evaluate_intent');
  checkRow('deploy_intent', await one('deploy_intent'), { model: 'intent', action: 'DEPLOY', version: 1, previous_version: null });

  const rows = await must('predict_intent');
  checkEqual('number of rows of predict_intent', rows.length, 2);
  checkRow('predict_intent', rows[0], { visit_id: 1, member: 0, amount: '112.50', seen_at: '2024-01-02 03:04:05.000001', detail: { k: 1 }, prediction: 1 });
  checkRow('predict_intent', rows[1], { visit_id: 2, member: 0, amount: '107.50', seen_at: '2024-01-03 03:04:05.000002', detail: { k: 2 }, prediction: 0 });
  const [p, q] = rows.map((row) => row.probability);
  check(p > 0.5 && p < 1 && Math.abs(p + q - 1) <= 1e-9, `predict_intent: probabilities ${p} and ${q}, expected two on both sides of 0.5 with sum 1`);
  checkRow('point_intent', await one('point_intent', 20, 0), { prediction: 1, probability: 0.5 });
  checkRow('point_intent of NULL', await one('point_intent', -20, null), { prediction: 0, probability: 0.5 });

  await must('create_price');
  checkRow('train_price', await one('train_price'), { version: 1, status: 'READY', metric: 'r2_score', value: 1 });
  await must('deploy_price_1');
  const held = await client.hold(statements.point_price);
  const answers = async (prediction, version) => {
    checkRow('point_price', await one('point_price', 5, 'app'), { prediction, version });
    const answer = await held(5, 'app');
    checkEqual('number of rows of point_price, prepared before', answer.length, 1);
    checkRow('point_price, prepared before', answer[0], { prediction, version });
  };
  await answers('122.50', 1);
  await must('raise_amounts');
  checkRow('train_price again', await one('train_price'), { version: 2, status: 'READY' });
  await answers('122.50', 1);
  await must('deploy_price_2');
  await answers('1122.50', 2);
  checkRow('rollback_price', await one('rollback_price'), { action: 'ROLLBACK', version: 1, previous_version: 2 });
  await answers('122.50', 1);

  const models = await must('show_models');
  checkEqual('number of models', models.length, 2);
  checkRow('show_models', models[0], { model: 'intent', versions: 1, deployed_version: 1, metric: 'accuracy', value: 0.8 });
  checkRow('show_models', models[1], { model: 'price', versions: 2, deployed_version: 1 });
  await accuracy('exec_evaluate');
  checkRow('exec_train', await one('exec_train'), { model: 'intent', version: 2, status: 'READY', value: 0.8 });
  await accuracy('exec_any', 'EVALUATE MODEL intent ON TEST');
  const wrapped = await must('wrapped_prediction');
  checkEqual('wrapped_prediction', wrapped.map((row) => [row.visit_id, row.prediction]), [[37, '157.50'], [79, '160.00'], [117, '157.50']]);
  await accuracy('wrapped_metrics');
}

/** Makes the mistakes of a form: text, or binary: prepared through the protocol. A connection must be usable after each. */
async function mistakes(form, accounts) {
  const forms = { text: ['text', 'both'], binary: ['prepared', 'both', 'binary'] }[form];
  for (const mistake of errors.filter((e) => forms.includes(e.form))) {
    const client = accounts[mistake.account];
    const values = mistake.argument ? [mistake.argument] : [];
    const what = `${mistake.statement} ${inspect(values)} (${form})`;
    try {
      const rows = await client.run(mistake.statement, ...values);
      check(false, `${what}: no error but ${inspect(rows)}, expected ${mistake.number}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      checkEqual(`${what}: number and state of ${error.message}`, [error.number, error.state], [Number(mistake.number), mistake.state]);
    }
    checkEqual(`the answer after ${what}`, (await client.run('SELECT 1 AS alive')).map((row) => ({ ...row })), [{ alive: 1 }]);
  }
}

module.exports = { Refused, check, checkEqual, environment, finish, lifecycle, mistakes, statements, visits };
