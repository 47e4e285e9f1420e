"""Posters, waveforms and others are made once per blob, after the facts, and belong to their source."""

from __future__ import annotations

import json
import re
from array import array
from datetime import timedelta
from io import BytesIO
from typing import Any

import av
import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from dubbing_core.steps import Step
from sessions_app import queue, tasks
from sessions_app.media.maker import DerivativeMaker, NoSpaceError
from sessions_app.media.plan import Kind, Workload
from sessions_app.models import Blob, BlobMedia, Derivative, DubbingSession, Entry, OwnerTotals, Version
from sessions_app.operations.cleanup.consistency.check import check_consistency
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.derivatives import make as make_module
from sessions_app.operations.derivatives.make import (
    DerivativeReport,
    discard_all_derivatives,
    make_pending_derivatives,
    make_session_derivatives,
)
from sessions_app.operations.media import mark_all_unread, read_session_media, record_damage
from sessions_app.operations.sessions.permanent_deletion import delete_permanently
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.shares import create_share
from sessions_app.operations.timelines import read_session_texts
from sessions_app.operations.versions import fill_texts
from sessions_app.queries.derivatives import get_posters
from sessions_app.queries.quotas import get_storage_parts, get_usage
from sessions_app.storage import get_store
from sessions_app.storage.errors import StoreUnavailableError
from sessions_app.storage.keys import blob_key
from tests.integration.programs import Program
from tests.integration.sketches import signed_in
from tests.services.media import Media
from tests.world import World, stored_keys

pytestmark = pytest.mark.either_stack

VIDEO_KINDS = {Kind.POSTER, Kind.STRIP, Kind.PEAKS, Kind.LOUDNESS, Kind.AUDIO}


@pytest.fixture
def files(media: Media) -> dict[str, bytes]:
    return {
        "talk.mp4": media.video.read_bytes(),
        "audio/hi/segment_1.wav": media.voices[0].read_bytes(),
        "final_videos/hi.mp4": media.dubbed_video.read_bytes(),
        "transcriptions/en.srt": b"1\n00:00:01,000 --> 00:00:02,500\nHello.\n",
    }


def make(world: World, session: DubbingSession) -> DerivativeReport:
    """Read the facts and make what is missing."""
    read_session_media(session_id=session.pk, clock=world.clock)
    report = make_session_derivatives(session_id=session.pk, clock=world.clock)
    session.refresh_from_db()
    return report


def get_media(client: Client, session: DubbingSession, query: str = ""):
    return client.get(f"/sessions/{session.code}/versions/1/media/{query}")


def test_a_page_gets_what_was_made(world, files):
    session = world.saved(files=files)
    client = signed_in(world.alice)
    read_session_media(session_id=session.pk, clock=world.clock)
    before = get_media(client, session).json()
    assert before["is_pending"]
    assert set(before["files"]["talk.mp4"]["pending"]) == VIDEO_KINDS

    assert make(world, session) == DerivativeReport(sessions=1, made=12)

    response = get_media(client, session)
    media = response.json()
    assert not media["is_pending"]
    assert set(media["files"]) == {"talk.mp4", "final_videos/hi.mp4"}
    talk = media["files"]["talk.mp4"]
    assert (talk["is_playable"], talk["type"], talk["pending"], talk["failed"]) == (True, "video/mp4", [], {})
    assert (talk["poster"]["width"], talk["poster"]["height"]) == (320, 180)
    assert (talk["strip"]["count"], talk["strip"]["interval"]) == (2, 1.0)
    assert -30 < talk["loudness"]["integrated"] < -10
    again = client.get(
        f"/sessions/{session.code}/versions/1/media/", headers={"If-None-Match": response["ETag"]}
    )
    assert again.status_code == 304
    segment = get_media(client, session, "?path=audio/hi/segment_1.wav").json()["files"]
    assert segment["audio/hi/segment_1.wav"]["peaks"]["rate"] == 100
    assert not session.has_missing_derivatives


