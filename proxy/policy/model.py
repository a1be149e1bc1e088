"""The shape of one rule file, for pydantic, and its JSON Schema for editors. What the fields mean stands in `rules.py`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from proxy import masking

How = Literal["open", "masked", "closed"]
Write = Literal["allow", "refuse"]
NAME_BYTES = 63  # NAMEDATALEN - 1: PostgreSQL cuts longer names off
SYSTEM_SCHEMAS = ("pg_catalog", "information_schema", "pg_toast")


def _mask(spec: object) -> object:
    masking.parse(spec)  # raises ValueError, which pydantic reports with its place
    return spec


def _relation_name(name: str) -> str:
    schema, dot, relation = name.partition(".")
    if not (schema and dot and relation) or "." in relation:
        raise ValueError(f"write a relation with its schema, as shop.customers, not {name}")
    if schema in SYSTEM_SCHEMAS:
        raise ValueError(f"{name} is PostgreSQL's own: the built-in rules decide it")
    return name


def _function_name(name: str) -> str:
    schema, dot, function = name.partition(".")
    if not (schema and dot and function):
        raise ValueError(f"write a function with its schema and without arguments, as shop.full_name, not {name}")
    return name


def _login(pattern: str) -> str:
    if not pattern or set(pattern) & set("[]\\"):
        raise ValueError(f"a login is a name, or a pattern with * and ?; {pattern!r} is neither")
    return pattern


def _channel(name: str) -> str:
    if not name or len(name.encode()) > NAME_BYTES:
        raise ValueError(f"a channel is a name of at most {NAME_BYTES} bytes, as PostgreSQL keeps it")
    return name


Mask = Annotated[object, BeforeValidator(_mask), WithJsonSchema({"title": "Mask"})]
RelationName = Annotated[str, BeforeValidator(_relation_name)]
FunctionName = Annotated[str, BeforeValidator(_function_name)]
Login = Annotated[str, BeforeValidator(_login)]
Channel = Annotated[str, BeforeValidator(_channel)]


class Shape(BaseModel):
    """What all parts of a file share: unknown keys are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ClassShape(Shape):
    """A class of data (数据分类分级)."""

    level: str = Field(description="The level of the classification, such as L1 to L4.")
    title: str = Field(default="", description="What people call it.")


class EncryptShape(Shape):
    """How a column is encrypted at rest. The column's own type is bytea."""

    type: Literal["text"] = Field(default="text", description="The type clients see.")
    search: Literal["none", "equality"] = Field(
        default="none", description="equality: =, IN, JOIN and GROUP BY work; equal values have equal ciphertexts."
    )
    domain: str | None = Field(
        default=None, min_length=1, description="What binds ciphertexts: columns to be compared share one. Default: the column."
    )


class ColumnShape(Shape):
    """One classified column."""

    class_: str = Field(alias="class", description="Its class; what a role sees of it follows.")
    mask: Mask = Field(default=None, description="How it is shown to a role that sees its class masked.")
    encrypt: EncryptShape | None = Field(default=None, description="Encrypted at rest by the proxy.")


class RelationShape(Shape):
    """A protected relation: a table, view, materialised view or foreign table."""

    unlisted: Literal["open", "closed"] = Field(
        default="closed", description="What a restricted role sees of a column that is not listed; closed reads as NULL."
    )
    columns: dict[str, ColumnShape] = Field(default_factory=dict)


class ColumnOverride(Shape):
    """What one role sees of one column, whatever the column's class, and whether it may give it a value."""

    sees: How | None = Field(default=None)
    mask: Mask = Field(default=None, description="Another mask than the column's own; implies `sees: masked`.")
    write: Write | None = Field(
        default=None, description="allow: though it is not shown open. refuse: though it is. It beats the relation's `write`."
    )


