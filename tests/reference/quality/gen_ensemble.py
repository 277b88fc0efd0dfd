"""Makes expected_ensemble.json: what scikit-learn's votings and stackings reach on data sets of tests/data, as means over ten random states where something is drawn.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen_ensemble.py

The matrices are those of gen.py. learners are what AIBMS is given; forests vote, and are in no stacking, which would take minutes. A stacking deals its rows into five folds that are shuffled by the random state.
"""
import json

import numpy as np
from gen import load
from sklearn.ensemble import (HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor, StackingClassifier, StackingRegressor, VotingClassifier,
                              VotingRegressor)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

SEEDS = 10
SETS = [("credit_default", "default_next_month", True), ("california_housing", "median_house_value", False)]


def parts(classification, drawn, seed):
    """The learners as AIBMS is given them, and scikit-learn's."""
    if classification and not drawn:
        return ("logistic_regression, naive_bayes, decision_tree (min_samples_leaf = 100, max_depth = 6)",
                [LogisticRegression(max_iter=1000), GaussianNB(), DecisionTreeClassifier(min_samples_leaf=100, max_depth=6, random_state=seed)])
    if classification:
        return ("logistic_regression, random_forest (n_trees = 20, min_samples_leaf = 5), gradient_boosting (n_trees = 40)",
                [LogisticRegression(max_iter=1000), RandomForestClassifier(20, min_samples_leaf=5, random_state=seed),
                 HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=31, min_samples_leaf=20, early_stopping=False, random_state=seed)])
    if not drawn:
        return ("linear_regression (penalty = l2), decision_tree (min_samples_leaf = 20), gradient_boosting (n_trees = 40)",
                [Ridge(), DecisionTreeRegressor(min_samples_leaf=20, random_state=seed),
                 HistGradientBoostingRegressor(max_iter=40, max_leaf_nodes=31, min_samples_leaf=20, early_stopping=False, random_state=seed)])
    return ("linear_regression (penalty = l2), random_forest (n_trees = 10, min_samples_leaf = 5, max_features = third)",
            [Ridge(), RandomForestRegressor(10, min_samples_leaf=5, max_features=1 / 3, random_state=seed)])


def main():
    out = []
    for name, target, classification in SETS:
        x, y, tx, ty = load(name, target, classification)
        for learner in "voting", "stacking":
            for drawn in (False, True) if learner == "voting" else (False,):
                found = []
                for seed in range(SEEDS if drawn or learner == "stacking" else 1):
                    text, models = parts(classification, drawn, seed)
                    named = [(str(k), m) for k, m in enumerate(models)]
                    if learner == "voting":
                        m = VotingClassifier(named, voting="soft") if classification else VotingRegressor(named)
                    elif classification:
                        m = StackingClassifier(named, LogisticRegression(max_iter=1000), cv=StratifiedKFold(5, shuffle=True, random_state=seed))
                    else:
                        m = StackingRegressor(named, Ridge(), cv=KFold(5, shuffle=True, random_state=seed))
                    m.fit(x, y)
                    if classification:
                        found.append(dict(accuracy=accuracy_score(ty, m.predict(tx)), auc=roc_auc_score(ty, m.predict_proba(tx)[:, 1])))
                    else:
                        found.append(dict(r2=r2_score(ty, m.predict(tx))))
                mean = {k: float(np.mean([f[k] for f in found])) for k in found[0]}
                deviation = {k: float(np.std([f[k] for f in found], ddof=1)) if len(found) > 1 else 0.0 for k in found[0]}
                out.append(dict(set=name, target=target, learner=learner, settings=dict(learners=text), runs=len(found), rows=x.shape[0], columns=x.shape[1], mean=mean, deviation=deviation))
                print(out[-1], flush=True)
    with open("expected_ensemble.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in out) + "\n]\n")


if __name__ == "__main__":
    main()
