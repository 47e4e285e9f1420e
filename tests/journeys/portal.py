"""The whole portal in processes of its own on the current stack: broker, workers, web server, and a desk to look at it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from dubbing_sessions.embedded import broker_socket
from tests.journeys.desk import running_desk
from tests.journeys.workers import TIMEOUT, Worker
from tests.services.ports import free_port
from tests.services.processes import ROOT, Service
from tests.services.stacks import Stack
from tests.services.valkey import Valkey, running_valkey

HASTE = {"JOB_LEASE_SECONDS": "4", "JOB_RECONCILE_SECONDS": "1", "JOB_REPUBLISH_SECONDS": "2"}
"""What takes a minute in production takes seconds here, by the portal's own settings."""

SLICES = {"queued": 0.02, "running": 0.008}
"""Seconds that a worker runs between two looks whether it has come far enough, by the job's state."""


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
        self.manage("migrate", "--verbosity=0")
        self._desk = services.enter_context(running_desk(environment))
        self.password: str = self.ask("people")["password"]

    # -- Talking to it ------------------------------------------------------------------------------------------------

    def ask(self, act: str, **arguments: Any) -> Any:
        """Have one of ``acts`` done in a process with the portal's settings."""
        return self._desk.ask(act, **arguments)

    def manage(self, *arguments: str) -> str:
        """Run ``manage.py`` and return what it prints."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # -- Its processes ------------------------------------------------------------------------------------------------

    @property
    def worker(self) -> Worker:
        """The worker, started if there is none (or none any more)."""
        if self._worker is None or not self._worker.is_running:
            self._worker = self.start_worker("one")
        return self._worker

    def stop_worker(self) -> None:
        if self._worker is not None:
            self._worker.stop()
        self._worker = None

    def recover(self) -> None:
        """Start and thaw what a test that failed left dead or frozen; the next one shall not fail for it."""
        if not self.broker.answers():
            self.broker.restart()
        if self._address and self._web is None:
            self.start_web()
        self.worker.resume()

    def start_worker(self, name: str) -> Worker:
        own = ["--hostname", f"{name}@test"]
        command = [*self.ask("worker_command"), *own, "--loglevel", "INFO"]
        return Worker(name, command, log=self.log(name), environment=self.environment)

    def log(self, name: str) -> Path:
        path = self.folder / f"worker-{name}.log"
        path.touch()
        return path

    @property
    def address(self) -> str:
        """The web server's, started when it is first asked for."""
        if not self._address:
            self._address = f"http://127.0.0.1:{free_port()}"
            self._services.callback(self.kill_web)
            self.start_web()
        return self._address

    def start_web(self) -> None:
        """Start the web server, at the same address as before."""
        port = int(self._address.rpartition(":")[2])
        command = [
            *(sys.executable, "-m", "gunicorn", "dubbing_sessions.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--worker-class", "gthread", "--threads", "8", "--no-control-socket", "--log-level", "warning"),
        ]
        self._web = Service(
            "gunicorn",
            command,
            log=self.folder / "web.log",
            environment={**self.environment, "SITE_URL": self._address},
            own_group=True,
        )
        self._web.wait_until(lambda: _listens(port), timeout=TIMEOUT)

    def kill_web(self) -> None:
        """End the web server as a power cut does."""
        if self._web is not None:
            self._web.kill()
        self._web = None

    def messages(self) -> int:
        """How many messages wait in the broker."""
        with self.broker.client() as client:
            return sum(client.llen(key) for key in client.scan_iter("celery*", _type="list"))

    # -- Waiting, and never seeing anything half done -----------------------------------------------------------------

    def wait_for(self, is_so: Callable[[], bool], *, what: str, timeout: float = TIMEOUT) -> None:
        deadline = time.monotonic() + timeout
        while not is_so():
            assert self.ask("half_done") == []
            assert time.monotonic() < deadline, f"In vain: {what}.\n{self.logs()}"
            time.sleep(0.05)

    def end_of(self, job: str, *, timeout: float = TIMEOUT, supervised: bool = False) -> dict[str, Any]:
        """Return the job's row once it has ended.

        :param supervised: start a worker again that stops, as `manage.py run` does: Celery may end when its broker goes.
        """

        def has_ended() -> bool:
            if supervised:
                _ = self.worker
            return self._has_ended(job)

        self.wait_for(has_ended, what=f"job {job} ends", timeout=timeout)
        row: dict[str, Any] = self.ask("job", code=job)
        return row

    def _has_ended(self, job: str) -> bool:
        return self.ask("job", code=job)["state"] not in {"queued", "running"}

    def freeze_midway(self, worker: Worker, job: str) -> int:
        """Let a paused worker run in slices until it is in the middle of the job; leave it paused there, tell the attempt."""
        storage = self.folder / "storage"
        return self._freeze(worker, job, lambda far: far["has_begun"] or worker.works_below(storage))

    def freeze_at_start(self, worker: Worker, job: str, *, attempt: int) -> None:
        """Likewise, until this attempt of the job runs at all."""
        self._freeze(worker, job, lambda far: far["attempt"] == attempt)

    def _freeze(self, worker: Worker, job: str, is_there: Callable[[dict[str, Any]], bool]) -> int:
        deadline = time.monotonic() + TIMEOUT
        while True:
            far = self.ask("progress", job=job)
            assert far["half_done"] == []
            assert far["state"] in SLICES, f"The job ended before it was caught.\n{self.logs()}"
            assert time.monotonic() < deadline, f"The worker does not come to it.\n{self.logs()}"
            if far["state"] == "running" and is_there(far) and not far["is_locked"]:
                return int(far["attempt"])
            worker.resume()
            time.sleep(SLICES[far["state"]])
            worker.pause()

    def logs(self) -> str:
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_portal(stack: Stack) -> Iterator[Portal]:
    """Start an empty portal with a broker of its own; workers and web server are started by whoever needs them."""
    with ExitStack() as services:
        # Static files were collected by the test session already.
        static = {"STATIC_ROOT": str(settings.STATIC_ROOT)}
        environment = {**services.enter_context(stack.fresh()), **HASTE, **static}
        if "REDIS_URL" in environment:
            broker = services.enter_context(running_valkey())
            environment["REDIS_URL"] = broker.url
        else:
            broker = services.enter_context(running_valkey(broker_socket(Path(environment["DATA_DIR"]))))
        yield Portal(environment, broker, services)