def test_files_have_their_type_and_are_cached_for_good(world, files):
    session = world.saved(files=files)
    make(world, session)
    client = signed_in(world.alice)
    talk = get_media(client, session).json()["files"]["talk.mp4"]

    poster = client.get(talk["poster"]["url"])
    audio = client.get(talk["audio"]["url"], headers={"Range": "bytes=4-7"})
    peaks = array("b", client.get(talk["peaks"]["url"]).content)

    assert poster["Content-Type"] == "image/webp"
    assert poster["Cache-Control"] == "private, max-age=31536000, immutable"
    assert poster["X-Content-Type-Options"] == "nosniff"
    assert poster["Content-Security-Policy"].startswith("sandbox")
    with av.open(BytesIO(poster.content), "r") as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height) == (320, 180)
    assert (audio.status_code, audio["Content-Type"], audio.content) == (206, "audio/mp4", b"ftyp")
    assert len(peaks) == 2 * talk["peaks"]["count"]
    assert max(peaks) > 10
    assert min(peaks) < -10
    old = talk["poster"]["url"].replace(talk["poster"]["url"][-21:-5], "0" * 16)
    assert client.get(old).headers["Location"] == talk["poster"]["url"]


def test_only_who_sees_the_session_gets_them(world, files):
    session = world.saved(files=files)
    make(world, session)
    url = get_media(signed_in(world.alice), session).json()["files"]["talk.mp4"]["poster"]["url"]
    other = world.saved("own", {"audio/x.wav": b"none"}, owner=world.bob)

    assert signed_in(world.bob).get(url).status_code == 404
    assert signed_in(world.bob).get(url.replace(str(session.code), str(other.code))).status_code == 404
    assert get_media(signed_in(world.bob), session).status_code == 404
    assert Client().get(url).status_code == 302


def test_a_shared_link_gives_those_of_its_selection(world, files):
    world.clock.now = timezone.now()  # requests read the real time
    session = world.saved(files=files)
    make(world, session)
    version = session.current
    assert version is not None
    export = world.exported(version, categories=["final_videos"])
    share = create_share(export=export, author=world.alice, days=7, note="", now=world.clock())
    token, guest = share.token, Client()

    shared = guest.get(f"/s/{token}/media/").json()["files"]

    assert set(shared) == {"final_videos/hi.mp4"}
    file = shared["final_videos/hi.mp4"]
    assert guest.get(file["poster"]["url"])["Content-Type"] == "image/webp"
    assert guest.get(file["url"], headers={"Range": "bytes=0-9"}).status_code == 206
    talk = Entry.objects.get(path="talk.mp4").blob
    name = talk.derivatives.get(kind=Kind.POSTER).name
    assert guest.get(f"/s/{token}/media/{talk.sha256}/{name}").status_code == 404
    assert guest.get(f"/s/{token}/files/talk.mp4").status_code == 404
    assert guest.get(f"/s/unknown/media/{file['sha256']}/{name}").status_code == 404


def test_compared_pictures_have_those_of_the_later_version(world, files):
    session = world.saved(files=files)
    world.save(session, {"final_videos/hi.mp4": files["talk.mp4"]})
    client = signed_in(world.alice)
    address = f"/sessions/{session.code}/compare/pictures/?from=1&to=2&file=final_videos/hi.mp4"
    unread = client.get(address).context
    assert (unread["strip"], unread["loudness"]) == (None, [None, None])
    make(world, session)

    page = client.get(address)

    talk = Entry.objects.get(path="talk.mp4").blob
    assert page.context["strip"]["url"].endswith(talk.derivatives.get(kind=Kind.STRIP).name)
    assert (page.context["strip"]["count"], page.context["strip"]["interval"]) == (2, 1.0)
    assert f'"url": "{page.context["strip"]["url"]}"' in page.content.decode()
    earlier, later = page.context["loudness"]
    assert all(-30 < loudness["integrated"] < -10 for loudness in (earlier, later))


