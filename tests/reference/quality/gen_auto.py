"""Makes expected_auto.json: what a race over learners by scikit-learn's GridSearchCV reaches on data sets of tests/data, as means over ten random states.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_auto.py

The matrices are those of gen.py; of the larger sets every nth training row is taken. The candidates are those that AIBMS is given, in the same order, with scikit-learn's defaults unless the settings say otherwise; where AIBMS
scales the features for a learner, a StandardScaler goes before it (over columns of
0 and 1 too, which AIBMS leaves as they are). Each state deals the rows into three folds, by class where there are classes, and draws what the learners draw; the learner with the best mean is
fitted again on all rows. "chosen" says how often that was which.
"""
import collections
import json
import warnings

import numpy as np
from gen import load
from sklearn.ensemble import (ExtraTreesClassifier, ExtraTreesRegressor, HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
SEEDS = 10
LEARNERS = {
    "logistic_regression": lambda s: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "linear_regression (penalty = l2)": lambda s: make_pipeline(StandardScaler(), Ridge()),
    "naive_bayes": lambda s: GaussianNB(),
    "k_nearest_neighbors": lambda s: make_pipeline(StandardScaler(), KNeighborsClassifier()),
    "neural_network (epochs = 30)": lambda s: make_pipeline(StandardScaler(), MLPClassifier(max_iter=30, random_state=s)),
    "gradient_boosting": lambda s: HistGradientBoostingClassifier(early_stopping=False, random_state=s),
    "random_forest": lambda s: RandomForestClassifier(random_state=s),
    "extra_trees": lambda s: ExtraTreesClassifier(random_state=s),
}
OF_NUMBERS = {
    "gradient_boosting": lambda s: HistGradientBoostingRegressor(early_stopping=False, random_state=s),
    "random_forest": lambda s: RandomForestRegressor(random_state=s),
    "extra_trees": lambda s: ExtraTreesRegressor(random_state=s),
}
CASES = [
    ("digits", "digit", 1, "accuracy", "accuracy", ["logistic_regression", "naive_bayes", "k_nearest_neighbors", "random_forest", "extra_trees", "neural_network (epochs = 30)"]),
    ("online_shoppers", "Revenue", 4, "auc", "roc_auc", ["logistic_regression", "naive_bayes", "gradient_boosting", "random_forest", "extra_trees"]),
    ("california_housing", "median_house_value", 6, "r2", "r2_score", ["linear_regression (penalty = l2)", "gradient_boosting", "random_forest", "extra_trees"]),
]


def main():
    out = []
    for name, target, every, metric, ours, learners in CASES:
        x, y, tx, ty = load(name, target, metric != "r2")
        x, y = x[::every], y[::every]
        found, chosen = [], collections.Counter()
        for seed in range(SEEDS):
            candidates = [(OF_NUMBERS if metric == "r2" and k in OF_NUMBERS else LEARNERS)[k](seed) for k in learners]
            folds = (KFold if metric == "r2" else StratifiedKFold)(3, shuffle=True, random_state=seed)
            m = GridSearchCV(Pipeline([("learner", candidates[0])]), {"learner": candidates}, scoring=dict(auc="roc_auc").get(metric, metric), cv=folds).fit(x, y)
            chosen[learners[m.best_index_].split(" ")[0]] += 1
            if metric == "auc":
                found.append(roc_auc_score(ty, m.predict_proba(tx)[:, 1]))
            else:
                found.append((r2_score if metric == "r2" else accuracy_score)(ty, m.predict(tx)))
        out.append(dict(set=name, target=target, learner="auto", every=every, settings=dict(learners=", ".join(learners), metric=ours, folds="3"), runs=SEEDS, rows=x.shape[0], columns=x.shape[1],
                        mean={metric: float(np.mean(found))}, deviation={metric: float(np.std(found, ddof=1))}, chosen=dict(chosen)))
        print(out[-1], flush=True)
    with open("expected_auto.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
