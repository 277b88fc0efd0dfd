"""Makes data.csv and expected.json: what scikit-learn's transformers give for the features of learners/feature.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python gen.py

The first 120 rows train, the other 40 are only transformed. An empty field of data.csv is NULL. In expected.json each case has
the feature as calls (innermost first) and as the dialect prints it, and one list of outputs for each of the 160 rows; null is NaN.
"""
import csv
import json
import math

import numpy as np
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (FunctionTransformer, KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, OneHotEncoder, OrdinalEncoder,
                                   RobustScaler, StandardScaler)

TRAIN, ALL = 120, 160
rng = np.random.default_rng(20240501)


def with_nulls(values, share):
    values = np.array(values, dtype=object)
    values[rng.random(ALL) < share] = None
    return values


cities = ["Oslo", "Lima", "Bern", "Łódź", "", "san juan"]
data = {
    "normal": with_nulls(rng.normal(3, 2, ALL), 0),
    "gaps": with_nulls(rng.normal(-1, 0.5, ALL), 0.2),
    "skewed": with_nulls(rng.lognormal(0, 2, ALL), 0.05),
    "shifted": with_nulls(1e3 + rng.normal(0, 1, ALL), 0),
    "count": with_nulls([float(v) for v in rng.poisson(2, ALL)], 0.1),
    "same": with_nulls(np.full(ALL, 0.3), 0),
    "yes": with_nulls([float(v) for v in rng.integers(0, 2, ALL)], 0.1),
    "city": with_nulls([cities[i] for i in rng.choice(6, ALL, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05])], 0.1),
}
for i in range(ALL):  # an empty field is NULL, so the empty text cannot be in the file
    if data["city"][i] == "":
        data["city"][i] = " "
data["city"][130] = "Quito"  # not in the training rows
data["count"][131] = 99.0

with open("data.csv", "w", newline="", encoding="utf-8") as f:
    out = csv.writer(f, lineterminator="\n")
    out.writerow(data)
    for i in range(ALL):
        out.writerow("" if data[c][i] is None else data[c][i] for c in data)


def numbers(name):
    return np.array([math.nan if v is None else v for v in data[name]], dtype=float).reshape(-1, 1)


def texts(name):
    return np.array([math.nan if v is None else v for v in data[name]], dtype=object).reshape(-1, 1)


def clip(low, high):
    class Clip(FunctionTransformer):
        def fit(self, x, y=None):
            self.limits = np.nanquantile(x, [low, high])
            return super().fit(x, y)

        def transform(self, x):
            return np.clip(x, *self.limits)
    return Clip()


def ordinal(*categories):
    unseen = dict(handle_unknown="use_encoded_value", unknown_value=math.nan, encoded_missing_value=math.nan)
    return OrdinalEncoder(categories=[list(categories)] if categories else "auto", **unseen)


class OneHot(OneHotEncoder):
    """ONE_HOT of present values only: for scikit-learn a missing value is a category of its own, here it is none."""

    def __init__(self, **more):
        super().__init__(handle_unknown="ignore", sparse_output=False, **more)

    @staticmethod
    def null(x):
        return np.array([v != v for v in x[:, 0]])

    def fit(self, x, y=None):
        return super().fit(x[~self.null(x)])

    def transform(self, x):
        return np.where(self.null(x)[:, None], 0, super().transform(np.where(self.null(x)[:, None], x[~self.null(x)][:1], x)))


cases = []


def case(column, calls, *steps, indicator=None, kind=numbers):
    x = kind(column)
    pipe = make_pipeline(*steps).fit(x[:TRAIN])
    out = np.asarray(pipe.transform(x), dtype=float)
    if indicator:
        out = np.hstack([out, indicator.fit(x[:TRAIN]).transform(x)])
    text = column
    for name, *args in calls:
        text = f"{name}({', '.join([text, *args])})"
    cases.append(dict(input=column, calls=calls, text=text + " AS f",
                      rows=[[None if math.isnan(v) else float(v) for v in row] for row in out]))


missing = MissingIndicator(features="all")
for column in ["normal", "gaps", "skewed", "shifted", "count", "same", "yes"]:
    case(column, [["STANDARD_SCALE"]], StandardScaler())
    case(column, [["MIN_MAX_SCALE"]], MinMaxScaler())
    case(column, [["MAX_ABS_SCALE"]], MaxAbsScaler())
    if column != "same":
        case(column, [["ROBUST_SCALE"]], RobustScaler())
    for how in ["mean", "median", "most_frequent"]:
        case(column, [["IMPUTE", f"'{how}'"]], SimpleImputer(strategy=how))
case("gaps", [["IMPUTE", "-7.5", "TRUE"]], SimpleImputer(strategy="constant", fill_value=-7.5), indicator=missing)
case("gaps", [["IMPUTE", "'median'", "TRUE"]], SimpleImputer(strategy="median"), indicator=missing)
case("skewed", [["IMPUTE", "'median'"], ["STANDARD_SCALE"]], SimpleImputer(strategy="median"), StandardScaler())
case("count", [["ONE_HOT"]], OneHot())
case("count", [["ORDINAL"]], ordinal())
case("city", [["ONE_HOT"]], OneHot(), kind=texts)
case("city", [["IMPUTE", "'most_frequent'"], ["ONE_HOT"]], SimpleImputer(strategy="most_frequent"), OneHot(), kind=texts)
case("city", [["IMPUTE", "'none'"], ["ONE_HOT"]], SimpleImputer(strategy="constant", fill_value="none"), OneHot(), kind=texts)
case("city", [["ORDINAL"]], ordinal(), kind=texts)
case("city", [["IMPUTE", "'Bern'"], ["ORDINAL", "'san juan'", "'Oslo'", "'Lima'", "'Bern'"], ["IMPUTE", "4"], ["MIN_MAX_SCALE"]],
     SimpleImputer(strategy="constant", fill_value="Bern"), ordinal("san juan", "Oslo", "Lima", "Bern"),
     SimpleImputer(strategy="constant", fill_value=4.0), MinMaxScaler(), kind=texts)
case("normal", [["QUANTILE_BUCKET", "5"]], KBinsDiscretizer(5, encode="ordinal", strategy="quantile", quantile_method="linear", subsample=None))
case("yes", [["IMPUTE", "0"], ["QUANTILE_BUCKET", "4"]], SimpleImputer(strategy="constant", fill_value=0.0),
     KBinsDiscretizer(4, encode="ordinal", strategy="quantile", quantile_method="linear", subsample=None))
case("skewed", [["CLIP_QUANTILE", "0.1", "0.9"], ["STANDARD_SCALE"]], clip(0.1, 0.9), StandardScaler())

with open("expected.json", "w", encoding="utf-8") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")
