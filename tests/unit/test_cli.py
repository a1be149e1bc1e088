"""The command line without a server: options, one-line errors, the log for people, the shop's made-up data."""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from proxy import cli
from proxy.audit import event
from proxy.audit.sinks import FileLog
from proxy.cli.app import app
from proxy.cli.demo.data import Shop, luhn_complete, resident_id
from proxy.cli.demo.load import _copy_field
from proxy.cli.demo.progress import Progress
from proxy.cli.log import event_table, newest, verify_log
from proxy.cli.shipped import rules_folder

ANA = event.who(session="s1", address="127.0.0.1:5", login="ana", role="analyst", database="shop")


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(customers=200)


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    """Two statements of ana: one ran, one was refused."""
    log = FileLog(tmp_path / "log", clock=lambda: 1_750_000_000.0)
    relations = [event.relation("shop.customers", verdict="masked", rule="r", reason="x", columns=[])]
    text = "SELECT [name] FROM shop.customers"
    log.append(
        [
            event.accept("e1", ANA, statement=text, fingerprint="f", verdict="masked", relations=relations),
            event.end("e1", ANA, rows=1234, bytes_out=9, sensitive_cells=1, duration_us=5, outcome="done"),
            event.refuse("e2", ANA, statement="DO 'x'", reason="DO is refused", sqlstate="0A000"),
        ]
    )
    log.close()
    return tmp_path / "log"


def proxy_yaml(folder: Path) -> Path:
    path = folder / "proxy.yaml"
    path.write_text(
        "server: {host: h}\ncatalog: {user: u, password_env: P}\nrules: rules\nlog: {folder: log}\n"
        "keys: {ring: keys/ring.json, master_file: keys/master.key}\n"
    )
    return path


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of a command that raises nothing."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False, env={"COLUMNS": "160", "TERM": "dumb"})
    return result.exit_code, re.sub(r"\x1b\[[0-9;]*m", "", result.output)


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """The exit code of the whole program."""
    monkeypatch.setattr(sys, "argv", ["maskgate", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code


def test_help_names_every_command() -> None:
    code, text = run("--help")
    assert code == 0
    for command in ("serve", "demo", "check", "explain", "log", "keys"):
        assert command in text


def test_an_expected_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_main(monkeypatch, "log", "verify", "-c", str(tmp_path / "none.yaml")) == 1
    shown = capsys.readouterr()
    assert shown.err == f"maskgate: {tmp_path}/none.yaml: No such file or directory\n"
    assert shown.out == ""


def test_a_bad_file_is_named_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = proxy_yaml(tmp_path)
    path.write_text(path.read_text() + "limit: {}\n")
    assert run_main(monkeypatch, "log", "verify", "-c", str(path)) == 1
    assert capsys.readouterr().err == f"maskgate: {path}:6: limit: unknown key; did you mean limits?\n"


def test_misuse_exits_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(monkeypatch, "explain", "SELECT 1") == 2
    assert "--as" in capsys.readouterr().err


def test_keys_create(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = proxy_yaml(tmp_path)
    assert run("keys", "create", "-c", str(path))[0] == 0
    assert (tmp_path / "keys" / "master.key").stat().st_mode & 0o077 == 0
    assert run_main(monkeypatch, "keys", "create", "-c", str(path)) == 1
    shown = capsys.readouterr().err
    assert "exists already" in shown
    assert "hint: " in shown


def test_statements_are_joined_with_their_ends(log_folder: Path) -> None:
    ran, refused = newest(log_folder)
    assert (ran.verdict, ran.rows, ran.sqlstate) == ("masked", 1234, "00000")
    assert (refused.verdict, refused.rows, refused.sqlstate, refused.reason) == ("refused", None, "0A000", "DO is refused")
    assert newest(log_folder, limit=1) == [refused]
    assert newest(log_folder, relation="customers") == [ran]
    assert newest(log_folder, since=datetime(2030, 1, 1, tzinfo=UTC)) == []


def test_log_table_shows_text_as_it_is(log_folder: Path) -> None:
    console = Console(width=120, force_terminal=False)
    with console.capture() as captured:
        console.print(event_table(newest(log_folder)))
    assert "SELECT [name] FROM shop.customers" in captured.get()
    assert "1,234" in captured.get()


def test_log_commands(log_folder: Path) -> None:
    config = str(proxy_yaml(log_folder.parent))
    code, text = run("log", "search", "-c", config, "--verdict", "refused", "--json")
    assert code == 0
    assert text.count("\n") == 1
    assert '"reason":"DO is refused"' in text
    code, text = run("log", "verify", "-c", config)
    assert code == 0
    assert "4 lines" in text


def test_a_changed_line_is_named(log_folder: Path) -> None:
    (segment,) = log_folder.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b"DO 'x'", b"DO 'y'"))
    is_whole, sentence = verify_log(log_folder)
    assert is_whole  # the last line: nothing after it vouches for it; its hash must be noted elsewhere
    segment.write_bytes(segment.read_bytes().replace(b"1234", b"1235"))
    is_whole, sentence = verify_log(log_folder)
    assert not is_whole
    assert "line 3: changed" in sentence


def test_a_bad_time_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for text in ("yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert run_main(monkeypatch, "log", "search", "-c", str(proxy_yaml(tmp_path)), "--since", text) == 1
        assert f"--since {text}: not a time" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "a\nb", "a\rb", "a\x85b", "a\u2028b", "\udcff"])