def test_a_session_has_the_poster_of_its_source_by_one_query(world, files, django_assert_num_queries):
    first, second = world.saved(files=files), world.saved("dubs", {"final_videos/hi.mp4": files["talk.mp4"]})
    empty = world.saved("texts", {"transcriptions/en.srt": b"1"})
    make(world, first)
    make(world, second)

    with django_assert_num_queries(1):
        posters = get_posters([first, second, empty])

    source = Entry.objects.get(session=first, path="talk.mp4").blob.sha256
    assert set(posters) == {first.pk, second.pk}
    assert f"/sessions/{first.code}/media/{source}/poster-" in posters[first.pk].poster.url
    assert posters[first.pk].strip is not None
    assert posters[first.pk].duration_ms == 2_000


def test_a_blob_gets_them_once_and_each_session_counts_them(world, files):
    first = world.saved(files=files)
    make(world, first)
    second = world.saved("again", files)

    assert make(world, second) == DerivativeReport(sessions=1)

    assert first.derived_size == second.derived_size > 10_000
    assert OwnerTotals.objects.get().derived_size == 2 * first.derived_size
    parts = get_storage_parts(world.alice)
    assert parts.previews == 2 * first.derived_size
    assert get_usage(world.alice.pk) == parts.sessions + parts.previews
    assert "Previews" in signed_in(world.alice).get("/account/storage/").content.decode()
    storage = Program.of(world.alice).get("/storage").json()
    assert storage["previews"] == parts.previews
    assert sum(storage[part] for part in ("sessions", "previews", "trash", "uploads")) == storage["used"]
    check_consistency(repairs=True)  # progress was not computed with the facts
    first.refresh_from_db()
    assert first.derived_size == second.derived_size
    DubbingSession.objects.filter(pk=first.pk).update(derived_size=1)
    assert check_consistency(repairs=True).sessions == 1
    first.refresh_from_db()
    assert first.derived_size == second.derived_size


def test_they_are_collected_with_their_source(world, files):
    session, other = world.saved(files=files), world.saved("other", {"talk.mp4": files["talk.mp4"]})
    make(world, session)
    make(world, other)
    trash_sessions(sessions=[session], now=world.clock())
    delete_permanently(sessions=DubbingSession.objects.filter(pk=session.pk), now=world.clock())
    assert OwnerTotals.objects.get().derived_size == other.derived_size
    purge_session(session=session, now=world.clock())
    collect_garbage(now=world.clock(), dry_run=False)
    now = world.clock.forward(seconds=settings.GARBAGE_GRACE.total_seconds() + 1)
    expected = collect_garbage(now=now, dry_run=True).as_dict()

    report = collect_garbage(now=now, dry_run=False)

    assert report.as_dict() == expected
    assert set(Derivative.objects.values_list("source__entries__path", flat=True)) == {"talk.mp4"}
    assert stored_keys("blobs/") == sorted(blob_key(blob.sha256) for blob in Blob.objects.all())
    remaining = Derivative.objects.filter(blob__isnull=False)
    assert Blob.objects.count() == 1 + len(remaining)
    assert not collect_garbage(now=now, dry_run=False, is_full=True).blobs.count


@pytest.mark.one_stack
def test_the_admin_site_shows_them_with_their_source(world, files):
    session = world.saved(files={"talk.mp4": files["talk.mp4"]})
    make(world, session)
    Derivative.objects.filter(kind=Kind.STRIP).update(reason="Its length is unknown.")
    BlobMedia.objects.update(problem="audio ends at 1.0 s of 2.0 s")
    world.alice.is_staff = world.alice.is_superuser = True
    world.alice.save()
    blob = Entry.objects.get().blob

    page = signed_in(world.alice).get(f"/admin/sessions_app/blob/{blob.pk}/change/").content.decode()

    audio = Derivative.objects.get(kind=Kind.AUDIO)
    for text in (
        "2.0 s, H.264 320x180, AAC",
        "audio ends at 1.0 s of 2.0 s",
        "strip: Its length is unknown.",
        f'audio: <a href="/admin/sessions_app/blob/{audio.blob_id}/change/">',
        "loudness: integrated -",
    ):
        assert text in page


