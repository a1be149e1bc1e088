"""Text -> Statement: PostgreSQL's own scanner and grammar (libpg_query), inside limits that keep a worker alive.

Promise: any bytes give a `Statement` or a `ProxyError`. This is the only file that calls libpg_query; nobody below or beside
it sees ctypes. It knows nothing of the catalog or of policy.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import attrgetter
from typing import Any, NamedTuple

import postgast
from google.protobuf.message import DecodeError, Message
from postgast import PgQueryError, pg_query_pb2

from proxy.errors import Bug, ProxyError, StatementError, TooComplex

# protobuf refuses messages nested deeper than 100, which ordinary SQL exceeds at 23 nested subqueries (FINDINGS 4).
try:
    from google._upb import _message as _upb

    _OVERSIZE = bool(_upb.SetAllowOversizeProtos(True))
except (ImportError, AttributeError) as missing:  # pragma: no cover - a protobuf without upb cannot carry deep trees
    raise ImportError("protobuf's upb backend is needed: install protobuf with its compiled part") from missing

# A statement longer than this is refused before it is scanned. PostgreSQL takes 1 GB; nobody types 16 MiB of SQL, and bulk
# data has COPY and parameters.
STATEMENT_BYTES = 16 * 1024 * 1024
# libpg_query's recursion overruns an 8 MB stack at about 25,000 chained operators; the server itself refuses such chains at
# 2,000 to 10,000 (FINDINGS 4), and planning one takes the loop's time. A chain is counted between commas at one bracket depth,
# so long flat lists pass.
CHAIN_TOKENS = 8_000
BRACKET_DEPTH = 2_000
TOTAL_TOKENS = 2_000_000
# Above this many tokens that can nest, parse on a thread with a large stack.
BIG_STACK_TOKENS = 4_000
BIG_STACK_BYTES = 512 * 1024 * 1024
# So many are joined by one call, which keeps every other thread waiting.
AT_ONCE = 10_000

# The scanner reads a run of operator characters to its end for each `+`, `-` or `/*` in it: the sum of the runs' lengths
# squared is its work. 16 million take it 0.1 s; a run of 4,000 characters is no SQL anybody means.
RUN_WORK = 16_000_000
_RUN = re.compile(rb"[-+*/<>=~!@#%^&|`?]{16,}")
_AS_RUN = bytes(43 if chr(code) in "-+*/<>=~!@#%^&|`?" else 32 for code in range(256))  # these characters all alike
_RUN_END = re.compile(rb"[-+*/<>=~!@#%^&|`?]*+")
# What stands outside block comments, as far as it may hide a run or be one (PostgreSQL 18, 4.1 Lexical Structure).
_OUTSIDE = re.compile(
    rb"""  [eE]'(?:[^'\\]|\\.|''|'[ \t\f\v]*+[\r\n](?:\s|--[^\r\n]*+)*+')*+'?+
         | '[^']*+'?+
         | "[^"]*+"?+
         | --[^\r\n]*+
         | (?P<tag>\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+)?\$).*?(?:(?P=tag)|\Z)
         | [uU]&(?=['"])
         | [A-Za-z_\x80-\xff][\w$\x80-\xff]*+
         | /\*
         | (?P<run>(?:(?!--|/\*)[-+*/<>=~!@#%^&|`?])++)""",
    re.VERBOSE | re.DOTALL,
)
_INSIDE = re.compile(rb"/\*|\*/")

_T = pg_query_pb2
_TOKEN = _T.Token
_PARTS = attrgetter("start", "end", "token")  # of a ScanToken
_WRAPPER = _T.Node.DESCRIPTOR
LITERALS = frozenset(_TOKEN.Value(name) for name in ("ICONST", "FCONST", "SCONST", "BCONST", "XCONST", "USCONST"))
COMMENTS = frozenset((_TOKEN.Value("SQL_COMMENT"), _TOKEN.Value("C_COMMENT")))
NAMES = frozenset((_TOKEN.Value("IDENT"), _TOKEN.Value("UIDENT")))
COMMA, OPEN, CLOSE, OPEN_SQUARE, CLOSE_SQUARE, SEMICOLON, DOT, STAR = (
    _TOKEN.Value(f"ASCII_{code}") for code in (44, 40, 41, 91, 93, 59, 46, 42)
)
PARAM = _TOKEN.Value("PARAM")
TOKEN_ONLY, TOKEN_TABLE, TOKEN_AS = _TOKEN.Value("ONLY"), _TOKEN.Value("TABLE"), _TOKEN.Value("AS")
TOKEN_GROUP, TOKEN_BY = _TOKEN.Value("GROUP_P"), _TOKEN.Value("BY")
TOKEN_TABLESAMPLE, TOKEN_REPEATABLE = _TOKEN.Value("TABLESAMPLE"), _TOKEN.Value("REPEATABLE")
TOKEN_DISTINCT, TOKEN_ALL = _TOKEN.Value("DISTINCT"), _TOKEN.Value("ALL")
TOKEN_SYSTEM_USER = _TOKEN.Value("SYSTEM_USER")
TOKEN_TYPECAST = _TOKEN.Value("TYPECAST")
_SEPARATORS, _OPENERS, _CLOSERS = {COMMA, SEMICOLON}, {OPEN, OPEN_SQUARE}, {CLOSE, CLOSE_SQUARE}
_NO_NEST = LITERALS | NAMES | COMMENTS | {COMMA, DOT, PARAM}


class Token(NamedTuple):
    """One token: half-open byte span, libpg_query's token number."""

    start: int
    end: int
    kind: int


def _leaves() -> Iterator[type]:
    """The classes of nodes that can hold no other."""
    for name, one in _T.DESCRIPTOR.message_types_by_name.items():
        if all(field.message_type is None for field in one.fields):
            yield getattr(_T, name)


_LEAVES = frozenset((*_leaves(), _T.A_Const))  # what a constant holds is read from the constant itself


@dataclass(frozen=True, slots=True)
class Statement:
    """One text, scanned and parsed. `stmts` are (node name without 'Stmt', node); spans are byte offsets into `source`."""

    source: bytes
    tokens: list[Token]  # comments left out
    comments: list[Token]
    stmts: tuple[tuple[str, Message], ...]
    starts: tuple[int, ...] = ()  # where each of them begins, white space and comments before it included
    _nodes: dict[int, tuple[Message, dict[type, list[Any]]]] = field(default_factory=dict, compare=False, repr=False)

    def nodes(self, below: Message, *kinds: type[Message]) -> list[Any]:
        """Of `below` and everything in it, the nodes of these classes, in no promised order."""
        groups = self.groups(below)
        return [node for kind in kinds for node in groups.get(kind, ())]

    def groups(self, below: Message) -> Mapping[type, list[Any]]:
        """`below` and everything in it, by class; remembered, since many passes look for their own kind of node."""
        known = self._nodes.get(id(below))
        if known is None:  # with the node itself, so that its id stays its own
            known = self._nodes[id(below)] = (below, {})
            for node in walk(below):
                known[1].setdefault(type(node), []).append(node)
        return known[1]

    def forget(self) -> None:
        """Give back what was read, in pieces: Python would free all that a long text is made of in one go, while everybody
        else waits. Nothing is to be asked afterwards."""
        lists = [self.tokens, self.comments, *(nodes for _, groups in self._nodes.values() for nodes in groups.values())]
        for one in lists:
            while one:
                del one[-AT_ONCE:]

    def parameters(self) -> frozenset[bytes]:
        """Every parameter as it is written, `$1`."""
        return frozenset([self.source[start:end] for start, end, kind in self.tokens if kind == PARAM])

    def literals_hidden(self) -> str:
        """The text with every literal as `?` and comments dropped, for the query log."""
        return _hidden(self.source, self.tokens, self.comments)

    def token_at(self, offset: int) -> int:
        """Index of the token that starts at `offset`. Raises Bug when none does."""
        low, high = 0, len(self.tokens)
        while low < high:
            middle = (low + high) // 2
            if self.tokens[middle].start < offset:
                low = middle + 1
            else:
                high = middle
        if low < len(self.tokens) and self.tokens[low].start == offset:
            return low
        raise Bug("a place in the tree is no token of the text")

    def text(self, start: int, end: int) -> str:
        """The text of a span."""
        return self.source[start:end].decode("utf-8", "replace")

    def character(self, offset: int) -> int:
        """Byte offset -> character offset, as ErrorResponse positions count."""
        return len(self.source[: max(offset, 0)].decode("utf-8", "replace"))


def node_of(node: Any) -> Any:
    """The concrete message inside a `Node` wrapper (or the message itself); None for an empty wrapper."""
    if isinstance(node, _T.Node):
        which = node.WhichOneof("node")
        return None if which is None else getattr(node, which)
    return node


def kind_of(node: Message) -> str:
    """A node's name as PostgreSQL writes it: 'SelectStmt', 'ColumnRef' …"""
    return str(node.DESCRIPTOR.name)


def children(node: Message, but: Collection[str] = (), *, constants: bool = True) -> list[Any]:
    """Every direct child message, wrappers removed; `but`: fields to leave out; without `constants`, of which a long list
    has many, no A_Const."""
    found: list[Any] = []
    if type(node) in _LEAVES:
        return found
    for one, value in node.ListFields():
        kind = one.message_type
        if kind is None or one.name in but:
            continue
        values = (value,) if isinstance(value, Message) else value
        if kind is _WRAPPER:
            for item in values:
                which = item.WhichOneof("node")
                if which is not None and (constants or which != "a_const"):
                    found.append(getattr(item, which))
        else:
            found.extend(values)
    return found


def walk(node: Message) -> Iterator[Message]:
    """`node` and everything below it, in no promised order, with an explicit stack."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if type(one) not in _LEAVES:
            waiting.extend(children(one))


def names(values: Any) -> tuple[str, ...]:
    """The strings of a list of String nodes (a qualified name)."""
    return tuple(v.string.sval for v in values)


def scan(source: bytes) -> tuple[list[Token], list[Token]]:
    """(tokens, comments) of a text. Raises StatementError 42601 as PostgreSQL's scanner would, TooComplex past a limit."""
    if len(source) > STATEMENT_BYTES:
        raise TooComplex(
            f"the statement is {len(source)} bytes long; the limit is {STATEMENT_BYTES}",
            hint="Send bulk data as parameters or by COPY.",
        )
    text = _decoded(source)
    if b"+" * 16 in source.translate(_AS_RUN) and sum(len(run) ** 2 for run in _RUN.findall(source)) > RUN_WORK:
        _check_runs(source)
    try:
        scanned = postgast.scan(text)
    except PgQueryError as error:
        raise _syntax(source, error) from None
    if len(scanned.tokens) > TOTAL_TOKENS:
        raise TooComplex(f"the statement has {len(scanned.tokens)} tokens; the limit is {TOTAL_TOKENS}")
    # what Token(one.start, one.end, one.token) does, without a step of Python for each
    found: list[Token] = []
    for at in range(0, len(scanned.tokens), AT_ONCE):
        found += map(tuple.__new__, repeat(Token), map(_PARTS, scanned.tokens[at : at + AT_ONCE]))
    if b"--" not in source and b"/*" not in source:
        return found, []
    comments = [one for one in found if one.kind in COMMENTS]
    return [one for one in found if one.kind not in COMMENTS] if comments else found, comments


def parse(source: bytes) -> Statement:
    """Scan and parse. Raises StatementError (42601 with position), TooComplex; never anything else."""
    return parse_scanned(source, *scan(source))


def parse_scanned(source: bytes, tokens: list[Token], comments: list[Token]) -> Statement:
    """The same of a text whose tokens are known."""
    nesting = _measure(tokens)
    text = source.decode("utf-8")
    tree = _parse_on_big_stack(source, text) if nesting > BIG_STACK_TOKENS else _parse_here(source, text)
    return _statement(source, tokens, comments, tree)


def _statement(source: bytes, tokens: list[Token], comments: list[Token], tree: Any) -> Statement:
    stmts, starts = [], []
    for raw in tree.stmts:
        node = node_of(raw.stmt)
        if node is not None:
            stmts.append((kind_of(node).removesuffix("Stmt"), node))
            starts.append(raw.stmt_location)
    return Statement(source, tokens, comments, tuple(stmts), tuple(starts))


def parse_alone(source: bytes) -> Statement | None:
    """The same without its tokens, for a text so short that none of the limits on them is met; None of a longer one.

    Raises StatementError, TooComplex.
    """
    if len(source) > BIG_STACK_TOKENS or source.count(b"(") + source.count(b"[") > BRACKET_DEPTH:
        return None
    return _statement(source, [], [], _parse_here(source, _decoded(source)))


def parse_plpgsql(header: str, body: str) -> Any:
    """The statements of a PL/pgSQL body, in libpg_query's JSON; `header` is CREATE FUNCTION up to AS.

    It knows no types but pg_catalog's. Raises StatementError for what it cannot read, TooComplex past a limit.
    """
    _measure(scan(body.encode())[0])
    tag = "$b$"
    while tag in body:
        tag = f"$b{tag[1:]}"
    source = f"{header} AS {tag}{body}{tag}"
    try:
        return postgast.parse_plpgsql(source)
    except PgQueryError as error:
        raise _syntax(source.encode(), error) from None
    except (ValueError, RecursionError) as error:  # its JSON is not always well formed
        raise StatementError(f"the parser's answer cannot be read: {error}") from None


def literals_hidden(source: bytes) -> str:
    """The same of a text that was not parsed. Unreadable text gives its length only."""
    try:
        tokens, comments = scan(source)
    except ProxyError:
        return f"<unreadable statement, {len(source)} bytes>"
    return _hidden(source, tokens, comments)


def _hidden(source: bytes, tokens: Sequence[Token], comments: Sequence[Token]) -> str:
    cuts = [(start, end, b"?") for start, end, kind in tokens if kind in LITERALS]
    if comments:
        cuts = sorted([*cuts, *((one.start, one.end, b"") for one in comments)])
    done: list[bytes] = []
    at = 0
    for first in range(0, len(cuts), AT_ONCE):
        pieces: list[bytes] = []
        for start, end, put in cuts[first : first + AT_ONCE]:
            pieces += (source[at:start], put)
            at = end
        done.append(b"".join(pieces))
    return b"".join([*done, source[at:]]).decode("utf-8", "replace")


def fingerprint(source: bytes, tokens: Sequence[Token]) -> str:
    """16 hex digits equal for texts that differ only in literals, comments and white space."""
    digest = hashlib.sha256()
    for at in range(0, len(tokens), AT_ONCE):
        words = [b"?" if kind in LITERALS else source[start:end] for start, end, kind in tokens[at : at + AT_ONCE]]
        digest.update(b" ".join([*words, b""]))
    return digest.hexdigest()[:16]


def _decoded(source: bytes) -> str:
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StatementError(
            f'invalid byte sequence for encoding "UTF8": 0x{source[error.start]:02x}', sqlstate="22021"
        ) from None


def _check_runs(source: bytes) -> None:
    """What the scanner would work on runs of operator characters outside literals and names. Raises TooComplex."""
    at = work = depth = 0
    while found := (_INSIDE if depth else _OUTSIDE).search(source, at):
        at = found.end()
        if found[0] == b"/*":
            depth += 1
            end = _RUN_END.match(source, at)
            work += end.end() - at if end is not None else 0
        elif depth:
            depth -= 1
        elif found["run"]:
            work += len(found["run"]) ** 2
        if work > RUN_WORK:
            raise TooComplex("a run of operator characters or comment openers is too long")


def _measure(tokens: list[Token]) -> int:
    """How many tokens can nest; 0 where they are too few to matter.

    Raises TooComplex for chains and depths that overrun the grammar's recursion.
    """
    if len(tokens) < BRACKET_DEPTH:  # the least of the limits
        return 0
    nesting = 0
    chains = [0]
    for _, _, kind in tokens:
        if kind in _SEPARATORS:
            chains[-1] = 0
            continue
        if kind in _NO_NEST:
            continue
        nesting += 1
        if kind in _OPENERS:
            chains[-1] += 1
            chains.append(0)
            if len(chains) > BRACKET_DEPTH:
                raise TooComplex(f"brackets are nested deeper than {BRACKET_DEPTH}")
            continue
        if kind in _CLOSERS and len(chains) > 1:
            chains.pop()
        chains[-1] += 1
        if chains[-1] > CHAIN_TOKENS:
            raise TooComplex(
                f"more than {CHAIN_TOKENS} operators and keywords in one chain",
                hint="Use a list: IN (…), = ANY (ARRAY[…]) or a VALUES table.",
            )
    return nesting


def _parse_here(source: bytes, text: str) -> Any:
    try:
        return postgast.parse(text)
    except PgQueryError as error:
        raise _syntax(source, error) from None
    except (DecodeError, RecursionError, MemoryError):
        raise TooComplex("the statement is nested too deeply") from None


def _parse_on_big_stack(source: bytes, text: str) -> Any:
    """ctypes releases the GIL while libpg_query works. The stack is virtual memory: only what is used is touched."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(_parse_here(source, text))
        except ProxyError as error:
            outcome.append(error)

    with _STACK_LOCK:  # stack_size is a setting of the whole process
        before = threading.stack_size(BIG_STACK_BYTES)
        try:
            thread = threading.Thread(target=run, name="maskgate-parse")
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if isinstance(outcome[0], ProxyError):
        raise outcome[0]
    return outcome[0]


def _free_stack_lock() -> None:
    """In a fork of this process, where whoever held it is not."""
    global _STACK_LOCK
    _STACK_LOCK = threading.Lock()


_STACK_LOCK = threading.Lock()
os.register_at_fork(after_in_child=_free_stack_lock)


def _syntax(source: bytes, error: PgQueryError) -> ProxyError:
    position = None
    if error.cursorpos > 0:
        position = len(source[: error.cursorpos - 1].decode("utf-8", "replace"))
    if "stack depth" in error.message or "memory exhausted" in error.message:
        return TooComplex(error.message)
    return StatementError(error.message, position=position)
