"""A .sql file as psql sends it: one text after the other, with backslash commands and COPY data left out.

Where a string, comment or dollar quote ends is asked of PostgreSQL's own scanner (libpg_query), never guessed. Follows
PostgreSQL 18, psqlscan.l and mainloop.c. Three things psql knows only while it runs are not known here: variables are not put
in (`:name` stays), `\\if` does not choose (both branches are read), and a COPY FROM STDIN that failed on the server takes no
data (here: when a line that ends a statement, or a comment, comes before `\\.`).
"""

from __future__ import annotations

from collections.abc import Iterator

import postgast
from postgast import PgQueryError
from postgast import pg_query_pb2 as pb

_TOKEN = pb.Token
_OPEN, _CLOSE, _SEMICOLON, _BACKSLASH = (_TOKEN.Value(f"ASCII_{code}") for code in (40, 41, 59, 92))
_COMMENTS = (_TOKEN.Value("SQL_COMMENT"), _TOKEN.Value("C_COMMENT"))
_CREATE, _BEGIN, _CASE, _END = (_TOKEN.Value(name) for name in ("CREATE", "BEGIN_P", "CASE", "END_P"))
_BODIES = (_TOKEN.Value("FUNCTION"), _TOKEN.Value("PROCEDURE"))
# Places of one text blanked out before it counts as open: more wrong numbers than a line of PostgreSQL's own files holds.
_BLANKED = 200
# Commands that send what was typed before them.
_SENDS = ("g", "gx", "gset", "gexec", "gdesc", "crosstabview", "watch", "parse", "bind", "bind_named", "sendpipeline")


def statements(text: str) -> Iterator[str]:
    """The texts psql would send, in order; each holds one statement, or several joined by `\\;`."""
    lines = text.splitlines(keepends=True)
    at = 0
    buffer = _Buffer()
    while at < len(lines):
        line = lines[at]
        at += 1
        for sent in buffer.take(line):
            yield sent
            if _wants_data(sent):
                at = _after_data(lines, at)
        if buffer.copies:
            buffer.copies = False
            at = _after_data(lines, at)
    if buffer.has_tokens():
        yield buffer.text.strip()


def _after_data(lines: list[str], at: int) -> int:
    """The line after `\\.`, or `at` when no data stands there."""
    for end in range(at, len(lines)):
        line = lines[end].rstrip()
        if line == "\\.":
            return end + 1
        if line.endswith(";") or line.startswith("--"):
            break
    return at


def _wants_data(sent: str) -> bool:
    if "copy" not in sent.lower():
        return False
    try:
        stmts = postgast.parse(sent).stmts
    except PgQueryError:
        return False
    copies = [raw.stmt.copy_stmt for raw in stmts if raw.stmt.HasField("copy_stmt")]
    return any(c.is_from and not c.filename and not c.is_program for c in copies)


class _Buffer:
    """What was typed and not sent yet."""

    def __init__(self) -> None:
        self.text = ""
        self.joined: list[int] = []  # byte offsets of semicolons that were typed `\\;`
        self.copies = False  # a \copy from stdin was met: its data follows

    def has_tokens(self) -> bool:
        tokens = _scanned(self.text)
        return tokens is None or any(t.token not in _COMMENTS for t in tokens)

    def take(self, line: str) -> Iterator[str]:
        """Add a line; yields what it sends."""
        while line:
            command = self._command_in(line)
            typed = line if command is None else line[:command]
            self.text += typed
            yield from self._complete()
            if command is None:
                return
            line = yield from self._command(line[command + 1 :])

    def _command_in(self, line: str) -> int | None:
        """Where a backslash stands outside every quote and comment."""
        at = line.find("\\")
        while at >= 0:
            before = self.text + line[:at]
            tokens = _scanned(before)
            if tokens is not None and not _in_line_comment(tokens, before):
                return at
            at = line.find("\\", at + 1)
        return None

    def _command(self, rest: str) -> Iterator[str]:
        """`rest` follows a backslash. Returns what is SQL again."""
        if rest.startswith(";"):
            self.joined.append(len(self.text.encode()))
            self.text += ";"
            return rest[1:]
        word = rest.split(None, 1)[0] if rest.split() else ""
        if word in _SENDS or word.startswith("g("):
            if self.has_tokens():
                yield self.text.strip()
            self.text, self.joined = "", []
        elif word in ("r", "reset"):
            self.text, self.joined = "", []
        elif word == "copy" and "stdin" in rest.lower():
            self.copies = True
        quoted = False
        for at, character in enumerate(rest):
            quoted ^= character == "'"
            if character != "\\" or quoted:
                continue
            if rest[at + 1 : at + 2] == "\\":  # ends the arguments: SQL again
                return rest[at + 2 :]
            further = rest[at + 1 :].split(None, 1)
            if further and further[0] in _SENDS:
                return rest[at:]
        return "\n"

    def _complete(self) -> Iterator[str]:
        """Cut off every statement that a semicolon of its own ends."""
        if ";" not in self.text:
            return
        tokens = _scanned(self.text)
        if tokens is None:
            return
        source = self.text.encode()
        start = brackets = bodies = 0
        first: list[int] = []
        for token in tokens:
            kind = token.token
            if kind in _COMMENTS:
                continue
            if kind == _SEMICOLON and brackets <= 0 and bodies <= 0 and token.start not in self.joined:
                sent = source[start : token.end].decode().strip()
                start = token.end
                brackets = bodies = 0
                if first:
                    yield sent
                first = []
                continue
            if len(first) < 4:
                first.append(kind)
            brackets += (kind == _OPEN) - (kind == _CLOSE)
            if first[0] == _CREATE and any(b in first for b in _BODIES):  # BEGIN ATOMIC … END holds semicolons
                bodies += (kind == _BEGIN or (kind == _CASE and bodies > 0)) - (kind == _END and bodies > 0)
        self.text = source[start:].decode()
        self.joined = [at - start for at in self.joined if at >= start]


def _scanned(text: str) -> list[pb.ScanToken] | None:
    """The tokens, comments included; None while a quote or comment is open. What only the scanner of the server minds
    (`123abc`, a wrong escape) does not stop psql: it is blanked out."""
    source = text.encode()
    for _ in range(_BLANKED):
        try:
            return list(postgast.scan(source.decode()).tokens)
        except PgQueryError as error:
            at = error.cursorpos - 1
            if error.message.startswith("unterminated") or not 0 <= at < len(source):
                return None
            while at < len(source) - 1 and source[at : at + 1].isspace():
                at += 1
            if source[at : at + 1] == b"'":  # found at the end of a string: its last escape is the wrong one
                at = source.rfind(b"\\", 0, at)
            width = len(source[at:].decode("utf-8", "ignore")[:1].encode())
            source = source[:at] + b" " * width + source[at + width :]
    return None


def _in_line_comment(tokens: list[pb.ScanToken], text: str) -> bool:
    return bool(tokens) and tokens[-1].token == _COMMENTS[0] and tokens[-1].end == len(text.encode())
