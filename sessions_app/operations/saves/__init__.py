"""Saves: uploaded files, or corrections of files, become a session's next version.

Owns the request, the job and the placement of files, and a person's statements about their labels, languages and voices. May
call `uploads`, `ingest`, `versions` and `jobs`.
"""
