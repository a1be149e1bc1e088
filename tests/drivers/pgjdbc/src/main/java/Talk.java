import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.util.PGobject;

/** What pgJDBC can do, as one JSON list of strings. {@code Talk URL talk|shown|refused|cancel TEXT …}; see tests/integration/test_pgjdbc.py. */
public final class Talk {
    private static final List<String> heard = new ArrayList<>();

    private static void hear(Object said) {
        heard.add(String.valueOf(said));
    }

    private static String rows(ResultSet found) throws SQLException {
        ResultSetMetaData about = found.getMetaData();
        List<String> all = new ArrayList<>();
        for (int n = 1; n <= about.getColumnCount(); n++) {
            all.add(about.getColumnName(n) + ":" + about.getColumnTypeName(n) + ":" + about.getPrecision(n) + ":" + about.getScale(n));
        }
        while (found.next()) {
            List<String> row = new ArrayList<>();
            for (int n = 1; n <= about.getColumnCount(); n++) {
                Object value = found.getObject(n);
                row.add(value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : String.valueOf(value));
            }
            all.add(String.join("|", row));
        }
        return String.join("\n", all);
    }

    private static String ask(Connection connection, String text) {
        try (Statement statement = connection.createStatement(); ResultSet found = statement.executeQuery(text)) {
            return rows(found);
        } catch (SQLException error) {
            return error.getSQLState();
        }
    }

