\set w random(1, :warehouses)
\set d random(1, 10)
\set c random(1, :people)
\set amount random(1, 5000)
BEGIN;
UPDATE warehouse SET ytd = ytd + :amount WHERE w_id = :w;
UPDATE district SET ytd = ytd + :amount WHERE w_id = :w AND d_id = :d;
SELECT name, phone, card, balance FROM customer WHERE w_id = :w AND d_id = :d AND c_id = :c;
UPDATE customer SET balance = balance - :amount, payments = payments + 1 WHERE w_id = :w AND d_id = :d AND c_id = :c;
INSERT INTO history (w_id, d_id, c_id, amount) VALUES (:w, :d, :c, :amount);
COMMIT;
