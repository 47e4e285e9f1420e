"""Rows of jobs, exports, links, uploads, pins, tokens and idempotency records."""

from __future__ import annotations

import json

from bench.population.contents import Contents, SessionFacts, first_id
from bench.population.loader import Table
from bench.population.scale import Scale
from bench.population.values import DAY, Choice, Values
from sessions_app.models import AccessToken, Export, IdempotencyRecord, Job, Pin, Share, Upload

KINDS = {"save": 60, "export": 27, "import": 8, "preview": 5}
OUTCOMES = {"succeeded": 92, "failed": 6, "cancelled": 2}
EXPORT_DAYS, SHARED, REVOKED, PINS_PER_JOB = 7, 0.3, 0.1, 40
"""Lifetime of an export; share of exports with a link; of revoked links; pinned blobs of a running job."""

JOB_COLUMNS = (
    *(
        "id",
        "code",
        "owner_id",
        "kind",
        "state",
        "session_id",
        "params",
        "result",
        "attempt",
        "lease_expires_at",
    ),
    *(
        "done_bytes",
        "total_bytes",
        "error_code",
        "error_message",
        "created_at",
        "published_at",
        "publish_count",
    ),
    *("started_at", "finished_at"),
)
EXPORT_COLUMNS = (
    *("id", "code", "version_id", "owner_id", "job_id", "filename", "key", "size", "etag", "created_at"),
    *("expires_at", "removed_at"),
)
SHARE_COLUMNS = (
    *("code", "export_id", "created_by_id", "token_hash", "note", "created_at", "expires_at", "revoked_at"),
)
UPLOAD_COLUMNS = (
    *("code", "owner_id", "path", "size", "received", "state", "job_id", "created_at", "expires_at"),
)
TOKEN_COLUMNS = ("code", "owner_id", "name", "token_hash", "prefix", "scope", "created_at")
RECORD_COLUMNS = ("owner_id", "key", "fingerprint", "status", "body", "created_at")


def write_activity(scale: Scale, values: Values, contents: Contents) -> None:
    writer = _Writer(scale, values, contents)
    writer.write_finished_jobs()
    writer.write_unfinished_jobs()
    writer.write_uploads()
    writer.write_tokens_and_records()
    writer.finish()


