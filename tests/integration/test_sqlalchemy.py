"""SQLAlchemy through the proxy with both drivers, Core, ORM and reflection, compared with the twin."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from sqlalchemy import (
    Connection,
    Executable,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Text,
    and_,
    bindparam,
    case,
    cast,
    create_engine,
    delete,
    exists,
    func,
    insert,
    inspect,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import CHAR, JSONB, distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.schema import Column

from proxy.cli.demo.load import ANALYST, APP
from tests.integration.statements import ANALYST_EXPORT, NUMBERS, ONE, THREE, TWO
from tests.shop import LOGINS, Place
from tests.twin import Twin

T = TypeVar("T")
OURS = "sqlalchemy"
_DAY = date(2030, 1, 1)


class Base(DeclarativeBase):
    metadata = MetaData(schema="shop")


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    gender: Mapped[str] = mapped_column(CHAR(1))
    email: Mapped[str] = mapped_column(String(128))
    phone: Mapped[str] = mapped_column(String(20))
    birth_date: Mapped[date]
    profile: Mapped[dict[str, Any]] = mapped_column(JSONB)
    city: Mapped[str] = mapped_column(Text)
    cards: Mapped[list[Card]] = relationship(back_populates="customer", order_by="Card.id")
    orders: Mapped[list[Order]] = relationship(order_by="Order.id")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("shop.customers.id"))
    status: Mapped[str] = mapped_column(Text)
    total: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    placed_at: Mapped[datetime]


class Card(Base):
    """The application's model knows nothing of encryption: a card number is text."""

    __tablename__ = "payment_cards"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("shop.customers.id"))
    card_no: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(String(64))
    brand: Mapped[str] = mapped_column(Text)
    expires: Mapped[date]
    customer: Mapped[Customer] = relationship(back_populates="cards")


@pytest.fixture(params=["psycopg", "asyncpg"])
def driver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def perform(driver: str, dsn: str, work: Callable[[Connection], T]) -> T:
    """`work` on a connection of that driver; for asyncpg inside the async engine."""
    url = dsn.partition("?")[0].replace("postgresql", f"postgresql+{driver}", 1)

    async def in_async() -> T:
        engine = create_async_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    if driver == "asyncpg":
        return asyncio.run(in_async())
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


def sqlstate_of(caught: pytest.ExceptionInfo[DBAPIError]) -> str | None:
    """Both drivers' errors, as SQLAlchemy wraps them."""
    state: str | None = getattr(caught.value.orig, "sqlstate", None)
    return state


# --- the analyst


