"""The bucket itself: whether it is there, and from which web pages browsers may use it (CORS)."""

from __future__ import annotations

import http
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sessions_app.storage.check_result import Finding
from sessions_app.storage.s3.errors import status_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

METHODS = ("GET", "HEAD", "PUT")
HEADER = "content-type"
"""The only one that a browser asks about before it sends a part."""
MAX_AGE = 3600
"""Seconds for which browsers remember that they may: one question an hour, not one a part."""

_NO_RULES = {"NoSuchCORSConfiguration", "404"}
_UNKNOWN = {http.HTTPStatus.METHOD_NOT_ALLOWED, http.HTTPStatus.NOT_IMPLEMENTED}
_BY_HAND = "Set the rules by hand (docs/storage.md)."


def find_or_make(client: S3Client, name: str) -> Finding:
    """Make the bucket if there is none."""
    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        if status_of(error) == http.HTTPStatus.FORBIDDEN:
            # It is there, or the key may not ask: reading and writing will tell.
            return Finding.cannot("bucket", f"The key may not ask for the bucket {name} itself.")
        if status_of(error) != http.HTTPStatus.NOT_FOUND:
            return Finding.failed("bucket", f"The storage does not tell about the bucket {name}: {error}")
    except BotoCoreError as error:
        return Finding.failed("bucket", f"The storage cannot be reached: {error}")
    else:
        return Finding.ok("bucket", f"The bucket {name} is there.")
    try:
        client.create_bucket(Bucket=name, **_location(client))
    except (BotoCoreError, ClientError) as error:
        return Finding.failed("bucket", f"There is no bucket {name}, and it could not be made: {error}")
    return Finding.ok("bucket", f"The bucket {name} was made.")


def allow_origins(client: S3Client, name: str, origins: Sequence[str]) -> Finding:
    """Add a rule for those pages that may not use the bucket yet; rules that are there stay."""
    try:
        rules = _rules(client, name)
        missing = not_allowed(rules, origins)
        if missing:
            wanted: Any = {"CORSRules": [*rules, rule_for(missing)]}
            client.put_bucket_cors(Bucket=name, CORSConfiguration=wanted)
            missing = not_allowed(_rules(client, name), origins)
    except ClientError as error:
        if status_of(error) in _UNKNOWN:
            return Finding.cannot("cors-rules", f"The storage takes no CORS rules by its API. {_BY_HAND}")
        return Finding.cannot("cors-rules", f"The CORS rules could not be set: {error}. {_BY_HAND}")
    except BotoCoreError as error:
        return Finding.failed("cors-rules", f"The storage did not answer: {error}")
    if missing:
        told = f"The storage took the CORS rules and does not show them for {', '.join(missing)}."
        return Finding.cannot("cors-rules", f"{told} {_BY_HAND}")
    return Finding.ok("cors-rules", f"Browsers on {', '.join(origins)} may send files to the bucket.")


def rule_for(origins: Sequence[str]) -> dict[str, Any]:
    """Return the rule that an operator would set by hand (docs/storage.md)."""
    return {
        "AllowedOrigins": list(origins),
        "AllowedMethods": list(METHODS),
        "AllowedHeaders": [HEADER],  # some take no "*" here (R2)
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": MAX_AGE,
    }


def not_allowed(rules: Sequence[Any], origins: Sequence[str]) -> list[str]:
    """Return the origins that no rule lets do all that we need."""
    serving = [
        pattern
        for rule in rules
        if set(METHODS) <= set(rule["AllowedMethods"])
        and {HEADER, "*"} & {header.lower() for header in rule.get("AllowedHeaders", ())}
        for pattern in rule["AllowedOrigins"]
    ]
    return [origin for origin in origins if not any(fnmatchcase(origin, pattern) for pattern in serving)]


def prepare(client: S3Client, name: str, origins: Sequence[str]) -> Iterator[Finding]:
    """Find or make the bucket, and let browsers on pages of these origins use it, if there are any."""
    yield find_or_make(client, name)
    if origins:
        yield allow_origins(client, name, origins)


def _rules(client: S3Client, name: str) -> Sequence[Any]:
    try:
        return client.get_bucket_cors(Bucket=name)["CORSRules"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NO_RULES:
            return []
        raise


def _location(client: S3Client) -> Any:
    """Name the region where AWS wants it named; other stores have no say in it, or names of their own."""
    region = client.meta.region_name
    if ".amazonaws.com" not in client.meta.endpoint_url or region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}
