"""Thread pools that are cancelled together."""

from __future__ import annotations

import threading
import time

import pytest

from dubbing_core import concurrency
from dubbing_core.concurrency import StoppedError, TaskGroup, run_in_threads


@pytest.fixture(autouse=True)
def _poll_often(monkeypatch):
    monkeypatch.setattr(concurrency, "POLL_INTERVAL", 0.01)


def test_results_come_in_the_order_of_the_items():
    barrier = threading.Barrier(4)

    def double(number: int) -> int:
        barrier.wait(60)  # four at once, however they finish
        return 2 * number

    assert run_in_threads(double, range(8), threads=4) == [0, 2, 4, 6, 8, 10, 12, 14]


def test_a_single_item_needs_no_thread():
    assert run_in_threads(lambda _: threading.current_thread(), [1], threads=4) == [
        threading.current_thread()
    ]


def test_the_first_error_stops_the_others():
    group = TaskGroup()
    started = threading.Event()
    ran: list[int] = []

    def wait_for_stop() -> None:
        started.set()
        group.stop_signal.wait(60)
        ran.append(1)
        group.check()

    def fail() -> None:
        started.wait(60)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), group:
        pool = group.pool(2, "test")
        long = pool.submit(wait_for_stop)
        pool.submit(fail)
        waiting = pool.submit(ran.append, 2)
        group.wait_all()
    assert isinstance(long.exception(), StoppedError)
    assert waiting.cancelled() or isinstance(waiting.exception(), StoppedError)
    assert ran == [1]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test")]


def test_waiting_polls_and_a_poll_can_cancel():
    group = TaskGroup(on_poll=lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), group:
        task = group.pool(1, "test").submit(group.stop_signal.wait, 600)
        group.wait()
    assert task.result() is True
    assert time.monotonic() - began < 300


def test_finished_tasks_of_several_pools_are_collected_once():
    polls: list[int] = []
    with TaskGroup(on_poll=lambda: polls.append(1)) as group:
        assert group.wait() == []
        release = threading.Event()
        quick, slow = group.pool(1, "quick"), group.pool(1, "slow")
        first = quick.submit(pow, 2, 3)
        second = slow.submit(release.wait, 60)
        assert group.wait() == [first]
        assert group.finished() == []
        threading.Timer(0.1, release.set).start()
        assert group.wait() == [second]
        assert polls
        assert group.pending == 0
    assert first.result() == 8
