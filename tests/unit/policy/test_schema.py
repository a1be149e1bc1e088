"""masking_rules/schema.json is what the models say. To write it anew: `python -m tests.unit.policy.test_schema`."""

from __future__ import annotations

import json
from pathlib import Path

from proxy.policy.model import json_schema

SCHEMA = Path(__file__).parents[3] / "masking_rules" / "schema.json"


def text() -> str:
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def test_the_published_schema_is_current() -> None:
    assert SCHEMA.read_text("utf-8") == text()


def test_every_rule_file_names_it() -> None:
    files = sorted(SCHEMA.parent.glob("*/*.yaml"))
    assert files
    for file in files:
        assert file.read_text("utf-8").startswith("# yaml-language-server: $schema=../schema.json\n"), file


if __name__ == "__main__":
    SCHEMA.write_text(text(), "utf-8")
