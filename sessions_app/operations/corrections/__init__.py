"""Corrections: a person's statements about files, languages and voices.

A correction is a version of the same files. May call `saves` and `versions`.
"""
