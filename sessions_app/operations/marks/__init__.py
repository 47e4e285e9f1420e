"""Marks: tags and stars on sessions, and saved filters of their list.

Owns the rows of `Tag`, `SessionTag`, `Star` and `SavedFilter`. Calls no other use case.
"""
