"""Bytes of exports and loads: a layout as object, file or stream; blobs as files.

Knows the store and the ZIP layout, but neither models nor requests.
"""
