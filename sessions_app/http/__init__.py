"""Shared code of pages and API: lookups, downloads, bodies, error statuses.

Downloads may be ranges. The client's address is determined here too.
"""
