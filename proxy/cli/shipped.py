"""Where the rule folders that come with the program lie: beside the code when installed, at the top of a checkout else."""

from __future__ import annotations

from pathlib import Path

import proxy
from proxy.config import ConfigError


def rules_folder(name: str) -> Path:
    """The folder of the shipped policy `name`. Raises ConfigError when this installation lacks it."""
    package = Path(proxy.__file__ or "").parent
    for place in (package, package.parent):
        folder = place / "masking_rules" / name
        if folder.is_dir():
            return folder
    raise ConfigError(f"this installation has no masking_rules/{name}")
