"""Who may see what: the text of rule files -> `Ruleset`, and (role, relation) -> `Verdict` with its rule and reason."""

from proxy.policy.check import Finding, Index, check_indexes, check_rules
from proxy.policy.decide import Judge
from proxy.policy.rules import RulesError, Ruleset, load_rules

__all__ = ["Finding", "Index", "Judge", "RulesError", "Ruleset", "check_indexes", "check_rules", "load_rules"]
