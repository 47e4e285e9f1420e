from __future__ import annotations

import http.server
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.stub import Stubber

from sessions_app.storage.errors import (
    ObjectDamagedError,
    ObjectMissingError,
    PartsRefusedError,
    StoreFullError,
    StoreUnavailableError,
)
from sessions_app.storage.s3 import S3Store
from sessions_app.storage.store import Part
from tests.services.waits import LIMIT
from tests.stores.buckets import storage_at
from tests.stores.suite import (
    MIB,
    CopyingSuite,
    DirectPartsSuite,
    ExtractionSuite,
    FlatMemorySuite,
    StoreSuite,
    get,
    is_empty,
    keys,
    megabytes,
    put,
)

WITHOUT_RETRIES = Config(retries={"total_max_attempts": 1}, connect_timeout=LIMIT, read_timeout=LIMIT)


@pytest.fixture
def store(storage):
    store = S3Store(storage)
    yield store
    assert not list(store.open_uploads(""))
    for key in keys(store):
        store.delete(key)


@pytest.fixture
def copying(storage, store):
    """The same bucket with copied ranges; ``store`` cleans up."""
    return S3Store(storage, server_side_copy=True)


@pytest.fixture
def direct(storage, store):
    """The same bucket with signed URLs; ``store`` cleans up."""
    return S3Store(storage, direct_uploads=True)


@pytest.fixture
def stubbed():
    """A store with stubbed responses."""
    store = S3Store(storage_at("http://127.0.0.1:9", client_config=WITHOUT_RETRIES))
    with Stubber(store.objects.client) as stubber:
        yield store, stubber
        stubber.assert_no_pending_responses()


def listed_part(
    number: int, *, etag: str | None = None, modified: datetime = datetime(2026, 1, 1, tzinfo=UTC)
) -> dict[str, object]:
    return {"PartNumber": number, "Size": 5, "ETag": etag or f'"{number}"', "LastModified": modified}


class TestS3Store(StoreSuite, FlatMemorySuite):
    memory_limit = 24 * MIB
    """A part, the copy that boto3 sends, and boto3 itself."""


class TestS3Copier(CopyingSuite):
    pass


class TestS3Extraction(ExtractionSuite):
    pass


class TestS3DirectParts(DirectPartsSuite):
    def test_are_no_capability_if_they_are_disabled(self, storage):
        assert S3Store(storage).capabilities.direct_parts is None


class TestSignedUrls:
    """Signing sends no requests, so these stores need not exist."""

    def url(self, endpoint_url: str | None, *, public_endpoint_url: str | None = None, **options) -> str:
        storage = storage_at(endpoint_url, **options)
        store = S3Store(storage, direct_uploads=True, public_endpoint_url=public_endpoint_url)
        direct = store.capabilities.direct_parts
        assert direct
        url = direct.sign_part("a/x", "upload", 3, size=7, expires_in=timedelta(minutes=5)).url
        assert url.startswith(f"{direct.origin}/")
        return url

    def test_contain_the_length_and_the_prefix(self):
        url = self.url("http://store:9000", location="here/")

        assert url.startswith("http://store:9000/bucket/here/a/x?")
        query = parse_qs(urlsplit(url).query)
        assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
        assert (query["uploadId"], query["partNumber"]) == (["upload"], ["3"])

    def test_start_with_the_public_address(self):
        url = self.url("http://store:9000", public_endpoint_url="https://files.example.com")

        assert url.startswith("https://files.example.com/bucket/a/x?")

    @pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
    def test_contain_the_region_on_aws(self, region):
        """A preflight fails if its response is a redirect."""
        url = self.url(None, region_name=region, addressing_style="auto")

        assert url.startswith(f"https://bucket.s3.{region}.amazonaws.com/a/x?")

    def test_contain_the_region_on_aws_if_the_bucket_cannot_be_a_host(self):
        url = self.url(None, region_name="eu-central-1", addressing_style="auto", bucket_name="my.bucket")

        assert url.startswith("https://s3.eu-central-1.amazonaws.com/my.bucket/a/x?")


class TestKeys:
    def test_are_stored_below_the_storages_location(self, store, storage, s3_server):
        put(store, "a/one", b"1")

        found = s3_server.client().get_object(Bucket=s3_server.bucket, Key=f"{storage.location}/a/one")

        assert found["Body"].read() == b"1"
        assert keys(store) == {"a/one"}

    def test_are_stored_in_the_bucket_without_a_location(self, storage, s3_server):
        name = storage.location
        storage.location = ""
        store = S3Store(storage)
        put(store, f"{name}/one", b"1")

        assert s3_server.client().head_object(Bucket=s3_server.bucket, Key=f"{name}/one")
        assert keys(store, f"{name}/") == {f"{name}/one"}
        store.delete(f"{name}/one")


