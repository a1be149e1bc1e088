"""The published test suites of drivers, once directly and once through the proxy; what passes only directly is a fault of ours.

    python -m tests.tools.suites NAME … --folder DIR [--version 15] [--only TEXT] [--skip-direct]     NAME: see `SUITES`

Each suite is fetched from its registry (PyPI, Go, Maven, npm) by the registry's own client into DIR, at the version it is pinned
to here; nothing of it enters this tree. It runs against a server of its own, made anew for each run, as its superuser; through
the proxy that is an unrestricted caller (`sees: {"*": open}, keys: none`), and no answer waits after wrong passwords: pgJDBC's
tries many, all from one address. Reported: tests run, passed directly, passed through the proxy, and by name those that pass
directly only. A test that needs TLS is set aside: the servers here speak none.

What a run printed stands in DIR/NAME/direct.log and through.log, its results in direct.json and through.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from proxy.cli.embedded import TEST_SETTINGS, EmbeddedServer, installations
from tests.servers import new_folder
from tests.shop import write_config

PASSWORD = "secret"
RULES = """\
classes: {plain: {level: L1}}
roles:
  everyone: {logins: ["*"], sees: {"*": open}, keys: none}
defaults: {login_without_role: refuse, unlisted_relation: open}
"""
SETTINGS = {**TEST_SETTINGS, "max_prepared_transactions": "20", "wal_level": "logical"}
_PASSED, _FAILED, _SKIPPED = "passed", "failed", "skipped"
_NEEDS_TLS = re.compile(r"(?i)tls|ssl|channel.?binding|certificate")

Results = dict[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a suite runs: a database, directly or through a proxy, and an empty folder for what the run writes."""

    host: str
    port: int
    database: str
    version: int
    bin_dir: Path
    folder: Path
    user: str = "postgres"

    def environment(self) -> dict[str, str]:
        """The variables libpq and its kin read; nothing of the caller's own."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "PYTEST_", "PYTHON"))}
        return {
            **clean,
            "PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user, "PGPASSWORD": PASSWORD,
            "PGDATABASE": self.database, "PGSSLMODE": "disable", "TZ": "UTC", "LC_ALL": "C.UTF-8",
            "PATH": f"{self.bin_dir}:{os.environ['PATH']}",
        }  # fmt: skip

    def dsn(self) -> str:
        """As a URI."""
        return f"postgresql://{self.user}:{PASSWORD}@{self.host}:{self.port}/{self.database}?sslmode=disable"

    def url(self, driver: str) -> str:
        """As SQLAlchemy's URL."""
        return f"postgresql+{driver}://{self.user}:{PASSWORD}@{self.host}:{self.port}/{self.database}"


class Suite(ABC):
    """One published suite. `prepare` fetches and builds it once; `run` may be asked again and again."""

    database = "suite"
    versions: tuple[int, ...] = (15, 18, 16)  # the first that is installed; 15 is Debian's, with the contributed extensions
    setup: tuple[str, ...] = ()  # run in the database beforehand; what a server without contrib lacks may fail

    def __init__(self, name: str, release: str) -> None:
        self.name, self.release = name, release

    @abstractmethod
    def prepare(self, folder: Path) -> None:
        """Fetch into `folder` (DIR/NAME); called once, when the folder has no mark of an earlier time."""

    @abstractmethod
    def run(self, folder: Path, place: Place, only: str, log: Path) -> Results:
        """Run all of it, or what `only` selects; what it prints goes to `log`."""


def call(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None, log: Path | None = None, timeout_s: float = 3000.0) -> None:
    """A command; with a log its exit status is not judged (tests fail), without one it must succeed."""
    words = [str(word) for word in command]
    if log is None:
        subprocess.run(words, cwd=cwd, env=env, check=True, timeout=timeout_s)
        return
    with log.open("ab") as output:
        output.write(f"$ {' '.join(words)}\n".encode())
        output.flush()
        try:
            subprocess.run(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            output.write(b"\nstopped: too long\n")


def environment_of(folder: Path, packages: Sequence[str]) -> Path:
    """A virtual environment with these packages; its python."""
    python = folder / "venv" / "bin" / "python"
    call([sys.executable, "-m", "venv", folder / "venv"], cwd=folder)
    call([python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *packages], cwd=folder)
    return python


def source_of(folder: Path, package: str, release: str) -> Path:
    """The source distribution from PyPI, unpacked."""
    here = folder / "source"
    shutil.rmtree(here, ignore_errors=True)
    call(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps",
         "--no-binary", ":all:", f"{package}=={release}", "-d", folder],
        cwd=folder, log=folder / "download.log",
    )  # fmt: skip
    [archive] = [one for one in folder.glob("*.tar.gz") if release in one.name]
    shutil.unpack_archive(archive, here)
    [unpacked] = here.iterdir()
    return unpacked


