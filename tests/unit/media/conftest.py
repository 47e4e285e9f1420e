"""Media for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sessions_app.media.maker import DerivativeMaker
from tests.services.folders import temporary_folder
from tests.unit.media.samples import make_samples


@pytest.fixture(scope="session")
def samples() -> Iterator[dict[str, bytes]]:
    with temporary_folder("samples") as folder:
        yield make_samples(folder)


@pytest.fixture(scope="module")
def maker() -> Iterator[DerivativeMaker]:
    with DerivativeMaker() as maker:
        yield maker
