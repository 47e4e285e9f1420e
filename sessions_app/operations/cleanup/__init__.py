"""Cleanup: deletion of expired rows, and of bytes that nothing refers to.

Owns garbage collection, the bytes of exports, and the check of denormalized values. May call `blobs`, `sessions` (purge), `uploads`
(staged bytes), `idempotency` and `jobs`.
"""
