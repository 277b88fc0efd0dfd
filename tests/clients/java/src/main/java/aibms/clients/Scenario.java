package aibms.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What every client does: the statements and the errors come from the folder scenario. Checks note their failures, so that one run shows all of them. */
final class Scenario {
    /** A statement that must fail. */
    record Mistake(int number, String state, String account, String form, String statement, String argument) {
        /** Tells whether the mistake is to be made in a form: text, or binary, which is prepared through the protocol. */
        boolean in(String asked) {
            return switch (form) {
                case "both" -> true;
                case "prepared" -> asked.equals("binary");
                default -> form.equals(asked);
            };
        }

        Object[] arguments() {
            return argument.isEmpty() ? new Object[0] : new Object[] {argument};
        }
    }

    final Map<String, String> statements = new HashMap<>();
    final List<String[]> visits;
    final List<Mistake> mistakes = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    Scenario(Path folder) throws IOException {
        String[] parts = Files.readString(folder.resolve("lifecycle.sql")).split("-- name: ");
        for (int i = 1; i < parts.length; i++) {
            int end = parts[i].indexOf('\n');
            statements.put(parts[i].substring(0, end), parts[i].substring(end).strip().replaceFirst(";$", ""));
        }
        visits = readTable(folder.resolve("visits.tsv"));
        for (String[] f : readTable(folder.resolve("errors.tsv"))) {
            mistakes.add(new Mistake(Integer.parseInt(f[0]), f[1], f[2], f[3], f[4], f[5]));
        }
    }

    private static List<String[]> readTable(Path file) throws IOException {
        return Files.readAllLines(file).stream().skip(1).map(line -> line.split("\t", -1)).toList();
    }

    void check(boolean condition, String what) {
        if (!condition) {
            failures.add(what);
        }
    }

    void checkEqual(String what, Object got, Object expected) {
        check(Objects.equals(got, expected), what + " is " + got + ", expected " + expected);
    }

    /** Compares some columns of a row, given as names and values in turn: numbers within 1e-9, others as text. */
    void checkRow(String what, Map<String, Object> row, Object... expected) {
        for (int i = 0; i < expected.length; i += 2) {
            Object got = row.get(expected[i]);
            Object value = expected[i + 1];
            boolean same = value instanceof Number n
                    ? got instanceof Number g && Math.abs(g.doubleValue() - n.doubleValue()) <= 1e-9
                    : Objects.equals(got == null ? null : got.toString(), value == null ? null : value.toString());
            check(same && row.containsKey(expected[i]), what + ": " + expected[i] + " is " + got + ", expected " + value);
        }
    }

    /** Ends the process: 0 when every check held. */
    void finish() {
        failures.forEach(failure -> System.out.println("FAILED " + failure));
        if (!failures.isEmpty()) {
            System.exit(1);
        }
        System.out.println("all checks passed");
    }
}
