-- What analysts write: reports over the shop, in psql, notebooks and dashboards.

--# customers by city
SELECT city, count(*) AS customers, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent
  FROM customers GROUP BY city ORDER BY customers DESC, city;

--# masked contacts, a page of them
-- touches protected
SELECT id, name, email, phone, city FROM customers ORDER BY id LIMIT 20 OFFSET 40;

--# whole rows
-- touches protected
SELECT * FROM customers WHERE city = '深圳市' ORDER BY created_at DESC;

--# a row as JSON
-- touches protected
SELECT row_to_json(c) FROM customers c WHERE id <= 3 ORDER BY id;

--# a row as JSON by name
-- touches protected
SELECT json_agg(json_build_object('id', c.id, 'name', c.name, 'level', c.profile -> 'level') ORDER BY c.id) AS people
  FROM customers c WHERE c.id <= 5;

--# revenue by month
SELECT date_trunc('month', placed_at)::date AS month, count(*) AS orders, sum(total) AS revenue, round(avg(total), 2) AS basket
  FROM orders WHERE status <> 'returned' GROUP BY 1 ORDER BY 1;

--# a calendar without gaps
SELECT day::date, count(o.id) AS orders, coalesce(sum(o.total), 0) AS revenue
  FROM generate_series(timestamptz '2025-01-01', '2025-02-28', '1 day') AS day
  LEFT JOIN orders o ON o.placed_at >= day AND o.placed_at < day + interval '1 day'
 GROUP BY day ORDER BY day;

--# running total and change to the month before
WITH monthly AS (SELECT date_trunc('month', placed_at)::date AS month, sum(total) AS revenue FROM orders GROUP BY 1)
SELECT month, revenue, sum(revenue) OVER (ORDER BY month) AS so_far, revenue - lag(revenue) OVER w AS change,
       round(100 * (revenue / nullif(lag(revenue) OVER w, 0) - 1), 1) AS percent,
       avg(revenue) OVER (ORDER BY month ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving
  FROM monthly WINDOW w AS (ORDER BY month) ORDER BY month;

--# the best products of each category
SELECT category, title, sold, rank FROM (
  SELECT p.category, p.title, sum(i.quantity) AS sold, rank() OVER (PARTITION BY p.category ORDER BY sum(i.quantity) DESC, p.title) AS rank
    FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.id) ranked
 WHERE rank <= 3 ORDER BY category, rank;

--# the newest order of each customer
SELECT DISTINCT ON (customer_id) customer_id, id, placed_at, total FROM orders ORDER BY customer_id, placed_at DESC, id DESC;

--# customers with their orders, grouped by the primary key
-- touches protected
SELECT c.id, c.name, c.city, count(o.id) AS orders, coalesce(sum(o.total), 0) AS spent
  FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY spent DESC, c.id LIMIT 25;

--# subtotals
SELECT c.city, o.status, grouping(c.city, o.status) AS level, count(*) AS orders, sum(o.total) AS revenue
  FROM orders o JOIN customers c ON c.id = o.customer_id
 GROUP BY GROUPING SETS ((c.city, o.status), (c.city), ()) ORDER BY c.city NULLS LAST, o.status NULLS LAST;

--# rollup
SELECT extract(year FROM placed_at)::int AS year, extract(month FROM placed_at)::int AS month, sum(total) AS revenue
  FROM orders GROUP BY ROLLUP (1, 2) ORDER BY 1 NULLS LAST, 2 NULLS LAST;

--# cube
SELECT p.category, o.status, sum(i.quantity) FROM order_items i JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id
 GROUP BY CUBE (p.category, o.status) ORDER BY 1 NULLS FIRST, 2 NULLS FIRST;

--# filtered aggregates
SELECT count(*) AS all_orders, count(*) FILTER (WHERE status = 'done') AS done, count(*) FILTER (WHERE status = 'returned') AS returned,
       sum(total) FILTER (WHERE placed_at >= '2025-02-01') AS late, count(DISTINCT customer_id) AS buyers FROM orders;

--# a pivot by CASE
SELECT to_char(placed_at, 'YYYY-MM') AS month,
       sum(CASE WHEN status = 'done' THEN total END) AS done, sum(CASE WHEN status = 'paid' THEN total END) AS paid,
       sum(CASE WHEN status NOT IN ('done', 'paid') THEN total ELSE 0 END) AS other
  FROM orders GROUP BY 1 ORDER BY 1;

--# percentiles
SELECT status, percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median, percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY total::float8),
       percentile_disc(0.9) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY customer_id), stddev_samp(total), corr(total, customer_id)
  FROM orders GROUP BY status ORDER BY status;

