"""Shares: links by which an export is downloaded, or copied into another user's sessions.

Owns the rows of `Share`. May call `sessions` and `versions`.
"""
