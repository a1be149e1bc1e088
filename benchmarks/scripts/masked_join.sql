\set low random(1, :customers - :width)
\set high :low + :width
SELECT c.id, c.name, c.phone, o.id, o.total, i.product, i.quantity
  FROM customers AS c JOIN orders AS o ON o.customer_id = c.id JOIN items AS i ON i.order_id = o.id
 WHERE c.id > :low AND c.id <= :high;
