"""Saves: uploaded files become a session's next version.

Owns the request, the job and the placement of files. May call `uploads`, `ingest`, `versions` and `jobs`.
"""
