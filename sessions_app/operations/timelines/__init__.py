"""Timelines: lines of subtitles, transcripts and translations, read from blobs.

Owns the rows of `BlobTimeline`. Calls `search`. Each file is read once, in the background, after the version that it came with.
"""

from __future__ import annotations
