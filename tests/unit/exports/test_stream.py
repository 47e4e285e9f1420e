from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies

from dubbing_core.zips.layout import BlobRange, Literal, SegmentLayout
from sessions_app.exports.stream import MIN_CHUNK_SIZE, stream_segments
from sessions_app.storage.errors import ObjectMissingError
from sessions_app.storage.keys import blob_key
from tests.stores.memory import MemoryStore
from tests.unit.exports.archive import an_archive, blob, content


@pytest.fixture
def store():
    return MemoryStore()


class TestStreamSegments:
    def test_yields_the_bytes_of_the_layout(self, store):
        layout = an_archive(store)

        streamed = b"".join(stream_segments(layout.segments, reader=store))

        assert len(streamed) == layout.size
        assert streamed == content(layout, store)

    def test_joins_small_chunks(self, store):
        layout = an_archive(store)

        sizes = [len(chunk) for chunk in stream_segments(layout.segments, reader=store)]

        assert 0 not in sizes
        assert not [pair for pair in pairwise(sizes) if sum(pair) < MIN_CHUNK_SIZE]

    def test_reads_on_demand_and_raises_for_a_missing_blob(self, store):
        layout = an_archive(store)
        chunks = stream_segments(layout.segments, reader=store)

        assert next(chunks) == b"header"
        store.delete(blob_key(layout.blobs[1]))
        with pytest.raises(ObjectMissingError):
            list(chunks)

    def test_no_segments_yield_nothing(self, store):
        assert list(stream_segments((), reader=store)) == []


_store = MemoryStore()
_data = bytes(range(256)) * 1024
_sha256 = blob(_store, _data)
_literals = strategies.binary(min_size=1, max_size=80).map(Literal)
_ranges = strategies.tuples(
    strategies.integers(0, len(_data) - 1), strategies.integers(1, MIN_CHUNK_SIZE + 100)
).map(lambda pair: BlobRange(_sha256, pair[0], min(pair[0] + pair[1], len(_data))))


@given(
    segments=strategies.lists(_literals | _ranges, min_size=1, max_size=12),
    bounds=strategies.tuples(strategies.floats(0, 1), strategies.floats(0, 1)).map(sorted),
)
def test_a_cut_of_the_layout_streams_as_the_slice_of_the_whole(segments, bounds):
    layout = SegmentLayout(tuple(segments))
    start, end = (round(bound * layout.size) for bound in bounds)

    whole = b"".join(stream_segments(layout.segments, reader=_store))

    assert whole == content(layout, _store)
    assert b"".join(stream_segments(layout.cut(start, end), reader=_store)) == whole[start:end]
