\set number 6222000000000000 + random(1, :rows)
INSERT INTO new_notes (customer_id, body) VALUES (17, :number);
