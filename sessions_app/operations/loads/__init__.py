"""Loads: write a version's files back into a folder.

Owns no rows. Calls no other use case.
"""
