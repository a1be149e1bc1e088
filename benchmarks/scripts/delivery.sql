\set w random(1, :warehouses)
\set d random(1, 10)
\set carrier random(1, 10)
BEGIN;
WITH gone AS (
  DELETE FROM new_order
   WHERE w_id = :w AND d_id = :d AND o_id = (SELECT min(n.o_id) FROM new_order AS n WHERE n.w_id = :w AND n.d_id = :d)
  RETURNING o_id)
UPDATE orders SET carrier = :carrier FROM gone WHERE orders.w_id = :w AND orders.d_id = :d AND orders.o_id = gone.o_id;
UPDATE customer SET balance = balance + 50
 WHERE w_id = :w AND d_id = :d AND c_id = (
   SELECT o.c_id FROM orders AS o WHERE o.w_id = :w AND o.d_id = :d AND o.carrier IS NOT NULL ORDER BY o.o_id DESC LIMIT 1);
COMMIT;
