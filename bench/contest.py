"""Contestants that do one task in turns, so that other load affects all of them.

Before each turn, outside the measured time, dirty pages are written and the disk becomes idle: a contestant that leaves data in the page cache
does not slow down the next one. Inputs are in memory, since disk speed is not compared. The first round is a warm-up: checked, not counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.idle import load_and_wait_for_idle


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Arguments of every work."""

    session: Path
    """The folder of the session's media."""
    folder: Path
    """An empty folder on the disk for temporary data; removed at the end."""
    rounds: int
    report: Callable[[str], None] = print
    """Prints what cannot be measured here, and why."""

    @property
    def home(self) -> Path:
        """The folder of data that is generated once for all runs."""
        return self.session.parent


@dataclass(frozen=True, kw_only=True)
class Entrant:
    name: str
    """Name in the table: "ours", "7z -mx0", "the seed's way"."""
    run: Callable[[], float]
    """Does the work once and returns the seconds it took, without preparation and clean-up."""
    prepare: Callable[[], object] | None = None
    """Called before each run and before the disk is synced; not measured."""
    check: Callable[[], object] | None = None
    """Called after the first run; raises if the work was not done."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table and of the JSON."""

    work: str
    against: str
    ratio: float | None = None
    """Median over the rounds of peer / ours: above 1, ours is faster."""
    rounds: int | None = None
    ours_s: float | None = None
    """Median, like ``peer_s``."""
    peer_s: float | None = None
    value: float | None = None
    """For sizes, memory, shares."""
    unit: str | None = None
    median: float | None = None
    """Where ``value`` is the 95th percentile."""
    at_least: float | None = None
    """Target of ``ratio`` or ``value``."""
    at_most: float | None = None

    @property
    def is_reached(self) -> bool | None:
        """Whether the target was reached; None without a target."""
        figure = self.ratio if self.ratio is not None else self.value
        if figure is None or (self.at_least is None and self.at_most is None):
            return None
        return (self.at_least is None or figure >= self.at_least) and (
            self.at_most is None or figure <= self.at_most
        )


def contest(
    work: str,
    ours: Entrant,
    peers: Sequence[Entrant],
    *,
    rounds: int,
    at_least: Mapping[str, float] | None = None,
    inputs: Sequence[Path] = (),
    on_disk: bool = False,
) -> list[Row]:
    """Run all entrants in every round, ours first, and compare them within each round.

    :param on_disk: a turn ends when its data is on the disk. Ours syncs by itself; after the others the disk is synced, which counts as
        their time.
    :param inputs: folders that the entrants read; loaded into memory before every turn.
    :param at_least: target ratios by the peer's name.
    """
    entrants = [ours, *peers]

    def take_turn(entrant: Entrant) -> float:
        return _take_turn(entrant, inputs, syncs=on_disk and entrant is not ours)

    for entrant in entrants:
        take_turn(entrant)
        if entrant.check is not None:
            entrant.check()
    times = [[take_turn(entrant) for entrant in entrants] for _ in range(rounds)]
    our_times = [seconds[0] for seconds in times]
    rows = []
    for place, peer in enumerate(peers, 1):
        their_times = [seconds[place] for seconds in times]
        rows.append(
            Row(
                work=work,
                against=peer.name,
                ratio=median(their_s / our_s for our_s, their_s in zip(our_times, their_times, strict=True)),
                rounds=rounds,
                ours_s=median(our_times),
                peer_s=median(their_times),
                at_least=(at_least or {}).get(peer.name),
            )
        )
    return rows


def _take_turn(entrant: Entrant, inputs: Sequence[Path], *, syncs: bool) -> float:
    if entrant.prepare is not None:
        entrant.prepare()
    load_and_wait_for_idle(inputs)
    seconds = entrant.run()
    if not syncs:
        return seconds
    start = perf_counter()
    os.sync()
    return seconds + perf_counter() - start
