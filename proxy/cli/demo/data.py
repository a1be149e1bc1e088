"""Made-up people and orders: the rows of the sample shop, the same on every run.

Pools of names and streets come from Faker (zh_CN); all else is combined from them by seeded generators, because a call of
Faker per value would take longer than the whole demo may. Resident ids carry a right check digit (GB 11643-1999), card
numbers a right Luhn digit (ISO/IEC 7812-1), phones a prefix in use: they look valid and belong to nobody we know. E-mail
addresses use the domains RFC 2606 keeps for examples. No clock: all dates lie before 2025-07-01.

Knows nothing of databases: rows are tuples in the column order of tables.sql.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import accumulate
from random import Random

from faker import Faker

SEED = 20250701
CHINA = timezone(timedelta(hours=8))
FIRST_MONTH, MONTHS = date(2025, 1, 1), 6  # what browsing_events has partitions for
_END = datetime(2025, 7, 1, tzinfo=CHINA)
_LEAST_EVENTS = 12_000  # more than an analyst may export at once, however small the shop is

Row = tuple[object, ...]

# GB/T 2260 code, province, city, district, postcode
_PLACES = (
    ("110105", "北京市", "北京市", "朝阳区", "100020"),
    ("110108", "北京市", "北京市", "海淀区", "100080"),
    ("120101", "天津市", "天津市", "和平区", "300041"),
    ("130102", "河北省", "石家庄市", "长安区", "050011"),
    ("140105", "山西省", "太原市", "小店区", "030032"),
    ("210102", "辽宁省", "沈阳市", "和平区", "110001"),
    ("210202", "辽宁省", "大连市", "中山区", "116001"),
    ("220102", "吉林省", "长春市", "南关区", "130022"),
    ("230102", "黑龙江省", "哈尔滨市", "道里区", "150010"),
    ("310101", "上海市", "上海市", "黄浦区", "200001"),
    ("310115", "上海市", "上海市", "浦东新区", "200120"),
    ("320102", "江苏省", "南京市", "玄武区", "210018"),
    ("320505", "江苏省", "苏州市", "虎丘区", "215004"),
    ("330106", "浙江省", "杭州市", "西湖区", "310013"),
    ("330203", "浙江省", "宁波市", "海曙区", "315000"),
    ("340104", "安徽省", "合肥市", "蜀山区", "230031"),
    ("350203", "福建省", "厦门市", "思明区", "361001"),
    ("360102", "江西省", "南昌市", "东湖区", "330006"),
    ("370102", "山东省", "济南市", "历下区", "250014"),
    ("370202", "山东省", "青岛市", "市南区", "266001"),
    ("410105", "河南省", "郑州市", "金水区", "450003"),
    ("420106", "湖北省", "武汉市", "武昌区", "430061"),
    ("430104", "湖南省", "长沙市", "岳麓区", "410013"),
    ("440106", "广东省", "广州市", "天河区", "510630"),
    ("440305", "广东省", "深圳市", "南山区", "518052"),
    ("450103", "广西壮族自治区", "南宁市", "青秀区", "530022"),
    ("500103", "重庆市", "重庆市", "渝中区", "400010"),
    ("510107", "四川省", "成都市", "武侯区", "610041"),
    ("530102", "云南省", "昆明市", "五华区", "650021"),
    ("610113", "陕西省", "西安市", "雁塔区", "710061"),
)
_PHONE_PREFIXES = (
    "130", "131", "132", "133", "135", "136", "137", "138", "139", "150", "151", "152", "155", "156", "157", "158",
    "159", "173", "176", "177", "178", "180", "182", "183", "185", "186", "187", "188", "189", "191", "198", "199",
)  # fmt: skip
_BRANDS = (  # name, prefixes, digits
    ("UnionPay", ("6214", "6217", "6222", "6228"), 19),
    ("Visa", ("4",), 16),
    ("Mastercard", ("51", "53", "55"), 16),
)
_GOODS = {
    "数码": (("无线耳机", 299), ("机械键盘", 459), ("充电宝", 129), ("平板电脑", 2199), ("智能手表", 999)),
    "家居": (("乳胶枕", 168), ("保温杯", 79), ("台灯", 139), ("四件套", 259), ("收纳箱", 45)),
    "美妆": (("防晒霜", 118), ("面膜", 89), ("口红", 219), ("洗面奶", 65), ("护手霜", 39)),
    "食品": (("坚果礼盒", 128), ("龙井茶", 268), ("橄榄油", 99), ("大米10kg", 69), ("牛肉干", 58)),
    "图书": (("三体全集", 88), ("史记", 136), ("数据库系统概念", 99), ("儿童绘本", 45), ("旅行指南", 52)),
    "母婴": (("婴儿推车", 899), ("纸尿裤", 139), ("奶瓶", 75), ("爬行垫", 199), ("儿童座椅", 1299)),
}
_PAGES = ("/", "/search", "/product", "/product", "/product", "/cart", "/checkout", "/account", "/orders")
_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/125.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
)
_PURPOSES = ("order_processing", "marketing", "personalisation", "third_party_sharing")
_NOTES = ("请放快递柜", "周末送货", "送货前电话联系", "需要发票", "礼物，请不要放价格单")


def resident_id(region: str, born: date, serial: int) -> str:
    """A resident id (GB 11643-1999): region, birth date, serial (odd: male), check digit (ISO 7064, MOD 11-2)."""
    body = f"{region}{born:%Y%m%d}{serial:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def luhn_complete(body: str) -> str:
    """`body` (digits) and the digit that makes it pass the Luhn check (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


@dataclass(frozen=True, slots=True)
class Card:
    """A payment card in clear. Its number reaches the database through the proxy only."""

    customer_id: int
    number: str
    holder: str
    brand: str
    expires: date
    created_at: datetime

    def __repr__(self) -> str:
        return f"Card(customer_id={self.customer_id}, brand={self.brand!r})"


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    phone: str
    place: int
    joined: datetime


class Shop:
    """The rows, table by table; `tables` gives them in an order that loads."""

    def __init__(self, customers: int = 20_000, seed: int = SEED) -> None:
        """`customers` > 0 scales everything but the products."""
        self._seed = seed
        self._random = Random(seed)  # noqa: S311  (sample data, no secret)
        fake = Faker("zh_CN")
        fake.seed_instance(seed)
        self._names = {
            "F": [fake.name_female() for _ in range(1500)],
            "M": [fake.name_male() for _ in range(1500)],
        }
        self._streets = [fake.street_name() for _ in range(800)]
        self._accounts = [fake.user_name() for _ in range(1500)]
        self._count = customers
        self._people: list[_Person] = []
        self._customers = list(self._make_customers())
        self._addresses: list[Row] = []
        self._address_of: list[int] = []
        self._make_addresses()
        self._products = list(self._make_products())
        self._orders: list[Row] = []
        self._items: list[Row] = []
        self._make_orders()

    def tables(self) -> Iterator[tuple[str, Sequence[Row]]]:
        """(table, rows) of all but payment_cards, parents before children."""
        yield "customers", self._customers
        yield "addresses", self._addresses
        yield "products", self._products
        yield "orders", self._orders
        yield "order_items", self._items
        yield "browsing_events", list(self._make_events())
        yield "consents", list(self._make_consents())

    def cards(self) -> list[Card]:
        """Three cards for four customers, every number once; customer 1 always has one."""
        random, seen = self._generator("cards"), set[str]()
        customers = (n for n in range(1, self._count + 1) if n == 1 or random.random() < 0.75)
        return [self._card(random, customer, seen) for customer in customers]

    def _make_customers(self) -> Iterator[Row]:
        random, pick = self._random, self._random.choice
        for number in range(1, self._count + 1):
            gender = "F" if self._chance(0.52) else "M"
            name, place = pick(self._names[gender]), random.randrange(len(_PLACES))
            born = date(1955, 1, 1) + timedelta(days=random.randrange(52 * 365))
            serial = random.randrange(0, 500) * 2 + (gender == "M")
            phone = self._phone()
            email = f"{pick(self._accounts)}{random.randrange(10, 1000)}@example.{pick(('com', 'net', 'org'))}"
            joined = _END - timedelta(days=random.randrange(200, 1500), seconds=random.randrange(86_400))
            profile = {
                "phone": phone,
                "level": pick(("普通", "银卡", "金卡", "黑卡")),
                "interests": random.sample(sorted(_GOODS), 2),
                "emergency_contact": {"name": pick(self._names["M"]), "phone": self._phone()},
            }
            self._people.append(_Person(name, phone, place, joined))
            region, _, city, _, _ = _PLACES[place]
            yield (number, name, gender, email, phone, resident_id(region, born, serial), born,
                   json.dumps(profile, ensure_ascii=False), city, joined)  # fmt: skip

    def _make_addresses(self) -> None:
        for number, person in enumerate(self._people, start=1):
            self._address_of.append(len(self._addresses) + 1)
            for place in range(2 if self._chance(0.25) else 1):
                _, province, city, district, postcode = _PLACES[person.place]
                street = f"{district}{self._random.choice(self._streets)}{self._random.randrange(1, 900)}号"
                flat = f"{self._random.randrange(1, 20)}单元{self._random.randrange(101, 2605)}室"
                whole = f"{'' if province == city else province}{city}{street}{flat}"
                self._addresses.append((len(self._addresses) + 1, number, person.name, person.phone, province, city,
                                        street, whole, postcode, place == 0))  # fmt: skip

    def _make_products(self) -> Iterator[Row]:
        goods = [(kind, title, price) for kind, some in _GOODS.items() for title, price in some]
        makers = ("云杉", "北岸", "知味", "青禾", "拾光", "木本", "海风", "初见")
        number = 0
        for maker in makers:
            for kind, title, price in goods:
                number += 1
                cents = price * 100 + self._random.randrange(-500, 500)
                yield number, f"SKU{number:06d}", f"{maker} {title}", kind, _money(cents)

    def _make_orders(self) -> None:
        random = self._random
        prices = [_cents(str(row[4])) for row in self._products]
        busy = list(accumulate(random.expovariate(1.0) for _ in range(self._count)))  # a few customers buy a lot
        buyers = random.choices(range(self._count), cum_weights=busy, k=2 * self._count)
        for order, buyer in enumerate(buyers, start=1):
            total = 0
            for _ in range(random.choice((1, 1, 2, 2, 3))):
                product, quantity = random.randrange(len(prices)), random.choice((1, 1, 1, 2, 3))
                total += prices[product] * quantity
                item = (len(self._items) + 1, order, product + 1, quantity, _money(prices[product]))
                self._items.append(item)
            status = random.choices(("placed", "paid", "shipped", "done", "returned"), (2, 5, 8, 80, 5))[0]
            note = random.choice(_NOTES) if self._chance(0.1) else None
            placed = _END - timedelta(seconds=random.randrange(180 * 86_400))
            self._orders.append((order, buyer + 1, status, _money(total), placed, self._address_of[buyer], note))

    def _make_events(self) -> Iterator[Row]:
        random = self._generator("events")
        start = datetime(FIRST_MONTH.year, FIRST_MONTH.month, 1, tzinfo=CHINA)
        seconds = int((_END - start).total_seconds())
        for number in range(1, max(3 * self._count, _LEAST_EVENTS) + 1):
            page = random.choice(_PAGES)
            product = random.randrange(1, len(self._products) + 1) if page == "/product" else None
            address = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
            yield (number, random.randrange(1, self._count + 1), start + timedelta(seconds=random.randrange(seconds)),
                   page if product is None else f"/product/{product}", product, address,
                   random.choice(_AGENTS))  # fmt: skip

    def _make_consents(self) -> Iterator[Row]:
        random, number = self._generator("consents"), 0
        for customer, person in enumerate(self._people, start=1):
            for place, purpose in enumerate(_PURPOSES[: random.choice((1, 2, 2, 3, 4))]):
                number += 1
                granted = place == 0 or random.random() < 0.6
                yield (number, customer, purpose, granted, person.joined + timedelta(minutes=place),
                       random.choice(("app", "web", "store")))  # fmt: skip

    def _card(self, random: Random, customer: int, seen: set[str]) -> Card:
        brand, prefixes, length = random.choices(_BRANDS, (7, 2, 1))[0]
        while True:
            prefix = random.choice(prefixes)
            free = length - 1 - len(prefix)
            number = luhn_complete(f"{prefix}{random.randrange(10**free):0{free}d}")
            if number not in seen:
                break
        seen.add(number)
        person = self._people[customer - 1]
        expires = date(2026 + random.randrange(5), random.randrange(1, 13), 1)
        return Card(customer, number, person.name, brand, expires, person.joined + timedelta(hours=1))

    def _generator(self, table: str) -> Random:
        """Its own for what is made on demand, so that asking twice, or in another order, gives the same rows."""
        return Random(f"{self._seed} {table}")  # noqa: S311

    def _phone(self) -> str:
        return f"{self._random.choice(_PHONE_PREFIXES)}{self._random.randrange(10**8):08d}"

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _cents(money: str) -> int:
    whole, _, part = money.partition(".")
    return int(whole) * 100 + int(part)
