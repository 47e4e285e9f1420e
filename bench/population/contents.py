"""Rows of users, sessions, versions, entries and blobs."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db.models import Max, Model

from bench.population.loader import Table
from bench.population.projects import LANGUAGES, Project
from bench.population.scale import LARGE, LAST, SMALL, Scale
from bench.population.values import DAY, Choice, Values
from sessions_app.models import Blob, DubbingSession, Entry, Version

SHARE_PRESENT = 0.85
"""Files of the current version per entry of a session with several versions: see `_write_versions`."""
TRASHED, EMPTY, REUSED_NEARBY = 0.03, 0.01, 0.5
"""Shares of sessions in the trash and without a version; of repeated blobs from the newest thousand."""


@dataclass(frozen=True, kw_only=True)
class SessionFacts:
    """Facts of a session that rows of other tables need."""

    pk: int
    owner: int
    versions: range
    """Ids of its versions."""
    created: int


@dataclass(kw_only=True)
class Contents:
    users: dict[str, int] = field(default_factory=dict)
    """Ids by name."""
    sessions: list[SessionFacts] = field(default_factory=list)
    blobs: range = range(0)
    orphans: range = range(0)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What is planned for one session."""

    owner: int
    entries: int
    versions: int
    is_special: bool = False


def first_id(model: type[Model]) -> int:
    return (model._default_manager.aggregate(last=Max("pk"))["last"] or 0) + 1  # noqa: SLF001 (documented API)


def write_contents(scale: Scale, values: Values) -> Contents:
    contents = Contents(users=_write_users(scale, values))
    writer = _Writer(scale, values, contents)
    for shape in _plan_sessions(scale, values, contents.users):
        writer.write(shape)
    writer.finish()
    return contents


def _write_users(scale: Scale, values: Values) -> dict[str, int]:
    first = first_id(User)
    names = [LARGE, SMALL, LAST, *(f"user-{number}" for number in range(1, scale.users - 2))]
    table = Table(
        User, ("id", "username", "email", "password", "is_staff", "is_superuser", "is_active", "date_joined")
    )
    for pk, name in enumerate(names, first):
        is_operator = name == LAST
        joined = values.time(values.second())
        table.add(pk, name, f"{name}@example.com", "!", is_operator, is_operator, True, joined)
    table.flush()
    return {name: pk for pk, name in enumerate(names, first)}


def _plan_sessions(scale: Scale, values: Values, users: dict[str, int]) -> Iterator[Shape]:
    """Yield a shape for each session, in the order in which they are created."""
    random = values.random
    owners = [users[LARGE]] * scale.large_owner + [users[SMALL]] * scale.small_owner
    others = [pk for name, pk in users.items() if name not in {LARGE, SMALL}]
    while len(owners) < scale.sessions - 2:
        owners.append(others[int(len(others) * random.random() ** 2)])
    random.shuffle(owners)
    special = [
        Shape(
            owner=users[LAST], entries=round(scale.many_files / SHARE_PRESENT), versions=3, is_special=True
        ),
        Shape(
            owner=users[LAST], entries=4 * scale.many_versions, versions=scale.many_versions, is_special=True
        ),
    ]
    weights = [random.lognormvariate(0, 1.1) if random.random() > EMPTY else 0.0 for _ in owners]
    room = max(0, scale.entries - sum(shape.entries for shape in special)) / sum(weights)
    for owner, weight in zip(owners, weights, strict=True):
        versions = 1 + min(40, int(random.expovariate(0.6)))
        yield Shape(
            owner=owner,
            entries=max(4, round(weight * room)) if weight else 0,
            versions=versions if weight else 0,
        )
    yield from special


