"""The original session manager's sessions: what one is, and the two places where it may be kept."""
