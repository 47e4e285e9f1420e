from __future__ import annotations


class SessionError(Exception):
    """Something about a session cannot be done. Its message is a sentence for the person who asked."""
