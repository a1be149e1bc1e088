"""Broken rules and a broken proxy.yaml: refused whole, file and line named, never a traceback; on reload the old rules stay."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from proxy.cli.embedded import EmbeddedServer
from tests.small import Served, Small, eventually, small_database


@dataclass(frozen=True)
class Breakage:
    """One mistake: what is replaced by what in the file, and what the error must name."""

    old: str
    new: str
    words: tuple[str, ...]
    at: str = ""  # the text of the line that is named; default: the first line of `new`


RULES: dict[str, Breakage] = {
    "not YAML": Breakage("roles:", "roles: [", ("YAML",), at="*"),
    "a tab": Breakage("  plain:  {level: L1}", "\tplain:  {level: L1}", ("YAML",), at="*"),
    "unknown key": Breakage("    columns:\n      id:   {class: plain}", "    colums:\n      id:   {class: plain}", ("colums", "columns")),
    "unknown class": Breakage("name: {class: basic,", "name: {class: basics,", ("basics", "basic")),
    "unknown mask": Breakage("mask: name}", "mask: nmae}", ("nmae",), at="      name: {class: basic, mask: nmae}"),
    "unknown class in a role": Breakage("sees: {plain: open, basic", "sees: {plane: open, basic", ("plane", "plain"), at="  analyst:"),
    "a word that is no verdict": Breakage("basic: masked", "basic: mask", ("open", "masked", "closed"), at="  analyst:"),
    "a relation without schema": Breakage("  public.customers:", "  customers:", ("customers", "shop.customers")),
    "a relation twice": Breakage("  public.payment_cards:", "  public.customers:", ("public.customers", "twice"), at="*"),
    "a secret search": Breakage("search: equality", "search: order", ("search", "equality"), at="      card_no:"),
    "a list for a map": Breakage("defaults: {login_without_role: refuse, unlisted_relation: open}", "defaults: [refuse]", ("defaults",)),
    "a mask without a number": Breakage("{last: 4}", "{last: four}", ("partial",), at="      card_no:"),
}

CONFIG: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "unknown key": (lambda text: text + "limts: {sessions: 5}\n", ("limts", "limits")),
    "a password in the file": (lambda text: text.replace("password_file: catalog.password", "password: hunter2"), ("password_file",)),
    "no log": (lambda text: re.sub(r"^log: .*\n", "", text, flags=re.M), ("log", "missing")),
    "no rules folder": (lambda text: re.sub(r"^rules: .*$", "rules: nowhere", text, flags=re.M), ("nowhere",)),
    "no key ring": (lambda text: text.replace("ring.json", "nothing.json"), ("nothing.json",)),
    "no password file": (lambda text: text.replace("catalog.password", "nothing"), ("nothing",)),
    "a port that is none": (lambda text: re.sub(r"port: 0\}", "port: 99999}", text), ("port",)),
    "not YAML": (lambda text: "listen: [\n" + text, ("YAML",)),
}


@pytest.fixture(scope="module")
def small(newest_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with small_database(newest_server, tmp_path_factory.mktemp("rules") / "proxy") as one:
        yield one


@dataclass(frozen=True)
class Outcome:
    code: int
    output: str


def maskgate(*arguments: str) -> Outcome:
    """Run the command to its end, which has to come by itself."""
    done = subprocess.run(
        [sys.executable, "-m", "proxy.cli", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout)


def broken_rules(small: Small, name: str) -> Path:
    """A folder of its own beside the good one, with the mistake in it; returns its proxy.yaml."""
    breakage = RULES[name]
    assert small.rules.count(breakage.old) >= 1, name
    folder = small.folder / f"rules of {name}"
    folder.mkdir()
    (folder / "all.yaml").write_text(small.rules.replace(breakage.old, breakage.new, 1))
    config = small.folder / f"{name} in rules.yaml"
    config.write_text(re.sub(r"^rules: .*$", f"rules: {folder.name}", small.config_file.read_text(), flags=re.M))
    return config


def broken_config(small: Small, name: str) -> Path:
    config = small.folder / f"{name}.yaml"
    config.write_text(CONFIG[name][0](small.config_file.read_text()))
    assert config.read_text() != small.config_file.read_text()
    return config


# The command's own entry point, once for each file: starting an interpreter costs more than all the rest.
ONE_AFTER_ANOTHER = """
import sys
from proxy.cli import main
for arguments in sys.stdin.read().splitlines():
    sys.argv = ["maskgate", *arguments.split("\\t")]
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code
    print(f"\\n== {code}", flush=True)
