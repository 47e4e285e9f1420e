"""Chooses the stack, before Django reads its settings, and what runs on which.

``make test`` runs four pytest workers, two a stack (docs/decisions/0006-test-stacks.md); ``pytest tests/...`` by hand runs on ``embedded``.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import django
import django.conf
import hypothesis
import pytest

from sessions_app.management.static_files import collect_static_files
from tests.services import stacks
from tests.services.folders import temporary_folder
from tests.services.processes import ROOT

if django.conf.settings.configured:
    raise pytest.UsageError("Settings were read before the stack was chosen: unset DJANGO_SETTINGS_MODULE.")
SERVICES = ExitStack()
STACK = stacks.start(SERVICES)
with pytest.MonkeyPatch.context() as patch:
    # Only for this moment: workers inherit the environment, and pytest-django would read settings before this module.
    patch.setenv("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")
    # Pages name static files by their content, so these have to be collected first: once for all workers, portals and runs.
    os.environ["STATIC_ROOT"] = str(ROOT / ".build" / "static")
    django.setup()
    collect_static_files(print_line=lambda _: None)

# Two workers share the machine with whatever else runs there: time says nothing about a test's data.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")

pytest_plugins = ["tests.services.browser", "tests.services.fixtures", "tests.services.media"]

ONE_STACK = ("browser", "services", "stores", "unit")
"""Folders whose tests come to the same on any stack, or bring their own: they run once, on ``embedded``."""
BESIDE_TEAM = ("stores",)
"""Of these, what ``team`` takes over when both run side by side: it has an S3 server already, and less to do."""
AROUND = ("browser", "client", "journeys", "services", "stores")
"""Folders whose tests watch a portal or a server in processes of its own, and wait for it most of the time."""
SIDE_BY_SIDE = "PYTEST_XDIST_WORKER" in os.environ
SHARE = os.environ.get("DUBBING_TEST_SHARE", "")
"""What of its stack's tests a worker runs: those ``around`` the portal, those ``inside`` of it, or all."""
NO_SKIPS = bool(os.environ.get("CI"))


def runs_here(item: pytest.Item) -> bool:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    if SHARE and ("around" if folder in AROUND else "inside") != SHARE:
        return False
    if folder not in ONE_STACK and item.get_closest_marker("one_stack") is None:
        return True
    return STACK.name == ("team" if SIDE_BY_SIDE and folder in BESIDE_TEAM else "embedded")


def pytest_report_header(config: pytest.Config) -> str:
    workers = config.getoption("tx", None)
    return f"stacks: {', '.join(workers)}" if workers else f"stack: {STACK.name}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if not runs_here(item)])
    items[:] = [item for item in items if runs_here(item)]


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
    """Turn a skip into a failure where everything must run; an expected failure stays one."""
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}. Skips are failures where CI is set."


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    # pytest-xdist counts what the last worker collected, and that may have nothing to do: `make test ARGS=tests/unit`.
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
    """An empty folder with a name short enough for Unix sockets below it."""
    with temporary_folder("work") as folder:
        yield folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Keep the test database in a file: WAL mode and several connections are what runs in production."""
    if STACK.name == "embedded":
        database = django.conf.settings.DATABASES["default"]
        database.setdefault("TEST", {})["NAME"] = str(Path(STACK.environment["DATA_DIR"]) / "tests.sqlite3")
