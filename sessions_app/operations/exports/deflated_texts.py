"""Deflated texts of an export, which are part of its layout.

See docs/decisions/0004-zip-layout.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dubbing_core.concurrency import run_in_threads
from dubbing_core.file_kinds import split_name
from dubbing_core.zips.layout import BlobMember, DeflatedMember, Member, TextMember
from sessions_app.storage import get_store
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader

EXTENSIONS = frozenset(
    [
        "ass",
        "csv",
        "html",
        "json",
        "jsonl",
        "log",
        "md",
        "rtf",
        "sbv",
        "srt",
        "ssa",
        "sub",
        "tsv",
        "ttml",
        "txt",
        "vtt",
        "xml",
        "yaml",
        "yml",
    ]
)
"""Of texts. Media, DOCX, XLSX and PDF are compressed already."""
MAX_SIZE = 8 * 1024 * 1024
"""In bytes, of a file."""
MAX_COUNT = 10_000
"""Of deflated files."""
MAX_TOTAL_SIZE = 64 * 1024 * 1024
"""In bytes, of all deflated files; the first in the archive's order. The deflated ones are in memory during planning."""
READERS = 8
"""Concurrent requests to the store."""


def deflate_texts(members: Sequence[BlobMember]) -> list[Member]:
    """Return the members in their order, small texts of them deflated.

    A text that does not become smaller is stored. The same members always give the same bytes.
    """
    chosen = _choose_texts(members)
    deflate = partial(_deflate, get_store())
    packed = dict(
        zip(chosen, run_in_threads(deflate, chosen.values(), threads=READERS, name="deflate"), strict=True)
    )
    return [packed.get(position, member) for position, member in enumerate(members)]


def deflate_generated(text: TextMember) -> DeflatedMember:
    """Return a generated file in deflated form."""
    return DeflatedMember.from_data(text.name, text.data, modified=text.modified)


def _choose_texts(members: Sequence[BlobMember]) -> dict[int, BlobMember]:
    chosen: dict[int, BlobMember] = {}
    total = 0
    for position, member in enumerate(members):
        if 0 < member.size <= MAX_SIZE and split_name(member.name)[1][1:].casefold() in EXTENSIONS:
            total += member.size
            if total > MAX_TOTAL_SIZE or len(chosen) == MAX_COUNT:
                break
            chosen[position] = member
    return chosen


def _deflate(store: BlobReader, member: BlobMember) -> Member:
    data = b"".join(store.read(blob_key(member.sha256), 0, member.size))
    deflated = DeflatedMember.from_data(
        member.name,
        data,
        modified=member.modified,
        is_executable=member.is_executable,
        mtime_ns=member.mtime_ns,
    )
    return deflated if len(deflated.deflated) < member.size else member
