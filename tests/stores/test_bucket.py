from __future__ import annotations

import pytest
from botocore.stub import Stubber

from sessions_app.storage.check_result import Outcome
from sessions_app.storage.s3 import S3Store
from sessions_app.storage.s3.bucket import ensure_bucket, ensure_cors_rules, find_refused_origins, make_rule
from tests.stores.buckets import storage_at

OURS, OTHERS = "https://dubbing.example.com", "https://other.example.com"


@pytest.fixture
def server():
    client = S3Store(storage_at("http://127.0.0.1:9")).objects.client
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


class TestRules:
    @pytest.mark.parametrize(
        ("rules", "missing"),
        [
            ([], [OURS, OTHERS]),
            ([make_rule([OURS])], [OTHERS]),
            ([make_rule([OURS]), make_rule([OTHERS])], []),
            ([make_rule(["*"])], []),
            ([make_rule(["https://*.example.com"])], []),
            ([{**make_rule([OURS]), "AllowedHeaders": ["*"]}], [OTHERS]),
            ([{**make_rule([OURS]), "AllowedHeaders": ["Content-Type"]}], [OTHERS]),
            ([{**make_rule(["*"]), "AllowedMethods": ["GET"]}], [OURS, OTHERS]),
            ([{**make_rule(["*"]), "AllowedHeaders": ["x-amz-date"]}], [OURS, OTHERS]),
            ([{"AllowedMethods": ["PUT", "GET", "HEAD"], "AllowedOrigins": ["*"]}], [OURS, OTHERS]),
        ],
    )
    def test_serve_origins_with_all_methods_and_headers(self, rules, missing):
        assert find_refused_origins(rules, [OURS, OTHERS]) == missing

    def test_are_added_to_existing_ones(self, server):
        existing = {"AllowedMethods": ["GET"], "AllowedOrigins": [OTHERS]}
        both = {"CORSRules": [existing, make_rule([OURS])]}
        server.add_response("get_bucket_cors", {"CORSRules": [existing]})
        server.add_response("put_bucket_cors", {}, {"Bucket": "bucket", "CORSConfiguration": both})
        server.add_response("get_bucket_cors", both)

        assert ensure_cors_rules(server.client, "bucket", [OURS]).outcome is Outcome.OK

    def test_that_suffice_are_left_unchanged(self, server):
        server.add_response("get_bucket_cors", {"CORSRules": [make_rule([OURS])]})

        assert ensure_cors_rules(server.client, "bucket", [OURS]).outcome is Outcome.OK

    def test_that_the_storage_does_not_return_are_reported(self, server):
        server.add_client_error("get_bucket_cors", "NoSuchCORSConfiguration", http_status_code=404)
        server.add_response("put_bucket_cors", {})
        server.add_client_error("get_bucket_cors", "NoSuchCORSConfiguration", http_status_code=404)

        result = ensure_cors_rules(server.client, "bucket", [OURS])

        assert result.outcome is Outcome.WARNING
        assert result.message.endswith(
            f"does not return them for {OURS}. Set the rules manually (docs/storage.md)."
        )

    @pytest.mark.parametrize(
        ("code", "status", "sentence"),
        [
            ("NotImplemented", 501, "The storage has no API for CORS rules."),
            ("MethodNotAllowed", 405, "The storage has no API for CORS rules."),
            ("AccessDenied", 403, "The CORS rules could not be set: "),
        ],
    )
    def test_that_cannot_be_set_are_left_to_the_operator(self, server, code, status, sentence):
        server.add_client_error("get_bucket_cors", code, http_status_code=status)

        result = ensure_cors_rules(server.client, "bucket", [OURS])

        assert result.outcome is Outcome.WARNING
        assert result.message.startswith(sentence)
        assert result.message.endswith("Set the rules manually (docs/storage.md).")


class TestBucket:
    def test_is_created_if_it_is_missing(self, server):
        server.add_client_error("head_bucket", "404", http_status_code=404)
        server.add_response("create_bucket", {}, {"Bucket": "bucket"})

        assert ensure_bucket(server.client, "bucket").message == "The bucket bucket was created."

    def test_is_created_in_its_region_on_aws(self):
        client = S3Store(storage_at(None, region_name="eu-central-1")).objects.client
        with Stubber(client) as server:
            server.add_client_error("head_bucket", "404", http_status_code=404)
            server.add_response(
                "create_bucket",
                {},
                {"Bucket": "bucket", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}},
            )

            assert ensure_bucket(client, "bucket").outcome is Outcome.OK

    def test_that_cannot_be_created_fails(self, server):
        server.add_client_error("head_bucket", "404", http_status_code=404)
        server.add_client_error("create_bucket", "AccessDenied", http_status_code=403)

        assert ensure_bucket(server.client, "bucket").outcome is Outcome.FAILED

    @pytest.mark.parametrize(("status", "outcome"), [(403, Outcome.WARNING), (400, Outcome.FAILED)])
    def test_that_cannot_be_looked_up_may_exist(self, server, status, outcome):
        server.add_client_error("head_bucket", str(status), http_status_code=status)

        assert ensure_bucket(server.client, "bucket").outcome is outcome
