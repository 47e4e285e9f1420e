"""Versions: commit the next state, restore an earlier one, write a history.

A history comes from an import or another user's session.

Owns the rows of `Version` and `Entry`, and a session's pointer to its current version. Calls no other use case.
"""
