package main

import "aibms/tests/quality"

// Floors and aims of the learners are those that the project set itself; a learner without a floor of its own has that of its family.

// learnerFigures lists the learners beside the libraries that people use.
func learnerFigures() []Figure {
	credit := coded("credit_default", "default_next_month", 24_087, 23, true)
	adult := coded("adult", "income", 39_054, 14, true)
	houses := coded("california_housing", "median_house_value", 16_610, 9, false)
	wideCredit := wide("credit_default", "default_next_month", 24_087, 23, true)
	wideAdult := wide("adult", "income", 39_054, 107, true)
	small, large := synthetic("100k_28", 100_000, 28), synthetic("1m_28", 1_000_000, 28)

	var out []Figure
	add := func(c contest) {
		if c.ours == "" {
			c.ours = settingsWords(c.settings)
		}
		out = append(out, c.figure())
	}

	for _, d := range []dataSet{wideCredit, wideAdult, wideFlights()} {
		aim := 5.0
		if d.name == "adult" {
			aim = 10
		}
		c := contest{learner: "logistic_regression", peers: []string{"LogisticRegression", "LogisticRegression sparse"},
			theirs: "scikit-learn's LogisticRegression (lbfgs, to 1e-4 of the gradient, as by default), the faster on a dense and on a sparse matrix", data: d, least: 1.5, aim: aim, worse: 0.002, objective: logisticObjective}
		add(c)
		c = contest{learner: "linear_svm", settings: map[string]string{"calibration_folds": "0"}, peers: []string{"LinearSVC", "LinearSVC sparse", "LinearSVC dual", "LinearSVC dual sparse"},
			theirs: "the fastest of scikit-learn's LinearSVC, primal and dual, on a dense and on a sparse matrix", data: d, least: 1.5, aim: 5, worse: 0.002, objective: hingeObjective}
		if d.size.Rows > 100_000 { // the dual would take minutes
			c.peers, c.theirs = c.peers[:2], "scikit-learn's LinearSVC (primal), the faster on a dense and on a sparse matrix"
		}
		add(c)
	}
	// Predictions are held against those from the same dense matrix: making a sparse one of it would cost more than they do.
	add(contest{learner: "logistic_regression", peers: []string{"LogisticRegression"}, theirs: "scikit-learn's LogisticRegression", data: wideAdult, what: predicting, passes: 20, least: 1, worse: 0.002})
	add(contest{learner: "linear_svm", settings: map[string]string{"calibration_folds": "0"}, peers: []string{"LinearSVC"}, theirs: "scikit-learn's LinearSVC", data: wideAdult, what: predicting, passes: 20, least: 1, worse: 0.002})
	line := friedman("1m_28", 1_000_000, 28)
	ridge := map[string]string{"penalty": "l2", "alpha": "1"}
	add(contest{learner: "linear_regression", settings: ridge, peers: []string{"Ridge"}, theirs: "scikit-learn's Ridge at the same settings", data: line, least: 1, aim: 3, worse: 0.001, objective: ridgeObjective})
	add(contest{learner: "linear_regression", settings: ridge, peers: []string{"Ridge"}, theirs: "scikit-learn's Ridge at the same settings", data: line, what: predicting, passes: 5, least: 1, worse: 0.001})

	add(contest{learner: "linear_regression", settings: ridge, peers: []string{"Ridge"}, theirs: "scikit-learn's Ridge at the same settings", data: friedmanTargets("200k_28", 200_000, 28), least: 1, worse: 0.001})

	add(contest{learner: "k_nearest_neighbors", peers: []string{"KNeighborsClassifier brute", "KNeighborsClassifier kd_tree", "KNeighborsClassifier ball_tree"},
		theirs: "scikit-learn's KNeighborsClassifier with its fastest algorithm", data: wideCredit, what: predicting, passes: 1, least: 2, aim: 4, worse: 0.001})
	rates := twoRates(quality.Wide, 28, ", a column for each category, standardised")
	add(contest{learner: "k_nearest_neighbors", peers: []string{"KNeighborsRegressor brute", "KNeighborsRegressor kd_tree", "KNeighborsRegressor ball_tree"},
		theirs: "scikit-learn's KNeighborsRegressor with its fastest algorithm", data: rates, what: predicting, passes: 1, least: 2, worse: 0.001})

	for _, t := range []struct {
		learner, kind string
		worse         float64
	}{{"decision_tree", "DecisionTree", 0.01}, {"random_forest", "RandomForest", 0.002}} {
		fitted := []dataSet{credit, adult, small}
		if t.learner == "decision_tree" { // a hundred trees of 800,000 rows take the peer a quarter of an hour
			fitted = append(fitted, flights())
		}
		c := contest{learner: t.learner, peers: []string{t.kind + "Classifier"}, theirs: "scikit-learn's with the same hyper-parameters", least: 2, aim: 5, worse: t.worse}
		for _, d := range fitted {
			c.data = d
			add(c)
		}
		r := c
		r.data, r.peers = houses, []string{t.kind + "Regressor"}
		add(r)
		c.what, c.passes, c.worse = predicting, 10, 0.02
		if c.least, c.aim = 1.5, 0; t.learner == "random_forest" {
			c.passes, c.least, c.aim, c.worse = 3, 2, 3, 0.008
		}
		for _, d := range []dataSet{credit, adult} {
			c.data = d
			add(c)
		}
	}
	add(contest{learner: "random_forest", peers: []string{"RandomForestRegressor"}, theirs: "scikit-learn's with the same hyper-parameters", data: twoRates(quality.Codes, 16, ""), least: 1, aim: 2, worse: 0.003})
	ten := contest{learner: "random_forest", settings: map[string]string{"n_trees": "10"}, peers: []string{"RandomForestClassifier of 10"}, theirs: "scikit-learn's with the same hyper-parameters", data: flights(),
		least: 2, aim: 5, worse: 0.003}
	add(ten)
	ten.what, ten.passes, ten.aim = predicting, 1, 3
	add(ten)
	add(contest{learner: "extra_trees", peers: []string{"ExtraTreesClassifier"}, theirs: "scikit-learn's with the same hyper-parameters", data: credit, least: 1.5, aim: 2, worse: 0.003})
	add(contest{learner: "random_forest", peers: []string{"RandomForestClassifier"}, theirs: "scikit-learn's with the same hyper-parameters", data: credit, what: predictingOne, passes: 50, least: 100, worse: 0.008})

	mixed := "logistic_regression, random_forest (n_trees = 20, min_samples_leaf = 5), gradient_boosting (n_trees = 40)"
	add(contest{learner: "voting", settings: map[string]string{"learners": mixed}, ours: "of " + mixed, peers: []string{"VotingClassifier"},
		theirs: "scikit-learn's VotingClassifier of the same learners, HistGradientBoosting among them", data: wideCredit, least: 1.5, worse: 0.003})
	add(contest{learner: "stacking", settings: map[string]string{"learners": mixed, "folds": "3"}, ours: "with 3 folds, of " + mixed, peers: []string{"StackingClassifier"},
		theirs: "scikit-learn's StackingClassifier of the same learners, HistGradientBoosting among them", data: wideCredit, least: 1.5, worse: 0.003})

	boosting := contest{learner: "gradient_boosting", ours: "with its defaults, 100 trees of 31 leaves", peers: []string{"LightGBM", "XGBoost", "HistGradientBoosting"},
		theirs: "the fastest of LightGBM, XGBoost (hist) and scikit-learn's HistGradientBoosting at the same settings", least: 1, aim: 1.5, worse: 0.002}
	for _, d := range []dataSet{credit, adult, houses, small, large, flights()} {
		c := boosting
		c.data = d
		if d.name == houses.name {
			c.peers = []string{"LightGBM regression", "XGBoost regression", "HistGradientBoosting regression"}
			c.worse = 0.003
		}
		add(c)
	}
	boosting.data, boosting.what, boosting.passes, boosting.least, boosting.aim = credit, predicting, 20, 2, 3
	add(boosting)
	boosting.what, boosting.passes, boosting.least, boosting.aim = predictingOne, 200, 100, 0
	add(boosting)

	network := map[string]string{"hidden_layers": "64,32", "epochs": "20", "patience": "0"}
	for _, c := range []contest{{data: wideCredit, least: 1.5, aim: 4, worse: 0.002}, {data: wide("digits", "digit", 1_452, 64, true), least: 1.5, aim: 4, worse: 0.05},
		{data: wideCredit, what: predicting, passes: 100, least: 1.5, worse: 0.005}} {
		c.learner, c.settings, c.peers, c.theirs = "neural_network", network, []string{"MLPClassifier"}, "scikit-learn's MLPClassifier at the same settings"
		add(c)
	}
	add(contest{learner: "neural_network", settings: network, peers: []string{"MLPRegressor"}, theirs: "scikit-learn's MLPRegressor at the same settings, its targets standardised", data: rates, least: 1.5, aim: 4, worse: 0.01})
	add(contest{learner: "neural_network", settings: map[string]string{"hidden_layers": "64,32", "epochs": "2", "patience": "0"}, peers: []string{"MLPClassifier of 2 epochs"},
		theirs: "scikit-learn's MLPClassifier at the same settings", data: wideFlights(), least: 1.5, aim: 4, worse: 0.005})

	bayes := contest{learner: "naive_bayes", peers: []string{"GaussianNB"}, theirs: "scikit-learn's GaussianNB at the same settings", least: 3, aim: 20, worse: 1e-6}
	for _, d := range []dataSet{large, wideFlights()} {
		bayes.data = d
		add(bayes)
	}
	bayes.data = large
	bayes.what, bayes.passes, bayes.least, bayes.aim = predicting, 1, 1, 0
	add(bayes)

	// What an isolation forest finds unusual has little to do with the classes, so that its AUC differs from seed to seed.
	isolation := contest{learner: "isolation_forest", peers: []string{"IsolationForest"}, theirs: "scikit-learn's IsolationForest at the same settings", data: credit, least: 3, aim: 20, worse: 0.03}
	add(isolation)
	isolation.what, isolation.passes, isolation.least, isolation.aim = predicting, 10, 5, 10
	add(isolation)

	few := map[string]string{"n_trees": "20"}
	out = append(out,
		threads{learner: "random_forest", settings: few, ours: settingsWords(few), data: large, least: 1.6}.figure(),
		threads{learner: "gradient_boosting", ours: "with its defaults, 100 trees of 31 leaves", data: large, least: 1.3}.figure())
	return out
}