def from_junit(files: Sequence[Path]) -> Results:
    """Test -> outcome, of JUnit's XML. A test that stands twice (a repeated parameter) has passed when each of them has."""
    found: Results = {}
    for file in files:
        for case in ET.parse(file).getroot().iter("testcase"):  # noqa: S314 - written by the run itself
            name = f"{case.get('classname')}.{case.get('name')}"
            kinds = {child.tag for child in case}
            outcome = _FAILED if kinds & {"failure", "error"} else _SKIPPED if "skipped" in kinds else _PASSED
            found[name] = outcome if found.get(name, outcome) == outcome else _FAILED
    return found


class Pytest(Suite):
    """A suite from a source distribution of PyPI that pytest can run."""

    def __init__(
        self, name: str, release: str, *, package: str, requires: Sequence[str], keep: Sequence[str], tests: Sequence[str],
        arguments: Callable[[Place], Sequence[str]] = lambda place: (), environment: Callable[[Place], Mapping[str, str]] = lambda place: {},
        **settings: object,
    ) -> None:  # fmt: skip
        super().__init__(name, release)
        self.package, self.requires, self.keep, self.tests = package, requires, keep, tests
        self.arguments, self.environment = arguments, environment
        for key, value in settings.items():
            setattr(self, key, value)

    def prepare(self, folder: Path) -> None:
        unpacked = source_of(folder, self.package, self.release)
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        for name in self.keep:  # not the package's own folder: the installed one is what is tested
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(unpacked / name, work / name)
        environment_of(folder, ["pytest>=8,<9", *self.requires])

    def run(self, folder: Path, place: Place, only: str, log: Path) -> Results:
        report = place.folder / "report.xml"
        selected = ["-k", only] if only else []
        call(
            [folder / "venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", f"--junitxml={report}",
             *self.arguments(place), *selected, *self.tests],
            cwd=folder / "work", env={**place.environment(), **self.environment(place)}, log=log,
        )  # fmt: skip
        return from_junit([report])


class Django(Suite):
    """Django's own runner. It makes its own test databases beside the one it is given, and drops them."""

    labels = (
        "backends", "introspection", "inspectdb", "schema", "postgres_tests", "transactions", "transaction_hooks", "bulk_create",
        "model_fields", "db_functions", "aggregation", "expressions", "get_or_create", "select_for_update", "delete", "update",
    )  # fmt: skip

    def prepare(self, folder: Path) -> None:
        unpacked = source_of(folder, "Django", self.release)
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.move(unpacked, work)
        environment_of(folder, [f"Django=={self.release}", "psycopg[binary]==3.3.9", "unittest-xml-reporting", "tblib", "jinja2", "pillow", "pyyaml"])

    def run(self, folder: Path, place: Place, only: str, log: Path) -> Results:
        one = {
            "ENGINE": "django.db.backends.postgresql", "HOST": place.host, "PORT": str(place.port), "USER": place.user,
            "PASSWORD": PASSWORD, "NAME": place.database, "OPTIONS": {"sslmode": "disable"},
        }  # fmt: skip
        other = {**one, "NAME": f"{place.database}_other"}
        (place.folder / "suite_settings.py").write_text(
            f"DATABASES = {{'default': {one!r}, 'other': {other!r}}}\n"
            "SECRET_KEY = 'not one'\nUSE_TZ = False\nDEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n"
            "PASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']\n"
            "TEST_RUNNER = 'xmlrunner.extra.djangotestrunner.XMLTestRunner'\n"
            f"TEST_OUTPUT_DIR = {str(place.folder / 'reports')!r}\n"
        )
        call(
            [folder / "venv/bin/python", "runtests.py", "--settings=suite_settings", "--parallel=1", "--noinput", *([only] if only else self.labels)],
            cwd=folder / "work/tests", env={**place.environment(), "PYTHONPATH": str(place.folder)}, log=log,
        )  # fmt: skip
        return from_junit(sorted((place.folder / "reports").glob("*.xml")))


