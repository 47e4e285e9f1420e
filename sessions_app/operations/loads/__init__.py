"""Loads: a version's files written back into a folder.

Owns no rows. Calls no other use case.
"""