def test_a_login_that_no_line_can_hold_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    config = proxy_yaml(tmp_path)
    config.write_text(config.read_text() + f"logins: {{file: {tmp_path / 'logins.txt'}}}\n")
    assert run_main(monkeypatch, "login", "add", "-c", str(config), name) == 1
    assert "a login has at least one character" in capsys.readouterr().err
    assert not (tmp_path / "logins.txt").exists()


def test_a_statement_that_is_no_text_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_main(monkeypatch, "explain", "-c", str(proxy_yaml(tmp_path)), "--as", "ana", "SELECT '\udcff'") == 1
    assert "not UTF-8 text" in capsys.readouterr().err


def test_shipped_rules_are_found() -> None:
    assert rules_folder("ecommerce").is_dir()


def test_progress_is_one_plain_line_where_there_is_no_terminal() -> None:
    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        progress = Progress(console)
        with progress.step("server"):
            pass
        with progress.rows("tables") as report:
            report("a", 10, 20)
            report("a", 20, 20)
            report("b", 5, 5)
    first, second = captured.get().splitlines()
    assert first.split()[0] == "server"
    assert "25 rows" in second


def test_resident_id_check_digits() -> None:
    assert resident_id("110105", date(1949, 12, 31), 2) == "11010519491231002X"  # the example of GB 11643-1999
    assert resident_id("440524", date(1880, 1, 1), 1) == "440524188001010014"  # and its second one


@pytest.mark.parametrize("whole", ["79927398713", "4111111111111111", "18"])
def test_luhn(whole: str) -> None:
    assert luhn_complete(whole[:-1]) == whole


def test_people_are_consistent(shop: Shop) -> None:
    tables = dict(shop.tables())
    customers = tables["customers"]
    assert len(customers) == 200
    for _, _, gender, email, phone, id_card, born, *_ in customers:
        assert isinstance(born, date)
        assert re.fullmatch(r"1[3-9]\d{9}", str(phone))
        assert str(email).rpartition("@")[2] in ("example.com", "example.net", "example.org")
        assert str(id_card)[6:14] == f"{born:%Y%m%d}"
        assert int(str(id_card)[16]) % 2 == (gender == "M")
        assert resident_id(str(id_card)[:6], born, int(str(id_card)[14:17])) == id_card
    products = len(tables["products"])
    assert {row[2] for row in tables["order_items"]} <= set(range(1, products + 1))
    assert {row[1] for row in tables["orders"]} <= set(range(1, 201))


def test_order_totals_are_the_sum_of_their_items(shop: Shop) -> None:
    tables = dict(shop.tables())
    cents: dict[object, int] = {}
    for _, order, _, quantity, price in tables["order_items"]:
        cents[order] = cents.get(order, 0) + int(str(quantity)) * int(str(price).replace(".", ""))
    assert {row[0]: int(str(row[3]).replace(".", "")) for row in tables["orders"]} == cents


def test_the_shop_is_the_same_on_every_run(shop: Shop) -> None:
    again = Shop(customers=200)
    assert again.cards() == shop.cards()
    assert dict(again.tables()) == dict(shop.tables())
    assert dict(Shop(customers=200, seed=1).tables()) != dict(shop.tables())


def test_card_numbers_are_valid_unique_and_not_shown(shop: Shop) -> None:
    cards = shop.cards()
    assert cards[0].customer_id == 1
    assert len({card.number for card in cards}) == len(cards)
    for card in cards:
        assert luhn_complete(card.number[:-1]) == card.number
        assert card.number not in repr(card)


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, r"\N"), (True, "t"), (5, "5"), ("a\tb\\c\nd\re", r"a\tb\\c\nd\re"), (date(2025, 1, 2), "2025-01-02")],
)
def test_copy_fields(value: object, written: str) -> None:
    assert _copy_field(value) == written
