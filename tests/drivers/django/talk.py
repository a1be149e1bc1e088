"""What Django can do, as one JSON list. `talk.py URL talk|shown|refused|cancel|migrate TEXT …`; see tests/integration/test_django.py."""

from __future__ import annotations

import decimal
import io
import json
import sys
import threading
import uuid
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

url, scene, *texts = sys.argv[1:]
place = urlsplit(url)
options: dict[str, Any] = {"sslmode": "disable", "server_side_binding": place.fragment == "bound"}
if scene == "migrate":
    options["options"] = "-c search_path=" + texts[0]
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "HOST": place.hostname, "PORT": place.port, "NAME": place.path[1:],
            "USER": place.username, "PASSWORD": unquote(place.password or ""), "OPTIONS": options,
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.postgres"], USE_TZ=True, TIME_ZONE="UTC",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
)  # fmt: skip
django.setup()

from django.contrib.auth.models import Group, Permission, User  # noqa: E402
from django.contrib.postgres.aggregates import ArrayAgg, StringAgg  # noqa: E402
from django.contrib.postgres.fields import ArrayField, IntegerRangeField  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, IntegrityError, connection, models, transaction  # noqa: E402
from django.db.models import Count, F, OuterRef, Prefetch, Q, Subquery, Sum, Value, Window  # noqa: E402
from django.db.models.functions import Concat, ExtractYear, Lower, RowNumber, TruncMonth  # noqa: E402

heard: list[object] = []


class Customer(models.Model):
    id = models.IntegerField(primary_key=True)
    name = models.TextField()
    email = models.TextField()
    city = models.TextField()
    profile = models.JSONField()

    class Meta:
        app_label, managed, db_table = "postgres", False, '"shop"."customers"'


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="orders")
    total = models.DecimalField(max_digits=10, decimal_places=2)
    status = models.TextField()

    class Meta:
        app_label, managed, db_table = "postgres", False, '"shop"."orders"'


class Card(models.Model):
    id = models.IntegerField(primary_key=True)
    card_no = models.TextField()

    class Meta:
        app_label, managed, db_table = "postgres", False, '"shop"."cards"'


class Thing(models.Model):
    key = models.UUIDField(unique=True)
    note = models.TextField(default="")
    amount = models.DecimalField(max_digits=20, decimal_places=5)
    born = models.DateField()
    seen = models.DateTimeField()
    tags = ArrayField(models.TextField())
    span = IntegerRangeField()
    document = models.JSONField()
    raw = models.BinaryField()

    class Meta:
        app_label, db_table = "postgres", "thing"


def code(work: Any) -> object:
    """The SQLSTATE of what fails, in a savepoint of its own."""
    try:
        with transaction.atomic():
            return work()
    except DatabaseError as error:
        return [type(error).__name__, getattr(error.__cause__, "sqlstate", None)]


def things() -> None:
    """A model with PostgreSQL's own types, in `thing`."""
    Thing.objects.bulk_create(
        Thing(key=uuid.UUID(int=n), note=f"第{n}", amount=decimal.Decimal(n) / 8, born=date(2026, 1, 1 + n % 28), tags=["欧", str(n)],
              seen=datetime(2026, 1 + n % 12, 1, tzinfo=UTC), span=(n, n + 5), document={"键": [n, None]}, raw=bytes([n % 256, 0]))
        for n in range(300)
    )  # fmt: skip
    one = Thing.objects.order_by("id").first()
    assert one is not None
    heard.append({k: bytes(v).hex() if k == "raw" else str(v) for k, v in vars(one).items() if k != "_state"})
    heard.append(Thing.objects.filter(tags__contains=["7"], document__键__0=7, span__contains=8).count())
    heard.append(list(Thing.objects.annotate(m=TruncMonth("seen"), y=ExtractYear("born")).values_list("m", "y").annotate(n=Count("id"), s=Sum("amount")).order_by("m")[:5]))
    heard.append(Thing.objects.filter(id__lt=one.id + 5).aggregate(a=ArrayAgg("note", ordering="id"), s=StringAgg("note", Value("/"), ordering="-id")))
    heard.append(list(Thing.objects.annotate(n=Window(RowNumber(), order_by=F("amount").desc())).order_by("n").values_list("n", "note")[:3]))
    heard.append(Thing.objects.filter(Q(note__startswith="第1") | Q(amount__gt=30)).update(note=Concat(Lower("note"), Value("!"))))
    heard.append(Thing.objects.bulk_create([Thing(key=uuid.UUID(int=1), amount=1, born=date.min, seen=datetime.now(UTC), tags=[], span=(0, 1), document={}, raw=b"")],
                                           update_conflicts=True, unique_fields=["key"], update_fields=["amount"])[0].amount)  # fmt: skip
    heard.append(Thing.objects.get_or_create(key=uuid.UUID(int=2), defaults={})[1])
    heard.append(code(lambda: Thing.objects.create(key=uuid.UUID(int=2), amount=1, born=date.min, seen=datetime.now(UTC), tags=[], span=(0, 1), document={}, raw=b"")))
    with transaction.atomic():
        heard.append([len(Thing.objects.select_for_update(skip_locked=True)[:7]), sum(1 for _ in Thing.objects.iterator(chunk_size=40))])
    try:
        with transaction.atomic():
            Thing.objects.all().delete()
            raise IntegrityError("back")
    except IntegrityError:
        heard.append(Thing.objects.count())


