"""What the body of a user function can show, so that an operator knows whether a restricted role may call it.

A function's body is not rewritten: it runs inside the server, and what it reads it reads raw. `maskgate check` therefore tells
for each function whether it is safe to list under `functions` of a role. Promise: 'safe' is proven. Every statement of the
body was read by PostgreSQL's own grammar and is a query; every relation that its names could mean is open to the role, or
open in the columns the body mentions; every function, operator and type is PostgreSQL's own and on the allow-list, or a user
function that is safe itself. What cannot be read, also dynamic SQL, is not safe. Casts, domains and triggers of trusted owners
are taken to be harmless, as they are in every statement. Only `check` uses this: nothing here is on the way of a statement.

A body is read under the search_path the function sets for itself. Where it sets none, the caller's path decides, so a name
stands for everything that bears it in any schema.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from postgast import pg_query_pb2 as pb

from proxy.catalog.snapshot import Oid, Relation, Snapshot
from proxy.errors import ProxyError
from proxy.policy.verdict import Closed, Masked, Open, Verdict
from proxy.sql import allowed
from proxy.sql.firewall import NO_LOOKUP, NODES
from proxy.sql.parse import Token, kind_of, names, parse, parse_plpgsql, scan, walk


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument or result column. `mode` as in pg_proc.proargmodes; `is_row`: its type is a row type or record."""

    name: str
    mode: str
    is_row: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A user function, as pg_proc has it. `body`: prosrc, or what pg_get_function_sqlbody writes (then `is_bound`).

    `path`: the search_path it sets for itself, without "$user"; None when it sets none, or one that depends on the caller.
    `pieces`: for an aggregate the (schema, name) of the functions it is made of. `defaults`: the arguments' default
    expressions, qualified. `types`: OIDs of its argument and result types. `result`: the result type's name, or 'record' for
    any row type. `owner`: a name, when the owner is not trusted.
    """

    schema: str
    name: str
    signature: str
    kind: str  # f a w p, as pg_proc.prokind
    language: str
    body: str
    is_bound: bool = False
    is_definer: bool = False
    result: str = "text"
    returns_set: bool = False
    path: tuple[str, ...] | None = None
    arguments: tuple[Argument, ...] = ()
    types: tuple[Oid, ...] = ()
    defaults: str = ""
    pieces: tuple[tuple[str, str], ...] = ()
    owner: str | None = None
    extension: str | None = None
    is_trigger: bool = False

    @property
    def shown(self) -> str:
        """shop.tax(numeric)"""
        return f"{self.schema}.{self.name}({self.signature})"


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether the function is safe to list, and why or why not (to follow a colon)."""

    is_safe: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Read:
    """What one function's own body says: why it is not safe, or which user functions it may call, by (schema, name)."""

    unsafe: str | None
    calls: frozenset[tuple[str, str]]


class _Unsafe(Exception):
    """The reason is all there is to say; it never leaves this module."""


