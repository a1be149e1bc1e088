-- TPC-H's tables (revision 3, 1.4) and rows of our own: some thousand, by arithmetic, so that each of its queries finds some.
CREATE SCHEMA tpch;
CREATE TABLE tpch.region (r_regionkey int PRIMARY KEY, r_name char(25) NOT NULL, r_comment varchar(152));
CREATE TABLE tpch.nation (n_nationkey int PRIMARY KEY, n_name char(25) NOT NULL, n_regionkey int NOT NULL REFERENCES tpch.region,
  n_comment varchar(152));
CREATE TABLE tpch.supplier (s_suppkey int PRIMARY KEY, s_name char(25) NOT NULL, s_address varchar(40) NOT NULL,
  s_nationkey int NOT NULL REFERENCES tpch.nation, s_phone char(15) NOT NULL, s_acctbal decimal(15, 2) NOT NULL,
  s_comment varchar(101) NOT NULL);
CREATE TABLE tpch.part (p_partkey int PRIMARY KEY, p_name varchar(55) NOT NULL, p_mfgr char(25) NOT NULL, p_brand char(10) NOT NULL,
  p_type varchar(25) NOT NULL, p_size int NOT NULL, p_container char(10) NOT NULL, p_retailprice decimal(15, 2) NOT NULL,
  p_comment varchar(23) NOT NULL);
CREATE TABLE tpch.partsupp (ps_partkey int REFERENCES tpch.part, ps_suppkey int REFERENCES tpch.supplier, ps_availqty int NOT NULL,
  ps_supplycost decimal(15, 2) NOT NULL, ps_comment varchar(199) NOT NULL, PRIMARY KEY (ps_partkey, ps_suppkey));
CREATE TABLE tpch.customer (c_custkey int PRIMARY KEY, c_name varchar(25) NOT NULL, c_address varchar(40) NOT NULL,
  c_nationkey int NOT NULL REFERENCES tpch.nation, c_phone char(15) NOT NULL, c_acctbal decimal(15, 2) NOT NULL,
  c_mktsegment char(10) NOT NULL, c_comment varchar(117) NOT NULL);
CREATE TABLE tpch.orders (o_orderkey int PRIMARY KEY, o_custkey int NOT NULL REFERENCES tpch.customer, o_orderstatus char(1) NOT NULL,
  o_totalprice decimal(15, 2) NOT NULL, o_orderdate date NOT NULL, o_orderpriority char(15) NOT NULL, o_clerk char(15) NOT NULL,
  o_shippriority int NOT NULL, o_comment varchar(79) NOT NULL);
CREATE TABLE tpch.lineitem (l_orderkey int REFERENCES tpch.orders, l_partkey int NOT NULL, l_suppkey int NOT NULL, l_linenumber int,
  l_quantity decimal(15, 2) NOT NULL, l_extendedprice decimal(15, 2) NOT NULL, l_discount decimal(15, 2) NOT NULL,
  l_tax decimal(15, 2) NOT NULL, l_returnflag char(1) NOT NULL, l_linestatus char(1) NOT NULL, l_shipdate date NOT NULL,
  l_commitdate date NOT NULL, l_receiptdate date NOT NULL, l_shipinstruct char(25) NOT NULL, l_shipmode char(10) NOT NULL,
  l_comment varchar(44) NOT NULL, PRIMARY KEY (l_orderkey, l_linenumber),
  FOREIGN KEY (l_partkey, l_suppkey) REFERENCES tpch.partsupp);

INSERT INTO tpch.region SELECT n - 1, name, '' FROM unnest('{AFRICA,AMERICA,ASIA,EUROPE,MIDDLE EAST}'::text[]) WITH ORDINALITY r(name, n);
INSERT INTO tpch.nation SELECT n - 1, split_part(said, ':', 1), split_part(said, ':', 2)::int, '' FROM unnest(
  '{ALGERIA:0,ARGENTINA:1,BRAZIL:1,CANADA:1,EGYPT:4,ETHIOPIA:0,FRANCE:3,GERMANY:3,INDIA:2,INDONESIA:2,IRAN:4,IRAQ:4,JAPAN:2,
  JORDAN:4,KENYA:0,MOROCCO:0,MOZAMBIQUE:0,PERU:1,CHINA:2,ROMANIA:3,SAUDI ARABIA:4,VIETNAM:2,RUSSIA:3,UNITED KINGDOM:3,
  UNITED STATES:1}'::text[]) WITH ORDINALITY x(said, n);