def test_made_again_they_replace_the_old_ones(world, files):
    session = world.saved(files={"talk.mp4": files["talk.mp4"]})
    make(world, session)
    audio = Derivative.objects.get(kind=Kind.AUDIO)
    # Like one that an earlier release made.
    Blob.objects.filter(derivative_of=audio).update(sha256="0" * 64)
    discard_all_derivatives()
    assert get_media(signed_in(world.alice), session).json()["files"]["talk.mp4"]["audio"] is not None

    assert make_pending_derivatives(clock=world.clock) == DerivativeReport(sessions=1, made=5)

    assert Derivative.objects.get(kind=Kind.AUDIO).blob_id != audio.blob_id
    assert collect_garbage(now=world.clock(), dry_run=False).unreferenced.count == 1


def test_made_again_those_whose_bytes_were_lost_are_stored(world, files):
    session = world.saved(files={"talk.mp4": files["talk.mp4"]})
    make(world, session)
    blob = Blob.objects.get(derivative_of__kind=Kind.AUDIO)
    get_store().delete(blob_key(blob.sha256))
    discard_all_derivatives()

    assert make_pending_derivatives(clock=world.clock) == DerivativeReport(sessions=1, made=5)

    assert Blob.objects.get(derivative_of__kind=Kind.AUDIO) == blob
    assert len(b"".join(get_store().read(blob_key(blob.sha256), 0, blob.size))) == blob.size


def test_a_worker_that_died_while_it_stored_one_makes_it_again(world, files, monkeypatch):
    session = world.saved(files={"talk.mp4": files["talk.mp4"]})
    read_session_media(session_id=session.pk, clock=world.clock)

    def fail(_: object) -> None:
        raise StoreUnavailableError("blobs/audio")

    monkeypatch.setattr(get_store(), "put_all", fail)
    assert make_session_derivatives(session_id=session.pk, clock=world.clock) == DerivativeReport(
        made=1, left=1
    )
    monkeypatch.undo()
    assert get_media(signed_in(world.alice), session).json()["files"]["talk.mp4"]["audio"] is None

    assert make(world, session) == DerivativeReport(sessions=1, made=4)
    assert Blob.objects.get(derivative_of__kind=Kind.AUDIO).state == Blob.State.STORED


def test_what_cannot_be_made_has_a_sentence(world, files):
    data = bytearray(files["talk.mp4"])
    start = data.index(b"mdat") + 8
    data[start:] = bytes(len(data) - start)
    session = world.saved(files={"talk.mp4": bytes(data)})

    report = make(world, session)

    talk = get_media(signed_in(world.alice), session).json()["files"]["talk.mp4"]
    assert report.failed >= 2
    assert talk["failed"]["poster"] == "No frame of its picture can be decoded."
    assert talk["failed"]["peaks"].endswith(".")
    assert not talk["pending"]