class Bodies:
    """Judges functions of one snapshot as one role sees it.

    `functions`: every user function, whether in question or not. `refused`: built-ins the role's rules close besides.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        functions: Iterable[Function],
        verdict_of: Callable[[Relation], Verdict],
        refused: frozenset[str] = frozenset(),
    ) -> None:
        self.snapshot = snapshot
        self.verdict_of = verdict_of
        self.refused = refused
        self._functions: dict[tuple[str, str], list[Function]] = defaultdict(list)
        for function in functions:
            self._functions[function.schema, function.name].append(function)
        self._named: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for place in self._functions:
            self._named[place[1]].append(place)
        self._relations: dict[str, list[Relation]] = defaultdict(list)
        for relation in snapshot.relations.values():
            self._relations[relation.name].append(relation)
        self._tainted = {t.name: t.untrusted_code for t in snapshot.types.values() if t.untrusted_code is not None}
        self._read: dict[Function, _Read] = {}

    def judge(self, schema: str, name: str) -> Judged:
        """All functions of that name together, as a rule lists them. Raises KeyError when there is none."""
        mine = self._functions.get((schema, name), [])
        if not mine:
            raise KeyError(f"{schema}.{name}")
        seen: set[Function] = set()
        waiting = list(mine)
        while waiting:
            function = waiting.pop(0)
            if function in seen:
                continue
            seen.add(function)
            found = self._reading(function)
            if found.unsafe is not None:
                several = len(mine) > 1 or function not in mine
                called = "" if function in mine else "calls "
                return Judged(False, f"{called}{function.shown}: {found.unsafe}" if several else found.unsafe)
            waiting += [callee for place in sorted(found.calls) for callee in self._functions[place]]
        as_owner = any(function.is_definer for function in seen)
        return Judged(True, "it reads nothing protected" + (", and runs with the rights of its owner" if as_owner else ""))

    def _reading(self, function: Function) -> _Read:
        if function not in self._read:
            body = _Body(self, function)
            unsafe = None
            try:
                body.read()
            except _Unsafe as reason:
                unsafe = str(reason)
            except ProxyError as error:
                unsafe = f"it is not read: {error.message}"
            self._read[function] = _Read(unsafe, frozenset(body.calls))
        return self._read[function]

    def functions_named(self, schema: str, name: str, path: tuple[str, ...] | None) -> list[tuple[str, str]]:
        """Where the user functions are that a call could mean."""
        places = self._named.get(name, [])
        return [p for p in places if (p[0] == schema if schema else path is None or p[0] in path)]

    def relations_named(self, schema: str, name: str, path: tuple[str, ...] | None) -> list[Relation]:
        """The relations a name could mean."""
        if schema:
            found = self.snapshot.relation(schema, name)
            return [] if found is None else [found]
        if path is None:
            return [r for r in self._relations.get(name, []) if self.snapshot.relation(r.schema, name) is r]
        found = self.snapshot.relation_in(("pg_catalog", *path), name)
        return [] if found is None else [found]

    def dangerous(self, name: str) -> str | None:
        """Why a name in a part of a body that no parser read must not be there; None when it can do no harm."""
        if name == "execute":
            return "it runs dynamic SQL (EXECUTE)"
        if name in self._named:
            return f"it may call {name}, in a place that could not be read"
        if any(not isinstance(self.verdict_of(r), Open) for r in self._relations.get(name, ())):
            return f"it names {name}, in a place that could not be read"
        version = self.snapshot.server_version_num
        closed = next((why for given in range(8) if (why := allowed.call(version, name, given))), None)
        return closed and f"it may call {name}: {closed}"

    def tainted(self, name: str) -> str | None:
        """Why a name must not stand in a body at all: some type that bears it runs code of an untrusted owner."""
        return self._tainted.get(name)


class _Body:
    """One function being read. Every method raises _Unsafe, or ProxyError for text that cannot be read."""

    def __init__(self, bodies: Bodies, function: Function) -> None:
        self.bodies = bodies
        self.function = function
        self.version = bodies.snapshot.server_version_num
        self.path = ("pg_catalog",) if function.is_bound else function.path
        self.mentioned: frozenset[str] = frozenset()
        self.calls: set[tuple[str, str]] = set()

    def read(self) -> None:
        function = self.function
        if function.owner is not None:
            raise _Unsafe(f"it is owned by {function.owner}, who may replace it at any time")
        if function.is_definer and function.path is None and not function.is_bound:
            raise _Unsafe("it is SECURITY DEFINER without a search_path of its own")
        for oid in function.types:
            found = self.bodies.snapshot.types.get(oid)
            if found is not None and found.untrusted_code is not None:
                raise _Unsafe(f"its type {found.schema}.{found.name}: {found.untrusted_code}")
        for name in function.path or ():
            schema = self.bodies.snapshot.schemas.get(name)
            if schema is not None and schema.unsafe is not None:
                raise _Unsafe(f"its search_path holds {name}: {schema.unsafe}")
        if function.defaults:
            self.queries(f"SELECT {function.defaults}", ("pg_catalog",))
        if function.kind == "a":
            for place, piece in function.pieces:
                self.call(place, piece, None)
        elif function.language == "sql":
            self.names_in(function.body)
            self.queries(_sql(function), self.path)
        elif function.language == "plpgsql":
            self.names_in(function.body)
            self.plpgsql()
        else:
            raise _Unsafe(f"language {function.language} cannot be read")

    def names_in(self, body: str) -> None:
        tokens = scan(body.encode())[0]
        self.mentioned = frozenset(_names(body.encode(), tokens))
        for name in sorted(self.mentioned):
            why = self.bodies.tainted(name)
            if why is not None:
                raise _Unsafe(f"it names type {name}: {why}")

    # -- PL/pgSQL ------------------------------------------------------------------------------------------------------------

    def plpgsql(self) -> None:
        """Each expression and statement it holds is SQL of its own; the names around them must be harmless."""
        body = _without_types(self.function.body)
        tree = parse_plpgsql(_header(self.function), body)
        read: Counter[str] = Counter()
        for key, node in _objects(tree):
            if key in ("PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors", "dynquery"):
                raise _Unsafe("it runs dynamic SQL (EXECUTE)")
            if key == "PLpgSQL_expr":
                text = _as_statement(node["query"], node["parseMode"])
                read += _names(text.encode(), scan(text.encode())[0])
                self.queries(text, self.path)
        left = _names(body.encode(), scan(body.encode())[0]) - read
        for name in sorted(left):
            why = self.bodies.dangerous(name)
            if why is not None:
                raise _Unsafe(why)

    # -- SQL -----------------------------------------------------------------------------------------------------------------

    def queries(self, text: str, path: tuple[str, ...] | None) -> None:
        for kind, stmt in parse(text.encode()).stmts:
            if kind != "Select":
                raise _Unsafe(f"it runs {_spoken(kind)}, whose effects are not read")
            ctes = {n.ctename for n in walk(stmt) if isinstance(n, pb.CommonTableExpr)}
            is_whole = _takes_whole_rows(stmt)
            for node in walk(stmt):
                since = NODES.get(kind_of(node))
                is_write = kind_of(node).endswith("Stmt") and not isinstance(node, pb.SelectStmt)
                if since is None or since > self.version or is_write:
                    raise _Unsafe(f"it runs {_spoken(kind_of(node))}, whose effects are not read")
                if isinstance(node, pb.RangeVar):
                    self.relation(node, path, ctes, is_whole=is_whole)
                else:
                    self.node(node, path)

    def node(self, node: Message, path: tuple[str, ...] | None) -> None:
        match node:
            case pb.FuncCall():
                name = names(node.funcname)
                given = len(node.args) + (len(node.agg_order) if node.agg_within_group else 0)
                self.call(name[-2] if len(name) > 1 else "", name[-1], given, as_array=node.func_variadic, path=path)
            case pb.A_Expr():
                if node.kind not in NO_LOOKUP:
                    self.operator(names(node.name), 2 if node.HasField("lexpr") else 1)
            case pb.SubLink():
                if node.oper_name:
                    self.operator(names(node.oper_name), 2)
            case pb.SortBy():
                if node.use_op:
                    self.operator(names(node.use_op), 2)
            case pb.TypeName():
                self.type_name(node)
            case pb.ColumnRef():
                for field in list(node.fields)[1:]:
                    if field.HasField("string"):
                        self.attribute(field.string.sval, path)
            case pb.A_Indirection():
                for part in node.indirection:
                    if part.HasField("string"):
                        self.attribute(part.string.sval, path)
            case pb.RangeTableSample() if names(node.method) not in (("system",), ("bernoulli",)):
                raise _Unsafe("it uses a TABLESAMPLE method that is not PostgreSQL's own")

    def relation(self, node: Any, path: tuple[str, ...] | None, ctes: set[str], *, is_whole: bool) -> None:
        found = self.bodies.relations_named(node.schemaname, node.relname, path)
        if not found and (node.schemaname or node.relname not in ctes):
            raise _Unsafe(f"it names {node.relname}, which is not known")
        for relation in found:
            verdict = self.bodies.verdict_of(relation)
            shown = f"{relation.schema}.{relation.name}"
            if isinstance(verdict, Closed):
                raise _Unsafe(f"it reads {shown}, which is closed: {verdict.reason}")
            if isinstance(verdict, Masked):
                hidden = [c.name for c in relation.columns if verdict.columns[c.attnum].how != "open"]
                is_whole = is_whole or "tableoid" in self.mentioned  # it tells the partition, and so the key
                hidden = [name for name in hidden if is_whole or name in self.mentioned]
                if hidden or verdict.condition is not None:
                    what = ", ".join(hidden) or "also rows the role does not see"
                    raise _Unsafe(f"it reads {shown} ({what}): its result shows raw values")

    def call(
        self, schema: str, name: str, given: int | None, *, as_array: bool = False, path: tuple[str, ...] | None = None
    ) -> None:
        """A call by name. Without `given` (a piece of an aggregate) every form of a built-in must be open."""
        users = self.bodies.functions_named(schema, name, path)
        if schema in ("", "pg_catalog"):
            counts = (given,) if given is not None else range(8)
            reasons = [allowed.call(self.version, name, count, as_array=as_array) for count in counts]
            if given == 1 and reasons == [""]:
                reasons = [allowed.type_named(self.version, name)]
            closed = next((reason for reason in reasons if reason), None)
            if name in self.bodies.refused:
                closed = "it shows values of a hidden partition key"
            if closed is not None:
                raise _Unsafe(f"it calls {name}: {closed}")
            if not users and None not in reasons:
                raise _Unsafe(f"it calls {name}, which is not known")
        elif not users:
            raise _Unsafe(f"it calls {schema}.{name}, which is not known")
        self.calls |= set(users)

    def attribute(self, name: str, path: tuple[str, ...] | None) -> None:
        """`row.name` calls a function of that name where the row has no such column; both are assumed."""
        self.calls |= set(self.bodies.functions_named("", name, path))
        closed = allowed.call(self.version, name, 1)
        if closed and name not in self.bodies.snapshot.column_names:
            raise _Unsafe(f"it may call {name}: {closed}")

    def operator(self, name: tuple[str, ...], operands: int) -> None:
        reason = allowed.operator(self.version, name[-1], operands)
        if reason is not None or (len(name) > 1 and name[0] != "pg_catalog"):
            raise _Unsafe(f"it uses operator {'.'.join(name)}, whose function is not read")

    def type_name(self, node: Any) -> None:
        name = names(node.names)
        if name and not node.pct_type and name[0] == "pg_catalog":
            reason = allowed.type_named(self.version, name[-1])
            if reason is not None:
                raise _Unsafe(f"it names type {name[-1]}: {reason or 'it is not known'}")


# --- texts -------------------------------------------------------------------------------------------------------------------

_PLAIN = re.compile(rb"[A-Za-z_\x80-\xff][\w$\x80-\xff]*")


def _sql(function: Function) -> str:
    """The statements of a function in SQL. pg_get_function_sqlbody writes `RETURN expression` or BEGIN ATOMIC … END."""
    body = function.body.strip()
    if not function.is_bound:
        return body
    if body.startswith("RETURN"):
        return f"SELECT {body.removeprefix('RETURN')}"
    return body.removeprefix("BEGIN ATOMIC").removesuffix("END")


def _names(source: bytes, tokens: Iterable[Token]) -> Counter[str]:
    """How often each word that could be a name stands in a text, folded as PostgreSQL does."""
    found: Counter[str] = Counter()
    for token in tokens:
        word = source[token.start : token.end]
        if word[:1] == b'"':
            found[word[1:-1].replace(b'""', b'"').decode()] += 1
        elif _PLAIN.fullmatch(word):
            found[word.decode().lower()] += 1
        elif word[:2].lower() == b"u&":
            raise _Unsafe("it is not read: a name with Unicode escapes")
    return found


def _header(function: Function) -> str:
    """CREATE FUNCTION up to AS, with types the parser knows: it only has to tell variables, rows and arrays apart."""
    shown = []
    for at, argument in enumerate(function.arguments, 1):
        mode = {"o": "OUT ", "b": "INOUT ", "t": "OUT "}.get(argument.mode, "")
        name = '"' + argument.name.replace('"', '""') + '"' if argument.name else f"unnamed_{at}"
        shown.append(f"{mode}{name} {'record' if argument.is_row else 'text'}")
    results = any(a.mode in "obt" for a in function.arguments)
    result = function.result if function.result in ("void", "record", "trigger") else "text"
    returns = "" if results and not function.returns_set else f" RETURNS {'SETOF ' if function.returns_set else ''}{result}"
    return f"CREATE FUNCTION f({', '.join(shown)}){returns} LANGUAGE plpgsql"


def _without_types(body: str) -> str:
    """The body with the qualified types of its declarations as text or record: the parser can look up no others."""
    source = body.encode()
    tokens = scan(source)[0]
    words = [source[t.start : t.end].lower() for t in tokens]
    edits: list[tuple[int, int, bytes]] = []
    declaring = False
    for at, word in enumerate(words):
        if word in (b"declare", b"begin"):
            declaring = word == b"declare"
        starts = declaring and at > 0 and words[at - 1] not in (b".", b"%") and words[at + 1 : at + 2] in ([b"."], [b"%"])
        if not starts:
            continue
        end = at + 1
        while words[end : end + 1] == [b"."]:
            end += 2
        if words[end : end + 1] == [b"%"] and words[end + 1 : end + 2] in ([b"type"], [b"rowtype"]):
            put = b"text" if words[end + 1] == b"type" else b"record"
            edits.append((tokens[at].start, tokens[end + 1].end, put))
        elif words[at - 2 : at - 1] in ([b";"], [b"declare"]) or words[at - 1] == b"constant":
            edits.append((tokens[at].start, tokens[end - 1].end, b"record"))
    for start, stop, put in reversed(edits):
        source = source[:start] + put + source[stop:]
    return source.decode()


def _objects(tree: Any) -> Iterator[tuple[str, Any]]:
    """(key, value) of every object in a JSON tree."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            yield from one.items()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _as_statement(query: str, mode: int) -> str:
    """A query of PL/pgSQL as a statement of SQL. `mode` is RawParseMode: 0 a statement, 2 an expression, 3 to 5 `x := …`."""
    if mode == 0:
        return query
    if mode == 2:
        return f"SELECT {query}"
    source = query.encode()
    depth, cut, after = 0, 0, 0
    for token in scan(source)[0]:
        word = source[token.start : token.end]
        depth += (word in (b"[", b"(")) - (word in (b"]", b")"))
        if not cut and depth == 0 and word in (b":=", b"="):
            cut, after = token.start, token.end
    return f"SELECT {source[:cut].decode()}, {source[after:].decode()}"


def _takes_whole_rows(stmt: Message) -> bool:
    """Whether a query could show columns it does not name: `*`, NATURAL, column aliases, a source's name as a value."""
    sources: set[str] = set()
    values: set[str] = set()
    for node in walk(stmt):
        match node:
            case pb.A_Star():
                return True
            case pb.JoinExpr() if node.is_natural:
                return True
            case pb.Alias():
                if node.colnames:
                    return True
                sources.add(node.aliasname)
            case pb.RangeVar():
                sources.add(node.relname)
            case pb.ColumnRef():
                values.add(names(node.fields)[-1])
    return bool(sources & values)


def _spoken(kind: str) -> str:
    """InsertStmt -> INSERT"""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind.removesuffix("Stmt")).upper()
