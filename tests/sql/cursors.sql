-- a cursor over a masked relation
-- role: analyst
-- names: declare c
DECLARE c CURSOR FOR SELECT id, name FROM customers
-- becomes
DECLARE c CURSOR FOR SELECT id, name FROM {customers: id name} AS "customers"

-- its closed columns are named when it is declared
-- role: analyst
-- names: declare c
-- notices: shop.customers: birth_date closed to you: NULL
DECLARE c CURSOR FOR SELECT birth_date FROM customers
-- becomes
DECLARE c CURSOR FOR SELECT birth_date FROM {customers: birth_date} AS "customers"

-- BINARY, SCROLL, HOLD
-- role: analyst
-- names: declare Walk
-- notices: shop.customers: birth_date, raw closed to you: NULL
DECLARE "Walk" BINARY INSENSITIVE SCROLL CURSOR WITH HOLD FOR TABLE customers
-- becomes
DECLARE "Walk" BINARY INSENSITIVE SCROLL CURSOR WITH HOLD FOR SELECT * FROM {customers: *} AS "customers"

-- FOR UPDATE, to be written by WHERE CURRENT OF
-- role: analyst
-- names: declare c
DECLARE c NO SCROLL CURSOR FOR SELECT id FROM customers WHERE city = 'x' FOR UPDATE
-- becomes
DECLARE c NO SCROLL CURSOR FOR SELECT id FROM {customers: id city} AS "customers" WHERE city = 'x' FOR UPDATE

-- an encrypted column is opened when it is fetched
-- role: analyst
-- names: declare c
-- opens: 1=cards/masked
DECLARE c CURSOR FOR SELECT id, card_no FROM payment_cards
-- becomes
DECLARE c CURSOR FOR SELECT id, card_no FROM {payment_cards: id card_no +card_no} AS "payment_cards"

-- … for the app too
-- role: app
-- names: declare c
-- opens: 0=cards
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT card_no FROM payment_cards WHERE card_no = '4111'
-- becomes
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT card_no FROM "shop"."payment_cards" WHERE card_no = SEALED(cards, 4111)

-- … with values for it that come by Bind
-- role: app
-- prepared: yes
-- names: declare c
-- opens: 0=cards
-- seals: $1=cards
DECLARE c CURSOR FOR SELECT card_no FROM shop.payment_cards WHERE card_no = $1

-- a cursor over nothing encrypted is the app's own business
-- role: app
-- names: declare c
DECLARE c CURSOR FOR SELECT name FROM customers

-- a cursor over what is closed
-- role: analyst
-- refuses: 42501 customer_names
DECLARE c CURSOR FOR SELECT * FROM customer_names

-- a cursor over what the server cannot compute
-- role: app
-- refuses: 0A000 card_no
DECLARE c CURSOR FOR SELECT id FROM payment_cards ORDER BY card_no

-- a cursor that keeps rows
-- role: analyst
-- refuses: 0A000 SELECT INTO
DECLARE c CURSOR FOR SELECT * INTO TEMP t FROM orders

-- FETCH
-- role: analyst
-- names: fetch c
FETCH c

-- FETCH in every direction
-- role: analyst
-- names: fetch c, fetch c, fetch c, fetch c, fetch c, fetch c, fetch c
FETCH NEXT FROM c; FETCH 3 IN c; FETCH ALL c; FETCH BACKWARD ALL IN c; FETCH ABSOLUTE -1 c; FETCH RELATIVE 2 c; FETCH PRIOR c

-- MOVE
-- role: analyst
-- names: fetch c
MOVE FORWARD 7 FROM c

-- FETCH for the app
-- role: app
-- names: fetch c
FETCH ALL FROM c

-- CLOSE
-- role: analyst
-- names: close c
CLOSE c

-- CLOSE ALL
-- role: analyst
-- names: close all
CLOSE ALL

-- a cursor's life in one text
-- role: analyst
-- names: declare c, fetch c, close c
BEGIN; DECLARE c CURSOR FOR SELECT name FROM customers; FETCH ALL FROM c; CLOSE c; COMMIT
-- becomes
BEGIN; DECLARE c CURSOR FOR SELECT name FROM {customers: name} AS "customers"; FETCH ALL FROM c; CLOSE c; COMMIT

-- a folded and a quoted name
-- role: analyst
-- names: declare walk, fetch walk, fetch Walk
DECLARE WALK CURSOR FOR SELECT 1; FETCH "walk"; FETCH "Walk"