class TestLargeObjects:
    def test_are_copied_in_parts_on_the_server(self, store):
        content = b"".join(megabytes(17))
        put(store, "staging/job-1/x", content)
        store.objects.copy_config = TransferConfig(multipart_threshold=6 * MIB, multipart_chunksize=5 * MIB)

        store.promote("staging/job-1/x", "blobs/ab/x")

        assert keys(store) == {"blobs/ab/x"}
        assert get(store, "blobs/ab/x") == content

    def test_of_whole_parts_have_no_empty_last_part(self, store):
        with store.writer("a/x") as writer:
            for chunk in megabytes(16):
                writer.write(chunk)

        assert get(store, "a/x") == b"".join(megabytes(16))

    def test_of_known_size_have_larger_parts(self, store, monkeypatch):
        monkeypatch.setattr("sessions_app.storage.part_sizes.MAX_PARTS", 2)

        with store.writer("a/x", size=18 * MIB) as writer:
            for chunk in megabytes(18):
                writer.write(chunk)
            assert [part.size for part in writer._parts] == [16 * MIB]

        assert store.size("a/x") == 18 * MIB


class TestParts:
    def test_unknown_to_the_server_are_refused(self, store):
        upload = store.begin("a/x")
        part = store.put_part("a/x", upload, 1, [b"bytes"])
        forged = replace(part, etag='"00000000000000000000000000000000"')

        with pytest.raises(PartsRefusedError):
            store.complete("a/x", upload, [forged])

        store.abort("a/x", upload)
        assert is_empty(store)

    def test_are_listed_to_the_last_page(self, stubbed):
        store, server = stubbed
        for first, last in ((1, 1000), (1001, 1002)):
            page = [listed_part(n) for n in range(first, last + 1)]
            more = {"IsTruncated": last == 1000, "NextPartNumberMarker": last}
            params = {"Bucket": "bucket", "Key": "a/x", "UploadId": "upload"}
            server.add_response(
                "list_parts",
                {"Parts": page, **more},
                params if first == 1 else {**params, "PartNumberMarker": 1000},
            )

        parts = store.uploads.list_parts("a/x", "upload")

        assert [part.number for part in parts] == list(range(1, 1003))
        assert parts[-1] == Part(number=1002, size=5, etag='"1002"')

    def test_sent_again_are_listed_once_even_if_the_store_lists_both(self, stubbed):
        store, server = stubbed
        newer = listed_part(1, etag='"newer"', modified=datetime(2026, 1, 1, 12, tzinfo=UTC))
        server.add_response("list_parts", {"Parts": [newer, listed_part(1), listed_part(2)]})

        parts = store.uploads.list_parts("a/x", "upload")

        assert [(part.number, part.etag) for part in parts] == [(1, '"newer"'), (2, '"2"')]

    @pytest.mark.parametrize("known", ['"1"', '"again"'])
    def test_sent_twice_in_a_second_are_distinguished_by_the_etag(self, stubbed, known):
        store, server = stubbed
        server.add_response("list_parts", {"Parts": [listed_part(1), listed_part(1, etag='"again"')]})

        parts = store.uploads.list_parts("a/x", "upload", etags=[known])

        assert [(part.number, part.etag) for part in parts] == [(1, known)]

    def test_joined_by_a_request_without_a_response_are_joined(self, stubbed):
        store, server = stubbed
        part = Part(number=1, size=5, etag='"e"')
        server.add_client_error("head_object", "404", http_status_code=404)
        server.add_client_error("complete_multipart_upload", "NoSuchUpload", http_status_code=404)
        server.add_response("head_object", {"ContentLength": 5})

        store.complete("a/x", "upload", [part])


class TestPromotion:
    def test_succeeds_if_another_process_did_it_concurrently(self, stubbed):
        store, server = stubbed
        server.add_client_error("head_object", "404", http_status_code=404)  # does not exist yet
        server.add_client_error(
            "head_object", "404", http_status_code=404
        )  # and the staged one does not exist any more
        server.add_response("head_object", {"ContentLength": 5})
        server.add_response("delete_object", {})

        store.promote("staging/x", "blobs/x")

    def test_reports_other_errors(self, stubbed):
        store, server = stubbed
        server.add_client_error("head_object", "AccessDenied", http_status_code=403)

        with pytest.raises(StoreUnavailableError):
            store.promote("staging/x", "blobs/x")