--# a histogram
SELECT width_bucket(total, 0, 2000, 10) AS bucket, min(total), max(total), count(*) FROM orders GROUP BY 1 ORDER BY 1;

--# deciles and distributions
SELECT id, total, ntile(10) OVER (ORDER BY total, id) AS decile, percent_rank() OVER (ORDER BY total), cume_dist() OVER (ORDER BY total),
       first_value(total) OVER (PARTITION BY status ORDER BY placed_at), row_number() OVER (ORDER BY id)
  FROM orders ORDER BY id LIMIT 50;

--# what one order holds, as text
SELECT o.id, string_agg(p.title || ' x' || i.quantity, ', ' ORDER BY p.title) AS basket, array_agg(DISTINCT p.category) AS categories
  FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id GROUP BY o.id ORDER BY o.id LIMIT 30;

--# what is bought together
SELECT a.product_id AS one, b.product_id AS other, count(*) FROM order_items a JOIN order_items b USING (order_id)
 WHERE a.product_id < b.product_id GROUP BY 1, 2 HAVING count(*) > 2 ORDER BY 3 DESC, 1, 2 LIMIT 20;

--# cohorts
WITH first_order AS (SELECT customer_id, min(date_trunc('month', placed_at)) AS cohort FROM orders GROUP BY customer_id),
     activity AS (
       SELECT f.cohort, (extract(year FROM age(date_trunc('month', o.placed_at), f.cohort)) * 12
                         + extract(month FROM age(date_trunc('month', o.placed_at), f.cohort)))::int AS month_no, o.customer_id
         FROM orders o JOIN first_order f USING (customer_id))
SELECT cohort::date, month_no, count(DISTINCT customer_id) AS active FROM activity GROUP BY 1, 2 ORDER BY 1, 2;

--# recency, frequency, money
WITH rfm AS (
  SELECT customer_id, date '2025-07-01' - max(placed_at)::date AS recency, count(*) AS frequency, sum(total) AS money
    FROM orders WHERE status <> 'returned' GROUP BY customer_id)
SELECT ntile(4) OVER (ORDER BY recency DESC, customer_id) AS r, ntile(4) OVER (ORDER BY frequency, customer_id) AS f,
       ntile(4) OVER (ORDER BY money, customer_id) AS m, customer_id FROM rfm ORDER BY customer_id;

--# the two largest orders of each customer, LATERAL
-- touches protected
SELECT c.id, c.name, big.id AS order_id, big.total
  FROM customers c CROSS JOIN LATERAL (SELECT o.id, o.total FROM orders o WHERE o.customer_id = c.id ORDER BY o.total DESC, o.id LIMIT 2) big
 WHERE c.city = '北京市' ORDER BY c.id, big.total DESC, big.id;

--# who never ordered
SELECT c.id, c.city FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id) ORDER BY c.id;

--# above the average of their city
SELECT o.id, o.total FROM orders o JOIN customers c ON c.id = o.customer_id
 WHERE o.total > (SELECT avg(o2.total) FROM orders o2 JOIN customers c2 ON c2.id = o2.customer_id WHERE c2.city = c.city) ORDER BY o.id;

--# IN, ANY, ALL
SELECT id, total FROM orders WHERE status IN ('paid', 'shipped') AND customer_id = ANY (ARRAY[1, 5, 8, 15])
   AND total >= ALL (SELECT price FROM products WHERE category = 'none') ORDER BY id;

