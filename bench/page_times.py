"""Times of pages and API requests in a generated portal, in a process of its own.

Requests pass the whole of Django: middleware, view, database, template. No server, network or browser is measured.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from statistics import quantiles
from time import perf_counter, process_time

import django

from tests.services.stacks import without_settings

PAGE_MS, SESSION_MS, FILES_MS, OPTIONS_MS, API_MS, ADMIN_MS = 60, 80, 100, 150, 60, 300
"""Limits of the 95th percentile in milliseconds."""
OWNERS = ("large", "small")
DAILY = {"sessions", "session", "jobs"}
"""Pages of `measure_lists`."""
TYPICAL, FIRST = 20, 3
"""Numbers of sessions, jobs and exports that take turns; of requests that are not measured."""


@dataclass(frozen=True, kw_only=True)
class PageTime:
    label: str
    p50: float
    """In milliseconds, like the others."""
    p95: float
    cpu: float
    """Median of this process; the work of PostgreSQL is not in it."""
    at_most: float


@dataclass(frozen=True, kw_only=True)
class Page:
    label: str
    user: str
    urls: list[str]
    """They take turns."""
    at_most: float
    body: str | None = None
    """Sent as JSON by POST."""


def set_up(environment: Mapping[str, str]) -> None:
    """Prepare this process; called once, before `measure_pages`."""
    settings = (
        without_settings(os.environ)
        | {"DJANGO_SETTINGS_MODULE": "dubbing_sessions.settings"}
        | dict(environment)
    )
    os.environ.clear()
    os.environ.update(settings)
    django.setup()
    # Not before the set-up: it reads the settings.
    from dubbing_sessions.web_server import on_starting, post_worker_init  # noqa: PLC0415 (reads settings of the environment)
    from sessions_app.management.static_files import collect_static_files  # noqa: PLC0415 (after django.setup)

    collect_static_files(print_line=lambda _: None)
    # As in a web process: otherwise full collections of garbage, which these avoid, take 150 ms of the largest requests.
    on_starting(None)
    post_worker_init(None)


def measure_pages(requests: int) -> list[PageTime]:
    """Request each page many times and return the times."""
    from bench.marks import add_marks  # noqa: PLC0415 (after django.setup)

    for user in OWNERS:
        add_marks(user)
    return [_measure(page, requests) for page in _pages()]


def measure_operator_pages(requests: int) -> list[PageTime]:
    """Do the same for the admin site, and for the largest request of the API."""
    from bench.operator_pages import list_pages  # noqa: PLC0415 (after django.setup)

    return [_measure(page, requests) for page in list_pages()]


def measure_lists(requests: int) -> list[float]:
    """Return the times in milliseconds of an owner's frequent pages."""
    pages = [page for page in _owner_pages("large") if page.label.partition(",")[0] in DAILY]
    return [each for page in pages for each in _request(page, requests)[0]]


def _measure(page: Page, requests: int) -> PageTime:
    walls, cpus = _request(page, requests)
    percent = quantiles(walls, n=100, method="inclusive")
    return PageTime(
        label=page.label,
        p50=percent[49],
        p95=percent[94],
        cpu=quantiles(cpus, n=100, method="inclusive")[49],
        at_most=page.at_most,
    )


def _request(page: Page, requests: int) -> tuple[list[float], list[float]]:
    """Return the times and the processor times of requests."""
    from django.contrib.auth.models import User  # noqa: PLC0415 (after django.setup)
    from django.test import Client  # noqa: PLC0415 (after django.setup)

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(username=page.user))
    walls, cpus = [], []
    for turn in range(-FIRST, requests):
        url = page.urls[turn % len(page.urls)]
        cpu, start = process_time(), perf_counter()
        if page.body is None:
            response = client.get(url)
        else:
            response = client.post(url, page.body, content_type="application/json")
        length = len(response.content)
        wall, cpu = perf_counter() - start, process_time() - cpu
        assert response.status_code == HTTPStatus.OK, f"{url}: {response.status_code}"
        assert length
        if turn >= 0:
            walls.append(1000 * wall)
            cpus.append(1000 * cpu)
    return walls, cpus


def _pages() -> Iterator[Page]:
    for user in OWNERS:
        yield from _owner_pages(user)
    yield from _large_session_pages()


