"""A portal in separate processes on the current stack: broker, workers, web server, controller."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from dubbing_sessions.embedded import get_broker_socket
from tests.journeys.controller import running_controller
from tests.journeys.workers import Worker
from tests.services.ports import is_listening, reserve_port
from tests.services.processes import ROOT, Service
from tests.services.stacks import Stack
from tests.services.valkey import Valkey, running_valkey
from tests.services.waits import LIMIT, wait_until

SHORT_INTERVALS = {"JOB_LEASE_SECONDS": "6", "JOB_RECONCILE_SECONDS": "1", "JOB_REPUBLISH_SECONDS": "2"}
"""Settings that turn the minutes of production into seconds."""

ONE_WEB_PROCESS = {"WEB_PROCESSES": "1", "MEDIA_PROCESSES": "0", "PROXY_PROCESSES": "0"}
"""Each more takes 2 s of CPU to start; `test_web_processes` starts several, `test_run` a worker for media."""

SLICES = {"queued": 0.02, "running": 0.008}
"""Seconds that a paused worker runs between two checks of its progress, by the job's state."""


class Portal:
    def __init__(self, environment: dict[str, str], broker: Valkey, services: ExitStack) -> None:
        self.environment = environment
        self.broker = broker
        self.folder = Path(environment["DATA_DIR"])
        self._services = services
        self._address = ""
        self._web: Service | None = None
        self._worker: Worker | None = None
        services.callback(self.stop_worker)
        self._controller = services.enter_context(running_controller(environment))
        self.password: str = self.call("create_users")["password"]

    # -- Control ------------------------------------------------------------------------------------------------------

    def call(self, action: str, **arguments: Any) -> Any:
        """Run one of ``tests.journeys.actions`` in a process with the portal's settings."""
        return self._controller.call(action, **arguments)

    def manage(self, *arguments: str) -> str:
        """Run ``manage.py`` and return its output."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # -- Processes ----------------------------------------------------------------------------------------------------

    @property
    def worker(self) -> Worker:
        """The worker; started if none is running."""
        if self._worker is None or not self._worker.is_running:
            self._worker = self.start_worker("one")
        return self._worker

    def stop_worker(self) -> None:
        if self._worker is not None:
            self._worker.stop()
        self._worker = None

    def recover(self) -> None:
        """Restart and resume processes that a failed test left stopped or paused."""
        if not self.broker.is_ready():
            self.broker.restart()
        if self._address and self._web is None:
            self.start_web()
        self.worker.resume()

    def start_worker(self, name: str) -> Worker:
        own = ["--hostname", f"{name}@test"]
        command = [*self.call("get_worker_command"), *own, "--loglevel", "INFO"]
        return Worker(
            name,
            command,
            log=self.log(name),
            environment=self.environment,
            is_locked=lambda: bool(self.call("is_database_locked")),
        )

    def log(self, name: str) -> Path:
        path = self.folder / f"worker-{name}.log"
        path.touch()
        return path

    @property
    def address(self) -> str:
        """The web server's address; the first access starts it."""
        if not self._address:
            self._address = f"http://127.0.0.1:{reserve_port()}"
            self._services.callback(self.kill_web)
            self.start_web()
        return self._address

    def start_web(self) -> None:
        """Start the web server at its previous address."""
        port = int(self._address.rpartition(":")[2])
        command = [
            *(sys.executable, "-m", "gunicorn", "--config", "python:dubbing_sessions.web_server"),
            *("--bind", f"127.0.0.1:{port}"),
        ]
        self._web = Service(
            "gunicorn",
            command,
            log=self.folder / "web.log",
            environment={**self.environment, "SITE_URL": self._address},
            own_group=True,
        )
        self._web.wait_until(lambda: is_listening(port))

    @contextmanager
    def other_web(self, settings: dict[str, str]) -> Iterator[tuple[str, Service]]:
        """Start a second web server with these settings; yield its address and its process."""
        port = reserve_port()
        command = [sys.executable, "-m", "gunicorn", "--config", "python:dubbing_sessions.web_server"]
        address = f"http://127.0.0.1:{port}"
        service = Service(
            "gunicorn",
            [*command, "--bind", f"127.0.0.1:{port}"],
            log=self.folder / "other-web.log",
            environment={**self.environment, **settings, "SITE_URL": address},
        )
        try:
            service.wait_until(lambda: is_listening(port))
            yield address, service
        finally:
            service.stop()

    def kill_web(self) -> None:
        """Kill the web server and its workers, as a power cut would."""
        if self._web is not None:
            self._web.kill()
        self._web = None

    def count_messages(self) -> int:
        """Return the number of queued messages."""
        with self.broker.client() as client:
            return sum(client.llen(key) for key in client.scan_iter("celery*", _type="list"))

    # -- Waiting; inconsistent states fail the test -------------------------------------------------------------------

    def wait_for(self, is_met: Callable[[], bool], *, condition: str) -> None:
        def is_met_in_order() -> bool:
            assert self.call("find_inconsistencies") == []
            return is_met()

        wait_until(is_met_in_order, report=lambda: f"{condition}\n{self.logs()}", interval=0.25)

    def end_of(self, job: str, *, supervised: bool = False) -> dict[str, Any]:
        """Return the job's row once it has ended.

        :param supervised: restart a worker that stops, as `manage.py run` does: Celery may exit without its broker.
        """

        def has_ended() -> bool:
            if supervised:
                _ = self.worker
            return self._has_ended(job)

        self.wait_for(has_ended, condition=f"end of job {job}")
        row: dict[str, Any] = self.call("get_job", code=job)
        return row

    def _has_ended(self, job: str) -> bool:
        return self.call("get_job", code=job)["state"] not in {"queued", "running"}

    def pause_midway(self, worker: Worker, job: str) -> int | None:
        """Run a paused worker in slices until the job is in progress; return the attempt's number.

        None if the job has ended before: this process may have not run while the worker did.
        """
        storage = self.folder / "storage"
        return self._pause_when(
            worker, job, lambda progress: progress["has_started"] or worker.has_open_file(storage)
        )

    def pause_at_start(self, worker: Worker, job: str, *, attempt: int) -> bool:
        """Run a paused worker in slices until this attempt of the job has started; return whether it was seen."""
        return self._pause_when(worker, job, lambda progress: progress["attempt"] >= attempt) == attempt

    def _pause_when(
        self, worker: Worker, job: str, is_reached: Callable[[dict[str, Any]], bool]
    ) -> int | None:
        deadline = time.monotonic() + LIMIT
        while True:
            progress = self.call("get_progress", job=job)
            assert progress["inconsistencies"] == []
            if progress["state"] not in SLICES:
                return None
            assert time.monotonic() < deadline, f"The worker does not start the job.\n{self.logs()}"
            if progress["state"] == "running" and is_reached(progress) and not progress["is_locked"]:
                return int(progress["attempt"])
            worker.resume()
            time.sleep(SLICES[progress["state"]])
            worker.pause()

    def logs(self) -> str:
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs)


@contextmanager
def running_portal(stack: Stack) -> Iterator[Portal]:
    """Start an empty portal with its own broker; workers and web server start on first use."""
    with ExitStack() as services:
        # The test session has collected the static files.
        static = {"STATIC_ROOT": str(settings.STATIC_ROOT)}
        fresh = services.enter_context(stack.fresh(migrated=True))
        environment = {**fresh, **SHORT_INTERVALS, **ONE_WEB_PROCESS, **static}
        if "REDIS_URL" in environment:
            broker = services.enter_context(running_valkey())
            environment["REDIS_URL"] = broker.url
        else:
            broker = services.enter_context(running_valkey(get_broker_socket(Path(environment["DATA_DIR"]))))
        yield Portal(environment, broker, services)
