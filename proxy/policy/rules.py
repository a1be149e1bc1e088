"""The text of a folder of rule files -> a frozen `Ruleset`, or `RulesError` with every problem's file and line.

A folder is a policy: all its files together are one set, and a name given in two of them is refused. A bad file is refused
whole. Knows nothing of the catalog: `decide.py` brings the two together.
"""

from __future__ import annotations

import hashlib
import json
import pkgutil
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from proxy import masking
from proxy.masking import Mask
from proxy.policy import lines
from proxy.policy.lines import Path, Problem, Text
from proxy.policy.model import ColumnShape, FileShape, RelationOverride, RelationShape, RoleShape, SystemShape
from proxy.policy.verdict import Seal
from proxy.sql.condition import row_condition

TEXT_OID = 25
EVERY_OTHER = "*"


class RulesError(Exception):
    """Rules that cannot be used. `problems` says all that is wrong, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda one: (one.file, one.line)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Class:
    """A class of data, as `classes:` names it."""

    name: str
    level: str
    title: str


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """A classified column. `rule` is its id: name, file and line. `spec` is the mask as written, for proposals."""

    name: str
    class_name: str
    rule: str
    mask: Mask | None = None
    seal: Seal | None = None
    spec: object = None


@dataclass(frozen=True, slots=True)
class RelationRule:
    """A protected relation (`schema.name`)."""

    name: str
    rule: str
    unlisted: str  # 'open' | 'closed'
    columns: Mapping[str, ColumnRule]


@dataclass(frozen=True, slots=True)
class ColumnOverrideRule:
    """What one role sees of one column; `sees` None: as without it; `mask` None means the column's own.

    `write`: 'allow', 'refuse', or None where nothing is said.
    """

    rule: str
    sees: str | None
    mask: Mask | None = None
    write: str | None = None


@dataclass(frozen=True, slots=True)
class RelationOverrideRule:
    """What one role sees of one relation. `sees` None: as the classes say. `write` as for a column."""

    rule: str
    sees: str | None
    where: str | None
    columns: Mapping[str, ColumnOverrideRule]
    write: str | None = None

    @property
    def is_about_reading(self) -> bool:
        """Whether it says more than who may write."""
        if self.sees is not None or self.where is not None:
            return True
        return not self.is_about_writing or any(one.sees is not None for one in self.columns.values())

    @property
    def is_about_writing(self) -> bool:
        """Whether it says anything about who may write."""
        return self.write is not None or any(one.write is not None for one in self.columns.values())


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """Sessions of the role go on as this role of PostgreSQL, through the proxy's own login."""

    set_role: str
    search_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the rules. `sees` has every class."""

    name: str
    rule: str
    logins: tuple[str, ...]
    sees: Mapping[str, str]
    relations: Mapping[str, RelationOverrideRule]
    rows_per_statement: int | None
    rows_per_day: int | None
    copy_refused: bool
    purpose: tuple[str, ...]
    has_keys: bool
    functions: frozenset[str]
    channels: frozenset[str] = frozenset()
    service: ServiceRule | None = None

    @property
    def restricted(self) -> bool:
        """Whether any rule can hide something from this role. One that is not writes whatever PostgreSQL lets it."""
        if any(how != "open" for how in self.sees.values()):
            return True
        return any(
            one.sees in ("masked", "closed")
            or one.where is not None
            or any(column.sees in ("masked", "closed") for column in one.columns.values())
            for one in self.relations.values()
        )


@dataclass(frozen=True, slots=True)
class SystemRules:
    """PostgreSQL's own relations, for restricted roles: name -> reason, name -> column -> reason, names.

    Of a relation in `open_columns` all columns but those named are closed.
    """

    closed: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]
    open: frozenset[str]
    open_columns: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules of a policy. `version` is a digest of what the files mean, not of how they are written."""

    version: str
    classes: Mapping[str, Class]
    relations: Mapping[str, RelationRule]
    roles: Mapping[str, Role]
    system: SystemRules
    login_without_role: str | None = None  # None: refused
    unlisted_relation: str = "open"
    trusted_owners: tuple[str, ...] = ()
    has_seals: bool = False
    _patterns: tuple[tuple[re.Pattern[str], str], ...] = field(default=(), repr=False)  # longest beginning first
    _exact: Mapping[str, str] = field(default_factory=dict, repr=False)

    def role_of(self, login: str) -> str | None:
        """The role of a login: the exact name beats patterns, the longer beginning beats the shorter; None: not let in."""
        exact = self._exact.get(login)
        if exact is not None:
            return exact
        for pattern, role in self._patterns:
            if pattern.fullmatch(login):
                return role
        return self.login_without_role


