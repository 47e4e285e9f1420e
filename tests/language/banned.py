"""Banned words, each with the plain term to write instead."""

from __future__ import annotations

WORDS: dict[str, str] = {
    # Personified data
    "told|tells?|telling": "returns, reports, records, contains; for `.tell()` of files see ALLOWED",
    "said|says?|saying": "returns, reports, states, reads",
    "hears?|heard|hearing": "receives, learns of, is notified",
    "answers?|answered|answering": "response, result, reply; to respond, to return",
    "believes?|believed|believing": "trusts, relies on",
    "patience|patient|patiently": "retry policy, backoff, timeout",
    "trouble|troubles": "error, problem",
    "judges?|judged|judging": "classify, evaluate",
    # Location and existence
    "lies|lie|lay|lain": "is stored in, is located in, exists",
    "gone": "was deleted, has expired, no longer exists",
    "is away|are away|was away|were away|be away": "is unavailable, is offline",
    "on (?:its|their) way": "in transit, pending, being uploaded",
    # People
    "somebody|nobody|anybody": "a user, another user, no one, any user",
    "whoever|whom|whomever": "the caller, the owner, the recipient, the user who",
    "theirs": "a noun: their files, their sessions",
    # Time
    "anew": "again",
    "once more": "again",
    "by now": "already",
    "meanwhile": "in the meantime, concurrently",
    "alike": "both, equally, the same",
    "go on|goes on|going on|went on|gone on": "continue, resume",
    # Free relatives that stand for a noun
    "what (?:it|they|he|she) (?:is|are|was|were)": "a noun",
    "what of (?:it|them)": "a noun",
    "what (?:is|are) (?:there|theirs|its)": "a noun",
    "what there is": "a noun: contents, rows, files",
    "how far (?:it|they|the job) (?:is|are)": "progress",
    "everything there is": "a noun: all rows; site administration",
    "as if": "like, as though; or state the behavior",
    # Phrasal verbs and coinages with a standard term
    "take in|takes in|taking in|took in|taken in": "ingest, import",
    "bring in|brings in|bringing in|brought in": "ingest, import, add",
    "gives? up|gave up|giving up|given up": "release, abandon, expire, stop",
    "makes? up|made up|making up": "generate, synthesize",
    "puts? right|putting right|mends?|mended|mending": "fix, repair, correct",
    "writes? down|wrote down|written down|writing down": "record, store",
    "settles?|settled|settling": "commit, finalize, resolve",
    "doomed": "to be deleted, expired",
    "lent|lends?|lending": "shared, pinned, borrowed",
    "tether|tethers|tethered": "parent-death signal",
    "goodbye|goodbyes": "stop signal, shutdown",
    "desk|desks": "controller, handlers",
    "forecast|forecasts|forecasting": "preview, dry run",
    "sortings": "placements",
    "intake|intakes": "ingest",
    "arrivals?": "upload, ingest",
    "announcements?|announces?|announced|announcing": "initiate upload, create upload, new file",
    "kept answer|kept answers": "idempotency record",
    "findings": "check results",
}
"""Words and phrases. Each key is a regular expression; spaces also match line breaks, `_` and camelCase borders."""

GROUPS = {
    "told/said": "told|tells?|telling|said|says?|saying",
    "somebody/nobody": "somebody|nobody",
    "lies/lay": "lies|lie|lay|lain",
}
"""Words whose share in comments and docstrings is reported."""

IDENTIFIERS: dict[str, str] = {
    "asked": "requested, params, query",
    "given": "arguments, options, value",
    "kept": "cached, retained, remaining",
    "wanted": "requested, expected, selected",
}
"""Names that no variable, parameter, attribute, function, class or module may have."""

ALLOWED: tuple[str, ...] = (
    r"\.tell\b",  # io.IOBase.tell
    r"def tell\(self\)",
    r"\bgetpwnam\(.nobody.\)",
    r"\b410 Gone\b",
    r"\bHTTPStatus\.GONE\b",
    r"\b(?:lay|lays|laid) out\b",
    r"\ballSettled\b",  # Promise.allSettled
    r"htmx:afterSettle\b",  # event of htmx
    r"`/sortings`|`upload_gone`|`uploads_gone`",  # names of 0.1 in the changelog
    r"\bhypothesis import .*\bgiven\b",
    r"\bhypothesis\.given\b",
)
"""Standard names and idioms that contain a banned word."""
