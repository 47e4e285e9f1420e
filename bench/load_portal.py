"""A portal with users, served by two configurations side by side."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load_user import LoadUser
from bench.worker import Worker
from tests.services.ports import is_listening, reserve_port
from tests.services.postgres import running_postgres
from tests.services.processes import ROOT, Service
from tests.services.seaweedfs import running_seaweedfs
from tests.services.stacks import without_settings
from tests.services.valkey import running_valkey

BASELINE = "BENCH_BASELINE"
"""Environment variable: a checkout of an earlier version that serves as the previous configuration."""
CURRENT = ("--config", "python:dubbing_sessions.web_server")
PREVIOUS = (
    *("dubbing_sessions.wsgi", "--worker-class", "gthread", "--workers", "1", "--threads", "16"),
    *("--timeout", "120", "--no-control-socket", "--log-level", "warning"),
)
STACKS = ("embedded", "team")


@dataclass(frozen=True, kw_only=True)
class LoadPortal:
    stack: str
    folder: Path
    environment: dict[str, str]
    worker: Worker
    users: list[LoadUser]
    checkout: Path
    """The version of the portal that serves."""

    def do(self, function: str, *arguments: Any, **options: Any) -> Any:
        """Run a function of ``bench.load_data``."""
        return self.worker.do(function, *arguments, module="bench.load_data", **options)

    @contextmanager
    def serve(self, arguments: Sequence[str], **environment: str) -> Iterator[int]:
        """Start a web server; yield its port."""
        port = reserve_port()
        command = [sys.executable, "-m", "gunicorn", *arguments, "--bind", f"127.0.0.1:{port}"]
        service = Service(
            "gunicorn",
            command,
            log=self.folder / f"web-{port}.log",
            environment={**self.environment, "SITE_URL": f"http://127.0.0.1:{port}", **environment},
            folder=self.checkout,
        )
        try:
            service.wait_until(lambda: is_listening(port), timeout=60)
            yield port
        finally:
            service.stop()


def get_baseline() -> Path:
    """Return the checkout whose code the previous configuration runs."""
    return Path(os.environ.get(BASELINE, ROOT))


@contextmanager
def running_load_portal(
    stack: str, folder: Path, *, users: int, uploads: int, sessions: int, checkout: Path = ROOT
) -> Iterator[LoadPortal]:
    """Start all but the web servers, which ``serve`` starts; create users."""
    folder.mkdir(parents=True)
    with ExitStack() as services:
        environment = {"DATA_DIR": str(folder), "LOG_LEVEL": "ERROR", "API_RATE_PER_MINUTE": "1000000"}
        if stack == "team":
            postgres = services.enter_context(running_postgres())
            environment |= {
                "SECRET_KEY": "only-for-benchmarks-" * 3,
                "DATABASE_URL": services.enter_context(postgres.database()),
                "S3_PREFIX": "load",
                **services.enter_context(running_seaweedfs()).environment(),
            }
        environment["REDIS_URL"] = services.enter_context(running_valkey()).url
        data = Worker(folder, in_memory=False, checkout=None if checkout == ROOT else checkout, **environment)
        services.callback(data.__exit__, None, None, None)
        data.do("migrate", module="bench.load_data")
        created = data.do("create_users", users, uploads=uploads, sessions=sessions, module="bench.load_data")
        environment = {
            **without_settings(os.environ),
            **environment,
            "PYTHONPATH": f"{checkout}:{checkout / 'client' / 'src'}",
        }
        command = [sys.executable, "-W", "ignore", "-m", "celery", "--quiet", "--app", "dubbing_sessions"]
        worker = Service(
            "celery",
            [*command, "worker", "--concurrency", "2", "--loglevel", "WARNING"],
            log=folder / "worker.log",
            environment=environment,
            folder=checkout,
        )
        services.callback(worker.stop)
        static = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        Service(
            "collectstatic", static, log=folder / "static.log", environment=environment, folder=checkout
        ).process.wait()
        yield LoadPortal(
            stack=stack, folder=folder, environment=environment, worker=data, users=created, checkout=checkout
        )
