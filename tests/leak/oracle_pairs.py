"""Pairs of conversations that differ in one guess about a protected value.

`{g}` in a step is the guess; in a step with $1 it is the parameter. Both guesses of a pair are of one length, so that positions in
messages agree. Without the proxy a pair must be told apart, or says why it is kept (`silent`).
"""

from __future__ import annotations

from dataclasses import dataclass

NAMED = ("张三丰", "张三四")  # the name of customer 2, and none
BERG = ("Anna Bera", "Anna Berz")  # below and above 'Anna Berg', to whom the mask A******** is the same
MAIL = ("lihua@example.com", "lihux@example.com")
PHONE = ("13800138000", "13800138777")
BORN = ("1990-03-07", "1990-03-08")
PAID = ("48271.93", "48271.94")
RING = ("ring", "rind")
CARD = ("6222021234567894", "6222021234567895")
WECHAT = ("wx_7731", "wx_7732")
CIPHERTEXT = "the server holds ciphertext, which no plaintext equals"


@dataclass(frozen=True)
class Pair:
    """`how`: 'simple', or 'text' and 'binary' for the guess as a parameter."""

    title: str
    steps: tuple[str, ...]
    guesses: tuple[str, str] = NAMED
    how: str = "simple"
    silent: str = ""
    type_oid: int = 25  # of the parameter
    versions: int = 0  # the first with the syntax


def one(title: str, step: str, guesses: tuple[str, str] = NAMED, *, silent: str = "", versions: int = 0) -> Pair:
    return Pair(title, (step,), guesses, silent=silent, versions=versions)


FROM = "FROM shop.customers c"
WHERE = f"{FROM} WHERE c.name = '{{g}}'"

