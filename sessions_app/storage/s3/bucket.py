"""The bucket itself: existence, and CORS rules for browsers."""

from __future__ import annotations

import http
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sessions_app.storage.check_result import CheckResult
from sessions_app.storage.s3.errors import get_code, get_status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

METHODS = ("GET", "HEAD", "PUT")
HEADER = "content-type"
"""The only header that a browser names in its preflight request for a part."""
MAX_AGE = 3600
"""Seconds for which browsers cache a preflight response: one request per hour instead of one per part."""

_NO_RULES = {"NoSuchCORSConfiguration", "404"}
_UNSUPPORTED = {http.HTTPStatus.METHOD_NOT_ALLOWED, http.HTTPStatus.NOT_IMPLEMENTED}
_MANUALLY = "Set the rules manually (docs/storage.md)."


def prepare(client: S3Client, name: str, origins: Sequence[str]) -> Iterator[CheckResult]:
    """Create the bucket if necessary, and allow pages of these origins to use it."""
    yield ensure_bucket(client, name)
    if origins:
        yield ensure_cors_rules(client, name, origins)


def ensure_bucket(client: S3Client, name: str) -> CheckResult:
    """Create the bucket if it does not exist."""
    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        if get_status(error) == http.HTTPStatus.FORBIDDEN:
            # The bucket may exist; the checks of reading and writing decide.
            return CheckResult.warning("bucket", f"The key has no permission to look up the bucket {name}.")
        if get_status(error) != http.HTTPStatus.NOT_FOUND:
            return CheckResult.failed("bucket", f"The bucket {name} cannot be looked up: {error}")
    except BotoCoreError as error:
        return CheckResult.failed("bucket", f"The storage cannot be reached: {error}")
    else:
        return CheckResult.ok("bucket", f"The bucket {name} exists.")
    try:
        client.create_bucket(Bucket=name, **_get_location(client))
    except (BotoCoreError, ClientError) as error:
        return CheckResult.failed(
            "bucket", f"There is no bucket {name}, and it could not be created: {error}"
        )
    return CheckResult.ok("bucket", f"The bucket {name} was created.")


def ensure_cors_rules(client: S3Client, name: str, origins: Sequence[str]) -> CheckResult:
    """Add a rule for the origins that may not use the bucket yet; existing rules stay."""
    try:
        rules = _get_rules(client, name)
        missing = find_refused_origins(rules, origins)
        if missing:
            new_rules: Any = {"CORSRules": [*rules, make_rule(missing)]}
            client.put_bucket_cors(Bucket=name, CORSConfiguration=new_rules)
            missing = find_refused_origins(_get_rules(client, name), origins)
    except ClientError as error:
        if get_status(error) in _UNSUPPORTED:
            return CheckResult.warning("cors-rules", f"The storage has no API for CORS rules. {_MANUALLY}")
        return CheckResult.warning("cors-rules", f"The CORS rules could not be set: {error}. {_MANUALLY}")
    except BotoCoreError as error:
        return CheckResult.failed("cors-rules", f"The storage cannot be reached: {error}")
    if missing:
        return CheckResult.warning(
            "cors-rules",
            f"The storage accepted the CORS rules but does not return them for {', '.join(missing)}. {_MANUALLY}",
        )
    return CheckResult.ok("cors-rules", f"Browsers on {', '.join(origins)} may send files to the bucket.")


def make_rule(origins: Sequence[str]) -> dict[str, Any]:
    """Return the rule that docs/storage.md shows to operators."""
    return {
        "AllowedOrigins": list(origins),
        "AllowedMethods": list(METHODS),
        "AllowedHeaders": [HEADER],  # some servers refuse "*" here (R2)
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": MAX_AGE,
    }


def find_refused_origins(rules: Sequence[Any], origins: Sequence[str]) -> list[str]:
    """Return the origins without a rule for all methods and headers needed."""
    patterns = [
        pattern
        for rule in rules
        if set(METHODS) <= set(rule["AllowedMethods"])
        and {HEADER, "*"} & {header.lower() for header in rule.get("AllowedHeaders", ())}
        for pattern in rule["AllowedOrigins"]
    ]
    return [origin for origin in origins if not any(fnmatchcase(origin, pattern) for pattern in patterns)]


def _get_rules(client: S3Client, name: str) -> Sequence[Any]:
    try:
        return client.get_bucket_cors(Bucket=name)["CORSRules"]
    except ClientError as error:
        if get_code(error) in _NO_RULES:
            return []
        raise


def _get_location(client: S3Client) -> Any:
    """Return the region parameter, which AWS requires and other stores may refuse."""
    region = client.meta.region_name
    if ".amazonaws.com" not in client.meta.endpoint_url or region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}