class Go(Suite):
    """A Go module with its tests, from the module proxy."""

    def __init__(self, name: str, release: str, *, module: str, environment: Callable[[Place], Mapping[str, str]], setup: tuple[str, ...]) -> None:
        super().__init__(name, release)
        self.module, self.environment, self.setup = module, environment, setup

    def prepare(self, folder: Path) -> None:
        said = subprocess.run(
            ["go", "mod", "download", "-json", f"{self.module}@v{self.release}"], cwd=folder, capture_output=True, text=True, check=True
        )
        shutil.rmtree(folder / "work", ignore_errors=True)
        shutil.copytree(json.loads(said.stdout)["Dir"], folder / "work", copy_function=shutil.copyfile)
        for path in (folder / "work", *(folder / "work").rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        call(["go", "vet", "./..."], cwd=folder / "work", log=folder / "download.log")  # fetches what it depends on

    def run(self, folder: Path, place: Place, only: str, log: Path) -> Results:
        selected = ["-run", only] if only else []
        report = place.folder / "report.json"
        call(
            ["go", "test", "-json", "-count=1", "-p", "1", "-timeout", "20m", *selected, "./..."],
            cwd=folder / "work", env={**place.environment(), **self.environment(place)}, log=report,
        )  # fmt: skip
        found: Results = {}
        with log.open("w") as text:
            for line in report.read_text(errors="replace").splitlines():
                if not line.startswith("{"):
                    text.write(line + "\n")
                    continue
                event = json.loads(line)
                text.write(event.get("Output", ""))
                if event["Action"] in ("pass", "fail", "skip") and "Test" in event:
                    name = re.sub(r"/tmp/\w+/", "/tmp/", f"{event['Package'].removeprefix(self.module)}:{event['Test']}")  # noqa: S108
                    found[name] = {"pass": _PASSED, "fail": _FAILED, "skip": _SKIPPED}[event["Action"]]
        return found


class Maven(Suite):
    """pgJDBC: its source archive on Maven Central holds the tests of the driver."""

    database = "test"
    setup = (
        "CREATE ROLE test LOGIN PASSWORD 'secret'", "ALTER DATABASE test OWNER TO test", "GRANT ALL ON SCHEMA public TO test",
        "CREATE EXTENSION hstore", "CREATE EXTENSION citext", "CREATE EXTENSION sslinfo",
    )  # fmt: skip

    def prepare(self, folder: Path) -> None:
        coordinates = f"org.postgresql:postgresql:{self.release}:tar.gz:jdbc-src"
        for old in ("work", "archive"):
            shutil.rmtree(folder / old, ignore_errors=True)
        call(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={folder / 'archive'}"], cwd=folder)
        [archive] = (folder / "archive").glob("*.tar.gz")
        shutil.unpack_archive(archive, folder / "archive")
        shutil.move(next(one for one in (folder / "archive").iterdir() if one.is_dir()), folder / "work")
        call(["mvn", "-q", "-B", "test-compile"], cwd=folder / "work")

    def run(self, folder: Path, place: Place, only: str, log: Path) -> Results:
        (folder / "work" / "build.local.properties").write_text(
            f"test.url.PGHOST={place.host}\ntest.url.PGPORT={place.port}\ntest.url.PGDBNAME={place.database}\nuser=test\npassword={PASSWORD}\n"
            f"privilegedUser={place.user}\nprivilegedPassword={PASSWORD}\npreparethreshold=5\n"
        )
        reports = folder / "work/target/surefire-reports"
        shutil.rmtree(reports, ignore_errors=True)
        selected = [f"-Dtest={only}"] if only else []
        call(
            ["mvn", "-B", "surefire:test", "-Dmaven.test.failure.ignore=true", *selected],
            cwd=folder / "work", env=place.environment(), log=log,
        )  # fmt: skip
        return from_junit(sorted(reports.glob("TEST-*.xml")))


class Node(Suite):
    """node-postgres of today under the tests that were last published with it: those of 4.5.7, one file a test."""

    published = "4.5.7"
    # What left the driver since: the pool of the module's own.
    old_words = """\
const pg = require('./node_modules/pg');
const pools = new Map();
pg.connect = (config, work) => {
  const [how, done] = typeof config === 'function' ? [{}, config] : [config, work];
  const key = JSON.stringify(how);
  if (!pools.has(key)) pools.set(key, new pg.Pool(typeof how === 'string' ? { connectionString: how } : how));
  pools.get(key).connect(done);
};
pg.end = () => { for (const pool of pools.values()) pool.end(); pools.clear(); };
"""

    def prepare(self, folder: Path) -> None:
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        (work / "old").mkdir(parents=True)
        (work / "package.json").write_text('{"private": true}')
        call(["npm", "install", "--silent", "--no-audit", "--no-fund", f"pg@{self.release}", "semver@4.3.2", "async@0.9.0"], cwd=work)
        call(["npm", "pack", "--silent", f"pg@{self.published}"], cwd=work / "old")
        shutil.unpack_archive(work / "old" / f"pg-{self.published}.tgz", work / "old")
        shutil.copytree(work / "old/package/test", work / "node_modules/pg/test")
        (work / "old.js").write_text(self.old_words)

    def run(self, folder: Path, place: Place, only: str, log: Path) -> Results:
        package = folder / "work/node_modules/pg"
        found: Results = {}
        for file in sorted((package / "test/integration").rglob("*-tests.js")):
            name = str(file.relative_to(package / "test"))
            if only not in name:
                continue
            with log.open("ab") as output:
                output.write(f"== {name}\n".encode())
                output.flush()
                try:
                    done = subprocess.run(["node", "-r", str(folder / "work/old.js"), str(file)], cwd=package, env=place.environment(), stdin=subprocess.DEVNULL,
                                          stdout=output, stderr=output, check=False, timeout=30.0)  # fmt: skip
                    found[name] = _PASSED if done.returncode == 0 else _FAILED
                except subprocess.TimeoutExpired:
                    found[name] = _FAILED
        return found


_SQLALCHEMY = ("greenlet", "typing-extensions", "pytest-xdist", "psycopg[binary]==3.3.9", "asyncpg==0.32.0", "SQLAlchemy==2.1.9")
_SQLALCHEMY_TESTS = ("test/dialect/postgresql", "test/dialect/test_suite.py", "test/engine", "test/sql/test_query.py", "test/sql/test_returning.py")
_SQLALCHEMY_SETUP = ("CREATE SCHEMA test_schema", "CREATE SCHEMA test_schema_2", "CREATE EXTENSION hstore", "CREATE EXTENSION citext")


def _sqlalchemy(driver: str) -> Suite:
    return Pytest(
        f"sqlalchemy-{driver}", "2.1.9", package="SQLAlchemy", requires=_SQLALCHEMY, keep=("test", "lib/sqlalchemy/testing/plugin", "setup.cfg", "pyproject.toml"),
        tests=_SQLALCHEMY_TESTS, setup=_SQLALCHEMY_SETUP,
        arguments=lambda place: (f"--dburi={place.url(driver)}", "-p", "no:xdist"),
    )  # fmt: skip


SUITES: tuple[Suite, ...] = (
    Pytest("asyncpg", "0.32.0", package="asyncpg", requires=("asyncpg==0.32.0", "uvloop", "distro"), keep=("tests",), tests=("tests",)),
    Pytest(
        "psycopg2", "2.9.13", package="psycopg2", requires=("psycopg2-binary==2.9.13",), keep=("tests",), tests=("tests",),
        environment=lambda place: {"PSYCOPG2_TESTDB": place.database},
        arguments=lambda place: ("-W", "ignore::pytest.PytestUnraisableExceptionWarning"),
        setup=("CREATE EXTENSION hstore",),
    ),
    _sqlalchemy("psycopg"),
    _sqlalchemy("asyncpg"),
    Django("django", "5.2.19"),
    Go(
        "pgx", "5.13.0", module="github.com/jackc/pgx/v5",
        environment=lambda place: {"PGX_TEST_DATABASE": place.dsn(), "PGX_TEST_TCP_CONN_STRING": place.dsn()},
        setup=("CREATE EXTENSION hstore", "CREATE EXTENSION ltree", "CREATE DOMAIN uint64 AS numeric(20,0)"),
    ),
    Maven("pgjdbc", "42.7.8"),
    Node("node-postgres", "8.23.1"),
)  # fmt: skip


@contextmanager
def placed(suite: Suite, version: int, folder: Path, *, is_through: bool) -> Iterator[Place]:
    """A fresh server with the suite's database, and a proxy before it if wanted."""
    bin_dir = installations()[version]
    home = new_folder()
    try:
        with EmbeddedServer.create(home / f"pg{version}", bin_dir, password=PASSWORD, settings=SETTINGS) as server:
            with psycopg.connect(server.dsn(), autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(suite.database)))
            with psycopg.connect(server.dsn(database=suite.database), autocommit=True) as connection:
                for statement in suite.setup:
                    try:
                        connection.execute(statement.encode())
                    except psycopg.errors.FeatureNotSupported:
                        print(f"PostgreSQL {version} here has not: {statement}", flush=True)
            place = Place(server.host, server.port, suite.database, version, bin_dir, folder)
            if not is_through:
                yield place
                return
            with served(server, folder) as port:
                yield Place("127.0.0.1", port, suite.database, version, bin_dir, folder)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def served(server: EmbeddedServer, folder: Path) -> Iterator[int]:
    """`maskgate serve` as a process of its own; its port. It must end well, without a word of a bug."""
    (folder / "rules").mkdir()
    (folder / "rules" / "all.yaml").write_text(RULES)
    config = write_config(folder, server, "postgres", rules="rules", limits="{wrong_password_seconds: 0}")
    errors = folder / "serve.log"
    with errors.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "proxy.cli", "serve", "-c", str(config)], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 30
        while not (found := re.search(r"listens on \S+:(\d+) for", errors.read_text())):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the proxy did not start:\n{errors.read_text()}")
            time.sleep(0.02)
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(30)
    said = errors.read_text(errors="replace")
    if "Traceback" in said or "ended by" in said:
        print(f"THE PROXY COMPLAINED: see {errors}", flush=True)


