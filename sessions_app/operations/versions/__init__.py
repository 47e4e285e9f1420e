"""Versions: commit a session's next state, restore an earlier one, write an imported history.

Owns the rows of `Version` and `Entry`, and a session's pointer to its current version. Calls no other use case.
"""
