"""Search: sessions by what is known about them and by lines of their current texts, only those that the user may see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sessions_app.models import (
    CurrentText,
    DubbingSession,
    LineBlock,
    SessionTokens,
    TextChunk,
    text_chunk,
)
from sessions_app.operations.blobs import delete_unreferenced_blobs
from sessions_app.operations.search import rebuild_search
from sessions_app.operations.sessions.rename import rename_session
from sessions_app.operations.timelines import read_pending_texts
from sessions_app.queries import search as search_module, search_lines
from sessions_app.queries.keyset import Position
from sessions_app.queries.search import TextSearch
from sessions_app.queries.search_results import SearchResult, describe_results, get_line_page
from tests.integration.sketches import now, signed_in, sketch_session, sketch_version, store_blobs
from tests.world import World


def write_srt(*lines: str) -> bytes:
    return "\n".join(
        f"{number}\n00:{number // 60:02}:{number % 60:02},000 --> 00:{number // 60:02}:{number % 60:02},900\n{line}\n"
        for number, line in enumerate(lines, 1)
    ).encode()


FILES = {
    "my_presentation.mp4": b"source",
    "transcriptions/en.srt": write_srt("Hello and welcome.", "The garden fence is green.", "A green garden."),
    "translations/hi.srt": write_srt("नमस्ते और स्वागत है।", "बगीचे की बाड़ हिन्दी में।"),
    "translations/ja.srt": write_srt("東京タワーへ行く。"),
    "translations/th.srt": write_srt("ฉันไปตลาดทุกวัน"),
    "translations/ar.srt": write_srt("العَرَبِيَّة لغة جميلة"),
    "audio/hi_final_mix.wav": b"sound",
}


@pytest.fixture(scope="module")
def _rows(module_transaction: None) -> World:
    """The rows of all tests."""
    world = World.create()
    session = save(world.alice, "Conférence in Pune", FILES, message="Retimed for the broadcaster")
    assert session.has_unread_texts
    save(world.bob, "Other talk", {"transcriptions/en.srt": write_srt("Nothing like it.")})
    read(world)
    return world


@pytest.fixture
def world(_rows: World, db: None) -> World:
    return _rows


def save(
    owner: User, name: str, files: Mapping[str, bytes], *, message: str = "", at: datetime | None = None
) -> DubbingSession:
    """Save files as the next version of a session, a new one if there is none with this name."""
    store_blobs(files.values())
    session = DubbingSession.objects.filter(owner=owner, name=name).first() or sketch_session(
        owner, name, files
    )
    if session.current is not None and session.current.message:
        sketch_version(session, files)
    session.refresh_from_db()
    session.versions.filter(pk=session.current_id or 0).update(message=message)
    if at is not None:
        DubbingSession.objects.filter(pk=session.pk).update(last_updated=at)
    return session


def read(world: World) -> None:
    read_pending_texts(clock=world.clock)


def find(world: World, text: str, user: User | None = None) -> list[SearchResult]:
    search = TextSearch(user or world.alice, text)
    return describe_results(search, search.get_page(size=10).items)


def found_lines(world: World, text: str) -> list[str]:
    return [
        "".join(part.text for part in line.parts) for result in find(world, text) for line in result.lines
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("conference", "CONFÉRENCE pune", "rence", "my_presentation", "alice", "pres alice pune"),
        *("Hindi", "hi", "हिन्दी", "हिंदी", "Japanese", "日本語", "thai final", "Arabic"),
        *("Japanisch", "arabisch", "japan thailändisch", '"Arabisch"', "japanisch 東京"),
        *("final mix", "hi_final_mix.wav", "broadcaster", "retim", '"for the broadcaster"'),
        *(
            "welcome",
            "green fence",
            '"garden fence"',
            "स्वागत",
            "बगीचे में",
            "京タ",
            "東京",
            "行",
            "ไปตลาด",
            "ตล",
            "العربية",
        ),
    ],
)
def test_a_session_is_found_by_its_names_languages_files_messages_and_lines(world: World, text: str):
    assert [result.name for result in find(world, text)] == ["Conférence in Pune"]
    assert find(world, text, world.charlie) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "…",
        "zaun",
        "東タ",
        '"fence garden"',
        "welcome fence",
        "like",
        "nothing",
        "Other",
        "a" * 200,
        "\x00",
    ],
)
def test_nothing_else_is_found(world: World, text: str):
    assert find(world, text) == []


def test_results_show_line_time_language_and_what_matched(world: World):
    (result,) = find(world, "green garden")
    assert result.line_count == 2
    line = result.lines[0]
    assert (line.start_ms, line.language, line.path) == (2000, "en", "transcriptions/en.srt")
    assert [part.text for part in line.parts if part.is_marked] == ["garden", "green"]
    assert found_lines(world, "京タ") == ["東京タワーへ行く。"]
    (result,) = find(world, "hindi broadcaster mix")
    assert [language.tag for language in result.languages] == ["hi"]
    assert [file.path for file in result.files] == ["audio/hi_final_mix.wav"]
    assert [message.number for message in result.messages] == [1]


def test_the_name_of_a_language_restricts_lines(world: World):
    files = {
        "transcriptions/en.srt": write_srt("Hello, namaste and welcome."),
        "translations/hi.srt": write_srt("Namaste welcome जी।"),
        "translations/pt-BR.srt": write_srt("Namaste, bem-vindo."),
    }
    save(world.alice, "Greetings", files)
    save(world.alice, "Hindi only by name", {"transcriptions/en.srt": write_srt("A welcome word.")})
    read(world)

    assert found_lines(world, "hindi namaste") == ["Namaste welcome जी।"]
    assert found_lines(world, "हिन्दी namaste") == ["Namaste welcome जी।"]
    assert found_lines(world, "brazilian namaste portuguese") == ["Namaste, bem-vindo."]
    assert found_lines(world, "hi namaste") == []  # a word of its own
    assert [result.name for result in find(world, "hindi welcome")] == ["Greetings"]
    session = DubbingSession.objects.get(name="Greetings")
    page = get_line_page(TextSearch(world.alice, "hindi welcome"), session, after="")
    assert [line.language for line in page.result.lines] == ["hi"]


def test_a_session_is_found_by_a_line_among_thousands(world: World, monkeypatch):
    monkeypatch.setattr(search_lines, "FIRST_CHUNKS", 1)
    # Both words are in each chunk, side by side only in the last line.
    texts = ["red", "fox"] * 300 + ["The red fox."]
    session = save(world.alice, "fable", {"transcriptions/en.srt": write_srt(*texts)})
    read(world)

    (result,) = find(world, "red fox")

    assert [(line.number, line.start_ms) for line in result.lines] == [(600, 601_000)]
    page = get_line_page(TextSearch(world.alice, "red"), session, after="", size=400)
    assert len(page.result.lines) == 301
    (result,) = find(world, "red")
    assert (result.line_count, result.has_more_lines) == (128, True)


def test_lines_are_counted_until_there_are_many(world: World):
    filler = ["Filler."] * 290
    texts = ["A rare word.", *["Often."] * 12, *filler, "A rare word again, often."]
    files = {"transcriptions/en.srt": write_srt(*texts), "translations/de.srt": write_srt("Often, rare.")}
    save(world.alice, "counted", files)
    read(world)

    (rare,) = find(world, "rare")
    assert (rare.line_count, rare.has_more_lines) == (3, False)
    assert [(line.path, line.number) for line in rare.lines] == [
        ("transcriptions/en.srt", 0),
        ("transcriptions/en.srt", 303),
        ("translations/de.srt", 0),
    ]
    (often,) = find(world, "often")
    assert (often.line_count, often.has_more_lines) == (13, True)
    assert {line.path for line in often.lines} == {"transcriptions/en.srt", "translations/de.srt"}


def test_random_queries_equal_a_comparison_of_all_lines(world: World, monkeypatch):
    monkeypatch.setattr(search_lines, "FIRST_CHUNKS", 1)
    monkeypatch.setattr(text_chunk, "LINES_PER_CHUNK", 2)
    random = Random(12)
    # Few letters: most chunks have all pairs of a query, and few have it as a whole.
    texts = {
        f"episode {number}": ["".join(random.choices("กขค", k=random.randint(2, 6))) for _ in range(8)]
        for number in range(14)
    }
    for number, (name, lines) in enumerate(texts.items()):
        files = {"translations/th.srt": write_srt(*lines)}
        save(world.alice, name, files, at=now() + timedelta(minutes=number))
    read(world)
    words = ["".join(random.choices("กขค", k=random.randint(1, 6))) for _ in range(24)]
    for query in (*words, *(f"{words[at]} {words[at + 1]}" for at in range(10))):
        matches = {
            name: sum(all(word in line for word in query.split()) for line in lines)
            for name, lines in reversed(texts.items())
        }
        found = find(world, query)
        assert [result.name for result in found] == [name for name in matches if matches[name]][:10], query
        for result in found:
            count = matches[result.name]
            assert len(result.lines) <= result.line_count <= count
            assert result.has_more_lines or result.line_count == count


def test_the_current_version_is_searched(world: World):
    session = DubbingSession.objects.get(owner=world.alice)
    save(
        world.alice,
        session.name,
        {**FILES, "transcriptions/en.srt": write_srt("Good evening.")},
        message="New take",
    )
    assert found_lines(world, "welcome") == []  # also before the worker has read the version

    read(world)

    assert found_lines(world, "welcome") == []
    assert found_lines(world, "evening") == ["Good evening."]
    assert find(world, "broadcaster new")


def test_renamed_trashed_and_deleted_sessions(world: World):
    session = DubbingSession.objects.get(owner=world.alice)
    rename_session(session=session, name="Keynote", user=world.alice, now=now())
    assert find(world, "keynote")
    read(world)
    assert find(world, "keynote hindi")
    assert not find(world, "conference")
    session.refresh_from_db()
    session.trash(now=world.clock())
    assert not find(world, "welcome")
    assert not find(world, "keynote")
    session.untrash(name="Keynote", folded_name="keynote")
    assert find(world, "welcome")

    session.delete()

    assert not find(world, "welcome")
    assert not CurrentText.objects.filter(session_id=session.pk).exists()
    assert SessionTokens.objects.count() == 1


def test_lines_are_written_once_per_blob_and_go_with_it(world: World):
    lines = TextChunk.objects.count()
    copy = save(world.alice, "Copy", FILES)
    read(world)
    assert TextChunk.objects.count() == lines
    assert {result.name for result in find(world, "welcome")} == {"Conférence in Pune", "Copy"}

    DubbingSession.objects.filter(owner=world.alice).exclude(pk=copy.pk).delete()
    assert [result.name for result in find(world, "welcome")] == ["Copy"]
    blobs = list(copy.entries.values_list("blob_id", flat=True))
    copy.delete()
    delete_unreferenced_blobs(blobs)

    assert TextChunk.objects.get().folded == " nothing like it "
    assert LineBlock.objects.get().lines == '[1000, "Nothing like it."]'
    assert TextChunk.objects.find(TextSearch(world.bob, "welcome").query) == []


def test_a_rebuild_that_was_interrupted_resumes(world: World):
    class InterruptionError(Exception):
        pass

    def interrupt(_: object) -> None:
        raise InterruptionError

    TextChunk.objects.all().delete()
    SessionTokens.objects.all().delete()
    with pytest.raises(InterruptionError):
        rebuild_search(everything=True, on_session=interrupt)
    assert len(find(world, "welcome")) + len(find(world, "nothing", world.bob)) == 1

    assert rebuild_search(everything=False).texts == 1
    assert rebuild_search(everything=False).texts == 0

    assert found_lines(world, "welcome") == ["Hello and welcome."]
    assert find(world, "hindi broadcaster")


@pytest.mark.parametrize(
    ("module", "limit", "value"),
    [
        (search_module, "MAX_HITS", 20_000),
        (search_module, "MAX_HITS", 1),
        (search_module, "MAX_KNOWN", 1),
        (search_lines, "FEW_BLOBS", 1),
    ],
)
def test_pages_of_results_are_the_same_for_rare_and_frequent_words(
    world: World, monkeypatch, module: ModuleType, limit: str, value: int
):
    monkeypatch.setattr(module, limit, value)
    names = []
    for number in range(5):
        at = now() + timedelta(minutes=number)
        lines = "A needle here." if number != 2 else "No match."
        files = {"transcriptions/en.srt": write_srt(lines, f"Take {number}.")}
        save(world.alice, f"episode {number}", files, at=at)
        names.append(f"episode {number}")
    read(world)
    del names[2]
    search = TextSearch(world.alice, "needle")

    first = search.get_page(size=3)
    second = search.get_page(size=3, position=Position(after=first.next or ""))
    back = search.get_page(size=1, position=Position(before=second.previous or ""))

    assert [session.name for session in [*first, *second]] == names[::-1]
    assert second.next is None
    assert [session.name for session in back] == [names[1]]
    assert [session.name for session in search.get_page(size=1, position=Position(is_last=True))] == [
        "episode 0"
    ]


def test_all_lines_of_a_session_are_paged(world: World):
    texts = [f"Needle {number}." for number in range(5)]
    files = {"transcriptions/en.srt": write_srt(*texts), "translations/de.srt": write_srt("Needle.")}
    session = save(world.alice, "many", files)
    read(world)
    search = TextSearch(world.alice, "needle")
    shown, after = [], ""
    for _ in range(4):
        page = get_line_page(search, session, after=after, size=2)
        shown += ["".join(part.text for part in line.parts) for line in page.result.lines]
        after = str(page.next or "")
    assert sorted(shown[:6]) == sorted([*texts, "Needle."])


def test_pages_have_a_constant_number_of_queries(world: World, django_assert_num_queries):
    for number in range(4):
        save(world.alice, f"episode {number}", FILES)
    read(world)
    with django_assert_num_queries(8):
        assert len(find(world, "hindi mix")) == 5
    with django_assert_num_queries(6):
        assert len(find(world, "welcome")) == 5


def test_pages_show_results_only_to_those_who_may_see_them(world: World):
    session = DubbingSession.objects.get(owner=world.alice)
    alice, bob = signed_in(world.alice), signed_in(world.bob)

    page = alice.get("/search/", {"q": "green garden"}).content.decode()
    assert "The <mark>garden</mark> fence is <mark>green</mark>." in page
    assert f"/sessions/{session.code}/" in page
    options = alice.get("/search/suggestions/", {"q": "gard"}).content.decode()
    assert 'role="option"' in options
    lines = alice.get(f"/search/sessions/{session.code}/", {"q": "garden"}).content.decode()
    assert lines.count("<mark>garden</mark>") == 2
    assert "Nothing found" in bob.get("/search/", {"q": "garden"}).content.decode()
    assert bob.get(f"/search/sessions/{session.code}/", {"q": "garden"}).status_code == 404
    assert Client().get("/search/", {"q": "garden"}).status_code == 302
    assert "Search in all your sessions" in alice.get("/search/").content.decode()


def test_a_line_leads_to_its_row_of_the_transcript(world: World):
    session = DubbingSession.objects.get(owner=world.alice)
    alice = signed_in(world.alice)
    url = f"/search/sessions/{session.code}/line/"

    response = alice.get(url, {"path": "translations/hi.srt", "track": "0", "line": "1"})
    assert (
        response["Location"]
        == f"/sessions/{session.code}/versions/1/transcript/?show=source%2Chi&of=hi&line=2"
    )
    page = alice.get(response["Location"]).content.decode()
    assert "बगीचे की बाड़" in page
    for query in ({"path": "translations/hi.srt", "track": "7"}, {"path": "none", "line": "x"}, {}):
        assert alice.get(url, query)["Location"] == f"/sessions/{session.code}/versions/1/transcript/"
    assert signed_in(world.bob).get(url, {"path": "translations/hi.srt"}).status_code == 404


SAME_LINES = write_srt("A heron waits.", "Yes.", "The heron flies.", "Yes.")


def save_copies(world: World) -> DubbingSession:
    """Save the lines of a transcript as files of a tool have them, whose paths precede it."""
    table = b"start,end,text\n1,2,A heron waits.\n2,3,Only the table has a heron here.\n4,5,Yes.\n"
    files = {
        "talk.mp4": b"source",
        "a/copy.srt": SAME_LINES + b"\n",
        "a/table.csv": table,
        "c/both.srt": write_srt("Ein Reiher wartet.\nA heron waits.", "Ja.\nYes."),
        "b/other.srt": write_srt("A heron of its own."),
        "transcriptions/en.srt": SAME_LINES,
        "translations/de.srt": write_srt("Yes.", "Ein Reiher wartet."),
    }
    session = save(world.alice, "Birds", files)
    working = session.entries.filter(path__startswith="a/")
    working.update(category="transcriptions", role="intermediate", language="")
    session.entries.filter(path__startswith="b/").update(category="transcriptions", role="", language="en")
    session.entries.filter(path__startswith="c/").update(category="translations", role="bilingual")
    read(world)
    # Its lines stay in the index, but the transcript has no texts of this category.
    session.entries.filter(path__startswith="b/").update(category="final_videos")
    return session


def test_a_line_of_several_files_is_listed_once_from_the_best_one(world: World):
    session = save_copies(world)

    (result,) = find(world, "heron")
    assert result.line_count == 4
    (result,) = find(world, "yes")
    assert [(line.path, line.number) for line in result.lines] == [
        ("transcriptions/en.srt", 1),
        ("transcriptions/en.srt", 3),
        ("translations/de.srt", 0),
    ]
    assert result.line_count == 3
    shown, after = [], ""
    for _ in range(5):
        page = get_line_page(TextSearch(world.alice, "heron"), session, after=after, size=1)
        shown += [(line.path, line.number) for line in page.result.lines]
        after = str(page.next or "999999999999999999")
    assert sorted(shown) == [
        ("a/table.csv", 1),
        ("b/other.srt", 0),
        ("transcriptions/en.srt", 0),
        ("transcriptions/en.srt", 2),
    ]


def test_a_line_of_a_bilingual_file_is_omitted_only_if_it_is_a_copy(world: World):
    table = b"start,end,source,target\n1,2,Yes,Si\n2,3,Hello there,Hola\n3,4,Fine,Bien\n"
    files = {
        "transcriptions/en.srt": write_srt("Yes", "Hello there", "Fine"),
        "both.srt": write_srt("Yes Si", "Yes he came today. Si vino hoy", "Bien\nFine", "Fine"),
        "translations/es.csv": table,
    }
    session = save(world.alice, "Short lines", files)
    session.entries.filter(path="both.srt").update(category="translations", role="bilingual")
    read(world)

    def list_found(text: str) -> list[tuple[str, int | None]]:
        (result,) = find(world, text)
        return [(line.path, line.number) for line in result.lines]

    assert list_found("yes") == [("both.srt", 1), ("transcriptions/en.srt", 0)]
    assert list_found("fine") == [("transcriptions/en.srt", 2)]
    assert list_found("bien") == [("translations/es.csv", 2)]  # of the second track of its file
    page = get_line_page(TextSearch(world.alice, "yes"), session, after="")
    assert {line.path for line in page.result.lines} == {"both.srt", "transcriptions/en.srt"}


def test_thousands_of_lines_are_listed_with_their_copies(world: World, monkeypatch):
    session = save_copies(world)
    monkeypatch.setattr(search_lines, "COMPARED_CHUNKS", 1)

    page = get_line_page(TextSearch(world.alice, "waits"), session, after="")

    assert len(page.result.lines) == 4


def test_a_line_of_a_file_without_a_track_leads_to_its_copy_or_its_file(world: World):
    session = save_copies(world)
    alice = signed_in(world.alice)

    def follow(path: str, line: int) -> str:
        query: dict[str, str | int] = {"path": path, "track": 0, "line": line}
        return alice.get(f"/search/sessions/{session.code}/line/", query)["Location"]

    transcript = f"/sessions/{session.code}/versions/1/transcript/"
    assert follow("a/copy.srt", 0) == f"{transcript}?show=source&of=source&line=1"
    assert follow("a/copy.srt", 3) == f"{transcript}?show=source&of=source&line=4"
    assert follow("a/table.csv", 1) == f"{transcript}?show=source%2Csource.2&of=source.2&line=2"
    assert follow("a/copy.srt", 9) == transcript
    files = f"/sessions/{session.code}/?find=b%2Fother.srt#files"
    assert follow("b/other.srt", 0) == files
    page = alice.get(files.partition("#")[0]).content.decode()
    assert 'aria-label="Show b/other.srt"' in page


def test_markup_in_lines_is_text(world: World):
    save(world.alice, "evil", {"transcriptions/en.txt": b"<script>alert(1)</script> needle <b>"})
    read(world)
    page = signed_in(world.alice).get("/search/", {"q": "<script> needle"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;<mark>script</mark>&gt;alert(1)" in page
