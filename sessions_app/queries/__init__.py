"""Read-only queries of pages, API and operations.

They filter what a user may see through `access`, and change nothing.
"""
