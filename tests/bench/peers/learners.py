"""Classes of Python libraries at the settings of AIBMS's learners, on one thread, over a file of little-endian doubles: training matrix, test matrix, both row by row, then the targets of
both.

The boosters run 100 rounds of 31 leaves, leaf by leaf, learning rate 0.1, 255 bins, no L2, at least 20 rows in a leaf (XGBoost has no such limit and keeps its min_child_weight of 1)."""

import functools
import warnings
import weakref

import numpy
import scipy.sparse
from sklearn import compose, ensemble, linear_model, naive_bayes, neighbors, neural_network, preprocessing, svm, tree
from sklearn.metrics import log_loss, r2_score, roc_auc_score
from threadpoolctl import threadpool_limits

warnings.filterwarnings("ignore")
held = weakref.WeakValueDictionary()  # what the actions of a contest and peer share, as long as one of them is there


def lightgbm(kind, seed):
    import lightgbm

    return getattr(lightgbm, kind)(n_estimators=100, num_leaves=31, learning_rate=0.1, max_bin=255, min_child_samples=20, n_jobs=1, verbose=-1, random_state=seed)


def xgboost(kind, seed):
    import xgboost

    return getattr(xgboost, kind)(
        n_estimators=100, tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, learning_rate=0.1, max_bin=255, reg_lambda=0, n_jobs=1, random_state=seed
    )


def histogram(kind, seed):
    return getattr(ensemble, kind)(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, min_samples_leaf=20, early_stopping=False, random_state=seed)


def mixed(seed):
    return [
        ("linear", linear_model.LogisticRegression(max_iter=1000)),
        ("forest", ensemble.RandomForestClassifier(20, min_samples_leaf=5, random_state=seed)),
        ("boosting", ensemble.HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=31, min_samples_leaf=20, early_stopping=False, random_state=seed)),
    ]


def network(kind, epochs, seed):
    return getattr(neural_network, kind)(hidden_layer_sizes=(64, 32), max_iter=epochs, n_iter_no_change=10_000, random_state=seed)


# A name that ends in " sparse" is the class before it, on scipy's sparse matrices.
PEERS = {
    "LogisticRegression": lambda seed: linear_model.LogisticRegression(max_iter=1000),
    "LinearSVC": lambda seed: svm.LinearSVC(dual=False),
    "LinearSVC dual": lambda seed: svm.LinearSVC(dual=True, random_state=seed),
    "Ridge": lambda seed: linear_model.Ridge(alpha=1),
    "KNeighborsClassifier brute": lambda seed: neighbors.KNeighborsClassifier(algorithm="brute"),
    "KNeighborsClassifier kd_tree": lambda seed: neighbors.KNeighborsClassifier(algorithm="kd_tree"),
    "KNeighborsClassifier ball_tree": lambda seed: neighbors.KNeighborsClassifier(algorithm="ball_tree"),
    "KNeighborsRegressor brute": lambda seed: neighbors.KNeighborsRegressor(algorithm="brute"),
    "KNeighborsRegressor kd_tree": lambda seed: neighbors.KNeighborsRegressor(algorithm="kd_tree"),
    "KNeighborsRegressor ball_tree": lambda seed: neighbors.KNeighborsRegressor(algorithm="ball_tree"),
    "DecisionTreeClassifier": lambda seed: tree.DecisionTreeClassifier(random_state=seed),
    "DecisionTreeRegressor": lambda seed: tree.DecisionTreeRegressor(random_state=seed),
    "RandomForestClassifier": lambda seed: ensemble.RandomForestClassifier(random_state=seed),
    "RandomForestClassifier of 10": lambda seed: ensemble.RandomForestClassifier(10, random_state=seed),
    "RandomForestRegressor": lambda seed: ensemble.RandomForestRegressor(random_state=seed),
    "ExtraTreesClassifier": lambda seed: ensemble.ExtraTreesClassifier(random_state=seed),
    "VotingClassifier": lambda seed: ensemble.VotingClassifier(mixed(seed), voting="soft"),
    "StackingClassifier": lambda seed: ensemble.StackingClassifier(mixed(seed), linear_model.LogisticRegression(max_iter=1000), cv=3),
    "LightGBM": lambda seed: lightgbm("LGBMClassifier", seed),
    "XGBoost": lambda seed: xgboost("XGBClassifier", seed),
    "HistGradientBoosting": lambda seed: histogram("HistGradientBoostingClassifier", seed),
    "LightGBM regression": lambda seed: lightgbm("LGBMRegressor", seed),
    "XGBoost regression": lambda seed: xgboost("XGBRegressor", seed),
    "HistGradientBoosting regression": lambda seed: histogram("HistGradientBoostingRegressor", seed),
    "MLPClassifier": functools.partial(network, "MLPClassifier", 20),
    "MLPClassifier of 2 epochs": functools.partial(network, "MLPClassifier", 2),
    "MLPRegressor": lambda seed: compose.TransformedTargetRegressor(network("MLPRegressor", 20, seed), transformer=preprocessing.StandardScaler()),
    "GaussianNB": lambda seed: naive_bayes.GaussianNB(),
    "IsolationForest": lambda seed: ensemble.IsolationForest(random_state=seed),
}


