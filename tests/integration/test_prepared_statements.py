"""Prepared statements: those of compiled queries on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from dubbing_sessions.database_settings import build_postgresql
from sessions_app.models import DubbingSession
from sessions_app.models.compiled_query import compiled, compiled_unprepared
from sessions_app.models.prepared_statements import write_constants
from sessions_app.models.statements import select
from tests.integration.sketches import signed_in, sketch_session
from tests.world import World

PREPARED = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%%' || %s || '%%'"
ON_POSTGRESQL = {"postgresql": 1, "sqlite": 0}
VALUE = object()


@pytest.fixture
def world(db: None) -> World:
    return World.create()


@compiled
def find_by_name(owner: User, name: str) -> QuerySet[DubbingSession]:
    return DubbingSession.objects.filter(owner_id=owner.pk, name=name).exclude(folded_name="100% 'constant'")


@compiled
def find_by_condition(owner: User, condition: RawSQL) -> QuerySet[DubbingSession]:
    return DubbingSession.objects.filter(condition, owner_id=owner.pk).exclude(folded_name="other constant")


@compiled_unprepared
def find_with_own_plan(owner: User, name: str) -> QuerySet[DubbingSession]:
    return DubbingSession.objects.filter(owner_id=owner.pk, name=name).exclude(
        folded_name="planned for its values"
    )


def list_prepared(part: str) -> list[str]:
    """Return the statements of this connection; SQLite's have no such list."""
    return [row[0] for row in select(PREPARED, [part])] if connection.vendor == "postgresql" else []


def test_a_compiled_query_is_prepared_once(world: World):
    sessions = [sketch_session(world.alice, name) for name in ("one", "two", "it's 100 %s")]

    for session in sessions:
        assert find_by_name(world.alice, session.name) == [session]
    assert find_by_name(world.bob, "one") == []

    assert len(list_prepared("100% ''constant''")) == ON_POSTGRESQL[connection.vendor]


def test_a_query_with_conditions_of_its_own_is_not_prepared(world: World):
    session = sketch_session(world.alice, "one")
    condition = RawSQL("sessions_app_dubbingsession.name = %s", ["one"], output_field=BooleanField())

    assert find_by_condition(world.alice, condition) == [session]

    assert list_prepared("other constant") == []


def test_a_query_whose_plan_depends_on_its_values_is_not_prepared(world: World):
    session = sketch_session(world.alice, "one")

    assert find_with_own_plan(world.alice, "one") == [session]
    assert list_prepared("planned for its values") == []


def test_files_of_sessions_are_planned_for_their_number(world: World):
    session = sketch_session(world.alice, "one")
    client = signed_in(world.alice)
    for page in ("", "versions/1/export/new/", "versions/1/restore/part/", "transcript/"):
        client.get(f"/sessions/{session.code}/{page}")

    assert len(list_prepared("sessions_app_dubbingsession")) >= ON_POSTGRESQL[connection.vendor]
    assert list_prepared('FROM "sessions_app_entry"') == []


@pytest.mark.parametrize(
    ("sql", "parameters", "expected"),
    [
        ("a = %s AND b = %s", ["it's", VALUE], ("a = 'it''s' AND b = %s", [VALUE])),
        ("a LIKE '%%x' AND b = %s", [VALUE], ("a LIKE '%%x' AND b = %s", [VALUE])),
        ("a = %s AND b = %s", ["100%s", 5], ("a = '100%%s' AND b = 5", [])),
    ],
)
@pytest.mark.one_stack
def test_constants_are_part_of_the_statement(
    sql: str, parameters: list[Any], expected: tuple[str, list[Any]]
):
    assert write_constants(sql, parameters, lambda each: each is VALUE) == expected


@pytest.mark.one_stack
def test_a_pooler_of_transactions_can_do_without():
    url = "postgresql://portal@database/portal"

    assert build_postgresql(url, pool_size=0)["OPTIONS"]["prepare_threshold"] == 1
    assert build_postgresql(url, pool_size=0, prepares=False)["OPTIONS"]["prepare_threshold"] is None
