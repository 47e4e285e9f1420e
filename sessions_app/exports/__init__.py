"""Bytes of exports and loads: a layout as an object, a file or a stream; blobs as files in a folder.

Knows the store and the ZIP layout, but neither models nor requests.
"""
