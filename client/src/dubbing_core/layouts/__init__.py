"""Recognizers: the tool that wrote a folder, and a label for each of its files.

One module per tool yields the folders that it recognizes; `recognizers` combines them. See
docs/decisions/0031-recognizers.md.
"""
