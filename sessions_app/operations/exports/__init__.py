"""Exports: a version as a ZIP, assembled by a job or written to a file.

Owns the rows of `Export` and the layout of the archive. May call `jobs`; `sessions_app.exports` writes the bytes.
"""
