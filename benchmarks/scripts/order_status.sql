\set w random(1, :warehouses)
\set d random(1, 10)
\set c random(1, :people)
BEGIN;
SELECT name, phone, card, balance FROM customer WHERE w_id = :w AND d_id = :d AND c_id = :c;
SELECT o.o_id, o.entered_at, o.carrier, l.i_id, l.quantity, l.amount
  FROM orders AS o JOIN order_line AS l ON l.w_id = o.w_id AND l.d_id = o.d_id AND l.o_id = o.o_id
 WHERE o.w_id = :w AND o.d_id = :d
   AND o.o_id = (SELECT max(n.o_id) FROM orders AS n WHERE n.w_id = :w AND n.d_id = :d AND n.c_id = :c);
COMMIT;
