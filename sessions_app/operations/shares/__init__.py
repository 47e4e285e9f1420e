"""Shares: links to download an export, or to copy it into a user's own sessions.

Owns the rows of `Share`. May call `sessions` and `versions`.
"""
