"""Rate limits, against a clock that the tests control."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, strategies as st

from sessions_app.api import rates
from sessions_app.api.rates import MAX_KEYS_IN_MEMORY, WINDOW_SECONDS, RequestCounter, counter
from tests.integration.programs import Program, problem_of
from tests.world import World

START = 1_700_000_040.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


MARGIN = 0.001
"""Seconds: at exactly one minute rounding decides, of floating-point sums and of the times that Redis returns."""


class Caller:
    """A caller with a rate limit key of its own."""

    def __init__(self, clock: Clock, *, limit: int) -> None:
        self.clock = clock
        self.limit = limit
        self.key = secrets.token_hex(8)

    def request(self, at: float) -> int:
        """Return the seconds to wait, 0 for an accepted request."""
        self.clock.now = at
        return counter.count(self.key, limit=self.limit)

    def accepted(self, times: Sequence[float]) -> int:
        return sum(self.request(at) == 0 for at in times)


@pytest.fixture(scope="module")
def controlled_clock() -> Iterator[Clock]:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", clock)
        yield clock


@pytest.fixture
def clock(controlled_clock: Clock) -> Clock:
    controlled_clock.now = START
    return controlled_clock


@pytest.mark.parametrize("early", range(9))
def test_a_burst_around_a_minute_boundary_is_limited_like_any_other(clock: Clock, early: int):
    burst = [START - 0.5] * early + [START + 0.5] * (8 - early)

    assert Caller(clock, limit=4).accepted(burst) == 4


def test_a_request_is_accepted_as_soon_as_an_earlier_one_is_a_minute_old(clock: Clock):
    caller = Caller(clock, limit=3)
    assert caller.accepted([START, START + 10, START + 20]) == 3

    # Never exactly a minute later: the storage may count such a request either way.
    accepted = [
        caller.accepted([START + WINDOW_SECONDS + seconds] * 3) for seconds in (-0.5, 0.5, 9.5, 10.5, 20.5)
    ]

    assert accepted == [0, 1, 0, 1, 1]


def test_refused_requests_do_not_extend_the_wait(clock: Clock):
    caller = Caller(clock, limit=3)
    caller.accepted([START + 10] * 3)

    waits = [caller.request(START + 10.5 + second) for second in range(50)]

    assert waits == [60 - second for second in range(50)]


@given(
    limit=st.integers(1, 40),
    gaps=st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 9, 25, 77]), min_size=1, max_size=60),
    offset=st.floats(0, WINDOW_SECONDS),
)
def test_the_wait_is_exact_in_whole_seconds(
    controlled_clock: Clock, limit: int, gaps: list[int], offset: float
):
    caller = Caller(controlled_clock, limit=limit)
    at = START + offset
    for gap in gaps:
        at += gap * 0.7919
        wait = caller.request(at)
        if wait:
            assert caller.request(at + wait - 1 - MARGIN) > 0
            assert caller.request(at + wait + MARGIN) == 0
            at += wait + MARGIN


def test_concurrent_requests_do_not_exceed_the_limit(clock: Clock):
    caller = Caller(clock, limit=10)
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: caller.request(START + 30), range(64)))

    assert waits.count(0) == 10
    assert caller.accepted([START + 30] * 10) == 0


def test_memory_is_bounded(clock: Clock):
    in_memory = RequestCounter("")

    for number in range(3 * MAX_KEYS_IN_MEMORY):
        assert in_memory.count(f"failed:{number}", limit=1) == 0

    assert in_memory.count("failed:1", limit=1) == 0
    assert in_memory.count("failed:1", limit=1) == WINDOW_SECONDS + 1


@pytest.mark.parametrize("earlier", range(4))
def test_a_token_is_accepted_after_retry_after(world: World, settings, clock: Clock, earlier: int):
    settings.API_RATE_PER_MINUTE = 3
    alice = Program.of(world.alice)
    clock.now = START - 0.5
    for _ in range(earlier):
        assert alice.get("/me").status_code == 200
    clock.now = START
    for _ in range(3 - earlier):
        assert alice.get("/me").status_code == 200

    clock.now += 0.25
    refused = alice.get("/me")

    problem = problem_of(refused, 429, "rate_limited")
    wait = int(refused["Retry-After"])
    assert f"Try again in {wait} seconds." in problem["detail"]
    clock.now += wait - 1
    assert alice.get("/me").status_code == 429
    clock.now += 1
    assert alice.get("/me").status_code == 200


@pytest.mark.parametrize("earlier", range(4))
def test_invalid_tokens_are_limited_and_valid_ones_are_not(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: Clock, earlier: int
):
    monkeypatch.setattr(rates, "FAILURES_PER_MINUTE", 3)
    clock.now = START - 0.5
    guesses = [Program(f"dubs_{number}").get("/me") for number in range(earlier)]
    clock.now = START
    guesses += [Program(f"dubs_{number}").get("/me") for number in range(3 - earlier)]

    refused = Program("dubs_another").get("/me")

    assert [guess.status_code for guess in guesses] == [401] * 3
    problem_of(refused, 429, "rate_limited")
    clock.now += int(refused["Retry-After"])
    assert Program("dubs_another").get("/me").status_code == 401
    assert Program.of(world.alice).get("/me").status_code == 200