class RelationOverride(Shape):
    """What one role sees of one relation, whatever the classes of its columns."""

    sees: How | None = Field(default=None, description="closed: the relation may not be named at all.")
    where: str | None = Field(
        default=None, min_length=1, description="Only rows for which this is true. Row-level security is the stronger tool."
    )
    write: Write | None = Field(
        default=None,
        description="refuse: nothing of it may be written. allow: masked and closed columns too. Else: columns shown open.",
    )
    columns: dict[str, ColumnOverride] = Field(default_factory=dict)


class ExportShape(Shape):
    """How much may leave."""

    rows_per_statement: int | None = Field(default=None, ge=0)
    rows_per_day: int | None = Field(default=None, ge=0)
    copy_: Literal["refuse", "allow"] = Field(default="allow", alias="copy", description="COPY TO.")


class ServiceShape(Shape):
    """As the proxy's own login at the server (`server.service` of proxy.yaml) instead of the caller's."""

    set_role: str = Field(min_length=1, description="The PostgreSQL role whose privileges the sessions have.")
    search_path: list[str] = Field(default_factory=list, description="Schemas, where the client asks for no path of its own.")


class RoleShape(Shape):
    """Who it is for, and what they see."""

    logins: list[Login] = Field(description="Names, or patterns with * and ?. The exact name beats, then the longer beginning.")
    sees: dict[str, How] = Field(
        default_factory=dict, description='By class; "*" is every other class; a class not named is closed.'
    )
    relations: dict[RelationName, RelationOverride] = Field(default_factory=dict, description="Narrower, so it beats `sees`.")
    export: ExportShape = Field(default_factory=ExportShape)
    purpose: str | list[str] | None = Field(default=None, description="What the data may be used for.")
    keys: Literal["all", "none"] = Field(
        default="all", description="none: encrypted columns stay as stored, byte for byte, as for a DBA."
    )
    functions: list[FunctionName] = Field(default_factory=list, description="Functions of yours a restricted role may call.")
    channels: list[Channel] = Field(
        default_factory=list,
        description="Channels a restricted role may LISTEN on and NOTIFY, as PostgreSQL reads it: unquoted is lower case.",
    )
    service: ServiceShape | None = Field(default=None, description="Without it, sessions log in to PostgreSQL as the caller.")


class DefaultsShape(Shape):
    """What holds where no rule says anything."""

    login_without_role: str | None = Field(default=None, min_length=1, description="refuse, or a role.")
    unlisted_relation: Literal["open", "closed"] | None = Field(
        default=None, description="What restricted roles see of a relation no rule names."
    )


class FileShape(Shape):
    """One file of a policy. All *.yaml files of a folder together are the policy."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, title="Maskgate rules")

    classes: dict[str, ClassShape] = Field(default_factory=dict)
    relations: dict[RelationName, RelationShape] = Field(default_factory=dict)
    roles: dict[str, RoleShape] = Field(default_factory=dict)
    defaults: DefaultsShape = Field(default_factory=DefaultsShape)
    trusted_owners: list[str] = Field(
        default_factory=list, description="PostgreSQL roles whose code may run for restricted roles, besides superusers."
    )


class SystemShape(Shape):
    """`builtin.yaml`: PostgreSQL's own relations, for restricted roles. A name is `schema.name`, or `*.name` for any schema."""

    closed: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    open_columns: dict[str, list[str]] = Field(default_factory=dict)
    open: dict[str, list[str]] = Field(default_factory=dict)


def json_schema() -> dict[str, object]:
    """The JSON Schema of a rule file (draft 2020-12), as it stands in masking_rules/schema.json."""
    schema = FileShape.model_json_schema()
    _place_masks(schema)
    schema["$defs"]["Mask"] = masking.SCHEMA
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _place_masks(schema: dict[str, object]) -> None:
    waiting: list[object] = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            if one.get("title") == "Mask":
                one.pop("title")
                one.pop("default", None)
                one["$ref"] = "#/$defs/Mask"
            waiting.extend(one.values())
