"""Makes data.csv and expected.json: what LIBSVM, inside scikit-learn, finds on a small data set with tight and with its usual tolerance.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python gen.py

Weighted cases have a gamma that does not depend on the weights: the learner weights the variance in gamma = scale, scikit-learn does not.

Each case has the settings of the learner svm. For rows of data.csv it holds

    vectors      numbers of the support vectors
    objective    of form c: 1/2 b'K b - y'b + epsilon |b|_1 over the rows, with y = -1 or 1 for classes; of each pair
    decision     decision values (positive for the second class), or predictions; of each pair for three classes; every sixth row
    predicted    three classes: by votes, of all rows
    probability  of the second class, or of all classes, every sixth row; means over ten random states and their standard deviations
"""
import csv
import json
import warnings

import numpy as np
from sklearn.metrics.pairwise import linear_kernel, polynomial_kernel, rbf_kernel, sigmoid_kernel
from sklearn.svm import SVC, SVR, NuSVC, NuSVR

warnings.filterwarnings("ignore")
N = 240
SOME = slice(0, None, 6)


def make_data():
    rng = np.random.default_rng(20240119)
    x = rng.normal(size=(N, 5))
    x[:, 1] = 0.5 * x[:, 0] + 0.9 * x[:, 1]
    x[:, 2] = (x[:, 2] > 0.2).astype(float)
    x[:, 3] += 1.5
    curve = 1.2 * np.sin(1.5 * x[:, 0]) - 0.6 * x[:, 1] ** 2 + 0.8 * x[:, 2] + 0.3
    binary = (curve + 0.4 * rng.logistic(size=N) > 0).astype(int)
    score = np.stack([curve, 0.9 * x[:, 1] - 0.5 * x[:, 3] + 0.6, 0.4 * x[:, 4] - x[:, 2] + 0.2], axis=1)
    multi = np.argmax(score + 0.4 * rng.gumbel(size=(N, 3)), axis=1)
    number = 3 * curve + x[:, 3] + 0.5 * rng.normal(size=N)
    weight = rng.integers(1, 4, size=N)
    with open("data.csv", "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["x0", "x1", "x2", "x3", "x4", "binary", "multi", "number", "weight"])
        for i in range(N):
            out.writerow([format(round(v, 5), "g") for v in x[i]] + [binary[i], multi[i], format(round(number[i], 5), "g"), weight[i]])


def read_data():
    with open("data.csv") as f:
        rows = list(csv.reader(f))[1:]
    a = np.array([[float(v) for v in r] for r in rows])
    return a[:, :5].copy(), a[:, 5].astype(int), a[:, 6].astype(int), a[:, 7].copy(), a[:, 8].copy()


def gram(m, x):
    gamma = m._gamma
    return {
        "rbf": lambda: rbf_kernel(x, gamma=gamma),
        "poly": lambda: polynomial_kernel(x, gamma=gamma, coef0=m.coef0, degree=m.degree),
        "sigmoid": lambda: sigmoid_kernel(x, gamma=gamma, coef0=m.coef0),
        "linear": lambda: linear_kernel(x),
    }[m.kernel]()


def full(m):
    b = np.zeros((m.dual_coef_.shape[0], N))
    b[:, m.support_] = m.dual_coef_
    return b


def rounded(v):
    return np.round(v, 7).tolist()


def main():
    make_data()
    x, binary, multi, number, weight = read_data()
    kernels = [
        dict(kernel="rbf"),
        dict(kernel="rbf", gamma="auto"),
        dict(kernel="rbf", gamma="0.7"),
        dict(kernel="poly", degree="2", coef0="1"),
        dict(kernel="poly"),
        dict(kernel="sigmoid", gamma="0.05", coef0="0.1"),
        dict(kernel="linear"),
    ]
    cases = []
    for k in kernels:
        base = {key: (v if key in ("kernel", "gamma") and v in ("rbf", "poly", "sigmoid", "linear", "auto") else float(v)) for key, v in k.items()}
        if "degree" in base:
            base["degree"] = int(base["degree"])
        variants = [
            ("binary", dict(), SVC, dict()),
            ("binary", dict(c="10"), SVC, dict(C=10)),
            ("binary", dict(form="nu", nu="0.4"), NuSVC, dict(nu=0.4)),
            ("multi", dict(), SVC, dict()),
            ("number", dict(), SVR, dict()),
            ("number", dict(c="5", epsilon="0.5"), SVR, dict(C=5, epsilon=0.5)),
            ("number", dict(form="nu", nu="0.3", c="2"), NuSVR, dict(nu=0.3, C=2)),
        ]
        for target, settings, kind, arguments in variants:
            for weighted in (False, True):
                if kind is NuSVC and k["kernel"] in ("poly", "linear"):
                    continue  # LIBSVM does not end at this tolerance
                if kind in (NuSVC, NuSVR) and k["kernel"] == "sigmoid":
                    continue  # not a positive definite kernel: what is found depends on where one starts
                if weighted and (k != kernels[1] or target == "multi"):
                    continue
                y = dict(binary=binary, multi=multi, number=number)[target]
                m = kind(tol=1e-6, max_iter=1_000_000, **base, **arguments)
                if target == "multi":
                    m.decision_function_shape = "ovo"
                m.fit(x, y, sample_weight=weight if weighted else None)
                case = dict(target=target, settings={**k, **settings}, weighted=weighted, vectors=sorted(m.support_.tolist()))
                if target == "multi":
                    case["decision"] = rounded(-m.decision_function(x[SOME]))
                    case["predicted"] = m.predict(x).tolist()
                else:
                    case["decision"] = rounded(m.decision_function(x[SOME]) if target == "binary" else m.predict(x[SOME]))
                    b = full(m)[0]
                    if "form" not in settings:
                        t = 2.0 * y - 1 if target == "binary" else y
                        free = m.epsilon if target == "number" else 0
                        case["objective"] = float(0.5 * b @ gram(m, x) @ b - t @ b + free * np.abs(b).sum())
                cases.append(case)
    found = {}
    for target, y in (("binary", binary), ("multi", multi)):
        p = np.stack([SVC(probability=True, random_state=seed).fit(x, y).predict_proba(x[SOME]) for seed in range(10)])
        found[target] = dict(mean=rounded(p.mean(axis=0)), deviation=rounded(p.std(axis=0, ddof=1)))
    with open("expected.json", "w") as f:
        f.write('{"probability": ' + json.dumps(found) + ',\n"cases": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]}\n")


if __name__ == "__main__":
    main()
