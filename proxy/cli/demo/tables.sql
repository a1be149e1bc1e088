-- The sample shop. Keys and indexes come after loading (keys.sql); the CHECK on card_no is added by load.py.
CREATE SCHEMA shop;

CREATE TABLE shop.customers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       varchar(64)  NOT NULL,
    gender     char(1)      NOT NULL CHECK (gender IN ('F', 'M')),
    email      varchar(128) NOT NULL,
    phone      varchar(20)  NOT NULL,
    id_card    char(18)     NOT NULL,
    birth_date date         NOT NULL,
    profile    jsonb        NOT NULL DEFAULT '{}',
    city       text         NOT NULL,
    created_at timestamptz  NOT NULL DEFAULT now()
);
COMMENT ON TABLE shop.customers IS '客户';

CREATE TABLE shop.addresses (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint      NOT NULL,
    recipient    varchar(64) NOT NULL,
    phone        varchar(20) NOT NULL,
    province     text        NOT NULL,
    city         text        NOT NULL,
    street       text        NOT NULL,
    full_address text        NOT NULL,
    postcode     char(6)     NOT NULL,
    is_default   boolean     NOT NULL DEFAULT false
);
COMMENT ON TABLE shop.addresses IS '收货地址';

CREATE TABLE shop.products (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku      varchar(16)    NOT NULL,
    title    text           NOT NULL,
    category text           NOT NULL,
    price    numeric(10, 2) NOT NULL CHECK (price >= 0)
);
COMMENT ON TABLE shop.products IS '商品';

CREATE TABLE shop.orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint         NOT NULL,
    status      text           NOT NULL CHECK (status IN ('placed', 'paid', 'shipped', 'done', 'returned')),
    total       numeric(12, 2) NOT NULL,
    placed_at   timestamptz    NOT NULL DEFAULT now(),
    address_id  bigint,
    note        text
);
COMMENT ON TABLE shop.orders IS '订单';

CREATE TABLE shop.order_items (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint         NOT NULL,
    product_id bigint         NOT NULL,
    quantity   integer        NOT NULL CHECK (quantity > 0),
    unit_price numeric(10, 2) NOT NULL
);
COMMENT ON TABLE shop.order_items IS '订单明细';

CREATE TABLE shop.payment_cards (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint      NOT NULL,
    card_no     bytea       NOT NULL,  -- sealed by the proxy; clients see text
    holder      varchar(64) NOT NULL,
    brand       text        NOT NULL,
    expires     date        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE shop.payment_cards IS '支付卡';

CREATE TABLE shop.browsing_events (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    customer_id bigint      NOT NULL,
    occurred_at timestamptz NOT NULL,
    page        text        NOT NULL,
    product_id  bigint,
    ip          inet        NOT NULL,
    user_agent  text        NOT NULL
) PARTITION BY RANGE (occurred_at);
COMMENT ON TABLE shop.browsing_events IS '浏览行为';

CREATE TABLE shop.consents (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint      NOT NULL,
    purpose     text        NOT NULL,
    granted     boolean     NOT NULL,
    granted_at  timestamptz NOT NULL,
    source      text        NOT NULL
);
COMMENT ON TABLE shop.consents IS '同意记录';

CREATE VIEW shop.customer_contacts AS
    SELECT c.id, c.name, c.email, c.phone, c.city FROM shop.customers AS c;

CREATE VIEW shop.sales_by_city AS
    SELECT c.city, count(*) AS orders, sum(o.total) AS revenue
      FROM shop.customers AS c JOIN shop.orders AS o ON o.customer_id = c.id
     WHERE o.status <> 'returned'
     GROUP BY c.city;
