"""Cleanup: deletion of expired rows, and of bytes that nothing refers to.

Owns the deletion of blobs and of the bytes of exports. May call `sessions` (purge), `uploads` (delete) and `idempotency`.
"""
