\set number 6222000000000000 + random(1, :rows)
SELECT id, customer_id, number FROM cards WHERE number = :number;
