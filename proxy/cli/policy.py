"""The rules folder brought together with catalog and keys: the two answers a running proxy asks of the policy.

Reads the folder, knows which relations were protected once. An OID that a rule has named stays protected under any later
name, as long as the process lives, so that renaming a table is no way around its rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from proxy.caller import Caller
from proxy.catalog.snapshot import Oid, Snapshot
from proxy.config import ConfigError
from proxy.planner import Planner, Watch
from proxy.policy.decide import Judge
from proxy.policy.rules import RulesError, Ruleset, load_rules
from proxy.policy.verdict import Seal
from proxy.session.rows import NoKeys, Sealing


def read_rules(folder: Path) -> Ruleset:
    """The policy of a folder: all its *.yaml files together. Raises ConfigError naming file and line of each mistake."""
    try:
        files = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}
    except OSError as error:
        raise ConfigError(f"{error.filename or folder}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{folder}: a file is not UTF-8 text") from None
    if not files:
        raise ConfigError(f"{folder}: there is no *.yaml file with rules")
    try:
        return load_rules(files)
    except RulesError as error:
        raise ConfigError(
            "\n".join(f"{folder / problem.file}:{problem.line}: {problem.message}" for problem in error.problems)
        ) from None


class Policy:
    """The rules in force. `sealing` seals constants of statements; None where there is no key ring. `watch` counts plans."""

    def __init__(self, ruleset: Ruleset, sealing: Sealing | None, watch: Watch | None = None) -> None:
        self.ruleset = ruleset
        self.watch = watch
        self._sealing: Sealing = sealing or NoKeys()
        self._remembered: dict[str, dict[Oid, str]] = {}  # database -> OID -> the rule that once named it
        self._inherited: dict[str, dict[Oid, tuple[str, ...]]] = {}  # … and those that named its parents
        self._seen: dict[str, Snapshot] = {}

    def replace_rules(self, ruleset: Ruleset) -> None:
        """New rules from now on; what the old ones protected stays remembered."""
        self.ruleset = ruleset
        self._seen.clear()

    def role_of(self, login: str) -> str | None:
        """The role of the rules a login has; None: it is not let in."""
        return self.ruleset.role_of(login)

    def judge_for(self, role: str, snapshot: Snapshot) -> Judge:
        """The verdicts of a role over a snapshot."""
        remembered = self._remember(snapshot)
        return Judge(self.ruleset, snapshot, role, remembered, self._inherited[snapshot.database])

    def planner_for(self, caller: Caller, snapshot: Snapshot) -> Planner:
        """A planner for a caller's role over a snapshot."""
        service = self.ruleset.roles[caller.role].service
        user = caller.login if service is None else service.set_role  # what "$user" means at the server
        return Planner(self.judge_for(caller.role, snapshot), snapshot, user, self._seal_text, self.watch)

    def _seal_text(self, seal: Seal, plaintext: bytes) -> bytes:
        return self._sealing.seal(plaintext, domain=seal.domain, search=seal.search)

    def _remember(self, snapshot: Snapshot) -> Mapping[Oid, str]:
        remembered = self._remembered.setdefault(snapshot.database, {})
        inherited = self._inherited.setdefault(snapshot.database, {})
        if self._seen.get(snapshot.database) is not snapshot:
            self._seen[snapshot.database] = snapshot
            named = {*self.ruleset.relations, *(name for role in self.ruleset.roles.values() for name in role.relations)}
            for relation in snapshot.relations.values():
                name = f"{relation.schema}.{relation.name}"
                if name in named:
                    remembered.setdefault(relation.oid, name)
            for relation in snapshot.relations.values():
                ancestors = (one.oid for one in snapshot.relatives(relation, lambda r: r.parents))
                above = tuple(remembered[oid] for oid in ancestors if oid in remembered)
                if above:
                    inherited[relation.oid] = tuple(dict.fromkeys((*inherited.get(relation.oid, ()), *above)))
        return remembered
