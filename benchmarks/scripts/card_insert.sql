\set number 6222000000000000 + random(1, :rows)
INSERT INTO new_cards (customer_id, number) VALUES (17, :number);