--# set operations
(SELECT customer_id FROM orders WHERE status = 'done' EXCEPT SELECT customer_id FROM orders WHERE status = 'returned')
 INTERSECT SELECT customer_id FROM consents WHERE granted AND purpose = 'marketing' ORDER BY 1;

--# one list of two kinds
-- touches protected
SELECT 'customer' AS kind, id, name AS label FROM customers WHERE id < 4
 UNION ALL SELECT 'product', id, title FROM products WHERE id < 4 ORDER BY kind, id;

--# the tree of campaigns
WITH RECURSIVE tree AS (
  SELECT id, title, parent_id, 1 AS depth, ARRAY[id] AS way FROM campaigns WHERE parent_id IS NULL
   UNION ALL SELECT c.id, c.title, c.parent_id, t.depth + 1, t.way || c.id FROM campaigns c JOIN tree t ON c.parent_id = t.id)
SELECT repeat('  ', depth - 1) || title AS title, depth, way FROM tree ORDER BY way;

--# a recursive walk, searched and guarded
WITH RECURSIVE tree (id, parent_id) AS (
  SELECT id, parent_id FROM campaigns WHERE id = 1 UNION ALL SELECT c.id, c.parent_id FROM campaigns c, tree t WHERE c.parent_id = t.id)
  SEARCH DEPTH FIRST BY id SET place CYCLE id SET is_cycle USING way
SELECT id, place, is_cycle FROM tree ORDER BY place;

--# JSON: levels and interests
SELECT profile ->> 'level' AS level, count(*), jsonb_agg(DISTINCT profile -> 'interests') AS interests
  FROM customers GROUP BY 1 ORDER BY 1;

--# JSON: one row for each interest
SELECT interest, count(*) FROM customers, jsonb_array_elements_text(profile -> 'interests') AS interest
 WHERE profile @> '{"level": 2}' AND profile ? 'interests' GROUP BY interest ORDER BY 2 DESC, 1;

--# JSON: paths
SELECT id, jsonb_path_query_first(settings, '$.steps[*] ? (@ > 3)') AS step, settings #>> '{audience}' AS audience, settings - 'steps' AS rest,
       jsonb_pretty(settings), jsonb_typeof(settings -> 'steps'), jsonb_array_length(settings -> 'steps')
  FROM campaigns WHERE settings @? '$.steps[*] ? (@ >= 3)' ORDER BY id;

--# JSON: the masked document
-- touches protected
SELECT id, profile, profile -> 'emergency_contact' ->> 'name' AS contact FROM customers ORDER BY id LIMIT 10;

--# JSON: keys and values
-- touches protected
SELECT c.id, e.key, e.value FROM customers c CROSS JOIN LATERAL jsonb_each_text(c.profile) e WHERE c.id < 4 ORDER BY 1, 2;

--# JSON of 16
-- versions: 16, 18
SELECT JSON_OBJECT('id': id, 'title': title ABSENT ON NULL) AS o, JSON_ARRAY(id, price) AS a, title IS JSON AS j FROM products ORDER BY id LIMIT 5;

--# JSON_TABLE and friends
-- versions: 18
SELECT c.id, t.step, JSON_VALUE(c.settings, '$.audience') AS audience, JSON_EXISTS(c.settings, '$.steps') AS has, JSON_QUERY(c.settings, '$.steps') AS steps
  FROM campaigns c, JSON_TABLE(c.settings, '$.steps[*]' COLUMNS (step int PATH '$')) t ORDER BY 1, 2;

--# arrays and words
SELECT id, tags, cardinality(tags) AS n, tags[1], tags && ARRAY['tag1'] AS has_one, array_position(tags, 'all'), array_to_string(tags, '/'),
       array_remove(tags, 'all'), tags || 'new'::text
  FROM campaigns WHERE tags @> ARRAY['all'] ORDER BY id;

--# tags, counted
SELECT tag, n, count(*) FROM campaigns, unnest(tags) WITH ORDINALITY AS t (tag, n) GROUP BY tag, n ORDER BY tag, n;

--# several arrays side by side
SELECT * FROM unnest(ARRAY[1, 2, 3], ARRAY['a', 'b', 'c']) AS u (n, letter);

