"""Tables, their constraints and indexes, and state transitions of single rows."""

from __future__ import annotations

from sessions_app.models.blob import Blob
from sessions_app.models.current_text import CurrentText
from sessions_app.models.derivative import Derivative
from sessions_app.models.entry import Entry
from sessions_app.models.export import Export
from sessions_app.models.garbage_candidate import GarbageCandidate
from sessions_app.models.idempotency_record import IdempotencyRecord
from sessions_app.models.job import Job
from sessions_app.models.line_block import LineBlock
from sessions_app.models.measurement import Measurement
from sessions_app.models.media import BlobMedia
from sessions_app.models.owner_totals import OwnerTotals
from sessions_app.models.pin import Pin
from sessions_app.models.preferences import Preferences
from sessions_app.models.saved_filter import SavedFilter
from sessions_app.models.session import DubbingSession
from sessions_app.models.session_archive import SessionArchive
from sessions_app.models.session_change import SessionChange
from sessions_app.models.session_language import SessionLanguage
from sessions_app.models.session_text import SessionText
from sessions_app.models.session_tokens import SessionTokens
from sessions_app.models.share import Share
from sessions_app.models.star import Star
from sessions_app.models.tag import SessionTag, Tag
from sessions_app.models.text_chunk import TextChunk
from sessions_app.models.throttle_hit import ThrottleHit
from sessions_app.models.timeline import BlobTimeline
from sessions_app.models.token import AccessToken
from sessions_app.models.upload import Upload
from sessions_app.models.version import Version
from sessions_app.models.worker import Worker

__all__ = [
    "AccessToken",
    "Blob",
    "BlobMedia",
    "BlobTimeline",
    "CurrentText",
    "Derivative",
    "DubbingSession",
    "Entry",
    "Export",
    "GarbageCandidate",
    "IdempotencyRecord",
    "Job",
    "LineBlock",
    "Measurement",
    "OwnerTotals",
    "Pin",
    "Preferences",
    "SavedFilter",
    "SessionArchive",
    "SessionChange",
    "SessionLanguage",
    "SessionTag",
    "SessionText",
    "SessionTokens",
    "Share",
    "Star",
    "Tag",
    "TextChunk",
    "ThrottleHit",
    "Upload",
    "Version",
    "Worker",
]