def test_audio_that_is_missing_in_the_middle_is_shown_with_its_place(world, files, media):
    damaged = media.damaged_video.read_bytes()
    session = world.saved(
        files=files | {"translations/hi.srt": files["transcriptions/en.srt"], "final_videos/hi.mp4": damaged}
    )
    other = world.saved("other", {"final_videos/hi.mp4": damaged})
    read_session_media(session_id=session.pk, clock=world.clock)
    read_session_texts(session_id=session.pk, clock=world.clock)
    read_session_texts(session_id=other.pk, clock=world.clock)
    assert not BlobMedia.objects.exclude(problem="").exists()

    make(world, session)

    problem = BlobMedia.objects.exclude(problem="").get().problem
    assert re.fullmatch(r"audio is missing from \d\.\d s to \d\.\d s of 8\.0 s", problem)
    for each in (session, other):
        each.refresh_from_db()
        assert each.has_unread_texts
        read_session_texts(session_id=each.pk, clock=world.clock)
        matrix = Version.objects.get(session=each).progress_matrix
        assert matrix is not None
        assert problem in matrix.cell("hi", Step.DUBBED).gaps
    page = signed_in(world.alice).get(f"/sessions/{session.code}/").content.decode()
    assert f'<span class="badge warn">Problem</span> <span class="muted">{problem}</span>' in page
    assert (
        get_media(signed_in(world.alice), session).json()["files"]["final_videos/hi.mp4"]["problem"]
        == problem
    )
    api = Program.of(world.alice)
    entries = api.get(f"/sessions/{session.code}/versions/1/entries").json()["items"]
    assert {each["path"]: each["media"] for each in entries}["final_videos/hi.mp4"]["problem"] == problem
    cells = api.get(f"/sessions/{session.code}/versions/1").json()["progress_by_language"]["cells"]
    assert [cell["gaps"] for cell in cells if cell["cut_files"]] == [[problem]]

    # It stays when the facts are read again, and goes when it is decoded again without a gap.
    BlobMedia.objects.update(reader_version=0)
    mark_all_unread()
    read_session_media(session_id=session.pk, clock=world.clock)
    assert BlobMedia.objects.exclude(problem="").get().problem == problem
    assert record_damage(Entry.objects.get(session=other).blob_id, "") == {session.pk, other.pk}
    assert not BlobMedia.objects.exclude(problem="").exists()


def test_damage_that_is_found_while_progress_is_computed_is_in_it(world, files, media, monkeypatch):
    session = world.saved(files={"final_videos/hi.mp4": media.damaged_video.read_bytes()})
    read_session_media(session_id=session.pk, clock=world.clock)
    compute = fill_texts._compute

    def make_first(*arguments: Any) -> Any:
        values = compute(*arguments)
        monkeypatch.setattr(fill_texts, "_compute", compute)
        make(world, session)
        return values

    monkeypatch.setattr(fill_texts, "_compute", make_first)
    read_session_texts(session_id=session.pk, clock=world.clock)

    matrix = Version.objects.get(session=session).progress_matrix
    assert matrix is not None
    assert matrix.cell("hi", Step.DUBBED).cut_files == 1


@pytest.mark.one_stack
def test_without_a_worker_no_messages_pile_up(world, files, monkeypatch):
    sent: list[tuple[str, dict[str, int | None], int]] = []
    monkeypatch.setattr(
        current_app,
        "send_task",
        lambda name, kwargs=None, priority=None, **_: sent.append((name, kwargs or {}, priority)),
    )
    cache.clear()
    session = world.saved(files=files)
    client = signed_in(world.alice)
    client.get(f"/sessions/{session.code}/")
    tasks.enqueue_pending_media()
    for_media = {queue.READ_MEDIA, queue.MAKE_DERIVATIVES}
    assert not [each for each in sent if each[0] in for_media]
    assert get_media(client, session).json()["has_worker"] is False

    world.start_media_worker()
    read_session_media(session_id=session.pk, clock=world.clock)
    for _ in range(3):
        client.get(f"/sessions/{session.code}/")
        get_media(client, session)
    tasks.enqueue_pending_media()

    mine = {"session_id": session.pk}
    assert [each for each in sent if each[0] in for_media] == [
        (queue.MAKE_DERIVATIVES, mine, queue.LOW_PRIORITY),
        (queue.MAKE_DERIVATIVES, mine, queue.FIRST_PRIORITY),
        (queue.READ_MEDIA, {"session_id": None}, queue.LOW_PRIORITY),
        (queue.MAKE_DERIVATIVES, {"session_id": None}, queue.LOW_PRIORITY),
    ]


