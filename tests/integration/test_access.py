"""Access rules: owners, other users, anonymous users, operators, jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model

from sessions_app import access
from sessions_app.access import OWNER_FIELDS, Action, can, can_clean_up, can_inspect, require, visible_to
from sessions_app.models import (
    AccessToken,
    DubbingSession,
    Entry,
    Export,
    Job,
    OwnerTotals,
    SavedFilter,
    SessionArchive,
    SessionChange,
    SessionLanguage,
    SessionTag,
    Share,
    Star,
    Tag,
    Upload,
    Version,
)
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.jobs import registry
from tests.integration.sketches import (
    current_of,
    now,
    sketch_export,
    sketch_job,
    sketch_session,
    sketch_share,
    sketch_token,
)
from tests.world import World


def sketch_tag(session: DubbingSession) -> Tag:
    return Tag.objects.create(owner=session.owner, name="launch", folded_name="launch")


ROWS: dict[type[Model], Callable[[DubbingSession], Model]] = {
    AccessToken: lambda session: sketch_token(session.owner).token,
    DubbingSession: lambda session: session,
    Entry: lambda session: Entry.objects.filter(session=session)[0],
    Export: sketch_export,
    Job: sketch_job,
    OwnerTotals: lambda session: OwnerTotals.objects.get_or_create(owner=session.owner)[0],
    SavedFilter: lambda session: SavedFilter.objects.create(
        owner=session.owner, name="mine", folded_name="mine", query="q=talk"
    ),
    SessionArchive: lambda session: SessionArchive.objects.create(
        owner=session.owner, created_at=now(), versions=[[session.pk, 1]]
    ),
    SessionChange: lambda session: SessionChange.objects.create(
        session=session, kind=SessionChange.Kind.RENAMED, changed_at=now(), previous_name="talk", name="Talk"
    ),
    SessionLanguage: lambda session: SessionLanguage.objects.create(
        session=session, owner=session.owner, folded_tag="mi", tag="mi"
    ),
    SessionTag: lambda session: SessionTag.objects.create(session=session, tag=sketch_tag(session)),
    Share: lambda session: sketch_share(sketch_export(session)).share,
    Star: lambda session: Star.objects.create(session=session, user=session.owner),
    Tag: sketch_tag,
    Upload: lambda session: Upload.objects.create(
        owner=session.owner, path="a.wav", size=1, created_at=now(), expires_at=now() + timedelta(days=1)
    ),
    Version: current_of,
}


@pytest.fixture
def people(db: None) -> World:
    return World.create()


def test_every_model_with_an_owner_is_tested_here():
    assert set(ROWS) == set(OWNER_FIELDS)


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_only_owners_see_and_use_their_rows(people: World, model: type[Model]):
    row = ROWS[model](sketch_session(people.alice))
    rows = model._default_manager.filter(pk=row.pk)

    assert list(visible_to(people.alice, rows)) == [row]
    assert all(can(people.alice, action, row) for action in Action)
    require(people.alice, Action.MANAGE, row)
    for other in (people.bob, AnonymousUser(), User.objects.create_superuser("operator")):
        assert not visible_to(other, rows).exists()
        assert not any(can(other, action, row) for action in Action)
        with pytest.raises(PermissionDenied):
            require(other, Action.VIEW, row)


@pytest.mark.parametrize(
    ("permission", "expected"),
    [("view_job", (True, False)), ("change_job", (True, True)), ("view_blob", (False, False))],
)
def test_operators_need_the_permission_of_the_model(
    people: World, permission: str, expected: tuple[bool, bool]
):
    operator = User.objects.create_user("operator", is_staff=True)
    operator.user_permissions.set(Permission.objects.filter(codename=permission))

    assert (can_inspect(operator, Job), can_clean_up(operator, Job)) == expected
    assert not can_inspect(people.alice, Job)
    assert not can_inspect(AnonymousUser(), Job)


def test_a_job_fails_if_its_owner_has_lost_access(world: World, monkeypatch: pytest.MonkeyPatch):
    session = world.saved()
    job = request_export(version=current_of(session), owner=world.alice, now=world.clock())
    monkeypatch.setattr(registry, "can", lambda _user, action, _row: action is not access.Action.VIEW)

    world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "forbidden")
    assert not Export.objects.exists()
