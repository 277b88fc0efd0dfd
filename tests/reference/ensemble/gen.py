"""Makes expected.json: votings and stackings of scikit-learn on the table of ../decision_tree, for learners/ensemble.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

The learners are a linear one on standardised features and a tree of three levels. The folds of the stackings are ours, made by hash_row and folds below as learners/ensemble/places.go says.
"predictions" are those of every third training row: the probability of each class but the first, or the number.
"""
import csv
import json

import numpy as np
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

MASK = (1 << 64) - 1
SEED, FOLDS = 7, 5


def mix(z):
    z = (z + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
    return z ^ z >> 31


def bits(v):
    return 0 if v == 0 else int(np.float64(v).view(np.uint64))


def hash_row(x, y):
    h = mix(SEED ^ 0x517CC1B727220A95)
    for v in [*x, y]:
        h = mix(h ^ bits(v))
    return h


def folds(x, y, classes):
    fold = np.empty(len(y), int)
    for c in np.unique(y) if classes else [0]:
        rows = [i for i in range(len(y)) if not classes or y[i] == c]
        rows.sort(key=lambda i: hash_row(x[i], y[i]))
        for rank, i in enumerate(rows):
            fold[i] = (rank + int(c)) % FOLDS
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(FOLDS)]


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression(tol=1e-10, max_iter=100000))


def ridge():
    return make_pipeline(StandardScaler(), Ridge())


def main():
    with open("../decision_tree/data.csv") as f:
        table = list(csv.DictReader(f))
    x = np.array([[float(r[f"x{j}"]) for j in range(5)] for r in table])
    cases = []
    for target in ["binary", "multi", "number"]:
        y = np.array([float(r[target]) for r in table])
        classes = target != "number"
        list_ = [("a", logistic() if classes else ridge()), ("b", (DecisionTreeClassifier if classes else DecisionTreeRegressor)(max_depth=3, random_state=0))]
        tried = []
        if classes:
            tried.append(("voting", {}, VotingClassifier(list_, voting="soft")))
            tried.append(("voting", {"weights": "2, 0.5"}, VotingClassifier(list_, voting="soft", weights=[2, 0.5])))
            tried.append(("voting", {"voting": "hard", "weights": "2, 0.5"}, VotingClassifier(list_, voting="hard", weights=[2, 0.5])))
        else:
            tried.append(("voting", {}, VotingRegressor(list_)))
            tried.append(("voting", {"weights": "1, 3"}, VotingRegressor(list_, weights=[1, 3])))
        for through in [False, True]:
            stacked = StackingClassifier if classes else StackingRegressor
            m = stacked(list_, logistic() if classes else ridge(), cv=folds(x, y, classes), passthrough=through)
            tried.append(("stacking", {"passthrough": str(through).lower()}, m))
        for learner, settings, m in tried:
            m.fit(x, y)
            if settings.get("voting") == "hard":
                p = (m.predict(x)[:, None] == np.unique(y)).astype(float)[::3, 1:]
            elif classes:
                p = m.predict_proba(x)[::3, 1:]
            else:
                p = m.predict(x)[::3, None]
            cases.append(dict(target=target, learner=learner, settings=settings, predictions=p.tolist()))
    with open("expected.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