class Held:
    """Matrices and targets, and the model that was fitted last, with its random state."""

    def __init__(self, file, rows, tests, columns, targets, sparse):
        numbers = numpy.fromfile(file, dtype="<f8")
        x, tx, y, ty = numpy.split(numbers, numpy.cumsum([rows * columns, tests * columns, rows * targets]))
        self.x, self.tx = x.reshape(rows, columns), tx.reshape(tests, columns)
        if sparse:
            self.x, self.tx = scipy.sparse.csr_matrix(self.x), scipy.sparse.csr_matrix(self.tx)
        self.y, self.ty = (y, ty) if targets == 1 else (y.reshape(rows, targets), ty.reshape(tests, targets))
        self.seed, self.model = 0, None


def prepare(file, rows, tests, columns, targets, name, peer, action, passes):
    kind = peer.removesuffix(" sparse")
    if (last := held.get(name)) is None:
        last = held[name] = Held(file, rows, tests, columns, targets, kind != peer)

    def answer(of):
        """What the model says of rows: probabilities, numbers, decision values, or how unusual they are."""
        model = last.model
        if hasattr(model, "predict_proba"):
            return model.predict_proba(of)
        if hasattr(model, "score_samples"):
            return -model.score_samples(of)
        if hasattr(model, "decision_function"):
            return model.decision_function(of)
        return model.predict(of)

    def fit():
        last.seed += 1
        with threadpool_limits(1):
            last.model = PEERS[kind](last.seed).fit(last.x, last.y)

    def predict():
        with threadpool_limits(1):
            for _ in range(passes):
                answer(last.tx)

    def predict_one():
        with threadpool_limits(1):
            for i in range(passes):
                answer(last.tx[i % tests : i % tests + 1])

    def judge():
        with threadpool_limits(1):
            p = answer(last.tx)
        if len(numpy.unique(last.y)) > 50:
            quality = r2_score(last.ty, p)
        elif p.ndim == 2 and p.shape[1] > 2:
            quality = -log_loss(last.ty, p)
        else:
            quality = roc_auc_score(last.ty, p if p.ndim == 1 else p[:, -1])
        verdict = {"quality": float(quality)}
        coefficients = getattr(last.model, "coef_", None)
        if isinstance(coefficients, numpy.ndarray):
            verdict["line"] = {"coefficients": coefficients.ravel().tolist(), "intercept": float(numpy.ravel(last.model.intercept_)[0])}
        return verdict

    return {"fit": fit, "predict": predict, "predict_one": predict_one, "judge": judge}[action]
