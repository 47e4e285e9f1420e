"""Derivatives of media: posters, waveforms, audio tracks and others.

Owns the rows of `Derivative` and the sizes that follow from them. May call `ingest` (rows of blobs) and `media` (what is known of a file). Each is
made once for each blob, in the background, after the facts.
"""
