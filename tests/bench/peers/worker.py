"""A Python process that stays, for peers whose imports and data are not to be measured.

It reads one JSON object a line from standard input and answers each with one line on standard output.

    {"op": "about"}                                                     -> {"value": versions, numeric libraries, their kernels and threads}
    {"op": "prepare", "name": n, "module": m, "args": {...}}            -> {}: keeps what m.prepare(**args) returns, a function without arguments, under n
    {"op": "run", "name": n}                                            -> {"wall": s, "cpu": s, "value": v}: what one call took, and what it returned
    {"op": "drop", "name": n}                                           -> {}: forgets it and its data

cpu is the time of all threads of the process. An answer {"error": text} reports an exception.
"""

import gc
import importlib
import json
import sys
import time
import traceback

closures = {}


def about():
    import numpy
    import scipy.linalg  # noqa: F401, brings its own library
    import sklearn
    import threadpoolctl

    numpy.dot(numpy.ones((2, 2)), numpy.ones((2, 2)))
    pools = [
        " ".join(str(pool.get(key)) for key in ("internal_api", "version", "architecture", "num_threads") if pool.get(key) is not None)
        for pool in threadpoolctl.threadpool_info()
    ]
    return f"Python {sys.version.split()[0]}, numpy {numpy.__version__}, scikit-learn {sklearn.__version__}; threads: " + "; ".join(pools)


def answer(request):
    op = request["op"]
    if op == "about":
        return {"value": about()}
    if op == "prepare":
        closures[request["name"]] = importlib.import_module(request["module"]).prepare(**request["args"])
        return {}
    if op == "drop":
        del closures[request["name"]]
        gc.collect()
        return {}
    if op == "run":
        run = closures[request["name"]]
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        value = run()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        return {"wall": wall, "cpu": cpu, "value": value}
    raise ValueError(f"unknown op {op!r}")


def main():
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints must not look like an answer
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception:
            reply = {"error": traceback.format_exc()}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
