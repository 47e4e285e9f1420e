from __future__ import annotations

from sessions_app.storage.keys import (
    blob_key,
    checked,
    checked_prefix,
    export_key,
    staging_key,
    staging_prefix,
)

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class TestKeys:
    def test_of_blobs_contain_the_hash(self):
        assert blob_key(SHA256) == f"blobs/9f/{SHA256}"

    def test_of_temporary_bytes_start_with_their_owner(self):
        assert staging_key("job-x7-1", "data") == "staging/job-x7-1/data"
        assert staging_key("job-x7-1", "data").startswith(staging_prefix("job-x7-1"))
        assert not staging_key("job-x7-10", "data").startswith(staging_prefix("job-x7-1"))

    def test_are_accepted_by_stores(self):
        for key in (blob_key(SHA256), staging_key("job-x7-1", "data"), export_key("x7")):
            assert checked(key) == key
        for prefix in (staging_prefix("job-x7-1"), ""):
            assert checked_prefix(prefix) == prefix