@pytest.mark.one_stack
def test_each_kind_of_media_work_has_its_queue():
    queues = {
        task: current_app.amqp.router.route({}, task)["queue"].name
        for task in (queue.READ_MEDIA, queue.MAKE_DERIVATIVES, queue.MAKE_PROXIES, queue.RUN_JOB)
    }

    assert queues == {
        queue.READ_MEDIA: "media",
        queue.MAKE_DERIVATIVES: "media",
        queue.MAKE_PROXIES: "proxies",
        queue.RUN_JOB: current_app.conf.task_default_queue,
    }


def get_film(session: DubbingSession, client: Client) -> dict[str, Any]:
    file: dict[str, Any] = get_media(client, session).json()["files"]["film.mp4"]
    return file


def test_a_light_copy_is_made_by_a_worker_of_its_own(world, film, monkeypatch):
    session = world.saved(files=film)
    client = signed_in(world.alice)
    cache.clear()

    assert make(world, session) == DerivativeReport(sessions=1, made=2)

    # Without such a worker it is not pending; one finds the session when it starts.
    assert session.has_missing_proxies
    assert not session.has_missing_derivatives
    assert (get_film(session, client)["pending"], get_film(session, client)["proxy"]) == ([], None)
    world.start_proxy_worker()
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda name, kwargs=None, priority=None, **_: sent.append((name, priority))
    )
    media = get_media(client, session).json()
    assert (media["is_pending"], media["has_worker"]) == (True, True)
    assert media["files"]["film.mp4"]["pending"] == ["proxy"]
    assert sent == [(queue.MAKE_PROXIES, queue.FIRST_PRIORITY)]

    tasks.make_proxies()

    session.refresh_from_db()
    assert not session.has_missing_proxies
    copy = get_film(session, client)
    assert (copy["is_playable"], copy["pending"]) == (False, [])
    assert (copy["proxy"]["width"], copy["proxy"]["height"]) == (64, 36)
    assert client.get(copy["proxy"]["url"])["Content-Type"] == "video/mp4"


def list_play_buttons(client: Client, url: str) -> dict[str, str]:
    """Return the addresses that a list of files plays, by file."""
    found = re.findall(
        r'href="([^"]+)"[^>]* data-player="video"[^>]* aria-label="Play ([^"]+)"', client.get(url).text
    )
    return {path: address for address, path in found}


def test_lists_of_files_play_light_copies_and_nothing_that_is_unreadable(world, film):
    world.clock.now = timezone.now()  # requests read the real time
    session = world.saved(
        files={"film.avi": film["film.mp4"], "film.mp4": film["film.mp4"], "broken.mp4": b"no video"}
    )
    client, url = signed_in(world.alice), f"/sessions/{session.code}/versions/1/listing/"
    make(world, session)
    original = f"/sessions/{session.code}/versions/1/files/film.mp4?play"
    assert list_play_buttons(client, url) == {"film.mp4": original}

    make_pending_derivatives(clock=world.clock, workload=Workload.PROXIES)

    proxy = get_film(session, client)["proxy"]["url"]
    assert list_play_buttons(client, url) == {"film.avi": proxy, "film.mp4": proxy}
    version = session.current
    assert version is not None
    share = create_share(
        export=world.exported(version), author=world.alice, days=7, note="", now=timezone.now()
    )
    shared = list_play_buttons(Client(), f"/s/{share.token}/")
    assert set(shared) == {"film.avi", "film.mp4"}
    assert Client().get(shared["film.avi"])["Content-Type"] == "video/mp4"