def carry_out(suite: Suite, folder: Path, version: int, only: str, *, skip_direct: bool) -> tuple[Results, Results]:
    """Both runs."""
    outcomes = []
    for way in ("direct", "through"):
        kept, log = folder / f"{way}.json", folder / f"{way}.log"
        if way == "direct" and skip_direct and kept.exists():
            outcomes.append(json.loads(kept.read_text()))
            continue
        log.unlink(missing_ok=True)
        run_folder = folder / f"run-{way}"
        shutil.rmtree(run_folder, ignore_errors=True)
        run_folder.mkdir()
        begun = time.monotonic()
        with placed(suite, version, run_folder, is_through=way == "through") as place:
            results = suite.run(folder, place, only, log)
        counted = Counter(results.values())
        print(f"{suite.name} {suite.release}, PostgreSQL {version}, {way}: {dict(counted)} in {time.monotonic() - begun:.0f} s", flush=True)
        kept.write_text(json.dumps(results, indent=0, sort_keys=True, ensure_ascii=False))
        outcomes.append(results)
    return outcomes[0], outcomes[1]


def table(rows: Sequence[tuple[Suite, int, Results, Results]]) -> str:
    """As Markdown."""
    lines = [
        "| suite | version | PostgreSQL | tests run | pass directly | of these through the proxy | fail through the proxy only | set aside (TLS) |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for suite, version, direct, through in rows:
        passed = {name for name, outcome in direct.items() if outcome == _PASSED}
        lost = only_direct(direct, through)
        run = sum(outcome != _SKIPPED for outcome in direct.values())
        aside = sum(outcome != _PASSED and bool(_NEEDS_TLS.search(name)) for name, outcome in direct.items())
        lines.append(
            f"| {suite.name} | {suite.release} | {version} | {run:,} | {len(passed):,} | {len(passed) - len(lost):,} | {len(lost):,} | {aside:,} |"
        )
    return "\n".join(lines)


def only_direct(direct: Results, through: Results) -> list[str]:
    """What passes directly and does not through the proxy (failed, skipped or never reached)."""
    return sorted(name for name, outcome in direct.items() if outcome == _PASSED and through.get(name) != _PASSED)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 when a test is lost on the way."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.suites", description="Published suites of drivers, directly and through the proxy.")
    parser.add_argument("names", nargs="+", choices=[suite.name for suite in SUITES], metavar="NAME", help=", ".join(suite.name for suite in SUITES))
    parser.add_argument("--folder", type=Path, required=True, help="where suites are kept and run; outside this tree")
    parser.add_argument("--version", type=int, choices=sorted(installations()), help="of PostgreSQL; each suite has one it is at home with")
    parser.add_argument("--only", default="", help="tests whose name has this (what the suite's own runner makes of it)")
    parser.add_argument("--skip-direct", action="store_true", help="take the direct run's results from the last time")
    chosen = parser.parse_args(arguments)
    rows = []
    for suite in [one for one in SUITES if one.name in chosen.names]:
        folder = chosen.folder.absolute() / suite.name
        folder.mkdir(parents=True, exist_ok=True)
        mark = folder / f"ready-{suite.release}"
        if not mark.exists():
            suite.prepare(folder)
            mark.touch()
        version = chosen.version or next(one for one in suite.versions if one in installations())
        rows.append((suite, version, *carry_out(suite, folder, version, chosen.only, skip_direct=chosen.skip_direct)))
    for suite, _, direct, through in rows:
        for name in only_direct(direct, through):
            print(f"{suite.name}: passes directly, {through.get(name, 'not reached')} through the proxy: {name}")
    print(table(rows))
    return int(any(only_direct(direct, through) for _, _, direct, through in rows))


if __name__ == "__main__":
    sys.exit(main())
