"""PyMySQL: statements as text, arguments put in by the driver."""

from datetime import datetime
from decimal import Decimal

import pymysql
from pymysql.constants import CLIENT
from pymysql.cursors import DictCursor, SSDictCursor

import scenario
from scenario import ACCOUNTS, DATABASE, HOST, PORT, STATEMENTS, VISITS, check, check_equal


class PyMySQL(scenario.Client):
    visit_1 = {"member": 0, "amount": Decimal("112.50"), "seen_at": datetime(2024, 1, 2, 3, 4, 5, 1), "detail": '{"k":1}'}

    def __init__(self, account, **settings):
        self.connection = pymysql.connect(host=HOST, port=PORT, database=DATABASE, autocommit=True, cursorclass=DictCursor, **ACCOUNTS[account], **settings)

    def run(self, statement, *arguments):
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement.replace("?", "%s") if arguments else statement, arguments or None)
                return list(cursor.fetchall())
        except pymysql.MySQLError as error:
            raise scenario.Refused(error.args[0], error.sqlstate, error.args[1]) from error

    def insert_visits(self):
        with self.connection.cursor() as cursor:
            check_equal("rows inserted", cursor.executemany(STATEMENTS["insert_visit"].replace("?", "%s"), VISITS), len(VISITS))

    def hold(self, statement):
        self.run(f"PREPARE held FROM {self.connection.escape(statement)}")

        def execute(*arguments):
            for i, argument in enumerate(arguments):
                self.run(f"SET @v{i} = ?", argument)
            return self.run("EXECUTE held USING " + ", ".join(f"@v{i}" for i in range(len(arguments))))

        return execute


def check_error_classes(connection):
    """By the class of an error applications decide whether to try again: OperationalError often means yes."""
    for statement, expected in {
        "SELEC 1": pymysql.ProgrammingError,
        "TRAIN MODEL intent SPLIT x": pymysql.ProgrammingError,
        "SELECT * FROM no_such": pymysql.ProgrammingError,
    }.items():
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
            check(False, f"{statement}: no error")
        except pymysql.MySQLError as error:
            check_equal(f"{statement}: class of the error", error.__class__, expected)


def check_streaming(connection):
    """Rows that are read one at a time, and statements several at a time."""
    with connection.cursor(SSDictCursor) as cursor:
        cursor.execute("SELECT visit_id, PREDICT('price') AS prediction FROM visits ORDER BY visit_id")
        check_equal("rows streamed", sum(1 for _ in cursor), len(VISITS))
    many = pymysql.connect(host=HOST, port=PORT, database=DATABASE, client_flag=CLIENT.MULTI_STATEMENTS, **ACCOUNTS["root"])
    with many.cursor() as cursor:
        cursor.execute("SELECT 1; EVALUATE MODEL intent ON TEST; UPDATE visits SET amount = amount; DEPLOY MODEL intent VERSION 1; SELECT 2;")
        answers = [cursor.fetchall()]
        while cursor.nextset():
            answers.append(cursor.fetchall())
        check_equal("first columns of several statements", [rows[0][0] if rows else None for rows in answers], [1, "intent", None, "intent", 2])
    many.close()


root = PyMySQL("root")
scenario.Lifecycle(root)
scenario.mistakes("text", {"root": root, "onlooker": PyMySQL("onlooker")})
check_error_classes(root.connection)
check_streaming(root.connection)
scenario.finish()