def load_rules(files: Mapping[str, str], *, builtin: str | None = None) -> Ruleset:
    """File name -> text, to a Ruleset. `builtin` stands in for builtin.yaml (None: the one of this package).

    Raises RulesError. An empty folder is an error too: it would protect nothing.
    """
    if not files:
        raise RulesError([Problem("rules", 1, "there is no *.yaml file in the folder of rules")])
    texts = [lines.read(name, text) for name, text in sorted(files.items())]
    problems = [problem for text in texts for problem in text.problems]
    shapes: list[tuple[Text, FileShape]] = []
    for text in texts:
        if not text.problems:
            try:
                shapes.append((text, FileShape.model_validate(text.value)))
            except ValidationError as error:
                problems += _explained(text, error)
    if problems:
        raise RulesError(problems)
    return _Merge(shapes, _system(builtin if builtin is not None else builtin_text())).ruleset()


@cache
def builtin_text() -> str:
    """builtin.yaml, which is part of the program as its code is."""
    data = pkgutil.get_data("proxy.policy", "builtin.yaml")
    if data is None:  # pragma: no cover - the loader of a zip or a frozen program that left it out
        raise RulesError([Problem("builtin.yaml", 1, "this installation lacks it")])
    return data.decode()


@lru_cache(maxsize=4)
def _system(text: str) -> SystemRules:
    read = lines.read("builtin.yaml", text)
    if read.problems:
        raise RulesError(read.problems)
    try:
        shape = SystemShape.model_validate(read.value)
    except ValidationError as error:
        raise RulesError(_explained(read, error)) from None
    names = frozenset(f"{schema}.{name}" for schema, listed in shape.open.items() for name in listed)
    return SystemRules(
        shape.closed, shape.columns, names, {name: frozenset(columns) for name, columns in shape.open_columns.items()}
    )


# --- errors a person can act on ---------------------------------------------------------------------------------------


def _explained(text: Text, error: ValidationError) -> list[Problem]:
    return [_problem(text, one["loc"], one["type"], one["msg"], one.get("ctx", {})) for one in error.errors()]


def _problem(text: Text, location: Path, kind: str, message: str, context: Mapping[str, Any]) -> Problem:
    path = tuple(part for part in location if part != "[key]")
    name = path[-1] if path else "the file"
    match kind:
        case "extra_forbidden":
            known = _known_keys(path[:-1])
            near = get_close_matches(str(name), known, n=1)
            meant = f"is {near[0]} meant?" if near else f"there are {', '.join(known)}"
            return text.problem(path, f"unknown key {name}: {meant}")
        case "missing":
            return text.problem(path, f"{name} is missing")
        case "literal_error":
            return text.problem(path, f"{name} is one of {context['expected']}")
        case "value_error":
            return text.problem(path, f"{context['error']}")
        case "dict_type" | "model_type" | "model_attributes_type":
            return text.problem(path, f"{name} holds further keys: write `key: value` lines below it")
        case "list_type":
            return text.problem(path, f"{name} is a list: write [one, two]")
        case "string_type":
            return text.problem(path, f"{name} is text: put it in quotes")
    return text.problem(path, f"{name}: {message[:1].lower()}{message[1:]}")


def _known_keys(path: Path) -> list[str]:
    """The keys the shape knows at a place."""
    here: Any = FileShape
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            fields = here.model_fields
            names = {field_.alias or name: field_ for name, field_ in fields.items()}
            here = _shape_in(names[str(part)].annotation) if part in names else None
        elif get_origin(here) is dict:
            here = _shape_in(get_args(here)[1])
    if isinstance(here, type) and issubclass(here, BaseModel):
        return [field_.alias or name for name, field_ in here.model_fields.items()]
    return []


def _shape_in(annotation: Any) -> Any:
    if get_origin(annotation) in (UnionType, Union):
        return next((one for one in get_args(annotation) if one is not type(None)), None)
    return annotation


# --- many files, one set ----------------------------------------------------------------------------------------------


