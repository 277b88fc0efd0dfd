package aibms.clients;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLSyntaxErrorException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * MySQL Connector/J. Forms: statement (text), client (PreparedStatement, arguments put in by the driver), server (useServerPrepStmts=true), and fallback: as
 * server, but the driver sends as text what the server cannot prepare, which is its default.
 */
public final class ConnectorJ {
    private static final Map<String, String> PARAMETERS = Map.of(
            "statement", "",
            "client", "rewriteBatchedStatements=true",
            "server", "useServerPrepStmts=true&emulateUnsupportedPstmts=false",
            "fallback", "useServerPrepStmts=true&cachePrepStmts=true");

    private ConnectorJ() {}

    public static void main(String[] arguments) throws Exception {
        String form = System.getenv("AIBMS_FORM");
        Scenario scenario = new Scenario(Path.of(System.getenv("AIBMS_SCENARIO")));
        try (Client root = connect(form, "root", "");
                Client onlooker = connect(form, System.getenv("AIBMS_ONLOOKER"), System.getenv("AIBMS_ONLOOKER_PASSWORD"))) {
            new Lifecycle(scenario, root).run();
            mistakes(scenario, form.equals("server") ? "binary" : "text", Map.of("root", root, "onlooker", onlooker));
            if (form.equals("statement")) {
                checkFirstWord(scenario, root);
                checkMetadata(scenario, root);
                checkTypes(scenario, root);
            }
        }
        scenario.finish();
    }

    private static Client connect(String form, String user, String password) throws SQLException {
        String url = "jdbc:mysql://" + System.getenv("AIBMS_HOST") + ":" + System.getenv("AIBMS_PORT") + "/" + System.getenv("AIBMS_DATABASE") + "?" + PARAMETERS.get(form);
        Connection connection = DriverManager.getConnection(url, user, password);
        return new Client(connection, !form.equals("statement"), form.equals("server"));
    }

    private static void mistakes(Scenario scenario, String form, Map<String, Client> accounts) throws SQLException {
        for (Scenario.Mistake mistake : scenario.mistakes) {
            if (!mistake.in(form)) {
                continue;
            }
            Client client = accounts.get(mistake.account());
            String what = mistake.statement() + " (" + form + ")";
            try {
                var rows = client.run(mistake.statement(), mistake.arguments());
                scenario.check(false, what + ": no error but " + rows + ", expected " + mistake.number());
            } catch (SQLException e) {
                scenario.checkEqual(what + ": number and state of " + e.getMessage(), e.getErrorCode() + " " + e.getSQLState(), mistake.number() + " " + mistake.state());
                scenario.checkEqual(what + ": class of the error", e instanceof SQLSyntaxErrorException, mistake.state().startsWith("42"));
            }
            scenario.checkEqual("the answer after " + what, client.run("SELECT 1 AS alive").toString(), "[{alive=1}]");
        }
    }

    /** This client refuses to send in executeQuery what it takes for no query, and in executeUpdate what it takes for one. */
    private static void checkFirstWord(Scenario scenario, Client client) throws SQLException {
        try (Statement s = client.connection.createStatement()) {
            try {
                s.executeQuery("TRAIN MODEL intent");
                scenario.check(false, "executeQuery now sends TRAIN MODEL: the documents say that it needs CALL ml_exec");
            } catch (SQLException e) {
                scenario.checkEqual("number of the client's own refusal", e.getErrorCode(), 0);
            }
            scenario.checkEqual("executeUpdate of CREATE MODEL", s.executeUpdate(
                    "CREATE OR REPLACE MODEL intent PREDICT bought FROM visits KEY (visit_id) USING logistic_regression FEATURES (score) SPLIT NONE"), 0);
            try (ResultSet r = s.executeQuery("CALL ml_exec('TRAIN MODEL intent')")) {
                scenario.check(r.next(), "CALL ml_exec('TRAIN MODEL intent') answers no row");
                scenario.checkEqual("status", r.getString("status"), "READY");
                scenario.check(!r.next(), "CALL ml_exec('TRAIN MODEL intent') answers a second row");
            }
            scenario.check(!s.getMoreResults() && s.getUpdateCount() <= 0, "CALL ml_exec answers a second result");
        }
    }

    /** Typed reading, as an application does. */
    private static void checkTypes(Scenario scenario, Client client) throws SQLException {
        try (Statement s = client.connection.createStatement(); ResultSet r = s.executeQuery(scenario.statements.get("predict_intent"))) {
            scenario.check(r.next(), "predict_intent answers no row");
            scenario.check(r.getBoolean("prediction") && !r.getBoolean("member"), "a BOOL read as a boolean is wrong");
            scenario.checkEqual("amount", r.getBigDecimal("amount"), new BigDecimal("1112.50"));
            scenario.checkEqual("seen_at", r.getObject("seen_at", LocalDateTime.class), LocalDateTime.of(2024, 1, 2, 3, 4, 5, 1000));
            List<String> types = new ArrayList<>();
            for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                types.add(r.getMetaData().getColumnTypeName(i));
            }
            scenario.checkEqual("types of predict_intent", types, List.of("INT", "TINYINT", "DECIMAL", "DATETIME", "JSON", "TINYINT", "DOUBLE"));
        }
    }

    /** What database tools ask through JDBC. */
    private static void checkMetadata(Scenario scenario, Client client) throws SQLException {
        DatabaseMetaData metadata = client.connection.getMetaData();
        String database = client.connection.getCatalog();
        scenario.checkEqual("tables", column(metadata.getTables(database, null, "%", new String[] {"TABLE"}), "TABLE_NAME"), List.of("lobby", "visits"));
        scenario.checkEqual("columns", column(metadata.getColumns(database, null, "visits", "%"), "COLUMN_NAME"),
                List.of("visit_id", "score", "channel", "member", "amount", "seen_at", "detail", "part", "bought"));
        scenario.checkEqual("types", column(metadata.getColumns(database, null, "visits", "%"), "TYPE_NAME"),
                List.of("INT", "INT", "VARCHAR", "BIT", "DECIMAL", "DATETIME", "JSON", "VARCHAR", "BIT"));
        scenario.checkEqual("primary key", column(metadata.getPrimaryKeys(database, null, "visits"), "COLUMN_NAME"), List.of("visit_id"));
        scenario.check(column(metadata.getCatalogs(), "TABLE_CAT").contains("aibms"), "the database aibms is not among the catalogs");
        scenario.check(column(metadata.getColumns("aibms", null, "models", "%"), "COLUMN_NAME").contains("model_name"), "aibms.models has no column model_name");
    }

    private static List<String> column(ResultSet result, String name) throws SQLException {
        try (result) {
            List<String> values = new ArrayList<>();
            while (result.next()) {
                values.add(result.getString(name));
            }
            return values;
        }
    }
}
