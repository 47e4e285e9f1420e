"""Search: the index of sessions and of the lines of their texts.

Owns the rows of `SessionTokens`, `TextLine` and `CurrentText`, those of the current version of each session. Calls no other use case.
"""
