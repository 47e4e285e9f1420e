"""Cleanup: deletion of expired rows, and of bytes that nothing refers to.

Owns garbage collection and the bytes of exports. May call `blobs`, `sessions` (purge), `uploads` (staged bytes), `idempotency` and `jobs`.
"""