class TestWriters:
    def test_raise_the_first_error_when_aborting_fails_too(self, stubbed, caplog):
        store, server = stubbed
        server.add_response("create_multipart_upload", {"UploadId": "upload"})
        server.add_client_error("upload_part", "QuotaExceeded", http_status_code=403)
        server.add_client_error("abort_multipart_upload", "InternalError", http_status_code=500)

        with pytest.raises(StoreFullError), store.writer("a/x") as writer:
            writer.write(bytes(9 * MIB))

        assert "stays open" in caplog.text

    def test_do_not_need_conditional_requests(self, stubbed):
        store, server = stubbed
        server.add_client_error("put_object", "NotImplemented", http_status_code=501)
        server.add_response("put_object", {}, {"Bucket": "bucket", "Key": "a/x", "Body": b"x"})

        put(store, "a/x", b"x")

    def test_send_the_storages_options(self):
        storage = storage_at(
            "http://127.0.0.1:9", object_parameters={"StorageClass": "COLD"}, default_acl="private"
        )
        store = S3Store(storage)
        params = {"Bucket": "bucket", "Key": "a/x", "StorageClass": "COLD", "ACL": "private"}
        with Stubber(store.objects.client) as server:
            server.add_response("create_multipart_upload", {"UploadId": "upload"}, params)

            assert store.begin("a/x") == "upload"


class TestErrors:
    @pytest.mark.parametrize(
        ("code", "status", "expected"),
        [
            ("NoSuchKey", 404, ObjectMissingError),
            ("NoSuchBucket", 404, StoreUnavailableError),
            ("BrokenMPU", 409, ObjectDamagedError),
            ("AccessDenied", 403, StoreUnavailableError),
            ("QuotaExceeded", 403, StoreFullError),
            ("EntityTooLarge", 400, StoreFullError),
            ("Anything", 507, StoreFullError),
            ("SlowDown", 503, StoreUnavailableError),
            ("InternalError", 500, StoreUnavailableError),
        ],
    )
    def test_are_translated(self, stubbed, code, status, expected):
        store, server = stubbed
        server.add_client_error("put_object", code, http_status_code=status)

        with pytest.raises(expected) as error:
            put(store, "a/x", b"x")

        assert error.value.key == "a/x"

    def test_of_the_network_are_translated(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            store = S3Store(
                storage_at(f"http://127.0.0.1:{unused.getsockname()[1]}", client_config=WITHOUT_RETRIES)
            )

            with pytest.raises(StoreUnavailableError):
                store.size("a/x")


class TestConfiguration:
    def test_signs_with_version_4_and_sends_no_trailers(self):
        config: Any = S3Store(storage_at("http://127.0.0.1:9")).objects.client.meta.config

        assert config.signature_version == "s3v4"
        assert config.request_checksum_calculation == "when_required"
        assert config.s3["addressing_style"] == "path"

    def test_is_overridden_by_the_storages_config(self):
        own = Config(read_timeout=7, signature_version="s3")
        config: Any = S3Store(storage_at("http://127.0.0.1:9", client_config=own)).objects.client.meta.config

        assert config.read_timeout == 7
        assert config.connect_timeout == 5
        assert config.signature_version == "s3"

    def test_does_not_change_the_storage(self):
        storage = storage_at("http://127.0.0.1:9")
        before = storage.client_config

        S3Store(storage)

        assert storage.client_config is before


class BreakingServer(http.server.ThreadingHTTPServer):
    """Serves ranges of one object; every response ends after ``max_sent`` bytes, regardless of Content-Length."""

    content = b"".join(megabytes(4))

    def __init__(self, max_sent: int, *, supports_ranges: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), BreakingHandler)
        self.max_sent = max_sent
        self.supports_ranges = supports_ranges
        self.requests = 0

    def handle_error(self, *_: object) -> None:
        pass  # some tests close the connection


class BreakingHandler(http.server.BaseHTTPRequestHandler):
    server: BreakingServer

    def do_GET(self) -> None:
        self.server.requests += 1
        start, end = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        body = self.server.content
        if self.server.supports_ranges:
            body = body[start : end + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(self.server.content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.max_sent])
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


class TestConnection:
    @pytest.fixture
    def serve(self):
        servers = []

        def serve(max_sent: int, *, supports_ranges: bool = True) -> tuple[BreakingServer, S3Store]:
            server = BreakingServer(max_sent, supports_ranges=supports_ranges)
            servers.append(server)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return server, S3Store(
                storage_at(f"http://127.0.0.1:{server.server_port}", client_config=WITHOUT_RETRIES)
            )

        yield serve
        for server in servers:
            server.shutdown()
            server.server_close()

    def test_that_breaks_is_resumed(self, serve):
        server, store = serve(3 * MIB // 2)

        assert b"".join(store.read("a/x", 7, 4 * MIB)) == server.content[7:]
        assert server.requests >= 3

    def test_without_any_bytes_fails(self, serve):
        server, store = serve(0)

        with pytest.raises(StoreUnavailableError):
            list(store.read("a/x", 0, 4 * MIB))
        assert server.requests == 3

    @pytest.mark.parametrize(("start", "end"), [(7, MIB), (0, MIB), (4 * MIB - 1, 9 * MIB)])
    def test_to_a_server_without_ranges_returns_no_wrong_bytes(self, serve, start, end):
        _, store = serve(9 * MIB, supports_ranges=False)

        with pytest.raises(StoreUnavailableError):
            list(store.read("a/x", start, end))