"""


@pytest.fixture(scope="module")
def outcomes(small: Small) -> dict[tuple[str, str, str], Outcome]:
    """Every mistake, told by `serve` and by `check`."""
    files = {("rules", name): broken_rules(small, name) for name in RULES}
    files |= {("config", name): broken_config(small, name) for name in CONFIG}
    jobs = [(command, *key) for key in files for command in ("serve", "check")]
    lines = "\n".join(f"{command}\t-c\t{files[kind, name]}" for command, kind, name in jobs)
    done = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_ANOTHER],
        input=lines, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100, check=False,
    )  # fmt: skip
    parts = re.split(r"^== (\d+)\n", done.stdout, flags=re.M)
    assert done.returncode == 0, done.stdout
    assert len(parts) == 2 * len(jobs) + 1, done.stdout
    return {job: Outcome(int(parts[2 * n + 1]), parts[2 * n].strip("\n")) for n, job in enumerate(jobs)}


@pytest.mark.parametrize("name", RULES)
def test_broken_rules_are_refused_whole_and_the_line_is_named(
    outcomes: dict[tuple[str, str, str], Outcome], small: Small, name: str
) -> None:
    breakage = RULES[name]
    lines = (small.folder / f"rules of {name}" / "all.yaml").read_text().splitlines()
    wanted = breakage.at or breakage.new.splitlines()[0]
    numbers = {number for number, line in enumerate(lines, 1) if wanted == "*" or wanted in line}
    assert numbers
    for command in ("serve", "check"):
        outcome = outcomes[command, "rules", name]
        assert outcome.code == 1, outcome.output
        assert "Traceback" not in outcome.output
        named = [int(number) for number in re.findall(r"all\.yaml:(\d+): ", outcome.output)]
        assert named, outcome.output
        assert numbers & set(named), outcome.output
        for word in breakage.words:
            assert word in outcome.output, outcome.output
        assert "listens on" not in outcome.output


@pytest.mark.parametrize("name", CONFIG)
def test_a_broken_proxy_yaml_is_refused(outcomes: dict[tuple[str, str, str], Outcome], name: str) -> None:
    for command in ("serve", "check"):
        outcome = outcomes[command, "config", name]
        assert outcome.code == 1, outcome.output
        assert "Traceback" not in outcome.output
        assert "hunter2" not in outcome.output
        assert len(outcome.output.splitlines()) <= 4, outcome.output
        for word in CONFIG[name][1]:
            assert word in outcome.output, outcome.output


def test_several_mistakes_come_together(small: Small) -> None:
    folder = small.folder / "several"
    folder.mkdir()
    text = small.rules.replace("name: {class: basic,", "name: {class: basics,").replace("basic: masked", "basic: mask")
    (folder / "all.yaml").write_text(text)
    (folder / "more.yaml").write_text("rolls: {}\n")
    config = small.folder / "several.yaml"
    config.write_text(re.sub(r"^rules: .*$", "rules: several", small.config_file.read_text(), flags=re.M))
    outcome = maskgate("serve", "-c", str(config))
    assert outcome.code == 1
    assert "Traceback" not in outcome.output
    assert "more.yaml:1: " in outcome.output
    assert len(re.findall(r"all\.yaml:\d+: ", outcome.output)) >= 1


def test_files_that_are_not_there(small: Small) -> None:
    for command, path in (("serve", small.folder / "nowhere.yaml"), ("check", small.folder)):
        outcome = maskgate(command, "-c", str(path))
        assert outcome.code == 1
        assert "Traceback" not in outcome.output
        assert str(path) in outcome.output.replace("\n", "")


def test_a_port_that_is_taken_is_named(small: Small) -> None:
    port = small.database.port
    config = small.folder / "taken.yaml"
    config.write_text(small.config_file.read_text().replace("port: 0}", f"port: {port}}}"))
    outcome = maskgate("serve", "-c", str(config))
    assert outcome.code == 1
    assert "Traceback" not in outcome.output
    assert f"127.0.0.1:{port}" in outcome.output


def test_on_reload_broken_rules_change_nothing_and_good_ones_do(small: Small) -> None:
    """SIGHUP: the mistake is named, sessions go on under the old rules; corrected, the new rules hold for them too."""
    other = small.rules.replace("mask: name}", "mask: redact}")
    try:
        with Served(small) as proxy, proxy.connect(small.analyst) as open_session:
            select = "SELECT name FROM customers WHERE id = 2"
            assert open_session.execute(select).fetchall() == [("张*",)]
            small.rules_file.write_text(other.replace("class: basic,", "class: basics,"))
            proxy.process.send_signal(signal.SIGHUP)
            eventually(lambda: "the old rules stay" in proxy.errors(), 30, "no word of the mistake")
            assert re.search(r"all\.yaml:\d+: ", proxy.errors())
            assert "basics" in proxy.errors()
            assert open_session.execute(select).fetchall() == [("张*",)]
            proxy.check()
            small.rules_file.write_text(other)
            proxy.process.send_signal(signal.SIGHUP)
            eventually(lambda: "in force" in proxy.errors(), 30, "no word of the new rules")
            (masked,), = open_session.execute(select).fetchall()
            assert masked != "张*"
            assert "张" not in str(masked)
            small.rules_file.unlink()
            proxy.process.send_signal(signal.SIGHUP)
            eventually(lambda: proxy.errors().count("the old rules stay") == 2, 30, "no word of the missing file")
            assert open_session.execute(select).fetchall() == [(masked,)]
            assert "Traceback" not in proxy.errors()
    finally:
        small.rules_file.write_text(small.rules)


def test_whom_the_rules_trust_is_read_anew_on_reload(small: Small) -> None:
    """Nothing in the database changes by it, so nothing there tells."""
    eve = small.database.role("eve")
    make = "CREATE TABLE hers (id int); INSERT INTO hers VALUES (7); GRANT SELECT ON hers TO PUBLIC; ALTER TABLE hers OWNER TO "
    small.database.execute(make + eve)

    def sees(session: psycopg.Connection[TupleRow]) -> bool:
        try:
            return session.execute("SELECT id FROM hers").fetchall() == [(7,)]
        except psycopg.errors.InsufficientPrivilege:
            return False

    try:
        with Served(small) as proxy, proxy.connect(small.analyst) as session:
            assert not sees(session)
            for owners, is_trusted in ((f"[{eve}]", True), ("[nobody]", False), (f"[nobody, {eve}]", True)):
                small.rules_file.write_text(f"{small.rules}\ntrusted_owners: {owners}\n")
                proxy.process.send_signal(signal.SIGHUP)
                eventually(lambda wanted=is_trusted: sees(session) == wanted, 30, f"{owners} is not in force")  # type: ignore[misc]
            with proxy.connect(small.analyst) as another:
                assert sees(another)
    finally:
        small.rules_file.write_text(small.rules)
        small.database.execute("DROP TABLE hers")


def test_a_login_that_loses_its_role_on_reload_is_let_go(small: Small) -> None:
    try:
        with Served(small) as proxy, proxy.connect(small.app) as app, proxy.raw(small.analyst) as analyst:
            assert app.execute("SELECT 1").fetchall() == [(1,)]
            small.rules_file.write_text(small.rules.replace(f"logins: [{small.analyst}]", "logins: [nobody]"))
            proxy.process.send_signal(signal.SIGHUP)
            kinds = dict(analyst.to_end())
            assert b"28000" in kinds["E"]
            assert app.execute("SELECT 2").fetchall() == [(2,)]
            small.rules_file.write_text(small.rules)
            proxy.process.send_signal(signal.SIGHUP)
            eventually(lambda: proxy.errors().count("in force") == 2, 30, "no word of the new rules")
            proxy.check()
    finally:
        small.rules_file.write_text(small.rules)
