"""Queries that are compiled once: their results are those of their querysets, whatever the values are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler

from sessions_app.access import visible_to
from sessions_app.models import DubbingSession
from sessions_app.models.compiled_query import StatementError, compiled
from tests.integration.sketches import sketch_session
from tests.integration.worlds import world_of_rows
from tests.world import World

TOO_LARGE = 10**30

world = world_of_rows


@compiled
def find_by_code(user: User, code: UUID) -> QuerySet[DubbingSession]:
    return visible_to(user, DubbingSession.objects.select_related("owner").filter(code=code))


@compiled
def find_created(after: datetime, *, name: str | None) -> QuerySet[DubbingSession]:
    rows = DubbingSession.objects.filter(created_at__gt=after)
    return rows if name is None else rows.filter(name=name)


@compiled
def list_names(keys: list[int], smallest: int) -> QuerySet[DubbingSession, Any]:
    rows = DubbingSession.objects.filter(pk__in=keys, total_size__gte=smallest).order_by("-name")
    return rows.annotate(person=F("owner__username")).values_list(
        "name", "code", "created_at", "person", named=True
    )


@compiled
def find_by_conditions(user: User, first: RawSQL, second: RawSQL) -> QuerySet[DubbingSession]:
    rows = visible_to(user, DubbingSession.objects.filter(first)).exclude(name="%s")
    return rows.filter(second, total_size__gte=0).order_by("name")


def test_conditions_have_parameters_of_their_own(world: World):
    sessions = [sketch_session(world.alice, name) for name in ("one", "two", "three")]

    def find(first: str, values: list[Any], second: str, others: list[Any]) -> list[str]:
        conditions = [
            RawSQL(sql, params, output_field=BooleanField())
            for sql, params in ((first, values), (second, others))
        ]
        found = find_by_conditions(world.alice, *conditions)
        assert found == list(find_by_conditions.queryset(world.alice, *conditions))
        return [session.name for session in found]

    by_name = "sessions_app_dubbingsession.name IN (%s, %s)"
    assert find(by_name, ["one", "two"], "1 = 1", []) == ["one", "two"]
    assert find("1 = 1", [], by_name, ["three", "two"]) == ["three", "two"]
    assert find(by_name, ["one", "two"], "sessions_app_dubbingsession.id = %s", [sessions[1].pk]) == ["two"]
    assert find("1 = 1", [], "1 = 0", []) == []


def test_rows_and_columns_are_those_of_the_queryset(world: World):
    sessions = [sketch_session(world.alice, name) for name in ("one", "two", "three", "four", "five")]

    for session in sessions:
        (found,) = find_by_code(world.alice, session.code)
        assert found == session
        assert vars(found).keys() == vars(find_by_code.queryset(world.alice, session.code)[0]).keys()
        assert (found.owner, found.created_at) == (world.alice, session.created_at)
    for count in range(6):
        keys = [session.pk for session in sessions[:count]]
        assert list_names(keys, 0) == list(list_names.queryset(keys, 0))
    assert list_names([sessions[0].pk], 0)[0].code == sessions[0].code
    assert list_names([sessions[0].pk], TOO_LARGE) == []


def test_each_value_is_its_own(world: World):
    session = sketch_session(world.alice, "one")
    before = session.created_at - timedelta(microseconds=1)

    assert find_by_code(world.bob, session.code) == find_by_code(world.alice, uuid4()) == []
    assert find_created(before, name=None) == find_created(before, name="one") == [session]
    assert find_created(session.created_at, name=None) == find_created(before, name="two") == []


@pytest.mark.one_stack
def test_a_query_is_compiled_once(world: World, monkeypatch: pytest.MonkeyPatch):
    sessions = [sketch_session(world.alice, name) for name in ("one", "two", "three", "four")]
    list_names([sessions[0].pk] * 3, 0)
    monkeypatch.setattr(SQLCompiler, "as_sql", lambda *_: pytest.fail("A query was compiled again."))

    # Lists of three and four are of the same statement.
    assert [row.name for row in list_names([session.pk for session in sessions], 0)] == [
        "two",
        "three",
        "one",
        "four",
    ]


@compiled
def find_part(text: str) -> QuerySet[DubbingSession]:
    return DubbingSession.objects.filter(name__icontains=text)


@compiled
def find_shifted(after: datetime) -> QuerySet[DubbingSession]:
    return DubbingSession.objects.filter(created_at__gt=after - timedelta(days=1))


@compiled
def find_all(after: datetime) -> QuerySet[DubbingSession]:
    return DubbingSession.objects.all()


@compiled
def find_odd(number: int) -> QuerySet[DubbingSession]:
    rows = DubbingSession.objects.filter(total_size=number)
    return rows.order_by("pk") if number % 2 else rows


@pytest.mark.one_stack
@pytest.mark.parametrize("query", [find_part, find_shifted, find_all, find_odd, find_by_code])
def test_a_query_that_is_not_of_its_values_alone_is_an_error(world: World, query: Any):
    values: dict[Any, tuple[Any, ...]] = {
        find_part: ("one",),
        find_odd: (1,),
        find_by_code: (User(username="new"), uuid4()),
    }
    with pytest.raises(StatementError):
        query(*values.get(query, (world.clock.now,)))
