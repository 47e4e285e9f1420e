"""Progress by language of saved versions: stored, stale, restored, imported."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from dubbing_core.categories import Category
from dubbing_core.progress_matrix import Cell, CellState, ProgressMatrix
from dubbing_core.stale_results import Input, StaleLines, Staleness
from dubbing_core.steps import Step
from sessions_app.models import AccessToken, DubbingSession, Entry, Export, Version
from sessions_app.operations.accounts.tokens import create_token
from sessions_app.operations.versions.restore import restore_version
from sessions_app.templatetags.progress import ShownCell
from tests.integration.sketches import sketch_export, sketch_share, sketch_token
from tests.world import World

pytestmark = pytest.mark.either_stack

TALK = {
    "talk.mp4": b"source",
    "talk.srt": b"1\n00:00:00,000 --> 00:00:01,000\nHello\n",
    "talk.es.srt": b"1\n00:00:00,000 --> 00:00:01,000\nHola\n",
}
DUBS = {"talk_es.wav": b"dubbed", "talk_es.mp4": b"dubbed video"}
WARNING = "Some results in version 3 are stale"
CHANGED = {"talk.es.srt": b"1\n00:00:00,000 --> 00:00:01,000\nBuenas\n"}


@pytest.fixture
def session(world: World) -> DubbingSession:
    """Version 2 has the dubs of version 1's translation, version 3 another translation."""
    session = world.saved(files=TALK)
    world.save(session, {**TALK, **DUBS})
    world.save(session, {**TALK, **DUBS, **CHANGED})
    session.refresh_from_db()
    return session


def matrix(session: DubbingSession, number: int) -> ProgressMatrix:
    found = Version.objects.get(session=session, number=number).progress_matrix
    assert found is not None
    return found


def test_a_version_stores_what_is_stale(session):
    before, after = matrix(session, 2), matrix(session, 3)

    assert before.finished_languages == ["es"]
    assert not before.has_stale
    stale = after.cell("es", Step.VOICED).stale
    assert stale is not None
    assert (stale.cause, stale.changed_in, stale.made_in) == (Input.TRANSLATED, 3, 2)
    assert after.finished_languages == []
    assert session.current.stage == "dubbed"


def test_a_metadata_file_names_the_stage_of_the_pages(session):
    before, after = Version.objects.filter(session=session, number__gte=2).order_by("number")

    stages = [each.complete_metadata["session_metadata"]["pipeline_stage"] for each in (before, after)]

    assert stages == ["completed", "dubbed"]
    assert after.metadata["session_metadata"]["pipeline_stage"] == "completed", "as it was saved"


def test_a_restored_version_is_as_it_was(world: World, session):
    restored = restore_version(session=session, number=2, author=world.alice, now=world.clock())

    assert matrix(session, restored.number).finished_languages == ["es"]
    since = Entry.objects.filter(session=session, path="talk.es.srt").order_by("added_in")
    assert list(since.values_list("added_in", "content_since")) == [(1, None), (3, None), (4, 1)]


def test_a_stale_cell_leads_to_all_changed_lines():
    lines = StaleLines(total=12, changed=2, numbers=(4, 9))
    stale = Staleness(cause=Input.TRANSLATED, changed_in=5, made_in=3, files=1, lines=lines)
    cell = Cell(state=CellState.DONE, files=1, stale=stale)

    shown = ShownCell(step="Voiced", category=Category.AUDIO, language="hi", cell=cell)

    assert shown.lines_query == "show=source,hi&line=4,9&of=hi"


def test_old_audio_that_is_saved_again_is_stale(world: World, session):
    new = {**TALK, **CHANGED, "talk_es.wav": b"dubbed again", "talk_es.mp4": b"dubbed again"}
    world.save(session, new)
    assert not matrix(session, 4).has_stale

    world.save(session, {**new, "talk_es.wav": DUBS["talk_es.wav"]})

    stale = matrix(session, 5).cell("es", Step.VOICED).stale
    assert stale is not None
    assert stale.made_in == 2


@pytest.mark.one_stack
def test_pages_and_api_show_what_is_stale(world: World, session, client: Client):
    client.force_login(world.alice)
    reason = "translation changed in v3, this is from v2"

    page = client.get(f"/sessions/{session.code}/").content.decode()
    rows = client.get("/sessions/").content.decode()
    token = create_token(
        owner=world.alice, name="t", scope=AccessToken.Scope.READ, days=None, now=world.clock()
    )
    found = client.get(
        f"/api/v1/sessions/{session.code}/versions/3", headers={"Authorization": f"Bearer {token.secret}"}
    ).json()["progress_by_language"]

    assert reason in page
    assert "0 of 1 language finished" in " ".join(page.split())
    assert 'aria-label="0 of 1 language complete, 1 stale: Spanish stale"' in rows
    assert (found["languages"], found["finished"]) == (["es"], [])
    (audio,) = [cell for cell in found["cells"] if cell["step"] == "voiced"]
    assert audio["stale"]["reason"] == reason


@pytest.mark.one_stack
def test_exports_and_shared_pages_warn_of_stale_results(world: World, session, client: Client):
    client.force_login(world.alice)
    export = sketch_export(session)
    link = sketch_share(export)
    token = sketch_token(world.alice).secret
    assert export.job is not None
    export.job.result = {"filename": export.filename, "size": export.size}
    export.job.save()

    pages = [
        client.get(f"/sessions/{session.code}/versions/3/export/new/"),
        client.get(f"/exports/{export.code}/"),
        client.get(f"/jobs/{export.job.code}/"),
        Client().get(f"/s/{link.token}/"),
    ]
    texts = [" ".join(page.content.decode().split()) for page in pages]
    assert [WARNING in text for text in texts] == [True] * 4
    assert all("audio: translation changed in v3, this is from v2" in text for text in texts)
    found = client.get(f"/api/v1/exports/{export.code}", headers={"Authorization": f"Bearer {token}"}).json()
    assert [(each["language"], each["step"]) for each in found["stale"]] == [
        ("es", "voiced"),
        ("es", "dubbed"),
    ]
    assert found["stale"][0]["reason"] == "translation changed in v3, this is from v2"


@pytest.mark.one_stack
def test_an_export_of_current_files_has_no_warning(world: World, session, client: Client):
    client.force_login(world.alice)
    export = sketch_export(session)
    Export.objects.update(selection={"categories": ["translations"]})

    assert WARNING not in " ".join(client.get(f"/exports/{export.code}/").content.decode().split())
    assert WARNING not in client.get(f"/sessions/{session.code}/versions/2/export/new/").content.decode()


@pytest.mark.one_stack
def test_a_cell_leads_to_its_files(world: World, session, client: Client):
    client.force_login(world.alice)

    page = client.get(f"/sessions/{session.code}/?category=audio&language=es").content.decode()

    files = page[page.index('id="files"') :].split("</table>")[0]
    assert "talk_es.wav" in files
    assert "talk_es.mp4" not in files


def test_progress_of_a_version_from_before_is_stored_by_a_command(world: World, session, client: Client):
    Version.objects.filter(session=session).update(matrix={}, input_history={})
    client.force_login(world.alice)

    assert '<ol class="pipeline">' in client.get(f"/sessions/{session.code}/").content.decode()
    call_command("check_database", "--repair")
    assert matrix(session, 3).finished_languages == ["es"]
    assert "1 of 1 language finished" in " ".join(
        client.get(f"/sessions/{session.code}/").content.decode().split()
    )
    world.save(session, {**TALK, **CHANGED, **DUBS, "talk.es.srt": TALK["talk.es.srt"]})
    assert matrix(session, 4).has_stale
