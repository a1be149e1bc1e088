"""The import ranks of the project: a module imports only from lower ranks or from its own room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "proxy"

# First match wins; a path prefix stands for everything below it. Rank 0 holds the words every room shares. Where one room of
# a rank serves another (masks are built with sql/build.py), a half step says which way.
RANKS: list[tuple[str, float]] = [
    ("errors.py", 0),
    ("caller.py", 0),
    ("encodings.py", 0),
    ("catalog/snapshot.py", 0),
    ("catalog/__init__.py", 0),
    ("masking/mask.py", 0),
    ("policy/verdict.py", 0),
    ("plan.py", 0),
    ("wire/", 1),
    ("sql/", 1),
    ("crypto/providers.py", 5),
    ("crypto/", 1),
    ("masking/", 1.5),
    ("policy/", 2),
    ("guard.py", 2),
    ("audit/sinks.py", 5),
    ("audit/search.py", 5),
    ("audit/", 2),
    ("planner/", 3),
    ("session/", 4),
    ("catalog/", 5),
    ("server/", 5.5),
    ("config.py", 6),
    ("cli/", 6.5),
    ("__init__.py", 0),
]
IO = {"asyncio", "socket", "time", "random", "secrets", "uvloop", "asyncpg", "selectors", "subprocess", "ssl", "select"}
FILES = {"open", "input", "print"}
LIBRARIES = {
    "postgast": ("sql/", "planner/"),
    "google": ("sql/", "planner/"),
    "sqlglot": ("sql/", "masking/", "cli/"),
    "cryptography": ("crypto/", "wire/auth.py", "audit/"),
    "asyncpg": ("catalog/", "cli/"),
}


def _modules() -> list[Path]:
    return sorted(p for p in ROOT.rglob("*.py"))


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _rank(place: str) -> float:
    for prefix, rank in RANKS:
        if place == prefix or (prefix.endswith("/") and place.startswith(prefix)):
            return rank
    raise AssertionError(f"{place} has no rank: give it one in tests/test_architecture.py")


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    """Imported module names, with line; what only type checkers read is left out."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            base = node.module or ""
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner if _file_of(inner) else base), node.lineno


def _file_of(module: str) -> str | None:
    """The place of one of our modules, or None."""
    parts = module.split(".")
    if parts[0] != "proxy":
        return None
    below = ROOT.joinpath(*parts[1:])
    if below.with_suffix(".py").is_file() and len(parts) > 1:
        return _place(below.with_suffix(".py"))
    if (below / "__init__.py").is_file():
        return _place(below / "__init__.py")
    return None


@pytest.mark.parametrize("path", _modules(), ids=_place)
def test_imports_only_from_lower_ranks(path: Path) -> None:
    place = _place(path)
    rank = _rank(place)
    room = place.split("/")[0] if "/" in place else place
    for module, line in _imports(path):
        target = _file_of(module)
        if target is None or place == "__init__.py":
            continue
        same_room = "/" in target and target.split("/")[0] == room
        target_rank = _rank(target)
        allowed = target_rank < rank or target_rank == rank == 0 or (same_room and target_rank <= rank)
        assert allowed, f"{place}:{line} (rank {rank}) imports {target} (rank {target_rank})"


@pytest.mark.parametrize("path", [p for p in _modules() if _rank(_place(p)) <= 4], ids=_place)
def test_ranks_0_to_4_do_no_io(path: Path) -> None:
    for module, line in _imports(path):
        assert module.split(".")[0] not in IO, f"{_place(path)}:{line} imports {module}"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FILES, f"{_place(path)}:{node.lineno} calls {node.func.id}()"


@pytest.mark.parametrize("path", _modules(), ids=_place)
def test_each_library_has_its_room(path: Path) -> None:
    for module, line in _imports(path):
        homes = LIBRARIES.get(module.split(".")[0])
        if homes is not None:
            at_home = any(_place(path) == h or (h.endswith("/") and _place(path).startswith(h)) for h in homes)
            assert at_home, f"{_place(path)}:{line}: {module} belongs into {homes}"


@pytest.mark.parametrize("path", _modules(), ids=_place)
def test_every_module_says_its_job(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{_place(path)} has no docstring"
