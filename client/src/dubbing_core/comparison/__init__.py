"""Comparison of two versions: files, metadata, progress, and the lines of texts.

Pure functions on values. Each returns only what differs.
"""
