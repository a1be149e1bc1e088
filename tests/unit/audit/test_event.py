import orjson

from proxy.audit import event

WHO = event.who(
    session="s1", address="10.0.0.7", login="ana", role="analyst", database="shop", application="psql", server_pid=42
)


def test_ids_sort_by_time_then_counter() -> None:
    start = b"\x01\x02\x03\x04"
    ids = [event.new_id(now, counter, start) for now, counter in [(1.0, 0), (1.0, 1), (1.000001, 0), (1_790_000_000.5, 9)]]
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {26}
    assert event.new_id(0, 65536 + 3, b"") == "0" * 14 + "0003" + "0" * 8


def test_utc_is_of_one_length() -> None:
    assert event.utc(1_767_225_600) == "2026-01-01T00:00:00.000000Z"
    assert event.utc(1_767_225_600.25) == "2026-01-01T00:00:00.250000Z"


def test_each_kind_says_who_and_is_json() -> None:
    seen = event.relation(
        "shop.customers",
        verdict="masked",
        rule="ecommerce.yaml:7",
        reason="analyst sees basic masked",
        columns=[("email", "masked", "email", "basic"), ("id", "open", "", "")],
    )
    events = [
        event.connect("1", WHO, method="cert", tls=True, certificate=("ana",)),
        event.login_refused("2", WHO, sqlstate="28P01", reason="wrong password"),
        event.accept("3", WHO, statement="SELECT ?", fingerprint="f", verdict="masked", relations=(seen,)),
        event.accept("4", WHO, statement="SELECT ?", fingerprint="f", verdict="open", kind="prepare"),
        event.refuse("5", WHO, sqlstate="42501", reason="closed by rule"),
        event.end("3", WHO, rows=1, bytes_out=20, sensitive_cells=1, duration_us=9, outcome="done"),
        event.disconnect("6", WHO),
    ]
    assert [one["kind"] for one in events] == [
        "connect",
        "login_refused",
        "accept",
        "prepare",
        "refuse",
        "end",
        "disconnect",
    ]
    for one in events:
        assert WHO.items() <= one.items()
        assert list(one)[:2] == ["id", "kind"]
        orjson.dumps(one)
    assert events[2]["relations"] == (seen,)
    assert seen["columns"] == [
        {"column": "email", "how": "masked", "mask": "email", "class": "basic"},
        {"column": "id", "how": "open", "mask": "", "class": ""},
    ]
    assert events[4]["verdict"] == "refused"