class _Writer:
    def __init__(self, scale: Scale, values: Values, contents: Contents) -> None:
        self._scale, self._values, self._contents = scale, values, contents
        self._with_versions = [session for session in contents.sessions if session.versions]
        self._next_job, self._next_export = first_id(Job), first_id(Export)
        self._jobs, self._exports = Table(Job, JOB_COLUMNS), Table(Export, EXPORT_COLUMNS)
        self._shares, self._uploads = Table(Share, SHARE_COLUMNS), Table(Upload, UPLOAD_COLUMNS)
        self._pins, self._tokens = Table(Pin, ("job_id", "blob_id")), Table(AccessToken, TOKEN_COLUMNS)
        self._records = Table(IdempotencyRecord, RECORD_COLUMNS)

    def write_finished_jobs(self) -> None:
        random = self._values.random
        kinds, outcomes = Choice(random, KINDS), Choice(random, OUTCOMES)
        for _ in range(self._scale.jobs - self._scale.unfinished):
            session = random.choice(self._with_versions)
            self._write_finished(session, kinds.pick(), outcomes.pick())

    def write_unfinished_jobs(self) -> None:
        """Write waiting and running jobs of the last hour, in equal numbers."""
        values, random = self._values, self._values.random
        for place in range(self._scale.unfinished):
            session = random.choice(self._with_versions)
            is_running = place % 2 == 1
            created = values.last_second - int(3600 * random.random())
            job = self._write_job(
                session,
                *("save", "running" if is_running else "queued", created),
                params={"parent": len(session.versions), "upload_count": 3, "removed": []},
                started=created + 1 if is_running else None,
            )
            if is_running:
                orphans = self._contents.orphans
                for blob in random.sample(orphans, min(PINS_PER_JOB, len(orphans) // 4)):
                    self._pins.add(job, blob)

    def write_uploads(self) -> None:
        values, random = self._values, self._values.random
        for place in range(self._scale.sessions // 50):
            session = random.choice(self._contents.sessions)
            created = values.last_second - int(2 * DAY * random.random())
            size = values.size()
            is_received = place % 2 == 1
            self._uploads.add(
                *(
                    values.uuid(),
                    session.owner,
                    f"audio/segment_{place:05}.wav",
                    size,
                    size if is_received else size // 2,
                ),
                *(
                    "received" if is_received else "receiving",
                    None,
                    values.time(created),
                    values.time(created + 2 * DAY),
                ),
            )

    def write_tokens_and_records(self) -> None:
        values, random = self._values, self._values.random
        owners = list(self._contents.users.values())
        for owner in owners:
            self._tokens.add(
                *(
                    values.uuid(),
                    owner,
                    "laptop",
                    values.sha256(),
                    "dub_4711",
                    "write",
                    values.time(values.second()),
                )
            )
        for place in range(self._scale.sessions):
            created = values.time(values.last_second - int(3 * DAY * random.random()))
            body = json.dumps({"code": values.uuid(), "state": "queued"})
            self._records.add(random.choice(owners), f"key-{place}", values.sha256(), 202, body, created)

    def finish(self) -> None:
        for table in (
            *(self._jobs, self._exports, self._shares, self._uploads),
            *(self._pins, self._tokens, self._records),
        ):
            table.flush()

    def _write_finished(self, session: SessionFacts, kind: str, outcome: str) -> None:
        values = self._values
        number = 1 + int(len(session.versions) * values.random.random())
        created = values.second(session.created)
        finished = values.later(created, 120)
        params, result = _describe(kind, number)
        job = self._write_job(
            session,
            *(kind, outcome, created),
            params=params,
            result=result if outcome == "succeeded" else {},
            started=created + 1,
            finished=finished,
        )
        if kind == "export" and outcome == "succeeded":
            self._write_export(session, session.versions[number - 1], job, finished)

    def _write_job(
        self,
        session: SessionFacts,
        kind: str,
        state: str,
        created: int,
        *,
        params: dict[str, object],
        result: dict[str, object] | None = None,
        started: int | None = None,
        finished: int | None = None,
    ) -> int:
        values, pk = self._values, self._next_job
        self._next_job += 1
        size = values.size()
        is_failed = state == "failed"
        self._jobs.add(
            *(
                pk,
                values.uuid(),
                session.owner,
                kind,
                state,
                session.pk,
                json.dumps(params),
                json.dumps(result or {}),
            ),
            *(1 if started else 0, values.time(values.last_second + 60) if state == "running" else None),
            *(size if finished else size // 2, size, "conflict" if is_failed else ""),
            *(
                "Another user saved in the meantime." if is_failed else "",
                values.time(created),
                values.time(created),
                1,
            ),
            *(None if second is None else values.time(second) for second in (started, finished)),
        )
        return pk

    def _write_export(self, session: SessionFacts, version: int, job: int, created: int) -> None:
        values, random = self._values, self._values.random
        pk, code = self._next_export, values.uuid()
        self._next_export += 1
        expires = created + EXPORT_DAYS * DAY
        is_removed = expires < values.last_second - DAY // 24
        self._exports.add(
            *(
                pk,
                code,
                version,
                session.owner,
                job,
                "project_export.zip",
                f"exports/{code}.zip",
                values.size(),
            ),
            *('"4711"', values.time(created), values.time(expires)),
            values.time(expires + DAY // 24) if is_removed else None,
        )
        if random.random() < SHARED:
            is_revoked = random.random() < REVOKED
            self._shares.add(
                *(values.uuid(), pk, session.owner, values.sha256(), "for the client", values.time(created)),
                *(values.time(created + 30 * DAY), values.time(created + DAY) if is_revoked else None),
            )


def _describe(kind: str, number: int) -> tuple[dict[str, object], dict[str, object]]:
    """Return the parameters and the result of a job, as its handler writes them."""
    file: dict[str, object] = {"filename": "project_export.zip"}
    if kind == "export":
        code = "00000000-0000-4000-8000-000000000000"
        return {"version": number}, {**file, "export": code, "size": 40_000_000}
    if kind == "save":
        params = {"parent": number - 1, "upload_count": 3, "removed": [], "message": ""}
        return params, {"version": number, "files": 30, "stored_size": 1_000_000}
    if kind == "import":
        name = {"name": "project", "requested_name": "project"}
        return file, {**name, "version": 1, "files": 30, "total_size": 1_000_000}
    counts = {"session_count": 2, "files": 60, "size": 90_000_000, "known_size": 0, "ignored_count": 0}
    return file, {**counts, "sessions": [], "conflicts": [], "ignored": []}
