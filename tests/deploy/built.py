"""What `make image-check` built as the Dockerfile does: that it is whole, holds nothing else, and serves. Not part of `make test`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from proxy.cli.embedded import installations
from tests.deploy.files import DOCKER, ROOT, pinned
from tests.deploy.test_postgres import ANSWER, QUESTION, Made, etc, make

IMAGE = ROOT / "build" / "image"
# prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN): what MemoryDenyWriteExecute of the systemd unit does, kept over exec. Linux 6.3.
_SHUT = "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    with make(max(installations())) as place:
        yield place


def _python(code: str) -> str:
    command = [str(IMAGE / "bin" / "python"), "-I", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/", timeout=60).stdout


def test_it_holds_the_runtime_lock_and_maskgate() -> None:
    said = _python(
        "import importlib.metadata as m, json; print(json.dumps({d.name.lower().replace('_', '-'): d.version for d in m.distributions()}))"
    )
    found = json.loads(said)
    assert found.pop("maskgate")
    assert found == {name: version for name, (version, _) in pinned(DOCKER / "runtime.lock").items()}


def test_it_is_the_installed_package_with_its_rules() -> None:
    said = _python("import proxy, proxy.cli.shipped as s; print(proxy.__file__); print(len(list(s.rules_folder('ecommerce').glob('*.yaml'))))")
    file, rules = said.split()
    assert Path(file).is_relative_to(IMAGE)
    assert int(rules) > 0


def test_help() -> None:
    for words in ([], ["serve"], ["check"], ["log", "search"]):
        command = [str(IMAGE / "bin" / "maskgate"), *words, "--help"]
        assert "Usage" in subprocess.run(command, check=True, capture_output=True, text=True, cwd="/", timeout=60).stdout


def test_it_serves_reloads_and_stops(made: Made) -> None:
    """As the unit and the image start it: nothing written but the log, no memory both written and run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = etc(made, made.folder / "built", port)
    before = set(IMAGE.rglob("*"))
    command = [sys.executable, "-c", _SHUT, str(IMAGE / "bin" / "maskgate"), "serve", "-c", str(config)]
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    output = made.folder / "output"
    with output.open("w") as told, subprocess.Popen(command, stdout=told, stderr=told, cwd="/", env=environment) as proxy:
        try:
            _until(lambda: "listens on" in output.read_text() or proxy.poll() is not None)
            for _ in range(2):
                with made.connect("ana", "ana's own", port=port) as ana:
                    assert ana.execute(QUESTION).fetchall() == ANSWER
                    with pytest.raises(psycopg.errors.FeatureNotSupported):
                        ana.execute(b"DO $$ BEGIN END $$")
                proxy.send_signal(signal.SIGHUP)
            _until(lambda: "are in force" in output.read_text())
            proxy.send_signal(signal.SIGTERM)
            assert proxy.wait(30) == 0
        finally:
            if proxy.poll() is None:
                proxy.kill()
    assert set(IMAGE.rglob("*")) == before
    assert (config.parent / "log").is_dir()


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
