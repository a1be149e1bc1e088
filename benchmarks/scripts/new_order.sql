\set w random(1, :warehouses)
\set d random(1, 10)
\set c random(1, :people)
\set a random(1, 2000)
\set b random(2001, 4000)
\set e random(4001, 6000)
\set f random(6001, 8000)
\set g random(8001, 10000)
\set q random(1, 10)
BEGIN;
SELECT tax FROM warehouse WHERE w_id = :w;
UPDATE district SET next_o_id = next_o_id + 1 WHERE w_id = :w AND d_id = :d RETURNING next_o_id - 1 AS o \gset
SELECT name, phone, discount FROM customer WHERE w_id = :w AND d_id = :d AND c_id = :c;
INSERT INTO orders (w_id, d_id, o_id, c_id, lines) VALUES (:w, :d, :o, :c, 5);
INSERT INTO new_order (w_id, d_id, o_id) VALUES (:w, :d, :o);
SELECT i_id, name, price FROM item WHERE i_id IN (:a, :b, :e, :f, :g);
-- in the order of items, so that two orders never wait for each other
UPDATE stock SET quantity = CASE WHEN quantity > 20 THEN quantity - 10 ELSE quantity + 90 END WHERE w_id = :w AND i_id = :a;
UPDATE stock SET quantity = CASE WHEN quantity > 20 THEN quantity - 10 ELSE quantity + 90 END WHERE w_id = :w AND i_id = :b;
UPDATE stock SET quantity = CASE WHEN quantity > 20 THEN quantity - 10 ELSE quantity + 90 END WHERE w_id = :w AND i_id = :e;
UPDATE stock SET quantity = CASE WHEN quantity > 20 THEN quantity - 10 ELSE quantity + 90 END WHERE w_id = :w AND i_id = :f;
UPDATE stock SET quantity = CASE WHEN quantity > 20 THEN quantity - 10 ELSE quantity + 90 END WHERE w_id = :w AND i_id = :g;
INSERT INTO order_line (w_id, d_id, o_id, number, i_id, quantity, amount) VALUES
  (:w, :d, :o, 1, :a, :q, 50), (:w, :d, :o, 2, :b, :q, 50), (:w, :d, :o, 3, :e, :q, 50), (:w, :d, :o, 4, :f, :q, 50),
  (:w, :d, :o, 5, :g, :q, 50);
COMMIT;
