-- COPY of a masked relation is COPY of its subquery
-- role: exporter
-- notices: shop.customers: birth_date, raw closed to you: NULL
COPY shop.customers TO STDOUT
-- becomes
COPY (SELECT "id", "name", "email", "phone", "birth_date", "profile", "raw", "city" FROM {only customers: id name email phone birth_date profile raw city} AS "customers") TO STDOUT

-- … of some columns
-- role: exporter
COPY customers (id, "name") TO STDOUT (FORMAT csv, HEADER)
-- becomes
COPY (SELECT "id", "name" FROM {only customers: id name} AS "customers") TO STDOUT (FORMAT csv, HEADER)

-- … in every format
-- role: exporter
COPY customers (id) TO STDOUT WITH (FORMAT binary); COPY customers (id) TO STDOUT WITH (FORMAT text, DELIMITER '|', NULL 'x')
-- becomes
COPY (SELECT "id" FROM {only customers: id} AS "customers") TO STDOUT WITH (FORMAT binary); COPY (SELECT "id" FROM {only customers: id} AS "customers") TO STDOUT WITH (FORMAT text, DELIMITER '|', NULL 'x')

-- … without its generated columns
-- role: exporter
COPY prices TO STDOUT
-- becomes
COPY (SELECT "id", "net", "secret" FROM {only prices: id net secret} AS "prices") TO STDOUT

-- … of an open relation: no children either
-- role: exporter
COPY orders TO STDOUT
-- becomes
COPY (SELECT "id", "customer_id", "total", "placed_at", "status" FROM ONLY "shop"."orders") TO STDOUT

-- … of a query
-- role: exporter
COPY (SELECT c.name, count(*) FROM customers c GROUP BY 1) TO STDOUT CSV
-- becomes
COPY (SELECT c.name, pg_catalog.count(*) FROM {customers: c name count} c GROUP BY 1) TO STDOUT CSV

-- … of a write
-- role: exporter
COPY (DELETE FROM customers WHERE id = 1 RETURNING name) TO STDOUT
-- becomes
COPY (DELETE FROM "shop"."customers" WHERE id = 1 RETURNING {customers.name of customers}) TO STDOUT

-- … of a temporary table
-- role: exporter
-- temporary: mine
COPY mine (a) TO STDOUT
-- becomes
COPY pg_temp.mine (a) TO STDOUT

-- … that nobody made
-- role: exporter
-- refuses: 42P01 "mine"
COPY mine TO STDOUT

-- … with a row condition
-- role: limited
COPY customers (id) TO STDOUT
-- becomes
COPY (SELECT "id" FROM {only customers: id} AS "customers") TO STDOUT

-- … of an encrypted column
-- role: exporter
-- refuses: 0A000 shop.payment_cards.card_no is encrypted: it can be selected, but not kept or copied
COPY payment_cards (id, card_no) TO STDOUT

-- … in a query
-- role: exporter
-- refuses: 0A000 not kept or copied
COPY (SELECT card_no FROM payment_cards) TO STDOUT

-- … without it
-- role: exporter
COPY payment_cards (id, brand) TO STDOUT
-- becomes
COPY (SELECT "id", "brand" FROM {only payment_cards: id brand} AS "payment_cards") TO STDOUT

-- … of a query over a relation nobody knows
-- role: exporter
-- refuses: 42P01 "nothing"
COPY (SELECT * FROM nothing) TO STDOUT

-- … of a view that reaches a protected relation
-- role: exporter
-- refuses: 42501 customer_names
COPY customer_names TO STDOUT

-- … of a relation that does not exist
-- role: exporter
-- refuses: 42P01 shop.nothing
COPY shop.nothing TO STDOUT

-- … for a role that may not
-- role: analyst
-- refuses: 42501 COPY is refused for your role
COPY (SELECT 1) TO STDOUT

-- … to a file
-- role: exporter
-- refuses: 0A000 file
COPY customers TO '/tmp/x'

-- … to a program
-- role: exporter
-- refuses: 0A000 file
COPY customers TO PROGRAM 'cat'

-- … in another encoding
-- role: exporter
-- refuses: 0A000 COPY option encoding
COPY customers TO STDOUT (ENCODING 'latin1')

-- COPY FROM into open columns
-- role: analyst
COPY customers (id, city) FROM STDIN
-- becomes
COPY "shop"."customers" (id, city) FROM STDIN

-- … of a relation in full
-- role: analyst
COPY shop.orders FROM STDIN (FORMAT csv, HEADER match, FORCE_NULL (status))

-- … whose generated columns are not read
-- role: analyst
COPY prices (id, net) FROM STDIN
-- becomes
COPY "shop"."prices" (id, net) FROM STDIN

-- … into a masked column
-- role: analyst
-- refuses: 42501 shop.customers.name is masked for you and cannot be written
COPY customers (id, name) FROM STDIN

-- … without a list
-- role: analyst
-- refuses: 42501 shop.customers.name
COPY customers FROM STDIN

-- … into a masked column that a rule lets be written
-- role: writer
COPY customers (id, name) FROM STDIN
-- becomes
COPY "shop"."customers" (id, name) FROM STDIN

-- … into an encrypted one
-- role: writer
-- refuses: 0A000 COPY FROM cannot seal it
COPY payment_cards (id, card_no) FROM STDIN

-- … into an open encrypted one is the app's to be refused as well
-- role: app
-- refuses: 0A000 COPY
COPY payment_cards (id, card_no) FROM STDIN

-- … into what a rule refuses
-- role: writer
-- refuses: 42501 shop.old_cards cannot be written
COPY old_cards (id) FROM STDIN

-- … into what is closed
-- role: analyst
-- refuses: 42501 shop.old_cards is closed
COPY old_cards (id) FROM STDIN

-- … under a row condition
-- role: limited
-- refuses: 42501 row condition
COPY customers (id) FROM STDIN

-- … under a row condition alone
-- role: limited
-- refuses: 42501 row condition
COPY prices (id) FROM STDIN

-- … from a file
-- role: analyst
-- refuses: 0A000 file
COPY orders FROM '/etc/passwd'

-- … with a condition
-- role: analyst
COPY orders FROM STDIN WHERE id > 0 AND lower(status) = 'new'
-- becomes
COPY "shop"."orders" FROM STDIN WHERE id > 0 AND pg_catalog.lower(status) = 'new'

-- … with a subquery in it
-- role: analyst
-- refuses: 0A000 cannot use subquery in COPY FROM WHERE condition
COPY orders FROM STDIN WHERE id IN (SELECT 1)

-- … with a function nobody listed
-- role: analyst
-- refuses: 0A000 full_name
COPY orders FROM STDIN WHERE shop.full_name(id) = 'x'

-- … into a temporary table
-- role: analyst
-- temporary: mine
COPY mine FROM STDIN WHERE lower(a) = 'x'
-- becomes
COPY pg_temp.mine FROM STDIN WHERE pg_catalog.lower(a) = 'x'

-- … of a relation that does not exist
-- role: analyst
-- refuses: 42P01 shop.nothing
COPY shop.nothing FROM STDIN

-- COPY for the app passes where nothing is encrypted
-- role: app
COPY customers FROM STDIN

-- the form of PostgreSQL 7 takes no query
-- role: exporter
-- refuses: 0A000 COPY BINARY and DELIMITERS are the form of PostgreSQL 7
COPY BINARY customers (id) TO STDOUT

-- … nor do its options
-- role: exporter
-- refuses: 0A000 COPY BINARY and DELIMITERS are the form of PostgreSQL 7
COPY customers (id) TO STDOUT USING DELIMITERS '|'