--# several functions side by side
SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS u (n, letter, row);

--# full text search
SELECT id, title, ts_rank(body, query) AS rank, ts_headline('english', title, query) FROM campaigns, to_tsquery('english', 'summer & (book | lamp)') AS query
 WHERE body @@ query ORDER BY rank DESC, id;

--# ranges
SELECT id, runs, lower(runs), upper(runs), upper(runs) - lower(runs) AS days, spend, spend @> 450::numeric AS has, isempty(runs) FROM campaigns
 WHERE runs && daterange('2025-02-01', '2025-03-01') ORDER BY id;

--# multiranges
SELECT range_agg(runs ORDER BY id) AS all_runs, range_agg(runs) @> date '2025-01-22' AS running FROM campaigns;

--# own types: enum, composite, domain
SELECT channel, count(*), min(discount), max((store).lat), array_agg(channel ORDER BY id) FROM campaigns GROUP BY channel ORDER BY channel;

--# every value of an enum
SELECT unnest(enum_range(NULL::shop.channel)) AS channel;

--# all columns of a table with many types
SELECT * FROM campaigns ORDER BY id;

--# inherited rows and where they are from
SELECT id, title, tableoid::regclass AS place FROM campaigns ORDER BY id LIMIT 3;

--# only the parent
SELECT count(*) FROM ONLY campaigns;

--# page views by hour, partitions pruned
SELECT extract(hour FROM occurred_at AT TIME ZONE 'Asia/Shanghai')::int AS hour, count(*), count(DISTINCT customer_id) AS people
  FROM browsing_events WHERE occurred_at >= '2025-01-10' AND occurred_at < '2025-02-10' GROUP BY 1 ORDER BY 1;

--# a funnel
SELECT count(DISTINCT customer_id) FILTER (WHERE page = '/product') AS saw, count(DISTINCT customer_id) FILTER (WHERE page = '/cart') AS put,
       count(DISTINCT customer_id) FILTER (WHERE page = '/checkout') AS bought FROM browsing_events;

--# sessions by gaps and islands
WITH marked AS (
  SELECT customer_id, occurred_at, (occurred_at - lag(occurred_at) OVER (PARTITION BY customer_id ORDER BY occurred_at) > interval '10 days')::int AS starts
    FROM browsing_events),
     numbered AS (SELECT *, coalesce(sum(starts) OVER (PARTITION BY customer_id ORDER BY occurred_at), 0) AS session FROM marked)
SELECT customer_id, session, min(occurred_at), max(occurred_at), count(*) FROM numbered GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 50;

--# events as they are
-- touches protected
SELECT * FROM browsing_events ORDER BY occurred_at DESC, id LIMIT 15;

--# one partition
-- touches protected
SELECT id, page, ip, user_agent FROM browsing_events_2025_01 ORDER BY id LIMIT 10;

--# browsers, from what the mask leaves
-- touches protected
-- predicates on masked
SELECT split_part(user_agent, ' ', 1) AS family, count(*) FROM browsing_events GROUP BY 1 ORDER BY 2 DESC;

--# cards by brand, numbers masked
-- touches protected
SELECT brand, card_no, holder, expires FROM payment_cards ORDER BY id LIMIT 10;

--# cards counted
SELECT brand, count(*) AS cards, min(created_at) IS NOT NULL AS dated FROM payment_cards GROUP BY brand ORDER BY brand;

--# customers with a card
-- touches protected
SELECT c.id, c.name, p.brand, p.card_no FROM customers c JOIN payment_cards p ON p.customer_id = c.id ORDER BY c.id LIMIT 10;

--# years of birth
SELECT extract(year FROM birth_date)::int / 10 * 10 AS decade, count(*) FROM customers GROUP BY 1 ORDER BY 1;

--# a birthday looked for through the mask
-- touches protected
-- predicates on masked
SELECT id, birth_date FROM customers WHERE birth_date >= date '1940-06-01' ORDER BY birth_date, id LIMIT 10;

--# e-mail looked for through the mask
-- touches protected
-- predicates on masked
SELECT id, email FROM customers WHERE email ILIKE '%@%.com' AND name LIKE '王%' ORDER BY email, id;

