"""Ingest: bytes of uploads and archives become blobs.

Owns the order "row, bytes, stored" and the pins of blobs that no version refers to yet. May call `uploads` and `jobs`.
"""
