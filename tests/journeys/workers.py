"""A real worker that tests pause at any point, kill and restart."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.services.processes import Service
from tests.services.waits import LIMIT


class Worker(Service):
    """Celery as ``manage.py run`` starts it: main process, two job processes, scheduler."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        is_locked: Callable[[], bool],
    ) -> None:
        """Start it.

        :param is_locked: returns whether a process is in a transaction.
        """
        self._is_locked = is_locked
        super().__init__(f"worker {name}", command, log=log, environment=environment, own_group=True)
        try:
            # Celery logs this once it consumes its queue; earlier workers wrote to the same file.
            before = log.read_text(encoding="utf-8", errors="replace").count("ready.")
            self.wait_until(lambda: self._is_ready(before))
        except BaseException:
            self.kill()
            raise

    def _is_ready(self, before: int) -> bool:
        return self.log.read_text(encoding="utf-8", errors="replace").count("ready.") > before

    def stop(self) -> None:
        self.resume()
        super().stop()
        self.signal_group(signal.SIGKILL)

    def pause(self) -> None:
        """Stop all its processes, as a suspended machine would, but outside transactions.

        Their heartbeats are short transactions, and a process paused in one would lock the database for all others.
        """
        deadline = time.monotonic() + LIMIT
        self._stop_processes(deadline)
        while self._is_locked():
            assert time.monotonic() < deadline, "The worker stays in a transaction."
            self.resume()
            time.sleep(0.02)
            self._stop_processes(deadline)

    def _stop_processes(self, deadline: float) -> None:
        self.signal_group(signal.SIGSTOP)
        while any(_state(process) not in "TZX" for process in self._processes()):
            assert time.monotonic() < deadline, "The worker could not be paused."
            time.sleep(0.001)

    def resume(self) -> None:
        self.signal_group(signal.SIGCONT)

    def has_open_file(self, folder: Path) -> bool:
        """Return whether it is reading a file in the folder, or has written to an unnamed one."""
        for process in self._processes():
            with suppress(OSError):  # it has ended
                for descriptor in (process / "fd").iterdir():
                    target = str(descriptor.readlink())
                    is_new = target.endswith(" (deleted)") or Path(target).name.startswith(".")
                    if target.startswith(f"{folder}/") and (not is_new or descriptor.stat().st_size > 0):
                        return True
        return False

    def _processes(self) -> Iterator[Path]:
        main = Path("/proc", str(self.process.pid))
        yield main
        with suppress(OSError):
            children = (main / "task" / main.name / "children").read_text(encoding="ascii").split()
            yield from (Path("/proc", child) for child in children)


def _state(process: Path) -> str:
    """Return the state letter of proc(5): T is stopped, Z and X have ended."""
    with suppress(OSError):
        return (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    return "X"
