"""Sessions: create, name, trash, restore from the trash, purge.

Owns the rows of `DubbingSession` except their pointer to the current version. Calls no other use case.
"""