def talk() -> None:
    """The ORM on a temporary table, on relations nobody protects, raw SQL, introspection."""
    with connection.schema_editor() as editor, connection.cursor() as cursor:
        cursor.execute(editor.sql_create_table.replace("TABLE", "TEMP TABLE") % {"table": "thing", "definition": ", ".join(
            f'"{f.column}" {f.db_type(connection)} {"NOT NULL UNIQUE" if f.unique else ""} {f.db_type_suffix(connection) or ""}' for f in Thing._meta.local_fields
        )})  # fmt: skip
    things()
    orders = Order.objects.annotate(double=F("total") * 2).filter(total__gt=10).order_by("id")
    heard.append([str(orders.query), list(orders.values_list("id", "double", "customer__city")), orders.aggregate(Sum("total"))])
    best = Order.objects.filter(customer=OuterRef("pk")).order_by("-total").values("total")[:1]
    heard.append(list(Customer.objects.annotate(best=Subquery(best), n=Count("orders")).filter(best__isnull=False).order_by("id").values_list("id", "city", "best", "n")))
    heard.append([[c.id, [o.id for o in c.orders.all()]] for c in Customer.objects.filter(id__lte=5).order_by("id").prefetch_related(Prefetch("orders", Order.objects.order_by("id")))])
    for bad in ("SELECT 1/0", "SELEC", "SELECT * FROM nowhere", "SELECT 'x'::int"):
        with connection.cursor() as cursor:
            heard.append(code(lambda bad=bad, cursor=cursor: cursor.execute(bad)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, repeat('宽', 50) FROM generate_series(1, %s) n", [20000])
        heard.append(len(cursor.fetchall()))
        about = connection.introspection
        heard.append(sorted((t.name, t.type) for t in about.get_table_list(cursor)))
        cursor.execute("SET search_path = shop")
        heard.append([(t.name, t.type) for t in sorted(about.get_table_list(cursor))])
        # Not `cards`: its encrypted column is text to clients, bytea to the server.
        for table in ("customers", "orders"):
            heard.append([repr(about.get_table_description(cursor, table)), about.get_relations(cursor, table)])
            heard.append(about.get_sequences(cursor, table))
            heard.append(repr(sorted(about.get_constraints(cursor, table).items())))
        out = io.StringIO()
        call_command("inspectdb", "customers", "orders", stdout=out)
        heard.append(out.getvalue())


def migrate() -> None:
    """Django's own tables, made, used and unmade by whom a schema belongs to."""
    out = io.StringIO()
    call_command("migrate", stdout=out, no_color=True)
    with connection.schema_editor() as editor:
        editor.create_model(Thing)
        new = models.TextField(null=True, db_index=True)
        new.set_attributes_from_name("more")
        editor.add_field(Thing, new)
        editor.remove_field(Thing, new)
    things()
    user = User.objects.create_user("李", "li@corp.cn", "secret")
    user.groups.add(Group.objects.create(name="组"))
    user.user_permissions.set(Permission.objects.filter(codename__startswith="add_"))
    heard.append([user.id, user.check_password("secret"), sorted(user.get_all_permissions()), User.objects.filter(groups__name="组").count()])
    heard.append(code(lambda: User.objects.create_user("李")))
    call_command("migrate", "auth", "zero", stdout=out, no_color=True)
    heard.append(out.getvalue())


def main() -> None:
    if scene == "talk":
        talk()
    elif scene == "migrate":
        migrate()
    elif scene == "shown":
        heard.append(list(Customer.objects.filter(id__lte=5).order_by("id").values_list("id", "name", "email", "city")))
        heard.append([[c.id, c.card_no] for c in Card.objects.order_by("id")])
        heard.append(list(Order.objects.filter(customer__name=Customer.objects.get(pk=2).name).values_list("customer__name", flat=True).distinct()))
    elif scene == "refused":
        for text in texts:
            with connection.cursor() as cursor:
                heard.append(code(lambda text=text, cursor=cursor: cursor.execute(text)))
        heard.append(code(lambda: Customer.objects.filter(pk=1).update(name="x")))
        heard.append(code(lambda: list(Customer.objects.filter(email__startswith="raw"))))
    elif scene == "cancel":
        connection.ensure_connection()
        session = connection.connection  # Django's own `connection` is another one in every thread
        threading.Thread(target=lambda: (sys.stdin.readline(), session.cancel_safe())).start()
        with connection.cursor() as cursor:
            heard.append(code(lambda: cursor.execute(texts[0])))
            cursor.execute("SELECT 'goes on'")
            heard.append(cursor.fetchone()[0])
    print(json.dumps(heard, ensure_ascii=False, default=str))


main()
