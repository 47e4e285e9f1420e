"""Pages of the admin site in a generated portal, and `blobs/missing`.

Imported after Django is set up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import admin

from bench.page_times import ADMIN_MS, Page
from bench.population.scale import LARGE, LAST, SMALL
from sessions_app.api.blobs import MAX_BLOBS
from sessions_app.models import Blob, DubbingSession, Entry, Export, Job, Upload, Version

NAMES = ("harbor documentary", "trailer 42", "春天", "interview", "no such project")
"""Frequent, rare and absent parts of sessions' names."""


def list_pages() -> Iterator[Page]:
    yield from _lists()
    yield from _searches()
    yield from _rows()
    yield from _missing_blobs()


def _page(label: str, *urls: str, user: str = LAST, body: str | None = None) -> Page:
    return Page(label=label, user=user, urls=list(urls), at_most=ADMIN_MS, body=body)


def _list_url(model: Any, **query: object) -> str:
    options = model._meta  # noqa: SLF001 (`_meta` is documented API)
    return f"/admin/{options.app_label}/{options.model_name}/?{urlencode(query)}"


def _lists() -> Iterator[Page]:
    for model in admin.site._registry:  # noqa: SLF001 (the site has no other list of its models)
        name = str(model._meta.verbose_name_plural)  # noqa: SLF001 (documented API)
        yield _page(f"list of {name}", _list_url(model), _list_url(model, p=2))
    yield _page(
        "sessions, by trash and age",
        _list_url(DubbingSession, trashed_at__isempty=0),
        _list_url(DubbingSession, last_updated__gte="2020-01-01 00:00:00+00:00"),
    )
    yield _page("blobs, unreferenced", _list_url(Blob, unreferenced_since__isempty=0))
    yield _page(
        "jobs, by state and kind",
        *(_list_url(Job, state__exact=state) for state in ("queued", "failed", "succeeded")),
        _list_url(Job, kind__exact="preview"),
    )
    yield _page("exports, stored", _list_url(Export, removed_at__isempty=1))
    yield _page("uploads, received", _list_url(Upload, state__exact="received"))
    yield _page("clean up", "/admin/sessions_app/blob/garbage/")


def _searches() -> Iterator[Page]:
    for model in (DubbingSession, Version, Entry, Job, Export):
        name = str(model._meta.verbose_name_plural)  # noqa: SLF001 (documented API)
        yield _page(f"{name} by session's name", *(_list_url(model, q=name) for name in NAMES))
    for model in (DubbingSession, Job, Export):
        name = str(model._meta.verbose_name_plural)  # noqa: SLF001 (documented API)
        yield _page(f"{name} by owner", *(_list_url(model, q=user) for user in (LARGE, SMALL)))
    codes = list(DubbingSession.objects.order_by("-pk").values_list("code", flat=True)[:5])
    yield _page("sessions by code", *(_list_url(DubbingSession, q=code) for code in [*codes, uuid4()]))
    hashes = _list_hashes(5)
    yield _page("blobs by SHA-256", *(_list_url(Blob, q=sha256) for sha256 in [*hashes, "0" * 64]))
    yield _page("blobs by start of SHA-256", *(_list_url(Blob, q=sha256[:8]) for sha256 in hashes))
    yield _page("entries by SHA-256", *(_list_url(Entry, q=sha256) for sha256 in [*hashes, "0" * 64]))
    largest = Version.objects.order_by("-file_count").values_list("session_id", flat=True)[0]
    yield _page(
        "entries of the largest session",
        _list_url(Entry, session__id__exact=largest),
        _list_url(Entry, session__id__exact=largest, q="segment_00042"),
    )


def _rows() -> Iterator[Page]:
    for model in (DubbingSession, Version, Entry, Blob, Job, Export):
        pks = model._default_manager.order_by("-pk").values_list("pk", flat=True)[:5]  # noqa: SLF001 (documented API)
        path = _list_url(model).rstrip("?")
        yield _page(f"one of the {model._meta.verbose_name_plural}", *(f"{path}{pk}/change/" for pk in pks))  # noqa: SLF001 (documented API)


def _missing_blobs() -> Iterator[Page]:
    for user in (LARGE, SMALL):
        own = Blob.objects.filter(entries__session__owner__username=user).values_list("sha256", flat=True)
        hashes = {*own[: MAX_BLOBS // 4], *_list_hashes(MAX_BLOBS // 2)}
        hashes |= {f"{number:064x}" for number in range(MAX_BLOBS - len(hashes))}
        body = json.dumps({"blobs": [{"sha256": sha256, "size": 1} for sha256 in sorted(hashes)]})
        yield _page(
            f"{MAX_BLOBS:,} blobs/missing, {user} owner", "/api/v1/blobs/missing", user=user, body=body
        )


def _list_hashes(count: int) -> list[str]:
    """Return hashes of blobs of the whole portal: most of them belong to other users."""
    last = Blob.objects.order_by("-pk").values_list("pk", flat=True)[0]
    pks = range(1, last + 1, max(1, last // count))
    return list(Blob.objects.filter(pk__in=list(pks)[:count]).values_list("sha256", flat=True))
