"""MySQL Connector/Python with its own protocol code: forms plain and prepared, by the class of the cursor."""

from datetime import datetime
from decimal import Decimal

import mysql.connector

import scenario
from scenario import ACCOUNTS, DATABASE, FORM, HOST, PORT, STATEMENTS, VISITS, check_equal


class Connector(scenario.Client):
    via_exec = FORM == "prepared"
    # the prepared cursor of this client returns JSON as bytes, as from MySQL, which marks JSON as binary too
    visit_1 = {"member": 0, "amount": Decimal("112.50"), "seen_at": datetime(2024, 1, 2, 3, 4, 5, 1), "detail": b'{"k":1}' if FORM == "prepared" else '{"k":1}'}

    def __init__(self, account):
        self.connection = mysql.connector.connect(host=HOST, port=PORT, database=DATABASE, autocommit=True, use_pure=True, **ACCOUNTS[account])

    def run(self, statement, *arguments):
        if FORM == "plain" and arguments:
            statement = statement.replace("?", "%s")
        cursor = self.connection.cursor(prepared=FORM == "prepared")
        try:
            cursor.execute(statement, arguments)
            if not cursor.with_rows:
                return []
            return [dict(zip(cursor.column_names, row)) for row in cursor.fetchall()]
        except mysql.connector.Error as error:
            raise scenario.Refused(error.errno, error.sqlstate, error.msg) from error
        finally:
            cursor.close()

    def insert_visits(self):
        cursor = self.connection.cursor(prepared=FORM == "prepared")
        cursor.executemany(STATEMENTS["insert_visit"].replace("?", "%s"), VISITS)
        check_equal("rows inserted", cursor.rowcount, len(VISITS))
        cursor.close()

    def hold(self, statement):
        cursor = self.connection.cursor(prepared=True)

        def execute(*arguments):
            cursor.execute(statement, arguments)
            return [dict(zip(cursor.column_names, row)) for row in cursor.fetchall()]

        return execute


root = Connector("root")
scenario.Lifecycle(root)
scenario.mistakes("binary" if FORM == "prepared" else "text", {"root": root, "onlooker": Connector("onlooker")})
scenario.finish()
