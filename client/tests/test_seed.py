"""The original's own usage, line by line: its integration tests, and the three days of its example, on a local folder."""
