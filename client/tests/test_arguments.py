"""Arguments of commands that name parts of a version."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from dubbing_client.cli.arguments import parts


def test_categories_languages_and_cells_are_separated_by_commas():
    assert parts("audio, hi,fr:translations,") == ["audio", "hi", "fr:translations"]


@pytest.mark.parametrize("text", ["hi:sound", "audio,fr:"])
def test_a_cell_of_no_category_is_refused(text: str):
    with pytest.raises(ArgumentTypeError, match="such as hi:audio"):
        parts(text)
