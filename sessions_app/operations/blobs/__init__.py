"""Blobs: deletion of those that nothing refers to.

Owns the deletion of blobs. Calls no other use case.
"""
