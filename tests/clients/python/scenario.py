"""What every client does, as the Go tests beside this folder: the statements and the errors come from the folder scenario, the answers from its README."""

import csv
import os
import sys

HOST = os.environ["AIBMS_HOST"]
PORT = int(os.environ["AIBMS_PORT"])
DATABASE = os.environ["AIBMS_DATABASE"]
FORM = os.environ["AIBMS_FORM"]
ACCOUNTS = {
    "root": {"user": "root", "password": ""},
    "onlooker": {"user": os.environ["AIBMS_ONLOOKER"], "password": os.environ["AIBMS_ONLOOKER_PASSWORD"]},
}

_FOLDER = os.environ["AIBMS_SCENARIO"]


class Refused(Exception):
    """A statement that the server refused: number and state as the client shows them, state None if it shows none."""

    def __init__(self, number, state, message):
        super().__init__(f"error {number} ({state}): {message}")
        self.number, self.state = number, state


def _read_statements():
    with open(os.path.join(_FOLDER, "lifecycle.sql"), encoding="utf-8") as file:
        parts = file.read().split("-- name: ")[1:]
    named = (part.split("\n", 1) for part in parts)
    return {name: text.strip().removesuffix(";") for name, text in named}


def _read_table(name):
    with open(os.path.join(_FOLDER, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


STATEMENTS = _read_statements()
VISITS = [list(row.values()) for row in _read_table("visits.tsv")]
ERRORS = _read_table("errors.tsv")

_failures = []


def check(condition, what):
    """Note a failure; the script goes on, so that one run shows all of them."""
    if not condition:
        _failures.append(what)


def check_equal(what, got, expected):
    check(got == expected and type(got) is type(expected), f"{what} is {got!r}, expected {expected!r}")


def check_row(what, row, **expected):
    """Compare some columns of a row: those expected as a float within 1e-9, the others as they are, with their types where these are not both numbers."""
    for name, value in expected.items():
        if name not in row:
            check(False, f"{what}: no column {name} in {row}")
        elif isinstance(value, float):
            check(abs(float(row[name]) - value) <= 1e-9, f"{what}: {name} is {row[name]!r}, expected {value!r}")
        else:
            check(row[name] == value, f"{what}: {name} is {row[name]!r}, expected {value!r}")


def finish():
    """End the process: 0 when every check held."""
    for failure in _failures:
        print("FAILED", failure)
    if _failures:
        sys.exit(1)
    print("all checks passed")


class Client:
    """One connection. A subclass sends statements in its own way; its errors are Refused."""

    via_exec = False  # statements of AIBMS go through CALL ml_exec(?)
    visit_1 = {}  # the values of the first row of predict_intent whose types depend on the client: member, amount, seen_at, detail

    def run(self, statement, *arguments):
        """Send a statement with the values of its ? and return the rows of its answer as dictionaries."""
        raise NotImplementedError

    def hold(self, statement):
        """Prepare a statement; what is returned runs it with arguments again and again."""
        raise NotImplementedError

    def insert_visits(self):
        for visit in VISITS:
            self.run(STATEMENTS["insert_visit"], *visit)


def _is_ours(name):
    verb, _, what = name.partition("_")
    return verb in ("train", "evaluate", "deploy", "rollback", "show") or verb == "create" and what != "table"


class Lifecycle:
    """The way of a client through the scenario."""

    def __init__(self, client):
        self.client = client
        self.must("create_table")
        client.insert_visits()
        self.intent()
        self.price()
        self.reports()

    def must(self, name, *arguments):
        statement = STATEMENTS[name]
        if self.client.via_exec and _is_ours(name):
            statement, arguments = STATEMENTS["exec_any"], [statement]
        try:
            return self.client.run(statement, *arguments)
        except Exception as error:
            raise AssertionError(f"{name}: {error!r}") from error

    def one(self, name, *arguments):
        rows = self.must(name, *arguments)
        assert len(rows) == 1, f"{name}: {len(rows)} rows, expected 1: {rows}"
        return rows[0]

    def accuracy(self, name, *arguments):
        rows = [row for row in self.must(name, *arguments) if row["metric"] == "accuracy"]
        assert len(rows) == 1, f"{name}: {len(rows)} rows of the metric accuracy, expected 1"
        check_row(name, rows[0], value=0.8, baseline=0.5, row_count=40)

    def intent(self):
        check_equal("the rows of create_intent", self.must("create_intent"), [])
        check_row("train_intent", self.one("train_intent"), model="intent", version=1, status="READY", learner="logistic_regression", target="bought",
                  rows_train=80, rows_validate=0, rows_test=40, metric="accuracy", value=0.8, baseline=0.5, warnings=None)
        self.accuracy("evaluate_intent")
        check_row("deploy_intent", self.one("deploy_intent"), model="intent", action="DEPLOY", version=1, previous_version=None)

        rows = self.must("predict_intent")
        assert len(rows) == 2, f"predict_intent: {len(rows)} rows, expected 2"
        check_row("predict_intent", rows[0], visit_id=1, prediction=1)
        check_row("predict_intent", rows[1], visit_id=2, prediction=0)
        for name, value in self.client.visit_1.items():
            check_equal(f"predict_intent: {name}", rows[0][name], value)
        p = [float(row["probability"]) for row in rows]
        check(0.5 < p[0] < 1 and abs(sum(p) - 1) <= 1e-9, f"predict_intent: probabilities {p}, expected two on both sides of 0.5 with sum 1")

        check_row("point_intent", self.one("point_intent", 20, 0), prediction=1, probability=0.5)
        check_row("point_intent of NULL", self.one("point_intent", -20, None), prediction=0, probability=0.5)

    def price(self):
        from decimal import Decimal

        self.must("create_price")
        check_row("train_price", self.one("train_price"), version=1, status="READY", metric="r2_score", value=1.0)
        self.must("deploy_price_1")
        held = self.client.hold(STATEMENTS["point_price"])

        def answers(prediction, version):
            check_row("point_price", self.one("point_price", 5, "app"), prediction=Decimal(prediction), version=version)
            rows = held(5, "app")
            assert len(rows) == 1, f"point_price, prepared before: {rows}"
            check_row("point_price, prepared before", rows[0], prediction=Decimal(prediction), version=version)

        answers("122.50", 1)
        self.must("raise_amounts")
        check_row("train_price again", self.one("train_price"), version=2, status="READY")
        answers("122.50", 1)
        self.must("deploy_price_2")
        answers("1122.50", 2)
        check_row("rollback_price", self.one("rollback_price"), action="ROLLBACK", version=1, previous_version=2)
        answers("122.50", 1)

    def reports(self):
        from decimal import Decimal

        models = self.must("show_models")
        assert len(models) == 2, f"show_models: {models}"
        check_row("show_models", models[0], model="intent", versions=1, deployed_version=1, metric="accuracy", value=0.8)
        check_row("show_models", models[1], model="price", versions=2, deployed_version=1)
        self.accuracy("exec_evaluate")
        check_row("exec_train", self.one("exec_train"), model="intent", version=2, status="READY", value=0.8)
        self.accuracy("exec_any", "EVALUATE MODEL intent ON TEST")
        wrapped = [(row["visit_id"], row["prediction"]) for row in self.must("wrapped_prediction")]
        check_equal("wrapped_prediction", wrapped, [(37, Decimal("157.50")), (79, Decimal("160.00")), (117, Decimal("157.50"))])
        self.accuracy("wrapped_metrics")


def mistakes(form, accounts):
    """Make the mistakes of a form (text, prepared, or binary: prepared through the protocol). A connection must be usable after each."""
    forms = {"text": ("text", "both"), "prepared": ("prepared", "both"), "binary": ("prepared", "both", "binary")}[form]
    for mistake in ERRORS:
        if mistake["form"] not in forms:
            continue
        client = accounts[mistake["account"]]
        arguments = [mistake["argument"]] if mistake["argument"] else []
        what = f"{mistake['statement']} {arguments} ({form})"
        try:
            rows = client.run(mistake["statement"], *arguments)
            check(False, f"{what}: no error but {rows}, expected {mistake['number']}")
        except Refused as refused:
            check_equal(f"{what}: number of {refused}", refused.number, int(mistake["number"]))
            if refused.state is not None:
                check_equal(f"{what}: state", refused.state, mistake["state"])
        rows = client.run("SELECT 1 AS alive")
        check_equal(f"the answer after {what}", [dict(row) for row in rows], [{"alive": 1}])
