'use strict';
// mysql2: query (text, arguments put in by the driver) and execute (prepared by the server), as the form says.

const mysql = require('mysql2/promise');
const { Refused, check, checkEqual, environment, finish, lifecycle, mistakes, statements, visits } = require('./scenario');

const form = environment.AIBMS_FORM; // query or execute
const server = { host: environment.AIBMS_HOST, port: Number(environment.AIBMS_PORT), database: environment.AIBMS_DATABASE };

class MySQL2 {
  viaExec = form === 'execute';

  static async connect(user, password) {
    const client = new MySQL2();
    client.connection = await mysql.createConnection({ ...server, user, password, dateStrings: true });
    return client;
  }

  async run(statement, ...values) {
    try {
      const [rows] = await this.connection[form](statement, values);
      return Array.isArray(rows) ? this.first(rows) : [];
    } catch (error) {
      if (error.errno === undefined || error.sqlState === undefined) throw error;
      throw new Refused(error.errno, error.sqlState, error.sqlMessage);
    }
  }

  /** The rows of CALL come as a list of result sets with the final OK. */
  first(rows) {
    return Array.isArray(rows[0]) ? rows[0] : rows;
  }

  async hold(statement) {
    const prepared = await this.connection.prepare(statement);
    return async (...values) => {
      const [rows] = await prepared.execute(values);
      return rows;
    };
  }
}

/** What the driver makes of OK packets, streams, and several statements in one. */
async function checkDriver(client) {
  const { connection } = client;
  const [updated] = await connection[form]('UPDATE visits SET amount = amount + 1 WHERE visit_id <= 10');
  checkEqual('rows of UPDATE', [updated.affectedRows, updated.warningStatus], [10, 0]);
  if (form === 'execute') return;
  checkEqual('rows changed by UPDATE', updated.changedRows, 10); // read from the text of the OK packet, which the library leaves out of prepared answers

  const [created] = await connection.query(statements.create_intent.replace('CREATE MODEL', 'CREATE OR REPLACE MODEL'));
  checkEqual('answer of CREATE MODEL', [created.affectedRows, created.info, created.warningStatus], [0, '', 0]);

  let streamed = 0;
  for await (const row of connection.connection.query("SELECT visit_id, PREDICT('price') AS prediction FROM visits").stream()) {
    check(typeof row.prediction === 'string', `a streamed prediction is ${row.prediction}`);
    streamed++;
  }
  checkEqual('rows streamed', streamed, visits.length);

  const many = await mysql.createConnection({ ...server, user: 'root', multipleStatements: true });
  const [answers] = await many.query('SELECT 1 AS a; EVALUATE MODEL intent ON TEST; UPDATE visits SET amount = amount; DEPLOY MODEL intent VERSION 1; SELECT 2 AS a');
  checkEqual('answers of several statements', [answers.length, answers[0][0].a, answers[1][0].model, answers[2].affectedRows !== undefined, answers[3][0].version, answers[4][0].a], [5, 1, 'intent', true, 1, 2]);
  await many.end();
}

async function main() {
  const root = await MySQL2.connect('root', '');
  const onlooker = await MySQL2.connect(environment.AIBMS_ONLOOKER, environment.AIBMS_ONLOOKER_PASSWORD);
  await lifecycle(root);
  await mistakes(form === 'execute' ? 'binary' : 'text', { root, onlooker });
  await checkDriver(root);
  await root.connection.end();
  await onlooker.connection.end();
  finish();
}

main().catch((error) => {
  console.log('FAILED', error);
  process.exit(1);
});
