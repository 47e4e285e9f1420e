"""Contestants take turns at one work, so that whatever else the machine does meets all of them alike.

Before each turn, outside the clock, everything is written to the disk, and the disk comes to rest: a contestant that leaves its bytes in the
page cache does not make the next one wait for them. What is going to be read is in memory; the disk's own speed is not what is compared. A first round warms up, is checked and does not count.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.stage import set_stage


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every work is given."""

    session: Path
    """The folder of the session's media."""
    folder: Path
    """An empty folder on the disk, for whatever the works need; removed at the end."""
    rounds: int
    say: Callable[[str], None] = print
    """Tells a person what cannot be measured here, and why."""


@dataclass(frozen=True, kw_only=True)
class Entrant:
    name: str
    """As in the table: "ours", "7z -mx0", "the seed's way"."""
    run: Callable[[], float]
    """Does the work once and returns the seconds it took; prepares and cleans up outside of its clock."""
    prepare: Callable[[], object] | None = None
    """Called before each run and before the disk is synced: what is removed or made anew here costs nobody anything."""
    check: Callable[[], object] | None = None
    """Called after the first run: raises if the work was not done, so that nobody wins by that."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table and of the JSON."""

    work: str
    against: str
    ratio: float | None = None
    """Median over the rounds of theirs / ours: above 1, ours is faster."""
    rounds: int | None = None
    ours_s: float | None = None
    """Median, like ``theirs_s``."""
    theirs_s: float | None = None
    value: float | None = None
    """For sizes, memory, shares."""
    unit: str | None = None
    at_least: float | None = None
    """The figure to reach, of ``ratio`` or ``value``."""
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the figure was reached; None where there is none to reach."""
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
    """Let everybody do the work in every round, ours first, and compare within each round.

    :param on_disk: a turn ends when what was written lies on the disk. Ours see to that by themselves; for the others the disk is synced,
        inside of their clock.
    :param inputs: folders with what anybody reads, to be in memory at every turn.
    :param at_least: the ratios to reach, by the peer's name.
    """
    entrants = [ours, *peers]

    def take_turn(entrant: Entrant) -> float:
        return _take_turn(entrant, inputs, syncs=on_disk and entrant is not ours)

    for entrant in entrants:
        take_turn(entrant)
        if entrant.check is not None:
            entrant.check()
    times = [[take_turn(entrant) for entrant in entrants] for _ in range(rounds)]
    our_times = [taken[0] for taken in times]
    rows = []
    for place, peer in enumerate(peers, 1):
        their_times = [taken[place] for taken in times]
        rows.append(
            Row(
                work=work,
                against=peer.name,
                ratio=median(theirs / ours for ours, theirs in zip(our_times, their_times, strict=True)),
                rounds=rounds,
                ours_s=median(our_times),
                theirs_s=median(their_times),
                at_least=(at_least or {}).get(peer.name),
            )
        )
    return rows


def _take_turn(entrant: Entrant, inputs: Sequence[Path], *, syncs: bool) -> float:
    if entrant.prepare is not None:
        entrant.prepare()
    set_stage(inputs)
    seconds = entrant.run()
    if not syncs:
        return seconds
    start = perf_counter()
    os.sync()
    return seconds + perf_counter() - start
