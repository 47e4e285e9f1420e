"""Databases of large portals: rows without bytes, realistic in number and distribution, written in bulk."""
