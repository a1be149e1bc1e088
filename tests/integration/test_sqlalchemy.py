"""SQLAlchemy through the proxy with both drivers, Core, ORM and reflection, compared with the twin."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

import pytest
from sqlalchemy import (
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Text,
    and_,
    bindparam,
    case,
    cast,
    create_engine,
    delete,
    event,
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
from sqlalchemy.dialects.postgresql import CHAR, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.schema import Column

from proxy.cli.demo.load import ANALYST, APP
from tests.integration.statements import ANALYST_EXPORT, NUMBERS, ONE, THREE, TWO
from tests.shop import Place
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
    total: Mapped[Any]
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