class _Writer:
    def __init__(self, scale: Scale, values: Values, contents: Contents) -> None:
        self._scale, self._values, self._contents = scale, values, contents
        self._languages = Choice(values.random, LANGUAGES)
        self._sessions = Table(
            DubbingSession,
            (
                "id",
                "code",
                "owner_id",
                "name",
                "folded_name",
                "current_id",
                "created_at",
                "last_updated",
                "last_accessed",
                "trashed_at",
            ),
        )
        self._versions = Table(
            Version,
            (
                *(
                    "id",
                    "session_id",
                    "number",
                    "created_at",
                    "created_by_id",
                    "message",
                    "document",
                    "fingerprint",
                ),
                *(
                    "file_count",
                    "total_size",
                    "stored_size",
                    "video_name",
                    "folded_video_name",
                    "language_tags",
                    "stage",
                ),
                *("has_transcription", "has_translations", "has_audio", "has_videos"),
            ),
        )
        self._entries = Table(
            Entry,
            ("session_id", "path", "blob_id", "category", "language", "added_in", "removed_in"),
        )
        self._blobs = Table(
            Blob, ("id", "sha256", "size", "crc32", "state", "created_at", "unreferenced_since")
        )
        self._next_session, self._next_version = first_id(DubbingSession), first_id(Version)
        self._first_blob = first_id(Blob)
        self._sizes = array("q")
        self._new_per_entry = (scale.blobs - scale.orphans) / scale.entries
        self._owed = 0.0

    def write(self, shape: Shape) -> None:
        values, random = self._values, self._values.random
        pk, number = self._next_session, len(self._contents.sessions) + 1
        self._next_session += 1
        project = Project(values, self._languages, number)
        created = values.second()
        versions = range(self._next_version, self._next_version + shape.versions)
        self._next_version += shape.versions
        updated = self._write_versions(pk, project, shape, versions, created)
        accessed = values.later(updated, 90 * DAY)
        is_trashed = not shape.is_special and random.random() < TRASHED
        self._sessions.add(
            *(
                pk,
                values.uuid(),
                shape.owner,
                project.name,
                project.folded_name,
                versions[-1] if versions else None,
            ),
            *(values.time(created), values.time(updated), values.time(accessed)),
            values.time(values.later(accessed, 20 * DAY)) if is_trashed else None,
        )
        self._contents.sessions.append(
            SessionFacts(pk=pk, owner=shape.owner, versions=versions, created=created)
        )

    def finish(self) -> None:
        referenced = len(self._sizes)
        while len(self._sizes) < self._scale.blobs:
            self._new_blob(is_orphan=True)
        last = self._first_blob + len(self._sizes)
        self._contents.blobs = range(self._first_blob, last)
        self._contents.orphans = range(self._first_blob + referenced, last)
        # Rows that others refer to come first, where foreign keys are checked at once.
        for table in (self._blobs, self._sessions, self._versions, self._entries):
            table.flush()

    def _write_versions(self, pk: int, project: Project, shape: Shape, versions: range, created: int) -> int:
        """Write the versions and their entries; return the time of the last version.

        The first version has seven tenths of the entries. Later ones add a file and change a file in turn.
        """
        values, last = self._values, shape.versions
        if not last:
            return created
        first_count = (
            shape.entries if last == 1 else max((shape.entries + 1) // 2, round(shape.entries * 0.7))
        )
        later = shape.entries - first_count
        changes: dict[int, list[int]] = {}
        for place in range(later):
            changes.setdefault(2 + place * (last - 1) // later, []).append(place)
        replaced_in = {
            place // 2: version for version, places in changes.items() for place in places if place % 2 == 0
        }
        blobs = [self._add_entry(pk, project, file, 1, replaced_in.get(file)) for file in range(first_count)]
        added, total, file_count = blobs, sum(map(self._size, blobs)), first_count
        second = created
        for number, version in enumerate(versions, 1):
            if number > 1:
                second = values.later(second, 12 * DAY)
                added = []
                for place in changes.get(number, ()):
                    is_new = place % 2 == 1
                    file = first_count + place // 2 if is_new else place // 2
                    blob = self._add_entry(pk, project, file, number, None)
                    added.append(blob)
                    total += self._size(blob) - (0 if is_new else self._size(blobs[file]))
                    file_count += is_new
            progress = project.progress(number, last)
            self._versions.add(
                *(
                    version,
                    pk,
                    number,
                    values.time(second),
                    shape.owner,
                    f"Take {number}" if number % 3 == 0 else "",
                ),
                *(project.document(values), values.sha256(), file_count, total, sum(map(self._size, added))),
                *(project.video_name, project.folded_video_name, f" {' '.join(project.languages)} "),
                project.stage(number, last),
                *(
                    progress.has_transcription,
                    progress.has_translations,
                    progress.has_audio,
                    progress.has_videos,
                ),
            )
        return second

    def _add_entry(
        self, session: int, project: Project, file: int, version: int, removed_in: int | None
    ) -> int:
        path, category, language = project.file(file)
        blob = self._pick_blob()
        self._entries.add(session, path, blob, category, language, version, removed_in)
        return blob

    def _pick_blob(self) -> int:
        """Return a new blob or one of another session, in a fixed proportion."""
        self._owed += self._new_per_entry
        count = len(self._sizes)
        if self._owed >= 1 or not count:
            self._owed -= 1
            return self._new_blob()
        random = self._values.random.random
        back = 1000 if random() < REUSED_NEARBY else count
        return self._first_blob + count - 1 - int(min(back, count) * random())

    def _new_blob(self, *, is_orphan: bool = False) -> int:
        values = self._values
        pk, size = self._first_blob + len(self._sizes), values.size()
        second = values.last_second * len(self._sizes) // self._scale.blobs
        since = values.time(values.later(second, 2 * DAY)) if is_orphan and pk % 2 else None
        self._blobs.add(
            pk, values.sha256(), size, values.random.getrandbits(32), "stored", values.time(second), since
        )
        self._sizes.append(size)
        return pk

    def _size(self, blob: int) -> int:
        return self._sizes[blob - self._first_blob]
