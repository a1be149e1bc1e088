"""docker/Dockerfile: what it installs, whose account runs it, what it must not hold. No engine runs here."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.deploy.files import DOCKER, ROOT, pinned, proxy_settings, read_dockerfile, tool

STAGES = read_dockerfile((DOCKER / "Dockerfile").read_text(encoding="utf-8"))
FINAL = STAGES[-1]
BASE = re.compile(r"[a-z0-9./-]+:\d+(\.\d+)+[a-z0-9.-]*(@sha256:[0-9a-f]{64})?")
SECRET = re.compile(r"passw|secret|token|credential|private|master|api_?key|_key\b", re.I)
# Words that would bring a compiler or a downloader into the image that runs.
BUILDS = re.compile(r"\b(gcc|g\+\+|clang|build-essential|make|cargo|rustc|apt-get|apk|curl|wget|git)\b")


def test_the_reader() -> None:
    text = "FROM a:1 AS b\n# c\nRUN x \\\n  # d\n  && y\nFROM e:2\nCOPY --from=b --chown=1 /f /g h/\nCMD [\"i\", \"j k\"]\n"
    first, second = read_dockerfile(text)
    assert (first.base, first.name, first.last("RUN").text) == ("a:1", "b", "x && y")
    copy = second.last("COPY")
    assert (copy.flags, copy.words) == ({"from": "b", "chown": "1"}, ["/f", "/g", "h/"])
    assert second.last("CMD").exec_form == ["i", "j k"]


def test_hadolint() -> None:
    found = subprocess.run([tool("bin", "hadolint"), DOCKER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_bases_are_pinned_and_one_python() -> None:
    assert len(STAGES) == 2
    assert {stage.base for stage in STAGES} == {FINAL.base}, "a virtual environment moves only to the Python it was made with"
    assert BASE.fullmatch(FINAL.base)
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert f"python:{oldest.removeprefix('>=')}-" in FINAL.base, "the Python the locks are resolved on"


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in ignored
    sources = [source for stage in STAGES for one in stage.all("COPY") if "from" not in one.flags for source in one.words[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source.removeprefix("./")).exists(), source
    assert {source.removeprefix("./") for source in sources} == {line[1:] for line in ignored if line.startswith("!")}
    for stage in STAGES:
        for one in stage.all("COPY"):
            assert one.flags.get("from", "build") in {other.name for other in STAGES}
        assert not stage.all("ADD"), "ADD fetches and unpacks: COPY says what comes in"


def test_the_package_needs_no_file_that_is_not_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {project["project"]["readme"], *project["project"]["license-files"]}
    needed |= {path.strip("/") for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]}
    copied = {source.removeprefix("./") for one in STAGES[0].all("COPY") for source in one.words[:-1]}
    assert needed <= copied


def test_no_secret_in_it() -> None:
    for stage in STAGES:
        for one in (*stage.all("ENV"), *stage.all("ARG"), *stage.all("LABEL")):
            assert not SECRET.search(one.text), one.text


def test_what_runs_is_not_root_and_has_no_compiler() -> None:
    assert FINAL.last("USER").text == "10001:10001"
    assert FINAL.instructions.index(FINAL.last("USER")) > FINAL.instructions.index(FINAL.all("RUN")[-1])
    for one in FINAL.all("RUN"):
        assert not BUILDS.search(one.text), one.text
    assert [one.words for one in FINAL.all("COPY")] == [["/opt/maskgate", "/opt/maskgate"]]
    assert not FINAL.all("VOLUME")


def test_it_starts_without_a_shell_and_stops_by_sigterm() -> None:
    assert FINAL.last("ENTRYPOINT").exec_form == ["maskgate"]
    assert FINAL.last("CMD").exec_form == ["serve", "-c", "/etc/maskgate/proxy.yaml"]
    assert FINAL.last("STOPSIGNAL").text == "SIGTERM"


def test_the_health_check_asks_where_the_metrics_are() -> None:
    text = FINAL.last("HEALTHCHECK").text
    command = text[text.index("CMD ") :].removeprefix("CMD ")
    program, *_, script = read_dockerfile(f"FROM a:1\nCMD {command}")[0].last("CMD").exec_form
    assert program == "python"
    compile(script, "HEALTHCHECK", "exec")
    settings = proxy_settings()
    assert f"'127.0.0.1', {settings['metrics']['port']}" in script
    assert FINAL.last("EXPOSE").words == [str(settings["listen"]["port"]), str(settings["metrics"]["port"])]


@pytest.mark.parametrize("status", [200, 503, None])
def test_the_health_check_tells_good_from_bad(status: int | None) -> None:
    import http.server
    import sys
    import threading

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status or 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    if status is None:
        server.server_close()  # nobody is there
    else:
        thread.start()
    try:
        text = FINAL.last("HEALTHCHECK").text
        *_, script = read_dockerfile("FROM a:1\nCMD " + text[text.index("CMD ") + 4 :])[0].last("CMD").exec_form
        script = script.replace("9187", str(port))
        ended = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=False, timeout=20)
    finally:
        if status is not None:
            server.shutdown()
            thread.join()
            server.server_close()
    assert (ended.returncode == 0) is (status == 200)


# --- the locks it installs from --------------------------------------------------------------------------------------


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", one)[0].lower().replace("_", "-") for one in requirements}


def test_the_runtime_lock_is_a_part_of_the_whole() -> None:
    whole = pinned(ROOT / "requirements.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, build = pinned(DOCKER / "runtime.lock"), pinned(DOCKER / "build.lock")
    for part in (runtime, build):
        for name, (version, hashes) in part.items():
            assert (name, version) == (name, whole[name][0]), "run make lock"
            assert hashes, name
    assert _names(project["project"]["dependencies"]) <= runtime.keys(), "run make lock"
    assert _names(project["build-system"]["requires"]) <= build.keys(), "run make lock"
    extras = project["project"]["optional-dependencies"]
    assert not (_names(extras["dev"]) | _names(extras["demo"])) & runtime.keys(), "nothing of the tests goes into the image"


def test_make_image_check_runs_the_same_commands() -> None:
    """Every `pip` of the Dockerfile, with the Makefile's names for the two environments."""
    makefile = re.sub(r"\\\n\s*", "", (ROOT / "Makefile").read_text(encoding="utf-8"))
    recipe = makefile[makefile.index("\nimage-check:") :].split("\n\n")[0]
    ours = [_command(line) for line in recipe.splitlines() if "bin/pip" in line]
    theirs = [_command(part) for one in STAGES[0].all("RUN") for part in one.text.split("&&") if "bin/pip" in part]
    assert ours == theirs
    assert theirs


def _command(line: str) -> str:
    line = re.sub(r"--(quiet|no-cache-dir|disable-pip-version-check)\b", "", line.strip().removeprefix("@"))
    line = line.replace("$(IMAGE)-build/", "/build/").replace("$(IMAGE)/", "/opt/maskgate/")
    return " ".join(line.split())
