\set id random(1, :customers)
SELECT id, name, phone, city FROM customers WHERE id = :id;
