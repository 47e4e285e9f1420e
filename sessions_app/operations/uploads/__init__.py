"""Uploads: files that a client sends in parts, until a job has ingested them.

Owns the rows of `Upload` and their bytes in the staging area. May call `accounts`.
"""
