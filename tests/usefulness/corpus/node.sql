-- What node-postgres and knex send. Captured with log_statement.
-- protocol: extended

--# node-postgres a query
-- parameters: ["x", "paid"]
SELECT $1::text AS said, count(*) FROM orders WHERE status = $2;

--# node-postgres prepared
-- parameters: ["{1,2,3}"]
SELECT title FROM products WHERE id = ANY ($1);

--# node-postgres cursor
-- parameters: ["5"]
SELECT id, total FROM orders WHERE total > $1;

--# node-postgres transaction
BEGIN;
SELECT 1 AS one;
COMMIT;

--# node-postgres transaction (2)
select version();

--# knex
-- parameters: ["orders", "shop"]
select * from information_schema.tables where table_name = $1 and table_schema = $2;

--# knex (2)
-- parameters: ["products", "shop"]
select * from information_schema.columns where table_name = $1 and table_catalog = current_database() and table_schema
  = $2;

--# knex (3)
-- parameters: ["5", "3"]
select * from "shop"."products" where "price" > $1 order by "id" asc
  limit $2;

--# knex (4)
-- parameters: ["orders", "total", "shop"]
select * from information_schema.columns where table_name = $1 and column_name = $2 and table_schema = $3;