    /** Again and again, so that the driver names the statement on the server and then asks for binary. */
    private static String often(Connection connection, String text, Object... values) {
        List<String> answers = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            for (int round = 0; round < 7; round++) {
                for (int n = 0; n < values.length; n++) {
                    statement.setObject(n + 1, values[n]);
                }
                try (ResultSet found = statement.executeQuery()) {
                    answers.add(rows(found));
                }
            }
        } catch (SQLException error) {
            return error.getSQLState();
        }
        return answers.stream().distinct().count() == 1 ? answers.get(0) : String.join("\n--\n", answers);
    }

    private static void talk(Connection connection) throws Exception {
        PGobject document = new PGobject();
        document.setType("jsonb");
        document.setValue("{\"键\": [\"值\", 1.5, null]}");
        hear(often(connection, "SELECT ?::int AS a, ?::bigint, ?::numeric, ?::text, ?::bool, ?::bytea, ?::date, ?::timestamp, ?::uuid, ?::jsonb, ?::int[], ?::text[],"
            + " '[1,5)'::int4range, 2.5::float8, NULL::int", 7, 1L << 60, new BigDecimal("12345678901234567890.0123456789"), "数据库 ' \\ \t", true,
            new byte[] {0, -1, 39}, Date.valueOf("2026-02-28"), Timestamp.valueOf("2026-02-28 23:59:59.123456"), new UUID(0, 5), document,
            connection.createArrayOf("int4", new Integer[] {1, 2, null}), connection.createArrayOf("text", new String[] {"欧", "q\"", null})));
        hear(often(connection, "SELECT n, repeat('x', n) FROM generate_series(1, ?) n", 3));
        hear(often(connection, "SELECT 1 / ?::int", 0));
        try (Statement several = connection.createStatement()) {
            hear(several.execute("CREATE TEMP TABLE mine (id int PRIMARY KEY, note text NOT NULL); INSERT INTO mine VALUES (1, '第一'); SELECT * FROM mine"));
            hear(several.getUpdateCount() + " " + several.getMoreResults() + " " + several.getUpdateCount() + " " + several.getMoreResults());
            hear(rows(several.getResultSet()));
        }
        connection.setAutoCommit(false);
        for (String bad : List.of("SELECT 1/0", "SELEC", "SELECT * FROM nowhere", "INSERT INTO mine VALUES (1, 'x') RETURNING 1", "INSERT INTO mine VALUES (-1, NULL) RETURNING 1", "SELECT 'x'::int")) {
            var savepoint = connection.setSavepoint("one");
            hear(ask(connection, bad));
            hear(ask(connection, "SELECT 1"));
            connection.rollback(savepoint);
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO mine VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
            for (int n = 10; n < 400; n++) {
                insert.setInt(1, n);
                insert.setString(2, "中文" + n);
                insert.addBatch();
            }
            hear(Arrays.stream(insert.executeBatch()).sum());
            hear(rows(insert.getGeneratedKeys()).length());
            connection.commit();
            for (int n : new int[] {500, 10, 501}) {
                insert.setInt(1, n);
                insert.setString(2, "x");
                insert.addBatch();
            }
            try {
                insert.executeBatch();
            } catch (BatchUpdateException error) {
                hear(error.getSQLState() + Arrays.toString(error.getUpdateCounts()));
            }
        }
        connection.rollback();
        try (Statement walk = connection.createStatement()) { // a portal, fifty rows at a time
            walk.setFetchSize(50);
            ResultSet found = walk.executeQuery("SELECT id FROM mine ORDER BY id");
            int sum = 0;
            while (found.next()) {
                sum += found.getInt(1);
            }
            hear(sum);
        }
        connection.commit();
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        hear(ask(connection, "SHOW transaction_isolation"));
        connection.commit();
        connection.setAutoCommit(true);
        var copy = connection.unwrap(PGConnection.class).getCopyAPI();
        hear(copy.copyIn("COPY mine FROM STDIN", new StringReader("1000\ta\\tb\n1001\t中文\n")));
        try {
            copy.copyIn("COPY mine FROM STDIN", new StringReader("1\tdouble\n"));
        } catch (SQLException error) {
            hear(error.getSQLState());
        }
        for (String format : List.of("text", "binary")) {
            var out = new ByteArrayOutputStream();
            hear(copy.copyOut("COPY (SELECT * FROM mine WHERE id > 390 ORDER BY id) TO STDOUT WITH (FORMAT " + format + ")", out));
            hear(HexFormat.of().formatHex(out.toByteArray()));
        }
        try (Statement many = connection.createStatement()) {
            ResultSet found = many.executeQuery("SELECT n, repeat('宽', 50) FROM generate_series(1, 20000) n");
            int length = 0;
            while (found.next()) {
                length += found.getString(2).length();
            }
            hear(length);
            found = many.executeQuery("SELECT repeat('x', 3000000)");
            found.next();
            hear(found.getString(1).length());
            many.execute("LISTEN news");
            many.execute("NOTIFY news, '你好'");
            PGNotification[] notes = connection.unwrap(PGConnection.class).getNotifications(15_000);
            hear(notes[0].getName() + " " + notes[0].getParameter());
        }
        var about = connection.getMetaData();
        hear(about.getDatabaseProductVersion());
        hear(rows(about.getColumns(null, "shop", "customers", "%")).lines().map(line -> line.replaceAll("(?s)^t_\\w+\\|", "")).toList());
        hear(rows(about.getPrimaryKeys(null, "shop", "orders")).length());
    }

    private static void cancel(Connection connection, String text) throws Exception {
        try (Statement statement = connection.createStatement()) {
            Thread stops = new Thread(() -> {
                try {
                    new BufferedReader(new InputStreamReader(System.in)).readLine();
                    statement.cancel();
                } catch (Exception error) {
                    throw new IllegalStateException(error);
                }
            });
            stops.start();
            try {
                statement.executeQuery(text);
            } catch (SQLException error) {
                hear(error.getSQLState());
            }
            stops.join();
        }
        hear(ask(connection, "SELECT 'goes on' AS s"));
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            json.append(one == '"' || one == '\\' || one < ' ' ? String.format("\\u%04x", (int) one) : String.valueOf(one));
        }
        return json.append('"').toString();
    }

    public static void main(String[] arguments) throws Exception {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            List<String> texts = Arrays.asList(arguments).subList(2, arguments.length);
            switch (arguments[1]) {
                case "talk" -> talk(connection);
                case "cancel" -> cancel(connection, texts.get(0));
                default -> {
                    for (String text : texts) {
                        hear(ask(connection, text));
                        hear(often(connection, text));
                        if (arguments[1].equals("refused")) {
                            hear(ask(connection, "SELECT 1 AS n"));
                        }
                    }
                }
            }
        }
        System.out.write(("[" + String.join(",", heard.stream().map(Talk::quoted).toList()) + "]").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }
}