def _owner_pages(user: str) -> Iterator[Page]:
    from django.contrib.auth.models import User  # noqa: PLC0415 (after django.setup)

    from sessions_app.models import DubbingSession, Export, Job  # noqa: PLC0415 (after django.setup)

    def page(label: str, *urls: str, at_most: float = PAGE_MS) -> Page:
        return Page(label=f"{label}, {user} owner", user=user, urls=list(urls), at_most=at_most)

    owner = User.objects.get(username=user)
    sessions = DubbingSession.objects.live().filter(owner=owner, current__isnull=False)
    codes = [
        f"/sessions/{code}/"
        for code in sessions.order_by("-last_updated").values_list("code", flat=True)[:TYPICAL]
    ]
    jobs = Job.objects.filter(owner=owner).order_by("-created_at")[:TYPICAL]
    exports = Export.objects.filter(owner=owner, version__session__trashed_at__isnull=True).order_by("-pk")[
        :TYPICAL
    ]
    yield page("sessions", "/sessions/")
    yield page(
        "sessions, sorted", *(f"/sessions/?sort={order}" for order in ("created", "accessed", "name", "size"))
    )
    yield page(
        "sessions, by stage", *(f"/sessions/?stage={stage}" for stage in ("completed", "voiced", "dubbed"))
    )
    yield page("sessions, by language", *(f"/sessions/?language={tag}" for tag in ("hi", "zh-Hans", "mi")))
    yield page(
        "sessions, language and sort", "/sessions/?language=fi&sort=size", "/sessions/?language=hi&sort=name"
    )
    yield page("sessions, by tag", *(f"/sessions/?tag={name}" for name in ("half", "hundredth", "rare")))
    yield page("sessions, by star", "/sessions/?starred=1")
    yield page("sessions, by stale results", "/sessions/?stale=1")
    yield page(
        "sessions, several filters and sort",
        "/sessions/?tag=half&language=hi&stage=completed",
        "/sessions/?tag=half&sort=name",
        "/sessions/?stale=1&sort=duration",
    )
    yield page("sessions, as a table", "/sessions/?view=table&sort=duration&reverse=1")
    searches = ("harbor", "documentary 1", "garden_review_1", "春天", "hi", "no such project", "trailer 42")
    yield page("sessions, search", *(f"/sessions/?q={text}" for text in searches))
    yield page("session", *codes, at_most=SESSION_MS)
    yield page("export options", *(f"{code}versions/1/export/new/" for code in codes))
    yield page("trash", "/sessions/trash/")
    yield page("sessions, page 40 and 84", "/sessions/?page=40", "/sessions/?sort=size&page=84")
    yield page("sessions, last page", "/sessions/?last=1", "/sessions/?sort=size&last=1")
    yield page("jobs", "/jobs/", "/jobs/?last=1")
    yield page("job", *(f"/jobs/{job.code}/" for job in jobs))
    yield page("export", *(f"/exports/{export.code}/" for export in exports))
    yield page("tokens", "/account/tokens/")
    yield page("new session", "/sessions/new/")
    yield page(
        "API sessions",
        "/api/v1/sessions",
        "/api/v1/sessions?order=size",
        "/api/v1/sessions?q=harbor",
        at_most=API_MS,
    )
    yield page("API jobs", "/api/v1/jobs", "/api/v1/jobs?state=running", at_most=API_MS)
    yield page("API me", "/api/v1/me", at_most=API_MS)


def _large_session_pages() -> Iterator[Page]:
    from bench.population.scale import LAST  # noqa: PLC0415 (after django.setup)
    from sessions_app.models import DubbingSession  # noqa: PLC0415 (after django.setup)

    def page(label: str, *urls: str, at_most: float) -> Page:
        return Page(label=label, user=LAST, urls=list(urls), at_most=at_most)

    sessions = DubbingSession.objects.filter(owner__username=LAST, current__isnull=False)
    most_files = sessions.order_by("-current__file_count").select_related("current")[0]
    most_versions = sessions.order_by("-current__number").select_related("current")[0]
    assert most_files.current is not None
    code = f"/sessions/{most_files.code}/"
    files = f"{most_files.current.file_count:,} files"
    yield page(f"{files}: first page", code, at_most=FILES_MS)
    yield page(f"{files}: last page", f"{code}?last=1", at_most=FILES_MS)
    yield page(
        f"{files}: one category",
        f"{code}?category=original_video",
        f"{code}?category=other",
        at_most=FILES_MS,
    )
    yield page(
        f"{files}: by folder",
        f"{code}?by=folder",
        f"{code}?folder=audio/segments",
        f"{code}?folder=audio/segments&last=1",
        at_most=FILES_MS,
    )
    yield page(
        f"{files}: export options",
        f"{code}versions/{most_files.current.number}/export/new/",
        at_most=OPTIONS_MS,
    )
    api = f"/api/v1/sessions/{most_files.code}/versions/{most_files.current.number}/entries"
    yield page(f"{files}: API entries", api, f"{api}?category=original_video", at_most=FILES_MS)
    assert most_versions.current is not None
    code = f"/sessions/{most_versions.code}/"
    versions = f"{most_versions.current.number:,} versions"
    yield page(versions, code, at_most=SESSION_MS)
    yield page(f"{versions}: an old one", f"{code}versions/7/", at_most=SESSION_MS)
    yield page(f"{versions}: list", f"{code}versions/", f"{code}versions/?last=1", at_most=PAGE_MS)
    yield page(f"{versions}: API", f"/api/v1/sessions/{most_versions.code}/versions", at_most=API_MS)
