-- What is quicker to add once the rows are there.
CREATE UNIQUE INDEX ON shop.products (sku);
CREATE INDEX ON shop.customers (email);
CREATE INDEX ON shop.customers (phone);
CREATE INDEX ON shop.addresses (customer_id);
CREATE INDEX ON shop.orders (customer_id, placed_at);
CREATE INDEX ON shop.order_items (order_id);
CREATE UNIQUE INDEX ON shop.payment_cards (card_no);
CREATE INDEX ON shop.payment_cards (customer_id);
CREATE UNIQUE INDEX ON shop.consents (customer_id, purpose);
ALTER TABLE shop.browsing_events ADD PRIMARY KEY (id, occurred_at);
CREATE INDEX ON shop.browsing_events (customer_id, occurred_at);

ALTER TABLE shop.addresses ADD FOREIGN KEY (customer_id) REFERENCES shop.customers;
ALTER TABLE shop.orders
    ADD FOREIGN KEY (customer_id) REFERENCES shop.customers,
    ADD FOREIGN KEY (address_id) REFERENCES shop.addresses;
ALTER TABLE shop.order_items
    ADD FOREIGN KEY (order_id) REFERENCES shop.orders,
    ADD FOREIGN KEY (product_id) REFERENCES shop.products;
ALTER TABLE shop.payment_cards ADD FOREIGN KEY (customer_id) REFERENCES shop.customers;
ALTER TABLE shop.consents ADD FOREIGN KEY (customer_id) REFERENCES shop.customers;
