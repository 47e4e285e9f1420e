from __future__ import annotations

import hashlib
import zlib

from hypothesis import given, strategies as st

from dubbing_core.digests import Digest, compute_digest


@given(st.lists(st.binary()))
def test_digest_does_not_depend_on_the_chunks(chunks):
    whole = b"".join(chunks)

    assert compute_digest(chunks) == Digest(
        sha256=hashlib.sha256(whole).hexdigest(), crc32=zlib.crc32(whole), size=len(whole)
    )
