"""SQLAlchemy and pandas over the driver that the form names (pymysql, mysqlconnector): the scenario, reflection, the object mapper, and data frames."""

import re
from datetime import datetime
from decimal import Decimal

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql

import scenario
from scenario import ACCOUNTS, DATABASE, FORM, HOST, PORT, STATEMENTS, VISITS, check, check_equal, check_row


def engine(account):
    url = sa.URL.create("mysql+" + FORM, username=ACCOUNTS[account]["user"], password=ACCOUNTS[account]["password"] or None, host=HOST, port=PORT, database=DATABASE)
    return sa.create_engine(url)


def bind(statement, arguments):
    """A statement with SQLAlchemy's own placeholders in the places of its ?."""
    names = iter(f"a{i}" for i in range(len(arguments)))
    text = re.sub(r"\?", lambda _: ":" + next(names), statement) if arguments else statement
    return sa.text(text), {f"a{i}": argument for i, argument in enumerate(arguments)}


class SQLAlchemy(scenario.Client):
    visit_1 = {"member": 0, "amount": Decimal("112.50"), "seen_at": datetime(2024, 1, 2, 3, 4, 5, 1), "detail": '{"k":1}'}

    def __init__(self, account):
        self.engine = engine(account)
        self.connection = self.engine.connect()

    def run(self, statement, *arguments):
        try:
            result = self.connection.execute(*bind(statement, arguments))
            rows = [dict(row) for row in result.mappings()] if result.returns_rows else []
            self.connection.commit()
            return rows
        except sa.exc.DBAPIError as error:
            self.connection.rollback()
            original = error.orig
            raise scenario.Refused(original.args[0], getattr(original, "sqlstate", None), str(original)) from error

    def insert_visits(self):
        names = [f"a{i}" for i in range(len(VISITS[0]))]
        statement, _ = bind(STATEMENTS["insert_visit"], names)
        self.connection.execute(statement, [dict(zip(names, visit)) for visit in VISITS])
        self.connection.commit()

    def hold(self, statement):
        text, _ = bind(statement, ["", ""])

        def execute(*arguments):
            rows = self.connection.execute(text, {f"a{i}": argument for i, argument in enumerate(arguments)}).mappings()
            return [dict(row) for row in rows]

        return execute


