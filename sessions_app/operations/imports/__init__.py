"""Imports: a ZIP becomes new sessions, all of them or none.

A preview reports them without storing anything.

Owns the request, the plan and the jobs. May call `accounts`, `uploads`, `ingest`, `sessions`, `saves.placement`, `versions` and `jobs`.
"""
