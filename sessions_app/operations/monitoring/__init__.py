"""Monitoring: figures of the whole portal for operators, measured periodically.

Owns the rows of `Measurement`. Calls no other use case.
"""
