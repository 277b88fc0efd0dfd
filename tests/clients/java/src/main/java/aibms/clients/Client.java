package aibms.clients;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;

/** One JDBC connection. What JDBC takes for a query goes through executeQuery, everything else through execute. */
final class Client implements AutoCloseable {
    /** A prepared statement that runs with arguments again and again. */
    interface Held extends AutoCloseable {
        List<Map<String, Object>> run(Object... arguments) throws SQLException;

        @Override
        void close() throws SQLException;
    }

    final Connection connection;
    private final boolean prepares;
    private final boolean viaExec;

    /**
     * @param prepares statements go through PreparedStatement
     * @param viaExec statements of AIBMS go through CALL ml_exec(?)
     */
    Client(Connection connection, boolean prepares, boolean viaExec) {
        this.connection = connection;
        this.prepares = prepares;
        this.viaExec = viaExec;
    }

    boolean viaExec() {
        return viaExec;
    }

    List<Map<String, Object>> run(String statement, Object... arguments) throws SQLException {
        if (!prepares) {
            String text = statement;
            for (Object argument : arguments) {
                text = text.replaceFirst("\\?", Matcher.quoteReplacement(literal(argument)));
            }
            try (Statement s = connection.createStatement()) {
                if (isQuery(text, arguments)) {
                    return read(s.executeQuery(text));
                }
                return s.execute(text) ? read(s.getResultSet()) : List.of();
            }
        }
        try (PreparedStatement s = connection.prepareStatement(statement)) {
            bind(s, arguments);
            if (isQuery(statement, arguments)) {
                return read(s.executeQuery());
            }
            return s.execute() ? read(s.getResultSet()) : List.of();
        }
    }

    Held hold(String statement) throws SQLException {
        PreparedStatement s = connection.prepareStatement(statement);
        return new Held() {
            @Override
            public List<Map<String, Object>> run(Object... arguments) throws SQLException {
                bind(s, arguments);
                return read(s.executeQuery());
            }

            @Override
            public void close() throws SQLException {
                s.close();
            }
        };
    }

    /** Inserts rows as a batch. */
    void insert(String statement, List<String[]> rows) throws SQLException {
        try (PreparedStatement s = connection.prepareStatement(statement)) {
            for (String[] row : rows) {
                bind(s, (Object[]) row);
                s.addBatch();
            }
            s.executeBatch();
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    /**
     * Tells whether a statement is to go through JDBC's executeQuery: this client decides by the first word whether it may, and of CALL ml_exec(?) the argument
     * tells whether rows come.
     */
    private static boolean isQuery(String statement, Object... arguments) {
        boolean createsByExec = statement.startsWith("CALL") && arguments.length == 1 && arguments[0].toString().startsWith("CREATE");
        return statement.matches("(?s)(SELECT|CALL|SHOW)\\b.*") && !createsByExec;
    }

    private static void bind(PreparedStatement s, Object... arguments) throws SQLException {
        for (int i = 0; i < arguments.length; i++) {
            s.setObject(i + 1, arguments[i]);
        }
    }

    private static String literal(Object value) {
        if (value instanceof String text) {
            return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
        }
        return String.valueOf(value);
    }

    private static List<Map<String, Object>> read(ResultSet result) throws SQLException {
        try (result) {
            ResultSetMetaData columns = result.getMetaData();
            List<Map<String, Object>> rows = new ArrayList<>();
            while (result.next()) {
                Map<String, Object> row = new LinkedHashMap<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    row.put(columns.getColumnLabel(i), result.getObject(i));
                }
                rows.add(row);
            }
            return rows;
        }
    }
}