def analyst_core(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """Core, each SELECT in a total order."""
    c, o, p, c2 = Customer.__table__.c, Order.__table__.c, Card.__table__.c, aliased(Customer)
    per_customer = select(o.customer_id, func.sum(o.total).label("spent")).group_by(o.customer_id).cte("per_customer")
    series = select(literal(1).label("n")).cte("series", recursive=True)
    series = series.union_all(select(series.c.n + 1).where(series.c.n < 9))
    newest = select(o.placed_at).where(o.customer_id == c.id).order_by(o.placed_at.desc()).limit(1).lateral("newest")
    pairs = values(Column("n", Integer), Column("label", Text), name="pairs").data([(1, "a"), (2, "b")])
    statements: list[Executable] = [
        select(Customer.__table__).order_by(c.id),
        select(c.id, c.name, c.email).where(c.id.in_([1, 2, 3, 5, 8])).order_by(c.id),
        select(c.id).where(c.email.like("h****%")).order_by(c.id),
        select(c.id, c.phone).where(c.phone.startswith("13")).order_by(c.id),
        select(c.id).where(and_(c.birth_date == date(1970, 1, 1), c.gender == "F")).order_by(c.id),
        select(c.id).where(or_(c.name == "王**", c.name.is_(None))).order_by(c.id),
        select(c.birth_date, func.count()).group_by(c.birth_date).order_by(c.birth_date),
        select(func.left(c.name, 1).label("family"), func.count().label("n")).group_by(text("family")).having(func.count() > 1)
        .order_by(text("n DESC"), text("family")),
        select(func.count(c.phone.distinct()), func.min(c.birth_date), func.max(c.birth_date)),
        select(o.id, c.name, o.total).join_from(Order.__table__, Customer.__table__).order_by(o.id).limit(100),
        select(c.id, c2.id).join(c2, and_(c2.phone == c.phone, c2.id > c.id)).order_by(c.id, c2.id),
        select(c.id, c.email, per_customer.c.spent).join(per_customer, per_customer.c.customer_id == c.id).order_by(c.id),
        select(series.c.n, c.name).join(Customer.__table__, c.id == series.c.n).order_by(series.c.n),
        select(c.id, newest.c.placed_at).join(newest, literal(True)).order_by(c.id),
        select(pairs.c.label, c.name).join(Customer.__table__, c.id == pairs.c.n).order_by(pairs.c.label),
        select(c.id, c.name).where(exists().where(and_(o.customer_id == c.id, o.total > 2000))).order_by(c.id),
        select(o.id, select(c.name).where(c.id == o.customer_id).scalar_subquery()).order_by(o.id).limit(50),
        union_all(select(c.phone, c.id).where(c.id < 5), select(c.email, c.id + 1000).where(c.id < 5)).order_by(text("2")),
        select(c.id, func.row_number().over(partition_by=c.birth_date, order_by=c.id)).order_by(c.id),
        select(c.id, c.profile["phone"].astext, c.profile["emergency_contact"]["name"].astext).order_by(c.id),
        select(c.id, case((c.name.like("王%"), c.phone), else_=c.email), cast(c.birth_date, Text)).order_by(c.id),
        select(c.name).ext(distinct_on(c.birth_date)).order_by(c.birth_date, c.id),
        select(p.id, p.card_no, p.holder, p.expires).order_by(p.id),
        select(c.id, p.card_no).join_from(Customer.__table__, Card.__table__, isouter=True).order_by(c.id, p.id),
        select(func.count()).select_from(select(Customer.__table__).where(c.city == bindparam("city", "北京市")).subquery()),
    ]  # fmt: skip
    return [[tuple(row) for row in connection.execute(statement)] for statement in statements]


def analyst_orm(connection: Connection) -> list[object]:
    """ORM: identity, relationships, eager loading."""
    with Session(connection) as session:
        customers = session.scalars(select(Customer).options(selectinload(Customer.cards)).order_by(Customer.id).limit(20))
        found: list[object] = [(c.name, c.profile, [(card.card_no, card.expires) for card in c.cards]) for c in customers]
        cards = session.scalars(select(Card).options(joinedload(Card.customer)).order_by(Card.id).limit(20))
        found += [(card.card_no, card.customer.name, card.customer.phone) for card in cards]
        first = session.get_one(Customer, 1)
        found.append([(order.total, order.status) for order in first.orders])
        found.append(session.query(Customer).filter(Customer.phone.like("13%")).count())
        found.append(session.scalar(select(Customer.email).filter_by(id=7)))
        return found


def test_analyst_core(shop: Place, twin: Twin, driver: str) -> None:
    seen = perform(driver, shop.dsn(ANALYST), analyst_core)
    assert seen == perform(driver, twin.dsn(ANALYST), analyst_core)
    assert len(seen) >= 20
    assert all(rows for rows in seen)


def test_analyst_orm(shop: Place, twin: Twin, driver: str) -> None:
    assert perform(driver, shop.dsn(ANALYST), analyst_orm) == perform(driver, twin.dsn(ANALYST), analyst_orm)


def test_analyst_refused(shop: Place, driver: str) -> None:
    def work(connection: Connection) -> None:
        table = Card.__table__
        for statement, sqlstate in (
            (select(table.c.id).where(table.c.card_no == ONE), "42501"),
            (select(table.c.card_no, func.count()).group_by(table.c.card_no), "42501"),
            (insert(Card).values(customer_id=1, card_no=ONE, holder="x", brand="x", expires=_DAY), "42501"),
            (update(Customer).values(name="x"), "42501"),
            (update(Customer).values(name=Customer.email), "42501"),
            (delete(Customer).where(Customer.name == "x"), "42501"),
            (text("SELECT * FROM pg_catalog.pg_authid"), "42501"),
            (text(ANALYST_EXPORT), "53400"),
        ):
            with pytest.raises(DBAPIError) as caught:
                connection.execute(statement)
            assert sqlstate_of(caught) == sqlstate
            with pytest.raises(DBAPIError) as aborted:
                connection.execute(text("SELECT 1"))
            assert sqlstate_of(aborted) == "25P02"
            connection.rollback()
        with connection.begin() as block:
            with pytest.raises(DBAPIError), connection.begin_nested():
                connection.execute(delete(Customer).where(Customer.name == "x"))
            assert connection.scalar(select(func.count()).select_from(Customer)) == 300
            block.rollback()

    perform(driver, shop.dsn(ANALYST), work)


@pytest.mark.parametrize("login", [ANALYST, APP])
def test_reflection(shop: Place, twin: Twin, driver: str, login: str) -> None:
    """Tables, columns, keys, comments and views, as on a plain database."""

    def work(connection: Connection) -> dict[str, object]:
        metadata = MetaData(schema="shop")
        metadata.reflect(connection, views=True)
        inspector = inspect(connection)
        found: dict[str, object] = {
            name: [(c.name, str(c.type), c.nullable, c.primary_key) for c in table.columns if c.name != "card_no"]
            for name, table in metadata.tables.items()
        }
        found["keys"] = {name: sorted(str(k.target_fullname) for k in t.foreign_keys) for name, t in metadata.tables.items()}
        found["schemas"] = inspector.get_schema_names()
        found["views"] = sorted(inspector.get_view_names("shop"))
        found["comment"] = inspector.get_table_comment("customers", "shop")
        found["indexes"] = inspector.get_indexes("customers", "shop")
        found["there"] = (inspector.has_table("customers", "shop"), inspector.has_table("nothing", "shop"))
        return found

    seen = perform(driver, shop.dsn(login), work)
    assert seen == perform(driver, twin.clear.dsn(login, LOGINS[login]), work)
    assert {"shop.customers", "shop.payment_cards", "shop.customer_contacts"} <= set(seen)


# --- the app


def app_core(connection: Connection) -> list[object]:
    """Core reads and writes of encrypted columns, rolled back at the end. Each item is what one statement gave."""
    table = Card.metadata.tables["shop.payment_cards"]
    c, other = table.c, aliased(table)
    row = {"customer_id": 1, "holder": "x", "brand": OURS, "expires": _DAY}
    mine = c.brand == OURS
    found: list[object] = []

    def keep(statement: Any, parameters: Any = None) -> None:
        result = connection.execute(statement, parameters) if parameters is not None else connection.execute(statement)
        found.append([tuple(one) for one in result] if result.returns_rows else result.rowcount)

    keep(select(c.customer_id, c.card_no, c.holder).order_by(c.id))
    keep(insert(table).values(card_no=ONE, **row).returning(c.card_no, c.brand))
    connection.execute(insert(table), [{**row, "card_no": number} for number in NUMBERS[1:]])
    keep(select(c.card_no).where(mine).order_by(c.id))
    keep(select(c.holder).where(c.card_no == TWO))
    keep(select(c.holder).where(c.card_no == "no such card"))
    keep(select(c.card_no).where(c.card_no.in_(NUMBERS[:4])).order_by(c.id))
    keep(select(func.count()).where(c.card_no != ONE))
    keep(select(func.count()).where(and_(mine, c.card_no.is_distinct_from(ONE))))
    keep(select(func.count()).where(c.card_no.is_(None)))
    keep(select(c.card_no, other.c.holder).join(other, other.c.card_no == c.card_no).where(mine).order_by(c.id))
    keep(select(c.card_no).where(c.card_no.in_(select(other.c.card_no).where(other.c.brand == OURS))).order_by(c.id))
    keep(select(c.card_no, func.count()).where(c.card_no == ONE).group_by(c.card_no))
    keep(select(c.card_no).distinct().where(c.card_no == THREE))
    keep(union_all(select(c.card_no).where(c.card_no == ONE), select(c.card_no).where(c.card_no == TWO)))
    keep(select(select(c.card_no).where(c.card_no == ONE).scalar_subquery()))
    keep(select(select(c.card_no, c.id).where(mine).subquery().c.card_no).limit(0))
    keep(update(table).where(c.card_no == ONE).values(card_no="1" + ONE).returning(c.card_no))
    keep(update(table).where(c.card_no == "1" + ONE).values(card_no=ONE, holder="y"))
    keep(upsert(table).values(card_no=ONE, **row).on_conflict_do_nothing(index_elements=["card_no"]))
    written = upsert(table).values(card_no=ONE, **row)
    keep(written.on_conflict_do_update(index_elements=["card_no"], set_={"holder": "z"}).returning(c.card_no, c.holder))
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(insert(table).values(card_no=ONE, **row))
    keep(delete(table).where(c.card_no == TWO).returning(c.card_no))
    keep(delete(table).where(c.card_no.in_(NUMBERS[2:4])))
    keep(select(c.card_no, c.holder).where(mine).order_by(c.id))
    connection.rollback()
    keep(select(func.count()).select_from(table))
    return found


def app_orm(connection: Connection) -> list[object]:
    """A unit of work on cards, rolled back."""
    with Session(connection) as session:
        customer = session.get_one(Customer, 1)
        had = len(customer.cards)
        customer.cards.append(Card(card_no=ONE, holder="x", brand=OURS, expires=_DAY))
        session.flush()
        for number in NUMBERS[1:]:
            session.add(Card(customer_id=2, card_no=number, holder="y", brand=OURS, expires=_DAY))
            session.flush()
        session.expire_all()
        card = session.scalars(select(Card).filter_by(card_no=ONE)).one()
        found: list[object] = [had, len(card.customer.cards), card.card_no, card.customer.name]
        card.card_no = "1" + ONE
        session.flush()
        session.expire_all()
        found += [card.card_no, session.scalar(select(func.count()).where(Card.card_no == ONE))]
        session.delete(card)
        session.flush()
        found += session.scalars(select(Card.card_no).where(Card.brand == OURS).order_by(Card.id)).all()
        session.execute(update(Card).where(Card.card_no == TWO).values(holder="z"))
        found += session.scalars(select(Card.holder).where(Card.brand == OURS).order_by(Card.id)).all()
        session.rollback()
        found.append(session.scalar(select(func.count()).where(Card.brand == OURS)))
        return found


def test_app_core(shop: Place, twin: Twin, driver: str) -> None:
    seen = perform(driver, shop.dsn(APP), app_core)
    assert seen == perform(driver, twin.dsn(APP), app_core)
    assert len(seen) >= 20


def test_app_orm(shop: Place, twin: Twin, driver: str) -> None:
    assert perform(driver, shop.dsn(APP), app_orm) == perform(driver, twin.dsn(APP), app_orm)


def test_app_commits_ciphertext(shop: Place, driver: str) -> None:
    def work(connection: Connection) -> None:
        with Session(connection) as session:
            for number in NUMBERS:
                session.add(Card(customer_id=3, card_no=number, holder="x", brand=driver, expires=_DAY))
                session.commit()
            assert session.scalars(select(Card.customer_id).where(Card.card_no == TWO)).all() == [3]

    try:
        perform(driver, shop.dsn(APP), work)
        held = shop.database.execute(f"SELECT card_no FROM shop.payment_cards WHERE brand = '{driver}'")
    finally:
        shop.database.execute(f"DELETE FROM shop.payment_cards WHERE brand = '{driver}'")
    assert len(held) == len(NUMBERS)
    assert not any(number.encode() in bytes(value) for (value,) in held for number in NUMBERS)  # type: ignore[call-overload]


def test_app_adds_many_at_once(shop: Place, driver: str) -> None:
    """One flush of several objects: INSERT … SELECT from a VALUES list, in the order of a counter, RETURNING the keys."""

    def work(connection: Connection) -> None:
        with Session(connection) as session:
            session.add_all(Card(customer_id=3, card_no=number, holder="x", brand=OURS, expires=_DAY) for number in NUMBERS)
            session.flush()
            session.expire_all()
            found = session.scalars(select(Card.card_no).where(Card.brand == OURS).order_by(Card.id)).all()
            session.rollback()
            assert list(found) == list(NUMBERS)

    perform(driver, shop.dsn(APP), work)


def test_app_refused(shop: Place, driver: str) -> None:
    def work(connection: Connection) -> None:
        c = Card.__table__.c
        for refused in (
            select(c.id).where(c.card_no.like("9%")),
            select(c.id).order_by(c.card_no),
            select(func.upper(c.card_no)),
            update(Card).values(card_no=c.card_no + "x"),
            delete(Card).where(func.length(c.card_no) > 3),
        ):
            with pytest.raises(DBAPIError) as caught, connection.begin_nested():
                connection.execute(refused)
            assert sqlstate_of(caught) == "0A000"
        assert connection.scalar(select(func.count()).select_from(Card)) == len(shop.cards)

    perform(driver, shop.dsn(APP), work)
