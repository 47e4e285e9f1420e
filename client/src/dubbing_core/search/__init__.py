"""Search in text: folding, tokens, queries, marks.

The same on all databases: they store and compare tokens, and never split or fold text themselves.
"""
