\set w random(1, :warehouses)
\set d random(1, 10)
\set low random(10, 20)
SELECT count(DISTINCT s.i_id) FROM order_line AS l JOIN stock AS s ON s.w_id = l.w_id AND s.i_id = l.i_id
 WHERE l.w_id = :w AND l.d_id = :d AND s.quantity < :low
   AND l.o_id >= (SELECT n.next_o_id - 20 FROM district AS n WHERE n.w_id = :w AND n.d_id = :d);
