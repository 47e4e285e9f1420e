"""The repository is written in plain technical English: no banned word, no banned name."""

from __future__ import annotations

import pytest

from tests.language.banned import IDENTIFIERS, WORDS
from tests.language.words import Hit, hits_in_file, hits_in_source, tracked_files


@pytest.fixture(scope="module")
def files() -> list[str]:
    return tracked_files()


def test_no_file_contains_a_banned_word(files):
    hits = [str(hit) for path in files for hit in hits_in_file(path)]

    assert not hits, "Banned words:\n" + "\n".join(hits)


def test_all_kinds_of_text_are_read(files):
    suffixes = {path.rpartition(".")[2] for path in files}

    assert {"css", "html", "js", "md", "py", "toml", "txt"} <= suffixes
    assert {"Makefile", "scripts/test", ".ci/run", "CHANGELOG.md"} <= set(files)


@pytest.mark.parametrize(
    ("path", "source", "words"),
    [
        ("a.py", "# Whoever asks is told.", ["Whoever", "told"]),
        ("a.py", "def take_in(files): ...", ["take in"]),
        ("a.py", "isGone = True", ["Gone"]),
        ("a.py", "# The file is on\n# its way.", ["on its way"]),
        ("a.py", "wanted, kept = 1, 2", ["wanted", "kept"]),
        ("a.py", "def load(*, asked): ...", ["asked"]),
        ("a.js", "const wanted = 1;", ["wanted"]),
        ("a.html", "<p>Nobody\n  can see this.</p>", ["Nobody"]),
        ("a.py", "position = file.tell()\nfrom hypothesis import given\nstatus = HTTPStatus.GONE", []),
        ("a.py", "# Responses are wanted, kept and relayed as given.", []),
        ("a.js", "await Promise.allSettled(tasks); // laid out as untold lieutenants", []),
    ],
)
def test_words_and_names_are_found(path, source, words):
    assert [hit.word for hit in hits_in_source(path, source)] == words


def test_a_hit_names_place_word_and_replacement():
    (hit,) = hits_in_source("a.md", "Title\n\nSent once more.\n")

    assert str(hit) == "a.md:3: 'once more': write again"
    assert hit == Hit("a.md", 3, "once more", WORDS["once more"])


def test_every_word_has_a_replacement():
    assert all(instead.strip() for instead in (*WORDS.values(), *IDENTIFIERS.values()))
