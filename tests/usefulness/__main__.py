"""Prints what the corpus comes to: version, source, statements, refusals, other differences. `python -m tests.usefulness`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from proxy.cli.embedded import installations
from tests.servers import new_folder, shared_server, stop_all
from tests.usefulness.answers import run
from tests.usefulness.world import world

folder = new_folder()
try:
    for version in installations():
        with tempfile.TemporaryDirectory() as place, world(shared_server(folder, version), Path(place)) as made:
            outcome = run(made)
            print(*outcome.lines(), *(f"{block.name}: {said}" for block, said in outcome.wrong), sep="\n")
finally:
    stop_all(folder)
