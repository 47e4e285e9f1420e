"""Bounded thread pools whose tasks are cancelled together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

POLL_INTERVAL = 0.5
"""Seconds between calls of ``on_poll`` while no task finishes."""

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class StoppedError(Exception):
    """The task is obsolete: another one failed, or the work was cancelled."""


class TaskGroup:
    """One or more thread pools that share a stop signal and a queue of finished tasks.

    To be used in a ``with`` block. If the block raises, waiting tasks are cancelled and running ones see the stop signal;
    the block ends when no task is running.

    :param on_poll: called by `wait` every half second without a finished task; what it raises cancels the work.
    """

    def __init__(self, *, on_poll: Callable[[], object] | None = None) -> None:
        self.stop_signal = threading.Event()
        self.pending = 0
        """Tasks that neither `wait` nor `finished` has returned yet."""
        self._on_poll = on_poll
        self._executors: list[ThreadPoolExecutor] = []
        self._finished: SimpleQueue[Future[Any]] = SimpleQueue()

    def __enter__(self) -> TaskGroup:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is not None:
            self.stop()
        self.close()

    def pool(self, threads: int, name: str) -> TaskPool:
        """Add a pool of at most so many threads."""
        executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._executors.append(executor)
        return TaskPool(self, executor)

    def stop(self) -> None:
        """Cancel waiting tasks and signal running ones, without waiting for them."""
        self.stop_signal.set()
        for executor in self._executors:
            executor.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Wait for running tasks and end the threads."""
        for executor in self._executors:
            executor.shutdown(wait=True)

    def check(self) -> None:
        """Raise `StoppedError` if the group was stopped; to be called by long tasks."""
        if self.stop_signal.is_set():
            raise StoppedError

    def wait(self) -> list[Future[Any]]:
        """Wait until a task has finished; return all finished ones, [] without tasks.

        :raises Exception: the error of a task that failed.
        """
        while self.pending:
            first = self._next()
            if first is not None:
                return self._collect([first])
            if self._on_poll is not None:
                self._on_poll()
        return []

    def finished(self) -> list[Future[Any]]:
        """Return the tasks that have finished since the last call, without waiting.

        :raises Exception: the error of a task that failed.
        """
        return self._collect([])

    def _next(self) -> Future[Any] | None:
        try:
            return self._finished.get(timeout=POLL_INTERVAL)
        except Empty:
            return None

    def _collect(self, futures: list[Future[Any]]) -> list[Future[Any]]:
        with suppress(Empty):
            while True:
                futures.append(self._finished.get_nowait())
        self.pending -= len(futures)
        for future in futures:
            future.result()
        return futures

    def wait_all(self) -> None:
        """Wait until all tasks have finished.

        :raises Exception: the error of the first task that failed.
        """
        while self.pending:
            self.wait()


class TaskPool:
    """A bounded number of threads of a `TaskGroup`."""

    def __init__(self, group: TaskGroup, executor: ThreadPoolExecutor) -> None:
        self._group = group
        self._executor = executor

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function in one of the threads. Only one thread may submit to a group."""

        def run() -> T:
            self._group.check()
            return function(*args, **kwargs)

        future = self._executor.submit(run)
        self._group.pending += 1
        future.add_done_callback(self._group._finished.put)  # noqa: SLF001 (the pool is a part of the group)
        return future


def run_in_threads(
    function: Callable[[T], R],
    items: Iterable[T],
    *,
    threads: int,
    name: str = "worker",
    on_poll: Callable[[], object] | None = None,
) -> list[R]:
    """Return ``function(item)`` for each item, in order.

    The first error cancels the rest. A single item is handled in the calling thread.
    """
    items = list(items)
    if len(items) <= 1:
        return [function(item) for item in items]
    with TaskGroup(on_poll=on_poll) as group:
        pool = group.pool(min(threads, len(items)), name)
        futures = [pool.submit(function, item) for item in items]
        group.wait_all()
    return [future.result() for future in futures]