READS = [
    one("WHERE", f"SELECT id {WHERE}"),
    one("WHERE on a phone", f"SELECT id {FROM} WHERE phone = '{{g}}'", PHONE),
    one("WHERE on an e-mail, in another case", f"SELECT id {FROM} WHERE upper(email) = upper('{{g}}')", MAIL),
    one("WHERE on a date", f"SELECT id {FROM} WHERE birth_date = '{{g}}'", BORN),
    one("WHERE on a number", f"SELECT id {FROM} WHERE salary = {{g}}", PAID),
    one("WHERE on char(n)", f"SELECT id {FROM} WHERE id_card = '{{g}}'", ("110105199003078888", "110105199003078889")),
    one("WHERE in a document", f"SELECT id {FROM} WHERE profile ->> 'wechat' = '{{g}}'", WECHAT),
    one("WHERE contains", f"SELECT id {FROM} WHERE profile @> '{{{{\"wechat\": \"{{g}}\"}}}}'", WECHAT),
    one("WHERE on a column masked by NULL", f"SELECT id {FROM} WHERE secret = '{{g}}'", ("secret 1", "secret z")),
    one("WHERE on a column masked by a constant", f"SELECT id {FROM} WHERE grade = '{{g}}'", ("gold", "goal")),
    one("WHERE on a column nobody classified", f"SELECT id {FROM} WHERE unlisted LIKE '%{{g}}'", ("classified 3", "classified x")),
    one("less than", f"SELECT id {FROM} WHERE name < '{{g}}'", BERG),
    one("BETWEEN", f"SELECT id {FROM} WHERE name BETWEEN '{{g}}' AND 'Anna Berz'", BERG),
    one("IN", f"SELECT id {FROM} WHERE name IN ('x', '{{g}}')"),
    one("LIKE", f"SELECT id {FROM} WHERE name LIKE '{{g}}%'"),
    one("ILIKE ANY", f"SELECT id {FROM} WHERE email ILIKE ANY (ARRAY['{{g}}'])", MAIL),
    one("regex", f"SELECT id {FROM} WHERE name ~ '^{{g}}$'"),
    one("starts_with", f"SELECT id {FROM} WHERE starts_with(name, '{{g}}')"),
    one("full text", f"SELECT id {FROM} WHERE to_tsvector('simple', name) @@ to_tsquery('simple', '{{g}}')"),
    one("IS DISTINCT FROM", f"SELECT count(*) {FROM} WHERE name IS NOT DISTINCT FROM '{{g}}'"),
    one("row comparison", f"SELECT id {FROM} WHERE (id, name) = (2, '{{g}}')"),
    one("whole row as text", f"SELECT id {FROM} WHERE c::text LIKE '%{{g}}%'"),
    one("whole row as JSON", f"SELECT id {FROM} WHERE to_jsonb(c) ->> 'name' = '{{g}}'"),
    one("JOIN", f"SELECT c.id {FROM} JOIN (VALUES ('{{g}}')) v(n) ON v.n = c.name"),
    one("JOIN USING", "SELECT id FROM shop.customers JOIN (VALUES ('{g}')) v(name) USING (name)"),
    one("NATURAL JOIN", "SELECT count(*) FROM shop.customers NATURAL JOIN (SELECT '{g}' AS name) v"),
    one("LEFT JOIN", f"SELECT v.n IS NULL {FROM} LEFT JOIN (VALUES ('{{g}}')) v(n) ON v.n = c.name"),
    one("NOT EXISTS", f"SELECT 1 WHERE NOT EXISTS (SELECT 1 {WHERE})"),
    one("LATERAL", f"SELECT x.n {FROM}, LATERAL generate_series(1, CASE WHEN c.name = '{{g}}' THEN 2 ELSE 1 END) x(n)"),
    one("ANY subquery", "SELECT '{g}' = ANY (SELECT name FROM shop.customers)"),
    one("INTERSECT", "SELECT '{g}' AS a INTERSECT SELECT name FROM shop.customers"),
    one("EXCEPT", "SELECT '{g}' AS a EXCEPT SELECT name FROM shop.customers"),
    one("HAVING", f"SELECT count(*) {FROM} HAVING bool_or(name = '{{g}}')"),
    one("HAVING over a group", f"SELECT city {FROM} GROUP BY city HAVING min(email) = '{{g}}'", ("a_long_name@qq.com", "a_long_namf@qq.com")),
    one("FILTER", f"SELECT count(*) FILTER (WHERE name = '{{g}}') {FROM}"),
    one("array_agg", f"SELECT '{{g}}' = ANY (array_agg(name)) {FROM}"),
    one("count of groups", f"SELECT count(DISTINCT name = '{{g}}') {FROM}"),
    one("ORDER BY a comparison", f"SELECT id {FROM} ORDER BY name = '{{g}}' DESC, id"),
    one("ORDER BY among constants", f"SELECT n = '{{g}}' FROM (SELECT name AS n {FROM} WHERE id = 9 UNION ALL SELECT '{{g}}') u ORDER BY n", BERG),
    one("rank", f"SELECT rank() OVER (ORDER BY name = '{{g}}'), id {FROM} ORDER BY id"),
    one("WITH TIES", f"SELECT id {FROM} ORDER BY name = '{{g}}' DESC FETCH FIRST 1 ROW WITH TIES"),
    one("CASE and division by zero", f"SELECT CASE WHEN name = '{{g}}' THEN 1 / (id - id) END {FROM}"),
    one("division by zero in WHERE", f"SELECT id {FROM} WHERE 1 / (CASE WHEN name = '{{g}}' THEN 0 ELSE 1 END) > 0"),
    one("a cast that fails", f"SELECT (CASE WHEN name = '{{g}}' THEN 'x' ELSE '1' END)::int {FROM}"),
    one("a cast whose message tells", f"SELECT substr(replace(name, '{{g}}', 'zzz'), 1, 3)::int {FROM} WHERE id = 2"),
    one("a substring that fails", f"SELECT substring(city, 1, CASE WHEN name = '{{g}}' THEN -1 ELSE 1 END) {FROM}"),
    one("a subquery of two rows", f"SELECT (SELECT id FROM shop.orders WHERE id < 102 AND EXISTS (SELECT 1 {WHERE}))"),
    one("LIMIT of a subselect", f"SELECT n FROM generate_series(1, 3) n LIMIT (SELECT count(*) {WHERE})"),
    one("LIMIT that fails", f"SELECT 1 LIMIT (SELECT -1 {WHERE})"),
    one("OFFSET of a subselect", f"SELECT n FROM generate_series(1, 3) n OFFSET (SELECT count(*) {WHERE})"),
    one("WITH RECURSIVE", f"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3 AND EXISTS (SELECT 1 {WHERE})) TABLE t"),
    one("FOR UPDATE", f"SELECT id {WHERE} FOR UPDATE"),
    one("FOR UPDATE SKIP LOCKED", f"SELECT id {WHERE} FOR UPDATE OF c SKIP LOCKED"),
    one("a view", "SELECT id FROM shop.v_customers WHERE name = '{g}'"),
    one("a parent", "SELECT id FROM shop.people WHERE name = '{g}'"),
    one("a child", "SELECT id FROM shop.staff WHERE name = '{g}'", ("王小明", "王小红")),
    one("a partition", "SELECT id FROM shop.visits_1 WHERE who = '{g}'", ("张三", "张四")),
    one("a quoted name", "SELECT id FROM shop.\"客户 档案\" WHERE \"姓名\" = '{g}'", ("欧阳娜娜", "欧阳花花")),
    one("many statements in a string", f"SELECT 1 {WHERE}; SELECT 2; SELECT 1 / count(*) {WHERE}"),
    one("an encrypted column", "SELECT id FROM shop.payment_cards WHERE card_no = '{g}'", CARD, silent=CIPHERTEXT),
    one("an encrypted column, <>", "SELECT id FROM shop.payment_cards WHERE card_no <> '{g}'", CARD, silent=CIPHERTEXT),
    one("an encrypted column in a JOIN", "SELECT p.id FROM shop.payment_cards p JOIN (VALUES ('{g}')) v(n) ON p.card_no = v.n::bytea", CARD, silent=CIPHERTEXT),
    one("an encrypted column in ORDER BY", "SELECT id FROM shop.payment_cards ORDER BY card_no = '{g}', id", CARD, silent=CIPHERTEXT),
    one("an encrypted column in CASE", "SELECT CASE WHEN card_no = '{g}' THEN 1 / (id - id) END FROM shop.payment_cards", CARD, silent=CIPHERTEXT),
    one("whether two cards are one", "SELECT count(*) FROM shop.payment_cards a JOIN shop.payment_cards b ON a.card_no = b.card_no WHERE a.id = 1 AND b.id = {g}", ("4", "2")),
    one("whether two cards are one, grouped", "SELECT count(*) FROM shop.payment_cards WHERE id IN (1, {g}) GROUP BY card_no", ("4", "2")),
    one("whether two cards are one, DISTINCT", "SELECT DISTINCT brand, card_no IS NULL FROM (SELECT DISTINCT card_no, 1 AS brand FROM shop.payment_cards WHERE id IN (1, {g})) x", ("4", "2"), silent="DISTINCT over both"),
    one("the holder of a card", "SELECT card_no FROM shop.payment_cards WHERE holder = '{g}'"),
    Pair("a parameter in text", (f"SELECT id {FROM} WHERE name = $1",), how="text"),
    Pair("a parameter in binary", (f"SELECT id {FROM} WHERE name = $1",), how="binary"),
    Pair("a parameter in LIMIT", (f"SELECT n FROM generate_series(1, 3) n LIMIT (SELECT count(*) {FROM} WHERE name = $1)",), how="binary"),
    Pair("a parameter in an error", (f"SELECT CASE WHEN name = $1 THEN 1 / (id - id) END {FROM}",), how="text"),
    Pair("an encrypted column and a parameter in text", ("SELECT id FROM shop.payment_cards WHERE card_no = $1",), CARD, "text", CIPHERTEXT, type_oid=0),
    Pair("an encrypted column and a parameter in binary", ("SELECT id FROM shop.payment_cards WHERE card_no = $1",), CARD, "binary", CIPHERTEXT, type_oid=0),
    Pair("a savepoint", ("SAVEPOINT a", f"SELECT 1 / (1 - count(*)) {WHERE}", "ROLLBACK TO a", "SELECT 'after'")),
    Pair("the state of a transaction", (f"SELECT 1 / (1 - count(*)) {WHERE}", "SELECT 'after'")),
]  # fmt: skip

