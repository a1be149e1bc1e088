"""`maskgate log`: the query log for people. Statements are shown once, with what became of them; `--json` shows the lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proxy.audit.event import Event
from proxy.audit.search import search, verify_folder
from proxy.config import Config, ConfigError

# What tells of a statement or a login: not its end, and no Parse, which is followed by an accept if it ever runs.
_BEGINNINGS = ("accept", "refuse", "login_refused")


@dataclass(frozen=True, slots=True)
class Line:
    """One statement (or refused login) and its end. `rows` is None while it runs, or when it never ran."""

    time: str
    login: str
    kind: str
    verdict: str
    statement: str
    rows: int | None
    sqlstate: str
    reason: str


def run_search(
    config: Config,
    *,
    login: str | None,
    relation: str | None,
    verdict: str | None,
    since: str | None,
    text: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Print the newest `limit` events that match, oldest first."""
    start = _moment(since)
    if as_json:
        found = search(
            config.log.folder, login=login, relation=relation, verdict=verdict, since=start, text=text, limit=limit, newest=True
        )
        for event in found:
            sys.stdout.write(orjson.dumps(event).decode() + "\n")
        return
    lines = newest(config.log.folder, login=login, relation=relation, verdict=verdict, since=start, text=text, limit=limit)
    console = Console(highlight=False)
    console.print(event_table(lines))


def run_verify(config: Config) -> bool:
    """Print the state of the log; True when it is whole."""
    is_whole, sentence = verify_log(config.log.folder)
    Console(highlight=False, soft_wrap=True).print(sentence, markup=False)
    return is_whole


def newest(
    folder: Path,
    *,
    login: str | None = None,
    relation: str | None = None,
    verdict: str | None = None,
    since: datetime | None = None,
    text: str | None = None,
    limit: int = 50,
) -> list[Line]:
    """The newest `limit` statements that match, oldest first."""
    found = search(folder, login=login, relation=relation, verdict=verdict, since=since, text=text)
    begun = [event for event in found if event.get("kind") in _BEGINNINGS][-limit:]
    wanted = {str(event.get("id")) for event in begun}
    ends = {str(end.get("id")): end for end in search(folder, kind="end", since=since) if str(end.get("id")) in wanted}
    return [_line(event, ends.get(str(event.get("id")))) for event in begun]


def _line(event: Event, end: Event | None) -> Line:
    outcome = end or {}
    rows = outcome.get("rows")
    return Line(
        time=str(event.get("time", "")),
        login=str(event.get("login", "")),
        kind=str(event.get("kind", "")),
        verdict=str(event.get("verdict", "refused")),
        statement=str(event.get("statement", "")),
        rows=rows if isinstance(rows, int) else None,
        sqlstate=str(outcome.get("sqlstate") or event.get("sqlstate") or ""),
        reason=str(outcome.get("reason") or event.get("reason") or ""),
    )


def event_table(lines: Iterable[Line]) -> Table:
    """A table as wide as the terminal; what does not fit is folded."""
    table = Table("time", "login", "verdict", "statement", "rows", "SQLSTATE", header_style="bold")
    for column in table.columns[:3]:
        column.no_wrap = True
    table.columns[3].overflow = "fold"
    table.columns[4].justify = "right"
    for line in lines:
        style = "red" if line.verdict == "refused" or line.sqlstate not in ("", "00000") else None
        said = " ".join(line.statement.split()) or line.reason
        rows = "" if line.rows is None else f"{line.rows:,}"
        table.add_row(_clock(line.time), line.login, line.verdict, escape(said[:300]), rows, line.sqlstate, style=style)
    return table


def verify_log(folder: Path) -> tuple[bool, str]:
    """(is it whole, a sentence for each chain). Raises Unavailable when the folder cannot be read."""
    report = verify_folder(folder)
    sentences = []
    for lane in report.lanes:
        if lane.broken is None:
            sentences.append(
                f"chain {lane.lane}: {lane.lines:,} lines in {lane.segments} segment(s), unbroken; line {lane.end.seq - 1}"
                f" has hash {lane.end.hash}"
            )
        else:
            sentences.append(f"chain {lane.lane}: {lane.broken_file}, line {lane.broken.line}: {lane.broken.reason}")
        sentences.extend(f"  {note}" for note in lane.notes)
    return report.is_whole, "\n".join(sentences) or "the log holds no line yet"


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the second: before the year 1 or after 9999 there
        raise ConfigError(f"--since {text}: not a time", hint="Write 2026-01-31 or 2026-01-31T08:00:00+08:00.") from None


def _clock(time: str) -> str:
    return time[11:19]
