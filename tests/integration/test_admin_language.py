"""The admin site in German, and its dates in English."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from sessions_app.admin.names import CHOICES
from sessions_app.management.catalogs import SOURCES, read_catalog
from sessions_app.models import Blob, Entry, Job, Upload, Version
from sessions_app.operations.exports.request import request_export
from tests.world import PROJECT, World


@pytest.fixture
def operator(world: World) -> Client:
    world.clock.now = timezone.now()
    client = Client(headers={"accept-language": "de"})
    client.force_login(User.objects.create_superuser("operator"))
    return client


def read_page(client: Client, name: str, *args: object) -> str:
    return " ".join(client.get(reverse(f"admin:{name}", args=args)).content.decode().split())


def test_choices_are_translated_in_filters_and_on_pages(world: World, operator: Client):
    version = world.saved("talk", PROJECT).current
    assert version is not None

    assert ">Wird empfangen</a>" in read_page(operator, "sessions_app_upload_changelist")
    blob = Blob.objects.order_by("pk")[0]
    assert ">Gespeichert<" in read_page(operator, "sessions_app_blob_change", blob.pk)
    stage = version.get_stage_display()
    with override("de"):
        translated = version.get_stage_display()
    assert translated != stage
    assert f">{translated}<" in read_page(operator, "sessions_app_version_change", version.pk)


def test_the_choices_that_pages_show_are_in_the_catalog():
    catalog = read_catalog(SOURCES[0].path("de"), "de")
    pages = {
        model: page for model, page in admin.site._registry.items() if model._meta.app_label == "sessions_app"
    }
    shown = [
        field
        for model, page in pages.items()
        for field in model._meta.fields
        if field.choices and field.name in {*(page.fields or ()), *page.list_display}
    ]

    labels = {str(label) for field in shown for _, label in field.flatchoices}
    assert {"Stored", "Videos created", "Audio"} <= labels
    assert not [label for label in labels if not catalog.get(label)]
    plain = {
        str(label) for model in (Blob, Upload) for _, label in model._meta.get_field("state").flatchoices
    }
    assert set(CHOICES) == plain


def test_filters_are_named_without_a_preposition(operator: Client):
    assert "<summary>Status</summary>" in read_page(operator, "sessions_app_upload_changelist")


def test_the_error_of_an_action_is_translated_and_no_success_is_shown(world: World, operator: Client):
    version = world.saved().current
    assert version is not None
    job = request_export(version=version, owner=world.alice, now=world.clock())
    form = {"action": "cancel", "_selected_action": [job.pk]}
    address = reverse("admin:sessions_app_job_changelist")
    operator.post(address, form)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    operator.get(address)

    messages = list(operator.post(address, form, follow=True).context["messages"])

    assert [(message.level_tag, message.message) for message in messages] == [
        ("error", f"Export {job.code}: Dieser Auftrag ist schon beendet.")
    ]


def test_fields_without_a_name_of_their_own_have_one(world: World, operator: Client):
    version = world.saved().current
    assert version is not None
    export = world.exported(version)

    assert ">Auswahl:<" in read_page(operator, "sessions_app_export_change", export.pk)
    assert ">Metadaten:<" in read_page(operator, "sessions_app_version_change", version.pk)


def test_pages_of_users_are_translated(operator: Client):
    user = User.objects.create_user("leaver", password="river-otter-42")
    operator.post(
        reverse("admin:auth_user_changelist"), {"action": "deactivate", "_selected_action": [user.pk]}
    )

    page = read_page(operator, "auth_user_add")
    assert "Speichern und weiter bearbeiten" in page
    assert "Anmeldung mit Passwort" in page
    assert "Whether the user" not in page
    password = read_page(operator, "auth_user_password_change", user.pk)
    assert "Wird sie deaktiviert, geht das jetzige Passwort" in password
    assert "Whether the user" not in password
    assert "Aktiv geändert." in read_page(operator, "auth_user_history", user.pk)


def test_relations_of_users_and_groups_are_translated(operator: Client):
    group = Group.objects.create(name="editors")
    User.objects.get(username="operator").groups.add(group)

    page = read_page(operator, "auth_group_delete", group.pk)
    assert "Zuordnungen von Benutzern und Gruppen: 1" in page


def test_a_deletion_names_the_members_of_a_group(operator: Client):
    group = Group.objects.create(name="editors")
    User.objects.get(username="operator").groups.add(group)
    group.permissions.add(Permission.objects.get(codename="view_upload"))

    page = read_page(operator, "auth_group_delete", group.pk)

    assert "operator, editors" in page
    assert " object (" not in page


@pytest.mark.parametrize(("language", "texts"), [("de", ("Ja", "Nein")), ("en", ("Yes", "No"))])
def test_icons_of_yes_and_no_are_named_in_the_language_of_the_page(
    operator: Client, language: str, texts: tuple[str, str]
):
    User.objects.create_user("erin", is_active=False)
    page = operator.get(
        reverse("admin:auth_user_changelist"), headers={"accept-language": language}
    ).content.decode()

    assert set(re.findall(r'<img src="[^"]*/icon-(?:yes|no)[^"]*" alt="([^"]*)">', page)) == set(texts)


def test_messages_that_the_portal_wrote_are_translated(world: World, operator: Client):
    first, second = world.saved("talk", PROJECT).current, world.saved("other", PROJECT).current
    assert first is not None
    assert second is not None
    Version.objects.filter(pk=first.pk).update(message="Restored from version 3")
    Version.objects.filter(pk=second.pk).update(message="Cancelled takes removed")

    page = read_page(operator, "sessions_app_version_changelist")

    assert "Aus Version 3 wiederhergestellt" in page
    assert "Cancelled takes removed" in page
    assert "Aus Version 3 wiederhergestellt" in read_page(operator, "sessions_app_version_change", first.pk)


@pytest.mark.parametrize("name", ["auth_user_change", "auth_group_change"])
def test_permissions_are_labeled_in_the_language_of_the_page(operator: Client, name: str):
    row = Group.objects.create(name="editors") if "group" in name else User.objects.get(username="operator")

    german = read_page(operator, name, row.pk)
    english = " ".join(
        operator.get(reverse(f"admin:{name}", args=[row.pk]), headers={"accept-language": "en"})
        .content.decode()
        .split()
    )

    assert "Konten | E-Mail-Adresse | Kann E-Mail-Adresse hinzufügen" in german
    assert "Can add" not in german
    assert "Accounts | email address | Can add email address" in english


def test_permissions_can_be_chosen_for_models_with_pages(operator: Client):
    group = Group.objects.create(name="editors")
    chosen = Permission.objects.get(codename="view_upload")

    page = read_page(operator, "auth_group_change", group.pk)
    address = reverse("admin:auth_group_change", args=[group.pk])
    operator.post(address, {"name": "editors", "permissions": [chosen.pk]})

    assert f'value="{chosen.pk}"' in page
    assert f'value="{Permission.objects.get(codename="view_throttlehit").pk}"' not in page
    assert list(group.permissions.all()) == [chosen]


def test_texts_of_scripts_are_translated(operator: Client):
    script = operator.get(reverse("admin:jsi18n"))

    assert script.headers["Content-Type"].startswith("text/javascript")
    assert '"Choose all %s": "Alle %s ausw\\u00e4hlen"' in script.content.decode()
    english = operator.get(reverse("admin:jsi18n"), headers={"accept-language": "en"}).content.decode()
    assert "ausw\\u00e4hlen" not in english


def test_words_of_other_catalogs_do_not_replace_those_of_the_portal(world: World, operator: Client):
    entry = world.saved().entries.order_by("pk")[0]

    page = read_page(operator, "sessions_app_entry_change", entry.pk)
    assert ">Session:<" in page
    assert "Sitzung" not in page
    with override("de"):
        assert str(Entry._meta.get_field("session").verbose_name) == "Session"


def test_english_dates_are_those_of_the_portal():
    when = datetime(2027, 2, 28, 13, 44, tzinfo=UTC)

    with override("en"):
        assert date_format(when, "DATETIME_FORMAT") == "28\xa0Feb\xa02027, 13:44"
        assert date_format(when, "DATE_FORMAT") == "28\xa0Feb\xa02027"
    with override("de"):
        assert date_format(when, "DATETIME_FORMAT") == "28. Februar 2027 13:44"


def test_headings_and_messages_are_translated(world: World, operator: Client):
    entry = world.saved("talk", PROJECT).entries.order_by("pk")[0]

    assert f"<h2>{entry.path} (ab Version 1)</h2>" in read_page(
        operator, "sessions_app_entry_change", entry.pk
    )
    page = read_page(operator, "app_list", "sessions_app")
    assert "-Administration" not in page
    assert "Verwaltung: " in page
    form = {"username": "dora", "usable_password": "false"}
    added = operator.post(reverse("admin:auth_user_add"), form, follow=True).content.decode()
    assert "Unten können Sie die Angaben weiter bearbeiten." in added