@pytest.mark.one_stack
def test_a_light_copy_has_the_picture_that_browsers_play(world, media):
    film = BytesIO()
    with av.open(media.video, "r") as source, av.open(film, "w", format="matroska") as target:
        streams = {each.index: target.add_stream_from_template(each) for each in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    session = world.saved(files={"film.mkv": film.getvalue()})
    make(world, session)

    make_pending_derivatives(clock=world.clock, workload=Workload.PROXIES)

    copy = get_media(signed_in(world.alice), session).json()["files"]["film.mkv"]["proxy"]
    assert (copy["width"], copy["height"]) == (320, 180)
    data = b"".join(signed_in(world.alice).get(copy["url"]))
    with av.open(BytesIO(data), "r") as proxy, av.open(media.video, "r") as source:
        frames = [[bytes(frame.planes[0]) for frame in each.decode(video=0)] for each in (proxy, source)]
    assert frames[0] == frames[1]


@pytest.mark.one_stack
def test_a_session_without_such_videos_lacks_no_copies(world, files):
    session = world.saved(files=files)

    make(world, session)

    assert not session.has_missing_proxies


@pytest.mark.one_stack
def test_copies_of_many_sessions_make_room_for_what_is_on_screen(world, film, monkeypatch):
    for name in ("one", "two"):
        make(world, world.saved(name, film))
    world.start_proxy_worker()
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda name, kwargs=None, priority=None, **_: sent.append((name, priority))
    )

    def record(*_: object, **__: object) -> None:
        world.clock.forward(minutes=2)

    monkeypatch.setattr(DerivativeMaker, "make", record)
    make_pending_derivatives(clock=world.clock, limit=timedelta(minutes=1), workload=Workload.PROXIES)

    assert sent == [(queue.MAKE_PROXIES, queue.LOW_PRIORITY)]


@pytest.mark.one_stack
def test_nothing_more_is_made_of_a_session_that_is_deleted_permanently(world, files, monkeypatch):
    session = world.saved(files={name: files[name] for name in ("talk.mp4", "final_videos/hi.mp4")})
    read_session_media(session_id=session.pk, clock=world.clock)
    passes = []

    def delete(*_: object, **__: object) -> None:
        passes.append(1)
        trash_sessions(sessions=[session], now=world.clock())
        delete_permanently(sessions=DubbingSession.objects.filter(pk=session.pk), now=world.clock())

    monkeypatch.setattr(DerivativeMaker, "make", delete)
    make_session_derivatives(session_id=session.pk, clock=world.clock)

    assert len(passes) == 1
    assert not Derivative.objects.exists()


@pytest.mark.one_stack
def test_a_full_disk_leaves_them_for_later(world, files, monkeypatch):
    session = world.saved(files={"talk.mp4": files["talk.mp4"]})
    read_session_media(session_id=session.pk, clock=world.clock)

    def fail(*_: object, **__: object) -> None:
        raise NoSpaceError

    monkeypatch.setattr(DerivativeMaker, "make", fail)
    tasks.make_derivatives(session_id=session.pk)
    monkeypatch.undo()

    session.refresh_from_db()
    assert session.has_missing_derivatives
    assert not Derivative.objects.exists()


@pytest.mark.one_stack
def test_the_command_makes_what_is_missing_and_all_again_on_request(world, files, capsys):
    world.saved(files={"talk.mp4": files["talk.mp4"]})

    def call(*options: str) -> int:
        call_command("read_media", "--json", *options)
        made: int = json.loads(capsys.readouterr().out)["derivatives"]["made"]
        return made

    assert [call(), call(), call("--again")] == [5, 0, 5]


@pytest.mark.one_stack
def test_the_command_reports_light_copies_that_the_worker_made(world, film, capsys, monkeypatch):
    session = world.saved(files=film)
    monkeypatch.setattr(make_module, "enqueue_proxies", lambda session_id: make_copies(world, session_id))

    call_command("read_media")

    lines = capsys.readouterr().out.splitlines()
    assert "Made 0 light copies of 0 sessions; 0 cannot be made." in lines
    assert "The worker for light copies made those of 1 sessions in the meantime." in lines
    session.refresh_from_db()
    assert not session.has_missing_proxies


def make_copies(world: World, session_id: int) -> None:
    DubbingSession.objects.filter(pk=session_id).update(has_missing_derivatives=False)
    make_session_derivatives(session_id=session_id, clock=world.clock, workload=Workload.PROXIES)