INSERT INTO tpch.supplier SELECT n, 'Supplier#' || lpad(n::text, 9, '0'), 'street ' || n, n * 7 % 25,
  10 + n * 7 % 25 || '-100-200-' || lpad(n::text, 4, '0'), (n * 1237 % 11000 - 1000)::numeric,
  CASE WHEN n % 9 = 0 THEN 'slow Customer with many Complaints' ELSE 'steady deliveries' END FROM generate_series(1, 50) n;
INSERT INTO tpch.part SELECT n, (ARRAY['forest', 'green', 'ivory', 'plum'])[n % 4 + 1] || ' ' || (ARRAY['lace', 'rose', 'snow'])[n % 3 + 1],
  'Manufacturer#' || n % 5 + 1, 'Brand#' || n % 5 + 1 || n % 3 + 1,
  (ARRAY['STANDARD', 'SMALL', 'MEDIUM', 'PROMO', 'ECONOMY'])[n % 5 + 1] || ' ' || (ARRAY['ANODIZED', 'POLISHED', 'PLATED'])[n % 3 + 1]
    || ' ' || (ARRAY['TIN', 'BRASS', 'STEEL', 'COPPER'])[n % 4 + 1],
  1 + n * 3 % 50, (ARRAY['SM', 'MED', 'LG', 'JUMBO', 'WRAP'])[n % 5 + 1] || ' ' || (ARRAY['CASE', 'BOX', 'BAG', 'PKG'])[n % 4 + 1],
  900 + n % 200, '' FROM generate_series(1, 200) n;
INSERT INTO tpch.partsupp SELECT p, 1 + (p + k * 13) % 50, 1 + (p * 31 + k * 977) % 9999, 1 + (p * 17 + k * 331) % 1000, ''
  FROM generate_series(1, 200) p, generate_series(0, 3) k;
INSERT INTO tpch.customer SELECT n, 'Customer#qzx' || lpad(n::text, 6, '0'), 'qzx street ' || n, n * 3 % 25,
  10 + n * 3 % 25 || '-777-777-' || lpad(n::text, 4, '0'), (n * 911 % 11000 - 999)::numeric,
  (ARRAY['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD'])[n % 5 + 1], 'comment ' || n FROM generate_series(1, 150) n;
INSERT INTO tpch.orders SELECT n, 1 + n * 7 % 100, substr('OFP', n % 3 + 1, 1), 0, date '1992-01-01' + n * 97 % 2405,
  (ARRAY['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'])[n % 5 + 1], 'Clerk#' || lpad((n % 20)::text, 9, '0'), 0,
  CASE WHEN n % 11 = 0 THEN 'special express requests' ELSE 'as usual' END FROM generate_series(1, 1500) n;
INSERT INTO tpch.lineitem SELECT o, p, 1 + (p + k % 4 * 13) % 50, k + 1, q, q * (900 + p % 200), (o + k) % 11 / 100.0, k % 9 / 100.0,
  CASE WHEN shipped + receipt <= date '1995-06-17' THEN substr('RA', (o + k) % 2 + 1, 1) ELSE 'N' END,
  CASE WHEN shipped > date '1995-06-17' THEN 'O' ELSE 'F' END, shipped, ordered + 30 + (o * 7 + k * 11) % 61, shipped + receipt,
  (ARRAY['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[(o + k) % 4 + 1],
  (ARRAY['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'])[(o + k) % 7 + 1], ''
  FROM (SELECT o_orderkey o, o_orderdate ordered, k, 1 + (o_orderkey * 37 + k * 53) % 200 p,
               CASE WHEN o_orderkey % 40 = 0 THEN 50 ELSE 1 + (o_orderkey + k * 7) % 50 END q,
               o_orderdate + 1 + (o_orderkey * 13 + k * 29) % 121 shipped, 1 + (o_orderkey * 3 + k * 5) % 30 receipt
          FROM tpch.orders, generate_series(0, 6) k WHERE o_orderkey % 40 = 0 OR k <= o_orderkey % 5) made;
UPDATE tpch.orders SET o_totalprice = (SELECT round(sum(l_extendedprice * (1 + l_tax) * (1 - l_discount)), 2)
  FROM tpch.lineitem WHERE l_orderkey = o_orderkey);