ORDER = "INSERT INTO shop.orders (id, label)"
ESTIMATED = "SELECT * FROM shop.customers WHERE phone = '{g}'"
QUIET = "ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF"
OTHERS = [
    one("EXPLAIN", f"EXPLAIN {ESTIMATED}", PHONE),
    one("EXPLAIN VERBOSE", f"EXPLAIN (VERBOSE) {ESTIMATED}", PHONE),
    one("EXPLAIN with costs as JSON", f"EXPLAIN (COSTS, FORMAT json) {ESTIMATED}", PHONE),
    one("EXPLAIN of a range", f"EXPLAIN SELECT id {FROM} WHERE salary > {{g}}", ("47000.00", "60000.00")),
    one("EXPLAIN of a join", f"EXPLAIN SELECT 1 {FROM} JOIN shop.orders o ON o.customer_id = c.id WHERE c.phone = '{{g}}'", PHONE),
    one("EXPLAIN of an UPDATE", f"EXPLAIN UPDATE shop.orders SET label = 'x' {FROM} WHERE c.id = customer_id AND c.phone = '{{g}}'", PHONE),
    one("EXPLAIN ANALYZE", f"EXPLAIN ({QUIET}, COSTS OFF) SELECT id {WHERE}"),
    one("EXPLAIN ANALYZE with costs", f"EXPLAIN ({QUIET}) {ESTIMATED}", PHONE),
    one("EXPLAIN ANALYZE of a DELETE", f"EXPLAIN ({QUIET}, COSTS OFF) DELETE FROM shop.orders USING shop.customers c WHERE c.id = customer_id AND c.name = '{{g}}'"),
    Pair("a cursor", (f"DECLARE k CURSOR FOR SELECT id {WHERE}", "FETCH ALL FROM k")),
    Pair("MOVE", (f"DECLARE k SCROLL CURSOR FOR SELECT id {WHERE}", "MOVE ALL IN k", "FETCH BACKWARD 1 FROM k")),
    Pair("a binary cursor that fails", (f"DECLARE k BINARY CURSOR FOR SELECT CASE WHEN name = '{{g}}' THEN 1 / (id - id) END {FROM}", "FETCH 5 FROM k")),
    Pair("PREPARE", (f"PREPARE p (text) AS SELECT id {FROM} WHERE name = $1", "EXECUTE p('{g}')")),
    Pair("PREPARE with the guess in it", (f"PREPARE p AS SELECT id {WHERE}", "EXECUTE p")),
    Pair("CREATE TEMP TABLE AS", (f"CREATE TEMP TABLE found AS SELECT id {WHERE}", "SELECT count(*) FROM found")),
    Pair("SELECT INTO", (f"SELECT id INTO TEMP found {WHERE}", "SELECT count(*) FROM found")),
    Pair("a unique index over a temporary copy", ("CREATE TEMP TABLE found AS SELECT name FROM shop.customers WHERE id = 2", "CREATE UNIQUE INDEX ON found (name)", "INSERT INTO found VALUES ('{g}')")),
    one("COPY", f"COPY (SELECT id {WHERE}) TO STDOUT"),
    one("COPY that fails", f"COPY (SELECT CASE WHEN name = '{{g}}' THEN 1 / (id - id) END {FROM}) TO STDOUT"),
    one("INSERT … SELECT", f"{ORDER} SELECT 5000 + id, 'x' {WHERE}"),
    one("INSERT … SELECT RETURNING", f"{ORDER} SELECT 5000 + id, 'x' {WHERE} RETURNING id"),
    one("INSERT of a condition", f"{ORDER} VALUES (5000, (SELECT 'seen' {WHERE})) RETURNING label"),
    one("INSERT that collides", f"{ORDER} SELECT 100, 'x' {WHERE}"),
    one("INSERT that fails", f"{ORDER} SELECT 5000, (1 / (1 - count(*)))::text {WHERE}"),
    one("ON CONFLICT … WHERE", f"INSERT INTO shop.orders AS o (id, label) VALUES (100, 'x') ON CONFLICT (id) DO UPDATE SET label = 'y' WHERE EXISTS (SELECT 1 {WHERE}) RETURNING id"),
    one("UPDATE … FROM", f"UPDATE shop.orders o SET label = 'x' {FROM} WHERE c.id = o.customer_id AND c.name = '{{g}}'"),
    one("UPDATE with a subselect", f"UPDATE shop.orders SET label = 'x' WHERE customer_id = (SELECT id {WHERE}) RETURNING id"),
    one("UPDATE by a masked column of its own", "UPDATE shop.orders SET label = 'x' WHERE note = '{g}'", RING),
    one("UPDATE to a masked column", "UPDATE shop.customers SET city = CASE WHEN name = '{g}' THEN 'a' ELSE 'b' END WHERE id = 2 RETURNING city"),
    one("RETURNING a comparison", "UPDATE shop.customers SET city = 'x' WHERE id = 2 RETURNING name = '{g}'"),
    one("RETURNING a subselect", f"UPDATE shop.orders SET label = 'x' WHERE id = 100 RETURNING (SELECT count(*) {WHERE})"),
    one("DELETE", f"DELETE FROM shop.orders WHERE EXISTS (SELECT 1 {WHERE})"),
    one("DELETE … USING", "DELETE FROM shop.orders o USING shop.customers c WHERE c.id = o.customer_id AND c.name = '{g}' RETURNING o.id"),
    one("DELETE by a masked column of its own", "DELETE FROM shop.orders WHERE note LIKE '{g}%'", RING),
    one("MERGE", f"MERGE INTO shop.orders o USING (SELECT id {WHERE}) x ON x.id = o.customer_id WHEN MATCHED THEN UPDATE SET label = 'x'"),
    one("MERGE that deletes", "MERGE INTO shop.orders o USING shop.customers c ON c.id = o.customer_id WHEN MATCHED AND c.name = '{g}' THEN DELETE"),
    one("MERGE … RETURNING", "MERGE INTO shop.orders o USING shop.customers c ON c.id = o.customer_id WHEN MATCHED AND c.name = '{g}' THEN DELETE RETURNING o.id", versions=17),
    one("a data-modifying CTE", f"WITH w AS (DELETE FROM shop.orders WHERE EXISTS (SELECT 1 {WHERE}) RETURNING 1) SELECT count(*) FROM w"),
    one("ON CONFLICT … WHERE of the target", "INSERT INTO shop.orders AS o (id, label) VALUES (100, 'x') ON CONFLICT (id) DO UPDATE SET label = 'y' WHERE o.note = '{g}' RETURNING id", RING),
    one("MERGE on a masked column of the target", "MERGE INTO shop.orders o USING (VALUES (100)) v(i) ON o.id = v.i AND o.note = '{g}' WHEN MATCHED THEN DELETE", RING),
    one("MERGE WHEN a masked column of the target", "MERGE INTO shop.orders o USING (VALUES (100)) v(i) ON o.id = v.i WHEN MATCHED AND o.note = '{g}' THEN DELETE", RING),
    one("UPDATE joined to itself", "UPDATE shop.orders o SET label = 'x' FROM shop.orders n WHERE n.id = o.id AND n.note = '{g}' RETURNING o.id", RING),
    one("DELETE joined to itself", "DELETE FROM shop.orders o USING shop.orders n WHERE n.id = o.id AND n.note = '{g}'", RING),
    one("a masked column moved to an open one", "UPDATE shop.orders SET label = note WHERE id = 100 RETURNING label = '{g}'", RING),
    one("a masked column moved by a subselect", "UPDATE shop.orders o SET label = (SELECT n.note FROM shop.orders n WHERE n.id = o.id) WHERE id = 100 RETURNING label = '{g}'", RING),
    Pair("a masked column moved by INSERT", ("INSERT INTO shop.orders (id, label) SELECT 5000, name FROM shop.customers WHERE id = 2", "SELECT count(*) FROM shop.orders WHERE label = '{g}'")),
    one("a CTE that returns the mask", "WITH d AS (UPDATE shop.orders SET label = 'x' RETURNING note) SELECT count(*) FROM d WHERE note = '{g}'", RING),
    one("the target's whole row in WHERE", "UPDATE shop.orders o SET label = 'x' WHERE o::text LIKE '%{g}%'", RING),
    one("the target's whole row in RETURNING", "UPDATE shop.orders o SET label = 'x' WHERE id = 100 RETURNING to_jsonb(o) ->> 'note' = '{g}'", RING),
    one("RETURNING old", "UPDATE shop.orders SET label = 'x' WHERE id = 100 RETURNING old.note = '{g}'", RING, versions=18),
    one("RETURNING WITH a name for old", "UPDATE shop.orders SET label = 'x' WHERE id = 100 RETURNING WITH (OLD AS o) o.note = '{g}'", RING, versions=18),
    one("a view as a target", "UPDATE shop.v_customers SET city = 'x' WHERE name = '{g}'"),
    one("a parent as a target", "UPDATE shop.people SET id = 99 WHERE name = '{g}'"),
    one("a partition as a target", "DELETE FROM shop.visits_1 WHERE who = '{g}'", ("张三", "张四")),
    Pair("WHERE CURRENT OF", ("DECLARE k CURSOR FOR SELECT * FROM shop.orders WHERE note = '{g}' FOR UPDATE", "FETCH 1 FROM k", "UPDATE shop.orders SET label = 'x' WHERE CURRENT OF k"), RING),
    Pair("EXPLAIN EXECUTE", (f"PREPARE p AS {ESTIMATED}", "EXPLAIN EXECUTE p"), PHONE),
    Pair("EXPLAIN EXECUTE with a parameter", ("PREPARE p (text) AS SELECT * FROM shop.customers WHERE phone = $1", "EXPLAIN EXECUTE p('{g}')"), PHONE),
    one("EXPLAIN CREATE TABLE AS", f"EXPLAIN CREATE TEMP TABLE found AS {ESTIMATED}", PHONE),
    one("EXPLAIN DECLARE", f"EXPLAIN DECLARE k CURSOR FOR {ESTIMATED}", PHONE),
    Pair("a cursor kept over the end", (f"DECLARE k CURSOR WITH HOLD FOR SELECT CASE WHEN name = '{{g}}' THEN 1 / (id - id) END {FROM}", "COMMIT", "FETCH ALL FROM k", "CLOSE ALL")),
    Pair("a setting that remembers", (f"SELECT set_config('my.own', name, false) {WHERE}", "SELECT current_setting('my.own', true) <> ''")),
    one("an advisory lock", f"SELECT pg_try_advisory_xact_lock(7) {WHERE}"),
    Pair("a temporary view", (f"CREATE TEMP VIEW found AS SELECT id {WHERE}", "SELECT count(*) FROM found")),
    Pair("statistics of a temporary copy", (f"CREATE TEMP TABLE found AS SELECT (name = '{{g}}')::text AS is_it {FROM}", "ANALYZE found", "EXPLAIN SELECT * FROM found WHERE is_it = 'true'")),
    Pair("a foreign key of a temporary copy", ("CREATE TEMP TABLE found (name text PRIMARY KEY)", "INSERT INTO found SELECT DISTINCT name FROM shop.customers", "CREATE TEMP TABLE other (n text REFERENCES found)", "INSERT INTO other VALUES ('{g}')")),
    Pair("a CHECK of a temporary table", ("CREATE TEMP TABLE t (n text CHECK (n <> '{g}'))", "INSERT INTO t SELECT name FROM shop.customers")),
    one("a unique violation", "INSERT INTO shop.customers (id, name, email, level) VALUES (99, 'x', '{g}', 0)", MAIL),
    one("ON CONFLICT DO NOTHING", "INSERT INTO shop.customers (id, name, email, level) VALUES (99, 'x', '{g}', 0) ON CONFLICT DO NOTHING", MAIL),
    one("ON CONFLICT (email)", "INSERT INTO shop.customers (id, name, email, level) VALUES (99, 'x', '{g}', 0) ON CONFLICT (email) DO UPDATE SET level = 9 RETURNING id", MAIL),
    one("a unique violation by UPDATE", "UPDATE shop.customers SET email = '{g}' WHERE id = 2", MAIL),
    one("a foreign key", "INSERT INTO shop.accounts VALUES (9, '{g}', 'c')", MAIL),
    one("a foreign key by UPDATE", "UPDATE shop.accounts SET email = '{g}' WHERE id = 2", MAIL),
    one("a unique violation by an open column", "UPDATE shop.seats SET seat = 1 WHERE id = {g}", ("2", "3")),
    one("ON CONFLICT over an open and a masked column", "INSERT INTO shop.seats (id, email, seat) VALUES (9, '{g}', 1) ON CONFLICT (email, seat) DO NOTHING", MAIL),
    one("a CHECK over an open and a masked column", "UPDATE shop.pins SET hint = '{g}' WHERE id = 1", ("4711", "4712")),
    one("a unique index over the rows of one pin", "UPDATE shop.pins SET hint = 'z' WHERE id = {g}", ("2", "3")),
    one("whose row is referenced", "DELETE FROM shop.customers WHERE id = {g}", ("1", "2")),
]  # fmt: skip
PAIRS = READS + OTHERS
