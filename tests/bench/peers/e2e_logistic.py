"""What a user does today: rows of a MariaDB table into pandas, scikit-learn's logistic regression, predictions and probabilities of all rows back into a table.

    python e2e_logistic.py PORT TABLE COLUMNS typical|careful

typical writes the rows back by executemany of PyMySQL, careful by LOAD DATA LOCAL INFILE. The table bench.scored must not exist. Rows whose id is a multiple of
five are the test rows, a fifth of all, as in the other program of the comparison. It prints how long each part took.
"""

import os
import sys
import tempfile
import time
import warnings

times = [time.perf_counter()]

import pandas
import pymysql
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

port, table, columns, way = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
features = [f"x{j + 1}" for j in range(columns)]
times.append(time.perf_counter())

db = pymysql.connect(host="127.0.0.1", port=port, user="root", database="bench", local_infile=True)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pandas prefers another library, which is slower
    rows = pandas.read_sql(f"SELECT id, {', '.join(features)}, y FROM {table}", db)

times.append(time.perf_counter())

train = rows[rows.id % 5 != 0]
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train[features], train.y)

probabilities = model.predict_proba(rows[features])
times.append(time.perf_counter())

scored = {"id": rows.id, "prediction": model.classes_[probabilities.argmax(axis=1)], "probability": probabilities[:, list(model.classes_).index(1)]}
with db.cursor() as cursor:
    cursor.execute("CREATE TABLE scored (id BIGINT PRIMARY KEY, prediction TINYINT, probability DOUBLE)")
    if way == "typical":
        cursor.executemany("INSERT INTO scored (id, prediction, probability) VALUES (%s, %s, %s)", list(zip(*(column.tolist() for column in scored.values()))))
    else:
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "scored.csv")
            pandas.DataFrame(scored).to_csv(file, index=False, header=False)
            cursor.execute("LOAD DATA LOCAL INFILE %s INTO TABLE scored FIELDS TERMINATED BY ','", (file,))
db.commit()

times.append(time.perf_counter())
parts = zip(("imports", "reading", "learning and predicting", "writing"), times, times[1:])
print(", ".join(f"{name} {end - begin:.2f} s" for name, begin, end in parts))
