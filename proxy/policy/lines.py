"""YAML text -> plain values, remembering on which line everything stands, and refusing what YAML lets slip.

Refused: keys given twice, keys that are not text (`no:` and `on:` are booleans in YAML), more than one document, aliases and
merge keys. Knows nothing of rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

Path = tuple[str | int, ...]

# A rule file needs eight levels; a mask of nested JSON paths needs no more.
_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: `line` is 1-based."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(slots=True)
class Text:
    """One file as plain values. `line(path)` is where a value's key stands, or the nearest parent's."""

    file: str
    value: object = None
    problems: list[Problem] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def place(self, *path: str | int) -> str:
        """`file:line` of a value."""
        return f"{self.file}:{self.line(path)}"

    def problem(self, path: Path, message: str) -> Problem:
        return Problem(self.file, self.line(path), message)


def read(file: str, text: str) -> Text:
    """Parse one document. Nothing is raised: what is wrong stands in `problems`, and then `value` means nothing."""
    found = Text(file)
    loader = yaml.SafeLoader(text)
    try:
        found.problems += _too_deep(file, text)
        if found.problems:
            return found
        node = loader.get_single_node()
        if node is not None:
            _walk(node, found)
        if not found.problems:
            found.value = {} if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "this is not YAML"
        found.problems.append(Problem(file, mark.line + 1 if mark else 1, f"not YAML: {said}"))
    except ValueError as error:  # a date that is none
        found.problems.append(Problem(file, 1, f"not YAML: {error}"))
    finally:
        loader.dispose()
    return found


def _too_deep(file: str, text: str) -> list[Problem]:
    """PyYAML builds its tree by recursion; its events come one by one."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                return [Problem(file, line, "this is nested too deeply for a rule")]
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return []


def _walk(root: yaml.Node, found: Text) -> None:
    waiting: list[tuple[Path, yaml.Node]] = [((), root)]
    seen: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        found.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in seen:
            found.problems.append(Problem(found.file, node.start_mark.line + 1, "write the value out: aliases are not read"))
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                name = _key(key, found, first)
                if name is not None:
                    found.lines[(*path, name)] = key.start_mark.line + 1
                    waiting.append(((*path, name), value))
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(((*path, index), value) for index, value in enumerate(node.value))


def _key(key: yaml.Node, found: Text, first: dict[str, int]) -> str | None:
    line = key.start_mark.line + 1
    if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
        written = key.value if isinstance(key, yaml.ScalarNode) else "this key"
        found.problems.append(Problem(found.file, line, f'YAML does not read {written} as a name: write "{written}"'))
        return None
    name = str(key.value)
    if name in first:
        found.problems.append(Problem(found.file, line, f"{name} stands here twice; the first is on line {first[name]}"))
        return None
    first[name] = line
    return name
