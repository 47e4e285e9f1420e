"""How often one may ask, by a clock that the tests set: a minute may begin anywhere in them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, strategies as st

from sessions_app.api import rates
from sessions_app.api.rates import WINDOW, seconds_to_wait
from tests.integration.programs import Program, problem_of
from tests.world import World

MINUTE = 1_700_000_040.0
"""One begins."""


class Counter:
    """One caller, whom nobody else knows."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.who = secrets.token_hex(8)

    def ask(self, at: float) -> int:
        return seconds_to_wait(limit=self.limit, who=self.who, at=at)

    def passed(self, times: Sequence[float]) -> int:
        return sum(self.ask(at) == 0 for at in times)


class Clock:
    def __init__(self) -> None:
        self.at = MINUTE

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    return clock


def test_the_minute_of_these_tests_is_one():
    assert MINUTE % WINDOW == 0


@pytest.mark.parametrize("before", range(9))
def test_a_burst_around_the_turn_of_a_minute_is_no_larger_than_another(before: int):
    """As many as one may, and some: ``before`` of them in the last second before it."""
    turn = [MINUTE - 0.5] * before + [MINUTE + 0.5] * (8 - before)

    assert Counter(4).passed(turn) == 4


def test_what_passed_in_the_minute_before_counts_less_and_less():
    counter = Counter(60)
    assert counter.passed([MINUTE] * 60) == 60

    passed = [counter.passed([MINUTE + WINDOW + second] * 60) for second in (0, 1, 2, 30, 59)]

    assert passed == [0, 1, 1, 28, 29]


def test_after_two_quiet_minutes_nothing_is_left():
    counter = Counter(3)
    assert counter.passed([MINUTE + 59] * 9) == 3

    assert counter.passed([MINUTE + 2 * WINDOW] * 9) == 3


def test_who_goes_on_asking_does_not_wait_longer():
    counter = Counter(3)
    counter.passed([MINUTE + 10] * 3)

    waits = [counter.ask(MINUTE + 10 + second) for second in range(50)]

    assert waits == [70 - second for second in range(50)]


@given(
    limit=st.integers(1, 40),
    gaps=st.lists(st.sampled_from([0, 0, 0, 0.3, 0.9, 1, 2, 7, 20, 61]), min_size=1, max_size=60),
    begin=st.floats(0, WINDOW),
)
def test_a_wait_that_is_told_is_neither_too_short_nor_too_long(limit: int, gaps: list[float], begin: float):
    counter = Counter(limit)
    at = MINUTE + begin
    for gap in gaps:
        at += gap
        wait = counter.ask(at)
        if wait:
            assert counter.ask(at + wait - 1)
            assert counter.ask(at + wait) == 0
            at += wait


def test_of_many_who_ask_at_once_no_more_pass():
    counter = Counter(10)
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: counter.ask(MINUTE + 30), range(64)))

    assert waits.count(0) <= 10
    assert counter.passed([MINUTE + 30] * 10) == 10 - waits.count(0)


@pytest.mark.parametrize("passing", range(4))
def test_a_token_waits_as_long_as_it_is_told_whenever_a_minute_begins(
    world: World, settings, clock: Clock, passing: int
):
    settings.API_RATE_PER_MINUTE = 3
    alice = Program.of(world.alice)
    clock.at = MINUTE - 1
    for _ in range(passing):
        assert alice.get("/me").status_code == 200
    clock.at = MINUTE
    for _ in range(3 - passing):
        assert alice.get("/me").status_code == 200

    refused = alice.get("/me")

    told = problem_of(refused, 429, "rate_limited")
    wait = int(refused["Retry-After"])
    assert f"Go on in {wait} seconds." in told["detail"]
    clock.at += wait - 1
    assert alice.get("/me").status_code == 429
    clock.at += 1
    assert alice.get("/me").status_code == 200


@pytest.mark.parametrize("guessed", range(4))
def test_who_guesses_tokens_waits_whenever_a_minute_begins(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: Clock, guessed: int
):
    monkeypatch.setattr(rates, "FAILURES_A_MINUTE", 3)
    clock.at = MINUTE - 1
    guesses = [Program(f"dubs_{number}").get("/me") for number in range(guessed)]
    clock.at = MINUTE
    guesses += [Program(f"dubs_{number}").get("/me") for number in range(3 - guessed)]

    refused = Program("dubs_one_more").get("/me")

    assert [guess.status_code for guess in guesses] == [401] * 3
    problem_of(refused, 429, "rate_limited")
    clock.at += int(refused["Retry-After"])
    assert Program("dubs_one_more").get("/me").status_code == 401
    assert Program.of(world.alice).get("/me").status_code == 200
