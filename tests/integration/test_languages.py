"""Language of responses: the browser's choice, the account, Accept-Language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.translation import override

from dubbing_core.categories import Category
from dubbing_core.label_changes import LabelError
from dubbing_core.progress_matrix import Cell, CellState
from dubbing_core.sentences import Number, Size, sentence
from sessions_app.language_names import check_language, localize_language
from sessions_app.models import Preferences
from sessions_app.operations.errors import OverQuotaError
from sessions_app.templatetags import portal
from sessions_app.templatetags.progress import ShownCell
from sessions_app.translation import localize, localize_message, localize_stored
from tests.integration.mail import run_mail_tasks
from tests.integration.sketches import signed_in
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.one_stack]
GERMAN = {"accept-language": "de-AT, de;q=0.9, en;q=0.8"}


def language_of(client: Client, path: str = "/accounts/login/", **headers: str) -> str:
    response = client.get(path, headers=headers)
    language = response["Content-Language"]
    assert f'<html lang="{language}">' in response.content.decode()
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))
    return language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("fr, de;q=0.5", "de"),
        ("en-GB, de", "en"),
        ("fr", "en"),
    ],
)
def test_the_browser_proposes_the_language(accepted: str, language: str):
    assert language_of(Client(), **{"accept-language": accepted}) == language


def test_a_visitor_chooses_a_language_for_the_browser():
    visitor = Client()
    response = visitor.post("/language/", {"language": "de", "next": "/accounts/login/?next=/jobs/"})

    assert response["Location"] == "/accounts/login/?next=/jobs/"
    assert language_of(visitor) == "de"
    assert visitor.cookies["django_language"]["httponly"]
    assert not Preferences.objects.exists()


def test_an_unknown_language_and_a_foreign_address_are_ignored():
    visitor = Client()
    response = visitor.post("/language/", {"language": "tlh", "next": "https://elsewhere.example/"})

    assert response["Location"] == "/sessions/"
    assert "django_language" not in visitor.cookies


def test_the_choice_of_a_user_follows_to_the_next_browser(world: World):
    first = signed_in(world.alice)
    first.post("/language/", {"language": "de"})
    world.alice.set_password("a long password")
    world.alice.save()

    second = Client()
    second.post("/accounts/login/", {"login": world.alice.username, "password": "a long password"})
    assert language_of(second, "/jobs/") == "de"


def test_one_request_leaves_its_language_to_no_other():
    client = Client()
    assert language_of(client, **GERMAN) == "de"
    assert language_of(client) == "en"


@pytest.mark.usefixtures("mail_queue")
def test_mails_are_in_the_language_of_the_user(world: World, mailoutbox: list[EmailMessage]):
    Preferences.objects.create(user=world.alice, language="de")
    Client().post("/accounts/password/reset/", {"email": world.alice.email})
    run_mail_tasks()

    (mail,) = mailoutbox
    assert "Passwort" in mail.subject


@pytest.mark.usefixtures("mail_queue")
def test_mails_to_others_are_in_the_language_of_the_request(world: World, mailoutbox: list[EmailMessage]):
    for headers in (GERMAN, {}):
        Client().post("/accounts/password/reset/", {"email": world.alice.email}, headers=headers)
    run_mail_tasks()

    assert [("Passwort" in mail.subject) for mail in mailoutbox] == [True, False]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("is empty", "ist leer"),
        ("audio ends at 0:41 of 2:10", "Audio endet bei 0:41 von 2:10"),
        ("video ends at 0:05 of 2:10", "Video endet bei 0:05 von 2:10"),
        (
            "The uploaded ZIP has expired. Upload it again.",
            "Die hochgeladene ZIP-Datei ist abgelaufen. Laden Sie sie noch einmal hoch.",
        ),
        (
            (
                "You use 5.7 KiB of your 1.0 MiB of storage. Discard unfinished uploads, delete sessions and empty the trash, or ask"
                " your operator for more."
            ),
            (
                "Sie verwenden 5,7 KiB von 1,0 MiB Speicherplatz. Verwerfen Sie unvollständige Uploads, löschen Sie Sessions und leeren"
                " Sie den Papierkorb, oder bitten Sie den Betreiber um mehr."
            ),
        ),
        ("A sentence of an earlier release.", "A sentence of an earlier release."),
        ("audio ends at 0.7 s of 1.4 s", "Audio endet bei 0,7 s von 1,4 s"),
        ("is damaged, or is not an audio or video file", "ist beschädigt oder keine Audio- oder Videodatei"),
        ("is empty; audio ends at 0:41 of 2:10", "ist leer; Audio endet bei 0:41 von 2:10"),
        (
            "is empty; was written by an earlier release",
            "ist leer; was written by an earlier release",
        ),
        (
            "is labeled en, but its text is in Cyrillic letters",
            "ist als en bezeichnet, aber der Text ist in kyrillischer Schrift geschrieben",
        ),
        (
            "audio is missing in 1,204 places, first at 0:41 of 2:10",
            "Audio fehlt an 1.204 Stellen, zuerst bei 0:41 von 2:10",
        ),
        (
            "“5.7 KiB” is a text. Choose a video or audio file as the source.",
            "„5.7 KiB“ ist ein Text. Wählen Sie eine Video- oder Audiodatei als Quelle.",
        ),
    ],
)
def test_stored_sentences_are_shown_in_the_language_of_the_page(stored: str, shown: str):
    assert localize_stored(stored) == stored
    with override("de"):
        assert localize_stored(stored) == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("Restored from version 3", "Aus Version 3 wiederhergestellt"),
        ("Restored audio in hi from version 2", "Aus Version 2 wiederhergestellt: Audio in hi"),
        ("Corrected the labels of 3 files", "Zuordnungen von 3 Dateien korrigiert"),
        ("Import", "Import"),
        ("Save, version 3", "Save, version 3"),
        ("is empty", "is empty"),
    ],
)
def test_only_messages_that_the_portal_wrote_are_translated(stored: str, shown: str):
    with override("de"):
        assert localize_message(stored) == shown


def test_progress_names_a_flaw_in_the_language_of_the_page():
    cell = Cell(state=CellState.PARTIAL, files=2, cut_files=1, flaw="video ends at 0:05 of 2:10")

    def note() -> str:
        return ShownCell(step="Dubbed", category=Category.FINAL_VIDEOS, language="fr", cell=cell).note

    assert note() == "1 of 2 files: video ends at 0:05 of 2:10"
    with override("de"):
        assert note() == "1 von 2 Dateien: Video endet bei 0:05 von 2:10"


def test_values_of_sentences_are_written_as_in_the_language():
    error = OverQuotaError(
        sentence("You use %(used)s of your %(quota)s of storage.", used=Size(5837), quota=Size(1 << 30)),
        used=0,
        limit=0,
        needed=0,
    )

    assert str(error) == error.message == "You use 5.7 KiB of your 1.0 GiB of storage."
    with override("de"):
        assert error.message == "Sie verwenden 5,7 KiB von 1,0 GiB Speicherplatz."
        assert str(error) == "You use 5.7 KiB of your 1.0 GiB of storage."


@pytest.mark.parametrize(("language", "shown"), [("en", "17,000,000"), ("de", "17.000.000")])
def test_large_numbers_in_sentences_have_the_separators_of_the_language(language: str, shown: str):
    text = sentence(
        "metadata.json has %(size)s bytes; only the first %(limit)s are read.",
        size=Number(17_000_000),
        limit=Size(16 << 20),
    )
    with override(language):
        assert shown in localize(text)


@pytest.mark.parametrize(
    ("language", "size", "day", "ago", "name"),
    [
        ("en", "5.7 KiB", "29 Nov 2026", "3 hours ago", "Spanish"),
        ("de", "5,7 KiB", "29.11.2026", "vor 3 Stunden", "Spanisch"),
    ],
)
def test_pages_write_times_sizes_and_languages_as_usual(
    language: str, size: str, day: str, ago: str, name: str
):
    now = datetime(2026, 11, 29, 5, tzinfo=UTC)
    with override(language):
        texts = [
            portal.size(5837),
            portal.relative_to(now, now + timedelta(days=30)),
            portal.relative_to(now, now + timedelta(hours=3)),
            localize_language("es"),
        ]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts] == [size, day, ago, name]


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("es", "es"),
        ("Spanish", "es"),
        ("spanisch", "es"),
        ("español", "es"),
        ("Französisch", "fr"),
        ("franzosisch", "fr"),
        ("हिन्दी", "hi"),
        ("Portugiesisch (Brasilien)", "pt-BR"),
        ("Chinesisch (vereinfacht)", "zh-Hans"),
        ("Norwegian", "no"),
    ],
)
def test_a_language_is_stated_by_tag_or_by_name_in_any_language_of_the_portal(text: str, tag: str):
    assert check_language(text) == tag


@pytest.mark.parametrize("text", ["", "?", "Klingonisch?", "Spanish conference"])
def test_what_is_neither_tag_nor_name_is_refused(text: str):
    with pytest.raises(LabelError, match="is not a language"):
        check_language(text)


def test_the_api_describes_errors_in_the_accepted_language(world: World):
    client = signed_in(world.alice)
    address = "/api/v1/sessions/00000000-0000-0000-0000-000000000000"

    english, german = client.get(address).json(), client.get(address, headers=GERMAN).json()
    assert english["code"] == german["code"] == "not_found"
    assert english["detail"].startswith("Not found.")
    assert german["detail"].startswith("Nicht gefunden.")
