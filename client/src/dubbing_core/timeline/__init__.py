"""Timelines: transcripts, translations and subtitles as tracks of timed lines.

`read_timeline` in `reader` reads a file of any supported format. Readers are pure, bounded in memory, and report what they cannot read.
"""

from __future__ import annotations
