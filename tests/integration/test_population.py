"""The generated portal of the benchmarks is one that the portal itself could have written."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, F, Q, Sum

from bench.operator_pages import list_pages
from bench.population.contents import Contents
from bench.population.portal import populate
from bench.population.scale import FULL, LARGE, LAST, SMALL
from bench.upkeep import NAME, delete_session, write_session
from sessions_app.models import Blob, DubbingSession, Entry, Export, Job, Pin, Version
from tests.integration.sketches import now, signed_in

pytestmark = [pytest.mark.large, pytest.mark.either_stack]

SCALE = FULL.by(0.0006)


@pytest.fixture(scope="module")
def _population(module_transaction: None) -> Contents:
    """Rows beside those of Alice, who was there before."""
    User.objects.create_user("alice")
    contents = populate(SCALE, now=now())
    connection.check_constraints()  # else each test checks them for all rows
    return contents


@pytest.fixture
def population(_population: Contents, db: None) -> Contents:
    return _population


def test_numbers_and_proportions_are_those_of_the_scale(population):
    counts = {model: model.objects.count() for model in (DubbingSession, Blob, Job)}
    owned = dict(User.objects.annotate(count=Count("dubbing_sessions")).values_list("username", "count"))

    assert counts == {DubbingSession: SCALE.sessions, Blob: SCALE.blobs, Job: SCALE.jobs}
    assert Entry.objects.count() == pytest.approx(SCALE.entries, rel=0.1)
    assert (owned[LARGE], owned[SMALL]) == (SCALE.large_owner, SCALE.small_owner)
    assert Job.objects.unfinished().count() == SCALE.unfinished
    pinned = Pin.objects.values("blob").distinct().count()
    assert Blob.objects.unreferenced().count() == len(population.orphans) - pinned > 0
    last = DubbingSession.objects.filter(owner__username=LAST)
    assert last.filter(current__number=SCALE.many_versions, current__file_count__gte=2).exists()


def test_versions_have_the_files_that_they_claim(population):
    is_present = Q(session__entries__added_in__lte=F("number")) & (
        Q(session__entries__removed_in__isnull=True) | Q(session__entries__removed_in__gt=F("number"))
    )
    counted = Version.objects.annotate(
        files=Count("session__entries", filter=is_present),
        size=Sum("session__entries__blob__size", filter=is_present),
    )

    assert Version.objects.count() > SCALE.sessions
    assert not counted.exclude(files=F("file_count"), size=F("total_size")).exists()
    assert not DubbingSession.objects.filter(current__isnull=False).exclude(
        pk=F("current__session_id"), last_updated=F("current__created_at")
    )


@pytest.mark.one_stack
def test_every_page_of_a_generated_session_opens(population):
    owner = User.objects.get(username=LARGE)
    client = signed_in(owner)
    session = DubbingSession.objects.live().filter(owner=owner, current__isnull=False)[0]
    export = Export.objects.filter(owner=owner, version__session__trashed_at__isnull=True)[0]
    jobs = [f"/jobs/{job.code}/" for job in Job.objects.filter(owner=owner)]
    pages = [
        "/sessions/",
        f"/sessions/{session.code}/",
        "/jobs/",
        "/sessions/trash/",
        f"/exports/{export.code}/",
    ]

    assert {client.get(page).status_code for page in [*pages, *jobs]} == {200}


@pytest.mark.one_stack
def test_every_page_that_the_benchmark_opens_exists(population, subtests: pytest.Subtests):
    for page in list_pages():
        client = signed_in(User.objects.get(username=page.user))
        with subtests.test(page.label):
            for url in page.urls:
                if page.body is None:
                    response = client.get(url)
                else:
                    response = client.post(url, page.body, content_type="application/json")
                assert response.status_code == 200, url


def test_the_benchmark_deletes_what_it_has_written(population):
    write_session(30)
    times = delete_session(30)

    assert all(value >= 0 for value in times.values())
    assert not DubbingSession.objects.filter(name=NAME).exists()


def test_rows_that_existed_and_later_ones_do_not_collide(population):
    session = DubbingSession.objects.create(
        owner=User.objects.get(username="alice"),
        name="talk",
        folded_name="talk",
        created_at=now(),
        last_updated=now(),
        last_accessed=now(),
    )

    assert session.pk > SCALE.sessions
