"""Blob store in a bucket of any S3-compatible server."""

from __future__ import annotations

from sessions_app.storage.s3.store import S3Store

__all__ = ["S3Store"]
