"""Jobs: background work from request to end, whatever its kind.

Owns the rows of `Job` and their transitions, and the registry of handlers, which other use cases fill: it imports none of
them. May call `uploads` (the files that a job reads) and `blobs` (those of a failed job).
"""