--# domains counted through the mask
-- touches protected
-- predicates on masked
SELECT split_part(email, '@', 2) AS domain, count(*) FROM customers GROUP BY 1 ORDER BY 2 DESC, 1;

--# orders with notes
-- touches protected
SELECT id, status, note FROM orders WHERE note IS NOT NULL ORDER BY id LIMIT 10;

--# addresses by city
SELECT province, city, count(*), bool_or(is_default), every(is_default) FROM addresses GROUP BY 1, 2 ORDER BY 1, 2;

--# addresses as they are shown
-- touches protected
SELECT recipient, full_address, street, postcode FROM addresses ORDER BY id LIMIT 10;

--# a join of four
SELECT c.city, p.category, sum(i.quantity * i.unit_price) AS revenue
  FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id
 WHERE o.placed_at BETWEEN '2025-01-01' AND '2025-06-30' GROUP BY c.city, p.category ORDER BY revenue DESC, 1, 2;

--# natural and using
SELECT count(*) FROM orders NATURAL JOIN (SELECT id AS address_id, city FROM addresses) a JOIN customers c (customer_id) USING (customer_id);

--# outer joins, both sides
SELECT coalesce(o.customer_id, k.customer_id) AS customer_id, count(o.id), bool_or(k.granted) FROM orders o
  FULL JOIN consents k ON k.customer_id = o.customer_id AND k.purpose = 'marketing' GROUP BY 1 ORDER BY 1;

--# views that rules open
SELECT * FROM sales_by_city ORDER BY revenue DESC;

--# a materialised view
SELECT month, revenue, round(revenue / nullif(orders, 0), 2) AS basket FROM monthly_revenue ORDER BY month;

--# a view over what is public
SELECT category, count(*), min(price), max(price) FROM product_list GROUP BY category ORDER BY 1;

--# a view that shows contacts, masked
-- touches protected
SELECT * FROM customer_contacts ORDER BY id LIMIT 10;

--# VALUES as a small table
SELECT v.status, v.label, count(o.id) FROM (VALUES ('paid', 'bezahlt'), ('done', 'fertig')) AS v (status, label)
  LEFT JOIN orders o USING (status) GROUP BY 1, 2 ORDER BY 1;

--# dates and times
SELECT to_char(placed_at AT TIME ZONE 'Asia/Shanghai', 'IYYY-"W"IW') AS week, date_part('dow', placed_at) AS dow, date_bin('6 hours', placed_at, '2025-01-01') AS bin,
       make_interval(days => 3) + placed_at AS due, extract(epoch FROM placed_at)::bigint, justify_hours(interval '30 hours'), placed_at::date - 1, isfinite(placed_at)
  FROM orders ORDER BY id LIMIT 20;

--# text
SELECT upper(title), initcap(title), lpad(sku, 10, '.'), replace(title, ' ', '_'), regexp_replace(title, '\d+', '#'), split_part(sku, '-', 2)::int,
       left(title, 3), reverse(sku), length(title), title ~ 'tea|lamp', title SIMILAR TO '%(tea|lamp)%', format('%s (%s)', title, category), md5(title),
       position('no' IN title), overlay(sku PLACING 'X' FROM 1 FOR 1), trim(both 'S' FROM sku), concat_ws('/', sku, category), translate(sku, 'SKU', 'sku')
  FROM products ORDER BY id LIMIT 10;

--# numbers
SELECT round(price / 3, 2), ceil(price), floor(price), trunc(price, 1), mod(price::int, 7), power(price, 2), sqrt(price), ln(price), abs(-price),
       greatest(price, 100), least(price, 100), sign(price), price::money::text IS NOT NULL, div(price, 10), price % 7, -price, @ (-price), width_bucket(price, ARRAY[10.0, 100.0]::numeric[])
  FROM products ORDER BY id LIMIT 10;

