"""Choose the stack before Django reads its settings, and the tests that run on it.

``make test`` runs five pytest workers (docs/decisions/0006-test-stacks.md); ``pytest tests/...`` by hand runs on ``embedded``.
"""

from __future__ import annotations

import gc
import os
import shutil
import socket
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import django.conf
import hypothesis
import pytest
from django.test import TransactionTestCase
from whitenoise.base import WhiteNoise

from sessions_app.management.static_files import collect_static_files
from tests.selection import Selection
from tests.services import database, stacks, static_files
from tests.services.folders import temporary_folder
from tests.services.migrated_databases import NAME
from tests.services.processes import ROOT

if django.conf.settings.configured:
    raise pytest.UsageError("Settings were read before the stack was chosen: unset DJANGO_SETTINGS_MODULE.")
SERVICES = ExitStack()
STACK = stacks.start(SERVICES)
with pytest.MonkeyPatch.context() as patch:
    # Temporary: workers inherit the environment, and pytest-django would read the settings before this module.
    patch.setenv("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")
    # Pages need the hashed names of static files, so these are collected first: once for all workers, portals and runs.
    os.environ["STATIC_ROOT"] = str(ROOT / ".build" / "static")
    django.setup()
    collect_static_files(print_line=lambda _: None)

pytest.MonkeyPatch().setattr(WhiteNoise, "update_files_dictionary", static_files.add_examined_files)
pytest.MonkeyPatch().setattr(TransactionTestCase, "_fixture_teardown", database.delete_rows)
# A new connection to PostgreSQL starts without cached tables; closing the last one to SQLite merges its log.
pytest.MonkeyPatch().setattr(TransactionTestCase, "_should_reload_connections", lambda _: False)

# The production hasher takes 0.4 s of CPU per password. Portals in separate processes use it.
django.conf.settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# No deadlines: other workers use the same cores. The same examples in each run, so that no unrelated change meets a new one
# that fails; `pytest --hypothesis-profile=random tests/unit` looks for those.
hypothesis.settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("random", derandomize=False)
hypothesis.settings.load_profile("default")

pytest_plugins = [
    "tests.journeys.fixtures",
    "tests.services.browser",
    "tests.services.fixtures",
    "tests.services.media",
]

TESTS = Path(__file__).parent
SLOW_IMPORTS = (TESTS / "integration" / "test_api_document.py",)
"""Modules of tests marked ``large`` whose import alone takes seconds of CPU: no worker of `scripts/test` imports them."""
SELECTION = Selection(
    STACK.name,
    frozenset(os.environ.get("DUBBING_TEST_SHARES", "inside,runs,servers").split(",")),
    is_worker="PYTEST_XDIST_WORKER" in os.environ,
)
IN_CI = bool(os.environ.get("CI"))


def folder_of(path: Path) -> str:
    """Return the name of the folder below tests/ that contains the path."""
    return path.relative_to(TESTS).parts[0]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Repeat a failed test once where CI is set, and print its traceback (docs/decisions/0056-repeated-tests.md)."""
    if IN_CI:
        config.option.reruns = 1
        config.option.rerun_show_tracebacks = True


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let workers send the counts of pytest-rerunfailures at once.

    Each is two small messages. Without this, the kernel holds the second back until the first is acknowledged (Nagle's algorithm), 40 ms
    later: three minutes in a worker of thousands of short tests.
    """
    counts: Any = getattr(session.config, "failures_db", None)
    if hasattr(counts, "sock"):
        counts.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def pytest_collection_finish() -> None:
    """Exempt imported modules and collected tests from garbage collection, and let it run less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Skip folders that other workers run: importing all tests takes 10 s of CPU."""
    if not collection_path.is_relative_to(TESTS) or collection_path == TESTS:
        return None
    if SELECTION.is_worker and collection_path in SLOW_IMPORTS:
        return True
    return None if SELECTION.has_folder(folder_of(collection_path)) else True


def pytest_report_header(config: pytest.Config) -> str:
    workers = config.getoption("tx", None)
    return f"stacks: {', '.join(workers)}" if workers else f"stack: {STACK.name}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of this process, and mark those that `make test` leaves to `make test-large`."""
    selected: list[pytest.Item] = []
    deselected: list[pytest.Item] = []
    for item in items:
        folder, markers = folder_of(item.path), {marker.name for marker in item.iter_markers()}
        (selected if SELECTION.has_test(folder, markers) else deselected).append(item)
        if SELECTION.defers(folder, markers):
            item.add_marker("deferred")
    config.hook.pytest_deselected(items=deselected)
    items[:] = selected


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_if_skipped(report)
    if report.failed:
        report.sections.append(("Stack", STACK.name))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_if_skipped(report)
    return report


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure where CI is set; expected failures stay."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}. Skips are failures where CI is set."


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    # pytest-xdist uses the status of the last worker, which may have no tests: `make test ARGS=tests/unit`.
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and reporter and reporter.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.OK


def pytest_unconfigure() -> None:
    SERVICES.close()


@pytest.fixture(scope="session")
def stack() -> stacks.Stack:
    """The stack of this process: ``stack.name`` is ``embedded`` or ``team``."""
    return STACK


@pytest.fixture
def work_folder() -> Iterator[Path]:
    """An empty folder whose name is short enough for Unix sockets below it."""
    with temporary_folder("work") as folder:
        yield folder


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Do not create an empty database where ``django_db_modify_db_settings`` copied one; each run has its own."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Start with a copy of a migrated database; on ``embedded`` in a file, as in production: WAL mode, several connections."""
    test = django.conf.settings.DATABASES["default"].setdefault("TEST", {})
    if isinstance(STACK, stacks.Embedded):
        test["NAME"] = str(Path(STACK.environment["DATA_DIR"]) / "tests.sqlite3")
        shutil.copy(STACK.migrated_file, test["NAME"])
    else:
        test["TEMPLATE"] = NAME