def check_reflection(engine):
    """What tools ask to learn of tables and columns, answered from information_schema and SHOW CREATE TABLE."""
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE OR REPLACE VIEW prices AS SELECT visit_id, PREDICT('price') AS prediction FROM visits"))
    inspector = sa.inspect(engine)
    check_equal("tables", sorted(inspector.get_table_names()), ["lobby", "visits"])
    check_equal("views", inspector.get_view_names(), ["prices"])
    check(inspector.has_table("visits") and not inspector.has_table("no_such"), "has_table is wrong")
    check(DATABASE in inspector.get_schema_names() and "aibms" in inspector.get_schema_names(), f"schemas {inspector.get_schema_names()}")
    check_equal("primary key", inspector.get_pk_constraint("visits")["constrained_columns"], ["visit_id"])
    check_equal("foreign keys", inspector.get_foreign_keys("visits"), [])
    check_equal("indexes", inspector.get_indexes("visits"), [])
    types = {column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns("visits")}
    check_equal("columns", types, {
        "visit_id": ("INTEGER", False), "score": ("INTEGER", False), "channel": ("VARCHAR(8)", False), "member": ("TINYINT", False),
        "amount": ("DECIMAL(10, 2)", False), "seen_at": ("DATETIME", False), "detail": ("JSON", True), "part": ("VARCHAR(8)", False), "bought": ("TINYINT", False),
    })
    widths = {column["name"]: column["type"].display_width for column in inspector.get_columns("visits") if isinstance(column["type"], mysql.TINYINT)}
    check_equal("display widths, by which tools know a BOOL", widths, {"member": 1, "bought": 1})
    check_equal("columns of the view", [column["name"] for column in inspector.get_columns("prices")], ["visit_id", "prediction"])
    models = [column["name"] for column in inspector.get_columns("models", schema="aibms")]
    check(models[:1] == ["model_id"] and "model_name" in models, f"columns of aibms.models: {models}")
    visits = sa.Table("visits", sa.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        found = connection.execute(sa.select(sa.func.count()).select_from(visits).where(visits.c.channel == "app")).scalar_one()
    check_equal("rows counted through a reflected table", found, 60)


def check_mapper(engine):
    """Predictions as attributes of mapped objects: the function is called by position."""

    class Base(orm.DeclarativeBase):
        pass

    class Visit(Base):
        __tablename__ = "visits"
        visit_id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        score: orm.Mapped[int]
        channel: orm.Mapped[str]
        predicted = orm.column_property(sa.func.predict("price", sa.literal_column("score"), sa.literal_column("channel")))

    with orm.Session(engine) as session:
        visit = session.scalars(sa.select(Visit).where(Visit.visit_id == 79)).one()
        check_equal("the prediction of a mapped object", visit.predicted, Decimal("160.00"))
        best = session.scalars(sa.select(Visit).order_by(Visit.predicted.desc(), Visit.visit_id).limit(2)).all()
        check_equal("mapped objects in the order of their prediction", [v.visit_id for v in best], [79, 37])


def check_pandas(engine):
    """Data frames from everything that answers rows, as a notebook or a dashboard asks for them."""
    with engine.connect() as connection:
        frame = pd.read_sql("SELECT visit_id, amount, seen_at, PREDICT('price') AS prediction, PREDICT_PROBA('intent') AS probability FROM visits ORDER BY visit_id", connection)
        check_equal("rows of predictions", len(frame), len(VISITS))
        check_equal("type of seen_at", frame["seen_at"].dtype.kind, "M")
        check_equal("type of probability", frame["probability"].dtype.kind, "f")
        check_equal("prediction of visit 79", float(frame["prediction"][78]), 160.0)
        check(abs(frame["probability"].mean() - 0.5) <= 1e-9, f"mean probability {frame['probability'].mean()}, expected 0.5 by symmetry")

        for statement in ("SELECT * FROM ml_evaluate('intent')", "EVALUATE MODEL intent", "CALL ml_exec('EVALUATE MODEL intent')"):
            frame = pd.read_sql(sa.text(statement), connection)
            value = frame.loc[frame["metric"] == "accuracy", "value"]
            check_equal(f"accuracy by {statement}", list(value), [0.8])
            check_equal(f"type of value by {statement}", frame["value"].dtype.kind, "f")
        check_row("read_sql of TRAIN MODEL", pd.read_sql(sa.text("TRAIN MODEL intent"), connection).iloc[0], model="intent", version=3, status="READY")
        connection.commit()
        check_equal("read_sql of SHOW MODELS", list(pd.read_sql("SHOW MODELS", connection)["model"]), ["intent", "price"])
        check_equal("read_sql of a subquery", len(pd.read_sql(sa.text(STATEMENTS["wrapped_prediction"]), connection)), 3)
        check_equal("read_sql with a placeholder", list(pd.read_sql(sa.text("SELECT PREDICT('price', :score, :channel) AS p"), connection, params={"score": 5, "channel": "web"})["p"]), [Decimal("112.50")])
        check_equal("chunks", [len(chunk) for chunk in pd.read_sql("SELECT * FROM visits", connection, chunksize=50)], [50, 50, 20])
        check_equal("read_sql_table", len(pd.read_sql_table("visits", connection)), len(VISITS))
        check_equal("read_sql_table of a view", len(pd.read_sql_table("prices", connection)), len(VISITS))

        pd.DataFrame({"score": [5, -5], "channel": ["app", "web"]}).to_sql("asked", connection, index=False)
        connection.commit()
        frame = pd.read_sql("SELECT PREDICT('price') AS p FROM asked ORDER BY score", connection)
        check_equal("predictions for a data frame that was written", list(frame["p"]), [Decimal("87.50"), Decimal("122.50")])


root = SQLAlchemy("root")
scenario.Lifecycle(root)
scenario.mistakes("text", {"root": root, "onlooker": SQLAlchemy("onlooker")})
check_reflection(root.engine)
check_mapper(root.engine)
check_pandas(root.engine)
scenario.finish()