--# NULLs and choices
SELECT id, coalesce(address_id, 0), nullif(status, 'done'), CASE status WHEN 'done' THEN 1 WHEN 'paid' THEN 2 ELSE 0 END, status IS DISTINCT FROM 'done',
       total BETWEEN 100 AND 500, total NOT BETWEEN SYMMETRIC 500 AND 100, (status, total) > ('done', 10), num_nulls(address_id, status)
  FROM orders ORDER BY id LIMIT 20;

--# a sample
-- varies: it is random
SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (50);

--# a repeatable sample
SELECT count(*) FROM orders TABLESAMPLE SYSTEM (80) REPEATABLE (7);

--# ties
SELECT id, quantity FROM order_items ORDER BY quantity DESC FETCH FIRST 3 ROWS WITH TIES;

--# regression
SELECT regr_slope(total, extract(epoch FROM placed_at)), regr_r2(total, customer_id), covar_pop(total, id), var_pop(total) FROM orders;

--# frames by range and groups
SELECT id, sum(total) OVER (ORDER BY placed_at RANGE BETWEEN interval '2 days' PRECEDING AND CURRENT ROW) AS two_days,
       count(*) OVER (ORDER BY status GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES), nth_value(total, 2) OVER (PARTITION BY status ORDER BY id)
  FROM orders ORDER BY id LIMIT 30;

--# a scalar subquery and an array of a query
SELECT p.id, (SELECT max(placed_at) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE i.product_id = p.id) AS last_sold,
       ARRAY(SELECT i.order_id FROM order_items i WHERE i.product_id = p.id ORDER BY 1 LIMIT 3) AS orders FROM products p ORDER BY p.id LIMIT 10;

--# a materialised WITH
WITH big AS MATERIALIZED (SELECT * FROM orders WHERE total > 300), small AS NOT MATERIALIZED (SELECT * FROM orders WHERE total < 100)
SELECT (SELECT count(*) FROM big) AS big, (SELECT count(*) FROM small) AS small;

--# rows as values
-- touches protected
SELECT c, (c).city, o FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = 8 ORDER BY o.id LIMIT 2;

--# comments
/* dashboard: sales; user: 12 */ SELECT count(*) -- all of them
  FROM orders /* raw */ WHERE true;

--# quoted names
SELECT "o"."id", "o"."status" AS "Status der Bestellung", "o"."total" AS "Σ" FROM "shop"."orders" AS "o" ORDER BY "o"."id" FETCH FIRST 5 ROWS ONLY;

--# unicode and escapes
SELECT U&'\6771\4eac' AS east, E'tab\there' AS tab, $tag$it's$tag$ AS dollar, 'it''s' AS quote, B'101' AS bits, X'1F' AS hex;

--# own rows under a row policy
SELECT * FROM notices ORDER BY id;

--# a sequence looked at
SELECT last_value, is_called FROM ticket_no;

--# TABLE
TABLE products;

--# text of dates in another zone
SET TimeZone TO 'America/New_York';
SELECT placed_at FROM orders ORDER BY id LIMIT 3;
RESET TimeZone;

--# a report within one snapshot
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SELECT count(*) FROM orders;
SAVEPOINT before_detail;
SELECT sum(quantity) FROM order_items;
ROLLBACK TO SAVEPOINT before_detail;
COMMIT;

--# several statements in one go
SELECT count(*) FROM orders; SELECT max(price) FROM products; SELECT 1 AS one;

--# a cursor
-- needs: cursor
BEGIN;
DECLARE report SCROLL CURSOR FOR SELECT id, total FROM orders ORDER BY id;
FETCH 5 FROM report;
FETCH LAST FROM report;
MOVE ABSOLUTE 10 IN report;
FETCH BACKWARD 2 FROM report;
CLOSE report;
COMMIT;

--# a cursor over masked rows, held
-- needs: cursor
-- touches protected
BEGIN;
DECLARE contacts CURSOR WITH HOLD FOR SELECT id, name, email FROM customers ORDER BY id;
COMMIT;
FETCH FORWARD 10 FROM contacts;
FETCH ALL FROM contacts;
CLOSE contacts;

--# PREPARE and EXECUTE
-- needs: prepare
PREPARE by_status (text) AS SELECT count(*), sum(total) FROM orders WHERE status = $1;
EXECUTE by_status ('done');
EXECUTE by_status ('paid');
DEALLOCATE by_status;

