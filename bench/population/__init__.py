"""Databases of large portals, written in bulk.

They have rows without bytes, realistic in number and distribution.
"""
