package aibms.clients;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The way of a client through the scenario; the answers are those of its README. */
final class Lifecycle {
    private static final Set<String> OURS = Set.of("train", "evaluate", "deploy", "rollback", "show");

    private final Scenario scenario;
    private final Client client;

    Lifecycle(Scenario scenario, Client client) {
        this.scenario = scenario;
        this.client = client;
    }

    void run() throws SQLException {
        must("create_table");
        client.insert(scenario.statements.get("insert_visit"), scenario.visits);
        intent();
        price();
        reports();
    }

    private List<Map<String, Object>> must(String name, Object... arguments) throws SQLException {
        String statement = scenario.statements.get(name);
        boolean ours = OURS.contains(name.split("_")[0]) || name.startsWith("create_") && !name.equals("create_table");
        try {
            return client.viaExec() && ours
                    ? client.run(scenario.statements.get("exec_any"), statement)
                    : client.run(statement, arguments);
        } catch (SQLException e) {
            throw new SQLException(name + ": " + e.getMessage(), e.getSQLState(), e.getErrorCode(), e);
        }
    }

    private Map<String, Object> one(String name, Object... arguments) throws SQLException {
        return single(name, must(name, arguments));
    }

    private static Map<String, Object> single(String what, List<Map<String, Object>> rows) {
        if (rows.size() != 1) {
            throw new AssertionError(what + ": " + rows.size() + " rows, expected 1: " + rows);
        }
        return rows.get(0);
    }

    private void accuracy(String name, Object... arguments) throws SQLException {
        var rows = must(name, arguments).stream().filter(row -> "accuracy".equals(row.get("metric"))).toList();
        scenario.checkRow(name, single(name, rows), "value", 0.8, "baseline", 0.5, "row_count", 40);
    }

    private void intent() throws SQLException {
        scenario.checkEqual("the rows of create_intent", must("create_intent"), List.of());
        scenario.checkRow("train_intent", one("train_intent"), "model", "intent", "version", 1, "status", "READY", "learner", "logistic_regression",
                "target", "bought", "rows_train", 80, "rows_validate", 0, "rows_test", 40, "metric", "accuracy", "value", 0.8, "baseline", 0.5, "warnings", null);
        accuracy("evaluate_intent");
        scenario.checkRow("deploy_intent", one("deploy_intent"), "model", "intent", "action", "DEPLOY", "version", 1, "previous_version", null);

        var rows = must("predict_intent");
        scenario.checkEqual("number of rows of predict_intent", rows.size(), 2);
        scenario.checkRow("predict_intent", rows.get(0), "visit_id", 1, "member", 0, "amount", "112.50",
                "seen_at", LocalDateTime.of(2024, 1, 2, 3, 4, 5, 1000), "detail", "{\"k\":1}", "prediction", 1);
        scenario.checkRow("predict_intent", rows.get(1), "visit_id", 2, "prediction", 0);
        double p = (Double) rows.get(0).get("probability");
        double q = (Double) rows.get(1).get("probability");
        scenario.check(p > 0.5 && p < 1 && Math.abs(p + q - 1) <= 1e-9,
                "predict_intent: probabilities " + p + " and " + q + ", expected two on both sides of 0.5 with sum 1");

        scenario.checkRow("point_intent", one("point_intent", 20, 0), "prediction", 1, "probability", 0.5);
        scenario.checkRow("point_intent of NULL", one("point_intent", -20, null), "prediction", 0, "probability", 0.5);
    }

    private void price() throws SQLException {
        must("create_price");
        scenario.checkRow("train_price", one("train_price"), "version", 1, "status", "READY", "metric", "r2_score", "value", 1.0);
        must("deploy_price_1");
        try (Client.Held held = client.hold(scenario.statements.get("point_price"))) {
            answers(held, "122.50", 1);
            must("raise_amounts");
            scenario.checkRow("train_price again", one("train_price"), "version", 2, "status", "READY");
            answers(held, "122.50", 1);
            must("deploy_price_2");
            answers(held, "1122.50", 2);
            scenario.checkRow("rollback_price", one("rollback_price"), "action", "ROLLBACK", "version", 1, "previous_version", 2);
            answers(held, "122.50", 1);
        }
    }

    private void answers(Client.Held held, String prediction, int version) throws SQLException {
        scenario.checkRow("point_price", one("point_price", 5, "app"), "prediction", new BigDecimal(prediction), "version", version);
        scenario.checkRow("point_price, prepared before", single("point_price, prepared before", held.run(5, "app")),
                "prediction", new BigDecimal(prediction), "version", version);
    }

    private void reports() throws SQLException {
        var models = must("show_models");
        scenario.checkEqual("number of models", models.size(), 2);
        scenario.checkRow("show_models", models.get(0), "model", "intent", "versions", 1, "deployed_version", 1, "metric", "accuracy", "value", 0.8);
        scenario.checkRow("show_models", models.get(1), "model", "price", "versions", 2, "deployed_version", 1);
        accuracy("exec_evaluate");
        scenario.checkRow("exec_train", one("exec_train"), "model", "intent", "version", 2, "status", "READY", "value", 0.8);
        accuracy("exec_any", "EVALUATE MODEL intent ON TEST");
        var wrapped = must("wrapped_prediction").stream().map(row -> row.get("visit_id") + " " + row.get("prediction")).toList();
        scenario.checkEqual("wrapped_prediction", wrapped, List.of("37 157.50", "79 160.00", "117 157.50"));
        accuracy("wrapped_metrics");
    }
}