class _Merge:
    """The files of a policy brought together; `ruleset` raises RulesError with all that does not fit."""

    def __init__(self, shapes: list[tuple[Text, FileShape]], system: SystemRules) -> None:
        self.shapes = shapes
        self.system = system
        self.problems: list[Problem] = []

    def ruleset(self) -> Ruleset:
        classes = {
            name: Class(name, shape.level, shape.title) for _, name, shape in self._each("classes", lambda f: f.classes)
        }
        relations = {
            name: self._relation(text, name, shape, classes)
            for text, name, shape in self._each("relations", lambda f: f.relations)
        }
        roles = {
            name: self._role(text, name, shape, classes) for text, name, shape in self._each("roles", lambda f: f.roles)
        }
        self._check_domains(relations)
        exact, patterns = self._logins(roles)
        without_role = self._default("login_without_role")
        if without_role is not None and without_role not in ("refuse", *roles):
            self._say("defaults", "login_without_role", f"there is no role {without_role}{_near(without_role, roles)}")
        unlisted = self._default("unlisted_relation")
        if self.problems:
            raise RulesError(self.problems)
        return Ruleset(
            version=self._digest(),
            classes=classes,
            relations=relations,
            roles=roles,
            system=self.system,
            login_without_role=None if without_role == "refuse" else without_role,
            unlisted_relation=unlisted or "open",
            trusted_owners=tuple(sorted({owner for _, shape in self.shapes for owner in shape.trusted_owners})),
            has_seals=any(c.seal is not None for r in relations.values() for c in r.columns.values()),
            _patterns=patterns,
            _exact=exact,
        )

    def _each(self, section: str, of: Any) -> list[tuple[Text, str, Any]]:
        """Every name of a section with its file; a name of two files is a problem."""
        first: dict[str, Text] = {}
        found: list[tuple[Text, str, Any]] = []
        for text, shape in self.shapes:
            for name, one in of(shape).items():
                if name in first:
                    there = first[name].place(section, name)
                    self.problems.append(text.problem((section, name), f"{name} is already given at {there}: keep one"))
                else:
                    first[name] = text
                    found.append((text, name, one))
        return found

    def _default(self, key: str) -> str | None:
        given = [(text, getattr(shape.defaults, key)) for text, shape in self.shapes]
        given = [(text, value) for text, value in given if value is not None]
        for text, _ in given[1:]:
            there = given[0][0].place("defaults", key)
            self.problems.append(text.problem(("defaults", key), f"{key} is already given at {there}: keep one"))
        value: str | None = given[0][1] if given else None
        return value

    def _say(self, section: str, key: str, message: str) -> None:
        for text, _ in self.shapes:
            if (section, key) in text.lines:
                self.problems.append(text.problem((section, key), message))

    def _relation(self, text: Text, name: str, shape: RelationShape, classes: Mapping[str, Class]) -> RelationRule:
        columns: dict[str, ColumnRule] = {}
        for column, one in shape.columns.items():
            path = ("relations", name, "columns", column)
            if one.class_ not in classes:
                self.problems.append(
                    text.problem((*path, "class"), f"there is no class {one.class_}{_near(one.class_, classes)}")
                )
            columns[column] = _column(name, column, one, f"{name}.{column} ({text.place(*path)})")
        return RelationRule(name, f"{name} ({text.place('relations', name)})", shape.unlisted, columns)

    def _role(self, text: Text, name: str, shape: RoleShape, classes: Mapping[str, Class]) -> Role:
        for class_name in shape.sees:
            if class_name != EVERY_OTHER and class_name not in classes:
                message = f"there is no class {class_name}{_near(class_name, classes)}"
                self.problems.append(text.problem(("roles", name, "sees", class_name), message))
        if name == "refuse":
            self.problems.append(text.problem(("roles", name), "refuse is no name for a role: it has a meaning in defaults"))
        other = shape.sees.get(EVERY_OTHER, "closed")
        purpose = (shape.purpose,) if isinstance(shape.purpose, str) else tuple(shape.purpose or ())
        role = Role(
            name=name,
            rule=f"role {name} ({text.place('roles', name)})",
            logins=tuple(shape.logins),
            sees={one: shape.sees.get(one, other) for one in classes},
            relations={r: self._override(text, name, r, one) for r, one in shape.relations.items()},
            rows_per_statement=shape.export.rows_per_statement,
            rows_per_day=shape.export.rows_per_day,
            copy_refused=shape.export.copy_ == "refuse",
            purpose=purpose,
            has_keys=shape.keys == "all",
            functions=frozenset(shape.functions),
            channels=frozenset(shape.channels),
            service=None if shape.service is None else ServiceRule(shape.service.set_role, tuple(shape.service.search_path)),
        )
        for relation, over in () if role.restricted else role.relations.items():
            if "refuse" in (over.write, *(column.write for column in over.columns.values())):
                message = f"the role {name} sees everything, so its writes are not judged: REVOKE the privilege in PostgreSQL"
                self.problems.append(text.problem(("roles", name, "relations", relation), message))
        return role

    def _override(self, text: Text, role: str, relation: str, shape: RelationOverride) -> RelationOverrideRule:
        path = ("roles", role, "relations", relation)
        columns: dict[str, ColumnOverrideRule] = {}
        for name, one in shape.columns.items():
            has_mask = "mask" in one.model_fields_set
            if has_mask and one.sees not in (None, "masked"):
                self.problems.append(text.problem((*path, "columns", name), f"a mask and `sees: {one.sees}`: keep one"))
            if not has_mask and one.sees is None and one.write is None:
                self.problems.append(text.problem((*path, "columns", name), "write what it sees: open, masked or closed"))
            if one.write == "allow" and shape.write == "refuse":
                message = "the relation refuses every write: refuse the other columns instead"
                self.problems.append(text.problem((*path, "columns", name, "write"), message))
            rule = f"role {role}: {relation}.{name} ({text.place(*path, 'columns', name)})"
            mask = masking.parse(one.mask) if has_mask else None
            columns[name] = ColumnOverrideRule(rule, "masked" if has_mask else one.sees, mask, one.write)
        if shape.where is not None:
            try:
                row_condition(shape.where, relation.partition(".")[2])
            except ValueError as error:
                self.problems.append(text.problem((*path, "where"), str(error)))
        rule = f"role {role}: {relation} ({text.place(*path)})"
        return RelationOverrideRule(rule, shape.sees, shape.where, columns, shape.write)

    def _check_domains(self, relations: Mapping[str, RelationRule]) -> None:
        first: dict[str, Seal] = {}
        for relation in relations.values():
            for column in relation.columns.values():
                seal = column.seal
                if seal is None:
                    continue
                same = first.setdefault(seal.domain, seal)
                if (same.search, same.type_oid) != (seal.search, seal.type_oid):
                    message = f"the domain {seal.domain} has another type or search at {same.column}: they must agree"
                    for text, shape in self.shapes:
                        if relation.name in shape.relations:
                            path = ("relations", relation.name, "columns", column.name, "encrypt")
                            self.problems.append(text.problem(path, message))

    def _logins(self, roles: Mapping[str, Role]) -> tuple[dict[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
        """Exact logins, and patterns with the longest beginning first. Two roles for one login are a problem.

        Two patterns with the same beginning could both match; whether they do is not worked out.
        """
        exact: dict[str, str] = {}
        beginnings: dict[str, str] = {}
        patterns: list[tuple[str, str, str]] = []
        for role in roles.values():
            for login in role.logins:
                beginning = re.split(r"[*?]", login, maxsplit=1)[0]
                if beginning == login:
                    taken = exact.setdefault(login, role.name)
                else:
                    taken = beginnings.setdefault(beginning, role.name)
                    patterns.append((beginning, login, role.name))
                if taken != role.name:
                    self._say_login(role.name, f"{login} could be a login of the role {taken} as well: make one narrower")
        patterns.sort(key=lambda one: (-len(one[0]), one))
        return exact, tuple((_pattern(login), role) for _, login, role in patterns)

    def _say_login(self, role: str, message: str) -> None:
        for text, shape in self.shapes:
            if role in shape.roles:
                self.problems.append(text.problem(("roles", role, "logins"), message))

    def _digest(self) -> str:
        """What the files mean, in a fixed order: comments, layout and the split into files do not matter."""
        meaning: dict[str, dict[str, object]] = {}
        owners: set[str] = set()
        for _, shape in self.shapes:
            said = shape.model_dump(mode="json", by_alias=True, exclude_unset=True)
            owners |= set(said.pop("trusted_owners", ()))
            for section, values in said.items():
                meaning.setdefault(section, {}).update(values)
        system = {
            "closed": dict(self.system.closed),
            "columns": {name: dict(columns) for name, columns in self.system.columns.items()},
            "open_columns": {name: sorted(columns) for name, columns in self.system.open_columns.items()},
            "open": sorted(self.system.open),
        }
        text = json.dumps([meaning, sorted(owners), system], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _column(relation: str, name: str, shape: ColumnShape, rule: str) -> ColumnRule:
    full_name = f"{relation}.{name}"
    seal = None
    if shape.encrypt is not None:
        seal = Seal(shape.encrypt.domain or full_name, shape.encrypt.search, TEXT_OID, full_name)
    has_mask = "mask" in shape.model_fields_set
    return ColumnRule(
        name=name,
        class_name=shape.class_,
        rule=rule,
        mask=masking.parse(shape.mask) if has_mask else None,
        seal=seal,
        spec=(shape.mask if shape.mask is not None else "null") if has_mask else None,
    )


def _near(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f": is {near[0]} meant?" if near else ""


def _pattern(login: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter) or re.escape(letter) for letter in login), re.DOTALL)
