"""Media of other projects, from the folder that DUBBING_CORPUS names: read, or refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sessions_app.media.client import ENDED, TOO_SLOW
from sessions_app.media.maker import STOPPED, DerivativeMaker, MadeDerivative
from sessions_app.media.plan import GROUPS, Kind
from sessions_app.media.reader import MediaReader
from tests.corpus import MEDIA, Sample
from tests.unit.media.samples import KEY, store_with

__test__ = bool(MEDIA)
"""Without a corpus pytest collects nothing here, because skips are failures."""


@pytest.fixture(scope="module")
def reader() -> Iterator[MediaReader]:
    with MediaReader() as reader:
        yield reader


@pytest.fixture(scope="module")
def maker() -> Iterator[DerivativeMaker]:
    with DerivativeMaker() as maker:
        yield maker


@pytest.mark.parametrize("sample", MEDIA, ids=lambda sample: sample.path)
def test_files_of_other_projects(reader, sample: Sample):
    data = sample.data

    facts = reader.read(store_with(data), KEY, len(data))

    assert facts.reason not in {ENDED, TOO_SLOW}
    expected = {"must-accept": {True}, "must-reject": {False}}.get(sample.verdict, {True, False})
    assert bool(facts.summary) in expected, facts


@pytest.mark.parametrize("sample", MEDIA, ids=lambda sample: sample.path)
def test_each_derivative_of_them_is_made_or_has_a_reason(reader, maker, sample: Sample):
    """Also those that are not planned for such a file: the plan is made of what the file states."""
    data = sample.data
    facts = reader.read(store_with(data), KEY, len(data))
    duration = None if facts.duration_ms is None else facts.duration_ms / 1000
    made: dict[Kind, tuple[MadeDerivative, bytes]] = {}

    def keep(derivative: MadeDerivative) -> None:
        made[derivative.kind] = derivative, b"".join(derivative.read())

    for group in GROUPS:
        maker.make(store_with(data), KEY, len(data), kinds=group, duration=duration, on_made=keep)

    assert set(made) == set(Kind)
    for kind, (derivative, content) in made.items():
        assert derivative.reason != STOPPED
        assert derivative.reason.endswith(".") if derivative.reason else content or kind is Kind.LOUDNESS
    if facts.reason:
        assert all(derivative.reason for derivative, _ in made.values())
