"""Masks: each is one SQL expression of the column's own type and its Python twin. `parse` makes one from a rule's YAML."""

from proxy.masking.mask import Mask
from proxy.masking.parse import SCHEMA, parse

__all__ = ["SCHEMA", "Mask", "parse"]
