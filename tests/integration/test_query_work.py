"""Pages read what they show: their work does not grow with what the owner has.

Work is counted, not timed: steps of SQLite's virtual machine, or rows that PostgreSQL's plans read (EXPLAIN ANALYZE).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from bench.population.portal import populate
from bench.population.scale import FULL, LARGE, LAST, SMALL
from dubbing_core.session_names import fold_session_name
from sessions_app.admin.search import list_named_sessions
from sessions_app.models import DubbingSession, Entry, Job, SessionLanguage
from sessions_app.models.session_text import find_sessions_with_text
from sessions_app.operations.sessions.names import find_free_session_name
from tests.integration.sketches import now, signed_in

SCALE = FULL.by(0.006)
"""600 sessions, of which 120 belong to the large owner and 25 to the small one; 1,200 jobs."""


@pytest.fixture(scope="module")
def _population(module_transaction: None) -> None:
    populate(SCALE, now=now())
    connection.check_constraints()  # else each test checks them for all rows
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            # Tables of this size are read faster as a whole; the question is whether an index serves the query.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_population")]


@contextmanager
def counted_work() -> Iterator[list[int]]:
    """Yield a list to which each query adds its work."""
    work: list[int] = []

    def explain(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.lstrip().startswith(("SELECT", "WITH")):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                (plan,) = cursor.fetchone()
            plan = json.loads(plan) if isinstance(plan, str) else plan
            work.append(rows_read(plan[0]["Plan"]))
        return execute(sql, params, many, context)

    if connection.vendor == "postgresql":
        with connection.execute_wrapper(explain):
            yield work
        return
    connection.connection.set_progress_handler(lambda: work.append(10), 10)
    try:
        yield work
    finally:
        connection.connection.set_progress_handler(None, 10)


def rows_read(plan: dict[str, Any]) -> int:
    removed: int = sum(count for name, count in plan.items() if name.startswith("Rows Removed by"))
    below = sum(rows_read(child) for child in plan.get("Plans", ()))
    return int((plan["Actual Rows"] + removed) * plan["Actual Loops"]) + below


def work_of(client: Client, url: str) -> int:
    client.get(url)  # fills the caches of the process
    with counted_work() as work:
        assert client.get(url).status_code == 200
    assert sum(work) > 0
    return sum(work)


def client_of(name: str) -> Client:
    return signed_in(User.objects.get(username=name))


def newest_session(owner: str) -> DubbingSession:
    rows = DubbingSession.objects.live().filter(owner__username=owner, current__isnull=False)
    return rows.order_by("-last_updated")[0]


def session_with_few_files(owner: str) -> DubbingSession:
    """Return a session with about ten files, so that rows of its owner are not lost among those of its files."""
    rows = DubbingSession.objects.live().filter(owner__username=owner, current__isnull=False)
    return min(rows.select_related("current").order_by("pk"), key=lambda row: abs(file_count(row) - 10))


def file_count(session: DubbingSession) -> int:
    assert session.current is not None
    return session.current.file_count


PAGES = [
    "/sessions/",
    *(f"/sessions/?sort={order}" for order in ("created", "accessed", "name", "size", "duration")),
    "/sessions/?sort=size&reverse=1",
    "/sessions/?stale=1",
    "/sessions/?starred=1",
    "/jobs/",
    "/account/tokens/",
    "/sessions/new/",
    "/api/v1/me",
    *(f"/sessions/{{session}}/{path}" for path in ("", "versions/", "versions/1/export/new/")),
    *(
        f"/api/v1/sessions?limit=10&order={order}"
        for order in ("updated", "created", "accessed", "name", "size")
    ),
    *(
        f"/api/v1/jobs?limit=10{state}"
        for state in ("", "&state=succeeded", "&state=running", "&state=cancelled")
    ),
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_large_owner_costs_as_much_as_one_of_the_small_owner(page: str):
    small, large = (
        work_of(client_of(owner), page.format(session=session_with_few_files(owner).code))
        for owner in (SMALL, LARGE)
    )

    assert DubbingSession.objects.filter(owner__username=LARGE).count() > 4 * SCALE.small_owner
    assert large < 1.4 * small + 300


def test_the_last_page_costs_as_much_as_the_first():
    client = client_of(LARGE)
    for page in ("/sessions/?sort=created", "/jobs/?"):
        assert work_of(client, f"{page}&last=1") < 1.4 * work_of(client, page)
        after = client.get(page).context["page"].next
        assert work_of(client, f"{page}&after={after}") < 1.4 * work_of(client, page)


@pytest.mark.one_stack
def test_frequent_pages_need_few_statements(django_assert_num_queries: Any):
    client = client_of(LARGE)
    session = f"/sessions/{newest_session(LARGE).code}/"
    client.get(session)  # records the access

    # The sign-in, its user and the number of running jobs are three of each.
    for page, count in {"/sessions/": 12, session: 15, f"{session}versions/": 5}.items():
        with django_assert_num_queries(count):
            client.get(page)


def test_a_new_name_is_looked_up_without_reading_others():
    works = []
    for owner in (SMALL, LARGE):
        name = newest_session(owner).name
        with counted_work() as work:
            assert find_free_session_name(User.objects.get(username=owner).pk, name) == f"{name}_2"
        works.append(sum(work))

    assert works[1] < 1.4 * works[0] + 10


def test_operators_search_names_by_the_index_of_trigrams():
    session = newest_session(SMALL)
    rows = list_named_sessions(session.name.upper())

    assert list(rows) == [session]
    if connection.vendor == "postgresql":  # at this size other indexes are faster
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")
    plan = rows.explain()
    assert "sessions_app_sessiontext_trigrams" in plan
    assert "SCAN sessions_app_sessiontext " not in plan
    assert "SCAN sessions_app_dubbingsession" not in plan
    assert "Seq Scan" not in plan


def test_a_search_uses_the_index_of_trigrams():
    client, owner = client_of(LARGE), User.objects.get(username=LARGE)
    name = newest_session(LARGE).name
    found = client.get("/sessions/", {"q": name}).context["page"].items
    rows = DubbingSession.objects.filter(find_sessions_with_text(fold_session_name(name), [owner.pk]))

    assert [session.name for session in found] == [name]
    assert list(rows) == found
    if connection.vendor == "postgresql":  # at this size other indexes are faster
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")
    plan = rows.explain()
    assert "sessions_app_sessiontext_trigrams" in plan
    assert "SCAN sessions_app_sessiontext " not in plan
    assert "Seq Scan" not in plan


def test_a_filter_by_a_rare_language_reads_no_other_rows_than_those_of_indexes():
    client = client_of(LARGE)
    owned = SessionLanguage.objects.filter(owner__username=LARGE)
    counts = {tag: owned.filter(tag=tag).count() for tag in owned.values_list("tag", flat=True)}
    rare = min(counts, key=lambda tag: counts[tag])

    assert len(client.get("/sessions/", {"language": rare}).context["page"].items) == counts[rare] < 10
    page = f"/sessions/?language={rare}"
    # SQLite may walk the index of the order, and look each session up in the list of the language's sessions.
    assert work_of(client, page) < 1.4 * work_of(client_of(SMALL), page) + 25 * SCALE.large_owner


def test_the_page_of_a_session_does_not_depend_on_its_versions_and_jobs():
    client = client_of(LAST)
    sessions = DubbingSession.objects.filter(owner__username=LAST, current__number=SCALE.many_versions)
    url = f"/sessions/{sessions.get().code}/"
    before = work_of(client, f"{url}versions/")
    Job.objects.filter(owner__username=LAST, session=sessions.get()).delete()

    assert len(client.get(url).context["versions"]) == 10 < SCALE.many_versions
    assert len(client.get(f"{url}versions/7/").context["versions"]) == 10
    assert work_of(client, f"{url}versions/") <= 1.1 * before


def test_files_are_paged_without_reading_those_before():
    client = client_of(LAST)
    session = max(
        DubbingSession.objects.filter(owner__username=LAST, current__isnull=False).select_related("current"),
        key=lambda row: row.current.file_count if row.current else 0,
    )
    assert session.current is not None
    url = f"/sessions/{session.code}/versions/{session.current.number}/listing/?by=list"
    first = work_of(client, url)
    after = client.get(url).context["files"].next
    rare = Entry.objects.filter(session=session, category="other", removed_in__isnull=True).count()

    assert session.current.file_count >= SCALE.many_files / 2
    assert work_of(client, f"{url}&last=1") < 1.3 * first
    assert work_of(client, f"{url}&after={after}") < 1.3 * first
    assert 0 < rare < 100
    assert work_of(client, f"{url}&category=other") < first
    assert work_of(client, f"{url}&category=original_video") < first / 2


def test_export_options_read_no_file():
    client, session = client_of(LAST), newest_session(LAST)
    with counted_work() as work:
        client.get(f"/sessions/{session.code}/versions/1/export/new/")

    assert sum(work) < work_of(client, f"/sessions/{session.code}/")
