"""Shared code of pages and API: lookups, downloads in ranges, request bodies, error statuses, client addresses."""