--# PREPARE over masked rows
-- needs: prepare
-- touches protected
PREPARE one_customer (bigint) AS SELECT id, name, phone FROM customers WHERE id = $1;
EXECUTE one_customer (7);
DEALLOCATE ALL;

--# EXPLAIN of a report
-- needs: explain
EXPLAIN (COSTS OFF) SELECT p.category, sum(i.quantity) FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.category;

--# EXPLAIN as JSON
-- needs: explain
-- varies: costs
EXPLAIN (FORMAT JSON) SELECT * FROM products WHERE price > 100;

--# EXPLAIN ANALYZE
-- needs: explain
-- varies: times
EXPLAIN (ANALYZE, BUFFERS, VERBOSE) SELECT category, count(*) FROM products GROUP BY category;

--# EXPLAIN over masked rows
-- needs: explain
-- varies: the plan of a masked relation is another one
EXPLAIN SELECT id, name FROM customers WHERE city = '北京市';

--# COPY of a query as CSV
-- needs: copy
COPY (SELECT status, count(*) AS orders, sum(total) AS revenue FROM shop.orders GROUP BY status ORDER BY status) TO STDOUT WITH (FORMAT csv, HEADER);

--# COPY of a table as text
-- needs: copy
COPY shop.products (id, sku, price) TO STDOUT;

--# COPY of masked rows
-- needs: copy
-- touches protected
COPY (SELECT id, name, email, phone FROM shop.customers ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';');

--# COPY of a masked table
-- needs: copy
-- touches protected
COPY shop.customers TO STDOUT;

--# a temporary table of a report
-- needs: temp
CREATE TEMP TABLE late_orders AS SELECT id, customer_id, total FROM shop.orders WHERE status = 'placed';
SELECT count(*), sum(total) FROM late_orders;
CREATE INDEX ON late_orders (customer_id);
SELECT l.id, p.title FROM late_orders l JOIN shop.order_items i ON i.order_id = l.id JOIN shop.products p ON p.id = i.product_id ORDER BY l.id, p.id LIMIT 10;
DROP TABLE late_orders;

--# a temporary table of own rows
-- needs: temp
CREATE TEMP TABLE wanted (id int PRIMARY KEY, why text NOT NULL DEFAULT 'asked for');
INSERT INTO wanted (id) VALUES (3), (5), (8) RETURNING id, why;
UPDATE wanted SET why = 'seen' WHERE id = 3;
DELETE FROM wanted WHERE id = 5;
SELECT p.id, p.title, w.why FROM wanted w JOIN shop.products p USING (id) ORDER BY p.id;
DROP TABLE wanted;

--# SELECT INTO a temporary table
-- needs: temp
SELECT category, avg(price) AS price INTO TEMP prices FROM shop.products GROUP BY category;
SELECT * FROM prices ORDER BY category;
DROP TABLE pg_temp.prices;

--# a temporary table of masked rows
-- needs: temp
-- touches protected
CREATE TEMP TABLE people ON COMMIT PRESERVE ROWS AS SELECT id, name, city FROM shop.customers;
SELECT * FROM people ORDER BY id LIMIT 10;
DROP TABLE people;

--# what a session asks of itself
-- varies: of two sessions
SELECT current_user, session_user, current_database(), current_schema(), current_schemas(true), version(), pg_backend_pid(), now(), clock_timestamp(),
       inet_server_port(), txid_current_if_assigned(), pg_is_in_recovery(), current_setting('server_version_num')::int, pg_postmaster_start_time();

--# how large things are
SELECT relname, pg_size_pretty(pg_relation_size(oid)), pg_total_relation_size(oid) > 0 AS is_there, reltuples::bigint FROM pg_class
 WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r' ORDER BY relname;

--# SHOW and SET
SHOW server_version;
SHOW search_path;
SET statement_timeout = '30s';
SET LOCAL work_mem = '16MB';
SHOW work_mem;
RESET statement_timeout;
SHOW TIME ZONE;
