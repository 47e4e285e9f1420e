"""The admin site."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.mail import EmailMessage
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from sessions_app.admin.base import ReadOnlyAdmin
from sessions_app.admin.names import HELP_TEXTS, NAMES
from sessions_app.models import (
    AccessToken,
    Blob,
    DubbingSession,
    Entry,
    Export,
    Job,
    Pin,
    Share,
    Upload,
    Version,
)
from sessions_app.operations.accounts.tokens import create_token
from sessions_app.operations.cleanup.garbage import collect_garbage
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.shares import create_share, find_share
from sessions_app.operations.timelines import read_pending_texts
from sessions_app.queries.search import TextSearch
from sessions_app.storage.keys import blob_key
from tests.integration.mail import run_mail_tasks
from tests.query_plans import record_plans
from tests.world import PROJECT, World, stored_keys

MODELS = (Blob, DubbingSession, Entry, Export, Pin, Job, Share, Upload, Version, User)
READ_ONLY_MODELS = MODELS[:-1]


@pytest.fixture
def operator(world: World, client: Client) -> Client:
    world.clock.now = timezone.now()
    client.force_login(User.objects.create_superuser("operator"))
    return client


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def act(client: Client, action: str, *rows: Any) -> str:
    """Run an action on selected rows; return the messages of the page."""
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    response = client.post(list_of(rows[0]), form, follow=True)
    assert response.status_code == 200
    return " ".join(str(message) for message in response.context["messages"])


def current(session: DubbingSession) -> Version:
    session.refresh_from_db()
    assert session.current is not None
    return session.current


def create_rows(world: World, name: str = "talk") -> None:
    session = world.saved(name, {**PROJECT, f"{name}.txt": name.encode()})
    world.save(session, {"audio/fr_audio.wav": name.encode() * 3})
    export = world.exported(current(session))
    create_share(export=export, author=world.alice, days=3, note="for Bob", now=world.clock())
    world.upload({f"{name}.wav": b"pending"})
    queued = world.save(world.session(f"{name} empty"), {"new.wav": b"new"}, run=False)
    Pin.objects.create(job=queued, blob=Blob.objects.order_by("-pk")[0])


# Views


def test_every_page_opens(world: World, operator: Client, subtests: pytest.Subtests):
    create_rows(world)
    assert operator.get(reverse("admin:index")).status_code == 200
    for model in MODELS:
        with subtests.test(model.__name__):
            assert operator.get(list_of(model)).status_code == 200, model
            assert operator.get(list_of(model), {"q": "talk"}).status_code == 200, model
            row = model._default_manager.order_by("pk")[0]
            assert operator.get(page_of(row)).status_code == 200, model


def test_every_filter_opens(world: World, operator: Client, subtests: pytest.Subtests):
    create_rows(world)
    for model in READ_ONLY_MODELS:
        with subtests.test(model.__name__):
            page = operator.get(list_of(model))
            for spec in page.context["cl"].filter_specs:
                for choice in spec.choices(page.context["cl"]):
                    response = operator.get(list_of(model) + choice["query_string"])
                    assert response.status_code == 200, (model, choice)
                    assert "e=1" not in response.request["QUERY_STRING"]


@pytest.mark.either_stack
def test_links_lead_to_related_rows(world: World, operator: Client):
    create_rows(world)
    session = DubbingSession.objects.get(name="talk")
    response = operator.get(f"{list_of(Export)}?version__session__id__exact={session.pk}")
    assert [row.filename for row in response.context["cl"].result_list] == ["talk_export.zip"]
    for model, field in ((Version, "session"), (Entry, "session"), (Job, "session")):
        response = operator.get(f"{list_of(model)}?{field}__id__exact={session.pk}")
        assert response.status_code == 200
        assert all(row.session_id == session.pk for row in response.context["cl"].result_list)


@pytest.mark.one_stack
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(world: World, operator: Client):
    create_rows(world)
    operator.get(list_of(Job))  # fills caches
    before = {model: queries_of(operator, list_of(model)) for model in MODELS}
    for number in range(3):
        create_rows(world, f"talk {number}")

    assert {model: queries_of(operator, list_of(model)) for model in MODELS} == before
    assert max(before.values()) <= 12


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_lists_and_searches_read_no_large_table_in_full(
    world: World, operator: Client, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ReadOnlyAdmin, "list_per_page", 1)
    create_rows(world)
    create_rows(world, "speech")
    session = DubbingSession.objects.get(name="talk")
    for model in (Blob, DubbingSession, Entry, Export, Job, Version):
        row: Any = model._default_manager.order_by("pk")[0]
        terms = ["talk", "alice", "0123ab", "f" * 64, str(getattr(row, "code", "")), str(row)]
        queries = ["", *(urlencode({"q": term}) for term in terms)]
        if model in {Entry, Job, Version}:
            queries.append(f"session__id__exact={session.pk}")
        with subtests.test(model.__name__):
            with record_plans() as plans:
                for query in queries:
                    assert operator.get(f"{list_of(model)}?{query}").status_code == 200
            large = {"blob", "entry", "version", "job", "export", "dubbingsession", "sessiontext"}
            assert not large & plans.scanned, plans.describe()


@pytest.mark.parametrize("model", [Entry, Export, Job, Version])
def test_results_of_searches_are_sorted(world: World, operator: Client, model: type[Model]):
    # Read in the order of an index instead, all rows from the newest back to the first result would be read.
    create_rows(world)

    with record_plans() as plans:
        assert operator.get(f"{list_of(model)}?q=talk").status_code == 200

    [results] = [
        each for each in plans.statements if f'ORDER BY ("{model._meta.db_table}"."id" +' in each.sql
    ]
    assert results.has_sort, results.plan


@pytest.mark.one_stack
def test_references_are_looked_up_for_the_blobs_on_the_page(world: World, operator: Client):
    world.saved("talk")
    with CaptureQueriesContext(connection) as queries:
        page = operator.get("/admin/sessions_app/blob/")

    lookups = [query["sql"] for query in queries if "sessions_app_entry" in query["sql"]]
    assert "icon-yes" in page.content.decode()
    assert len(lookups) == 1
    assert '"sessions_app_blob"."id" IN (' in lookups[0]


def test_searches_find_rows(world: World, operator: Client, subtests: pytest.Subtests):
    create_rows(world)
    blob, job = Blob.objects.filter(entries__isnull=False).order_by("pk")[0], Job.objects.order_by("pk")[0]
    session = DubbingSession.objects.get(name="talk")
    terms: dict[Any, list[str]] = {
        Blob: [blob.sha256, blob.sha256[:12].upper()],
        DubbingSession: ["TALK", str(session.code), "alice@example"],
        Entry: ["talk", blob.sha256, str(session.code)],
        Export: ["talk", str(Export.objects.get().code)],
        Job: [str(job.code), "ali", "talk"],
        Version: ["talk", str(session.code)],
    }
    for model, found in terms.items():
        for term in found:
            with subtests.test(model.__name__, term=term):
                assert operator.get(list_of(model), {"q": term}).context["cl"].result_count >= 1
        for term in ("no such thing", "0" * 64, "00000000-0000-4000-8000-000000000000", "%", "_"):
            with subtests.test(model.__name__, term=term):
                assert operator.get(list_of(model), {"q": term}).context["cl"].result_count == 0


def test_paths_are_searched_within_a_session(world: World, operator: Client):
    create_rows(world)
    session = DubbingSession.objects.get(name="talk")

    page = operator.get(list_of(Entry), {"session__id__exact": str(session.pk), "q": "FR_audio"})

    assert [entry.path for entry in page.context["cl"].result_list] == ["audio/fr_audio.wav"]
    assert {spec.title for spec in page.context["cl"].filter_specs} == {"category", "removed in"}


def test_the_count_of_a_large_table_is_limited(world: World, operator: Client, monkeypatch):
    monkeypatch.setattr("sessions_app.admin.base.MAX_COUNT", 3)
    create_rows(world)

    assert Entry.objects.count() > 3
    assert operator.get(list_of(Entry)).context["cl"].result_count == 3


@pytest.mark.one_stack
@pytest.mark.parametrize("model", READ_ONLY_MODELS)
def test_pages_without_slugs_load_no_scripts_for_them(operator: Client, model: type[Model]):
    page = operator.get(list_of(model)).content.decode()

    assert "admin/js/actions." in page
    assert not [name for name in ("xregexp", "urlify", "prepopulate") if name in page]


@pytest.mark.either_stack
def test_sizes_are_readable(world: World, operator: Client):
    world.saved("talk", {"one.wav": b"x" * 3 * 1024 * 1024})
    assert b"3.0 MiB" in operator.get(list_of(DubbingSession)).content


@pytest.mark.one_stack
def test_invisible_characters_are_shown(world: World, operator: Client):
    session = world.saved(files={"audio/a\u202evaw.exe": b"x"})
    Version.objects.filter(session=session).update(message="Fixed \u202egpj.exe")
    entry = Entry.objects.get(session=session)
    version = Version.objects.get(session=session)
    pages = {
        address: operator.get(address).content.decode()
        for address in (list_of(Entry), page_of(entry), list_of(Version), page_of(version), list_of(Job))
    }
    assert not any("\u202e" in page for page in pages.values())
    assert "a⟦U+202E⟧vaw.exe" in pages[page_of(entry)]
    assert "Fixed ⟦U+202E⟧gpj.exe" in pages[page_of(version)]


# Read-only rows


@pytest.mark.one_stack
def test_rows_cannot_be_added_changed_or_deleted(world: World, operator: Client, subtests: pytest.Subtests):
    create_rows(world)
    for model in (model for model in READ_ONLY_MODELS if model is not DubbingSession):  # can be renamed
        with subtests.test(model.__name__):
            before = list(model._default_manager.order_by("pk").values())
            row = model._default_manager.order_by("pk")[0]
            prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            assert operator.get(reverse(f"{prefix}_add")).status_code == 403
            assert operator.post(page_of(row), {"name": "changed", "_save": "Save"}).status_code == 403
            assert (
                operator.post(reverse(f"{prefix}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
            )
            form = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
            operator.post(list_of(model), form)
            assert list(model._default_manager.order_by("pk").values()) == before


@pytest.mark.either_stack
def test_users_cannot_be_deleted(world: World, operator: Client):
    address = reverse("admin:auth_user_delete", args=[world.charlie.pk])
    assert operator.post(address, {"post": "yes"}).status_code == 403
    operator.post(
        list_of(User), {"action": "delete_selected", "_selected_action": [world.charlie.pk], "post": "yes"}
    )
    assert User.objects.filter(pk=world.charlie.pk).exists()


@pytest.mark.either_stack
def test_every_model_is_registered(db: None):
    assert all(admin.site.is_registered(model) for model in MODELS)


# Actions


def test_sessions_are_trashed_and_restored(world: World, operator: Client):
    first, second = world.saved("first"), world.saved("second")

    assert act(operator, "trash", first, second) == "Moved to the trash: 2."
    assert DubbingSession.objects.live().count() == 0
    assert act(operator, "trash", first) == "Moved to the trash: 0."
    world.saved("first", {"other.wav": b"other"})
    assert act(operator, "restore", first, second) == "Restored: 2."
    assert {session.name for session in DubbingSession.objects.live()} == {"first", "first_2", "second"}


def test_expiring_an_export_deletes_its_bytes(world: World, operator: Client):
    export = world.exported(current(world.saved()))
    assert stored_keys("exports/") == [export.key]

    assert act(operator, "expire", export).startswith("Expired: 1; ")
    assert stored_keys("exports/") == []
    assert act(operator, "expire", export) == "Expired: 0; 0 B freed."


def test_a_queued_job_is_cancelled_and_retried(world: World, operator: Client):
    version = current(world.saved())
    job = request_export(version=version, owner=world.alice, now=world.clock())

    assert act(operator, "cancel", job) == "Cancelled: 1."
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert "This job has ended already." in act(operator, "cancel", job)
    assert act(operator, "retry", job) == "Queued again: 1."
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_a_link_is_revoked(world: World, operator: Client):
    export = world.exported(current(world.saved()))
    new_share = create_share(export=export, author=world.alice, days=3, note="", now=world.clock())

    assert act(operator, "revoke", new_share.share) == "Revoked: 1."
    assert find_share(token=new_share.token, now=world.clock()) is None
    assert act(operator, "revoke", new_share.share) == "Revoked: 0."


def test_an_upload_is_discarded_unless_a_job_reads_it(world: World, operator: Client):
    (unused,) = world.upload({"one.wav": b"one"})
    job = world.save(world.session(), {"two.wav": b"two"}, run=False)

    text = act(operator, "discard", unused, job.uploads.get())
    assert "A job needs this upload." in text
    assert "Discarded: 1." in text
    assert stored_keys("staging/") == [f"staging/upload-{job.uploads.get().code}/file"]


def test_garbage_is_listed_before_it_is_deleted(world: World, operator: Client):
    session = world.saved("talk", {"one.wav": b"one"})
    trash_sessions(sessions=[session], now=world.clock())
    purge_session(session=session, now=world.clock())
    collect_garbage(now=world.clock() - timedelta(days=9), dry_run=False)
    key = blob_key(Blob.objects.get().sha256)
    address = reverse("admin:sessions_app_garbage")
    assert address.encode() in operator.get(list_of(Blob)).content
    assert address.encode() in operator.get(reverse("admin:index")).content

    count = start_cleanup(operator, "count")
    assert stored_keys() == [key]
    world.run(count)
    assert "3 B can be freed" in text_of(operator, address)
    assert stored_keys() == [key]

    delete = start_cleanup(operator, "delete")
    assert "This page reloads until it is done." in operator.get(address).content.decode()
    assert start_cleanup(operator, "delete") == delete
    world.run(delete)
    assert (delete.state, stored_keys()) == (Job.State.SUCCEEDED, [])
    assert "3 B freed" in text_of(operator, address)
    assert ("Blobs that nothing refers to", 1, "3 B") in operator.get(address).context["rows"]


def text_of(client: Client, address: str) -> str:
    """Return a page with plain spaces."""
    return " ".join(client.get(address).content.decode().split())


def start_cleanup(client: Client, action: str) -> Job:
    """Press the button; the request itself deletes nothing."""
    response = client.post(reverse("admin:sessions_app_garbage"), {action: "1"})
    assert response.status_code == 302
    return Job.objects.filter(kind=Job.Kind.CLEANUP).latest("created_at", "pk")


def test_the_page_of_cleanups_reads_no_table_in_full(world: World, operator: Client):
    start_cleanup(operator, "count")

    with record_plans() as plans:
        operator.get(reverse("admin:sessions_app_garbage"))

    assert not {"blob", "entry", "job", "upload"} & plans.scanned, plans.describe()


def test_the_cleanup_of_a_former_operator_fails(world: World, operator: Client):
    job = start_cleanup(operator, "delete")
    User.objects.filter(username="operator").update(is_superuser=False)

    world.run(job)

    assert (job.state, job.error_code) == (Job.State.FAILED, "forbidden")


def test_a_cleanup_is_shown_among_the_jobs_of_its_operator(world: World, operator: Client):
    job = start_cleanup(operator, "delete")
    assert "Cleanup" in operator.get("/jobs/").content.decode()
    world.run(job)
    assert "0 B freed" in text_of(operator, f"/jobs/{job.code}/")


# Permissions


def create_staff(*permissions: str) -> User:
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.mark.either_stack
def test_other_users_see_nothing(world: World, client: Client):
    address = reverse("admin:sessions_app_garbage")
    for user in (None, world.alice):
        if user:
            client.force_login(user)
        assert client.get(list_of(Blob)).status_code == 302
        assert client.post(address).status_code == 302


@pytest.mark.either_stack
def test_staff_with_view_permission_cannot_clean_up(world: World, client: Client):
    session = world.saved()
    client.force_login(create_staff("view_blob", "view_dubbingsession"))

    page = client.get(list_of(DubbingSession))
    assert page.status_code == 200
    assert not page.context["cl"].model_admin.get_actions(page.wsgi_request)
    act(client, "trash", session)
    assert DubbingSession.objects.live().exists()
    assert client.post(reverse("admin:sessions_app_garbage")).status_code == 403
    assert client.get(reverse("admin:sessions_app_garbage")).status_code == 403


@pytest.mark.either_stack
def test_staff_with_change_permission_can_clean_up(world: World, client: Client):
    session = world.saved()
    client.force_login(create_staff("change_blob", "change_dubbingsession"))

    assert act(client, "trash", session) == "Moved to the trash: 1."
    assert client.post(reverse("admin:sessions_app_garbage")).status_code == 302


@pytest.mark.either_stack
@pytest.mark.parametrize("path", ["/admin/", "/admin/login/?next=/admin/auth/user/", "/admin/auth/user/"])
def test_the_admin_site_has_no_sign_in_page_of_its_own(db: None, client: Client, path: str):
    response = client.get(path, follow=True)

    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert client.post("/admin/login/", {"username": "operator", "password": "x"}).status_code == 302


@pytest.mark.one_stack
def test_users_without_permission_get_no_admin_page(world: World, client: Client):
    client.force_login(world.alice)

    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.either_stack
def test_operators_change_their_password_on_the_portals_page(operator: Client):
    assert operator.get("/admin/password_change/")["Location"] == "/accounts/password/change/"


@pytest.mark.either_stack
@pytest.mark.usefixtures("mail_queue")
def test_a_user_receives_a_mail_when_an_operator_changes_the_password(
    world: World, operator: Client, mailoutbox: list[EmailMessage]
):
    world.alice.email = "alice@example.com"
    world.alice.save()
    page = reverse("admin:auth_user_password_change", args=[world.alice.pk])
    new = {"password1": "another river by day", "password2": "another river by day"}

    refused = operator.post(page, {**new, "password2": "typo"})
    changed = operator.post(page, {**new, "usable_password": "true", "set-password": "1"})
    run_mail_tasks()

    assert (refused.status_code, changed.status_code) == (200, 302)
    (mail,) = mailoutbox
    assert mail.to == ["alice@example.com"]
    assert "An operator changed the password of your account alice." in str(mail.body)
    assert "Address:" not in str(mail.body)


def revocable(world: World) -> tuple[AccessToken, Share]:
    export = world.exported(current(world.saved()))
    token = create_token(
        owner=world.alice, name="laptop", scope=AccessToken.Scope.READ, days=None, now=world.clock()
    )
    create_share(export=export, author=world.alice, days=3, note="for the client", now=world.clock())
    return token.token, Share.objects.get()


def access_page(user: User) -> str:
    return reverse("admin:auth_user_access", args=[user.pk])


@pytest.mark.either_stack
def test_deactivating_a_user_names_tokens_and_links(world: World, operator: Client):
    revocable(world)

    message = act(operator, "deactivate", world.alice, world.bob)

    world.alice.refresh_from_db()
    assert not world.alice.is_active
    assert "Deactivated: 2." in message
    assert "The account “alice” is inactive, but still has 1 access token, 1 link." in message
    assert access_page(world.alice) in message
    assert "bob" not in message


def test_a_new_password_names_tokens_and_links(world: World, operator: Client):
    revocable(world)
    page = reverse("admin:auth_user_password_change", args=[world.alice.pk])
    new = {"password1": "a long river at night", "password2": "a long river at night"}

    response = operator.post(page, {**new, "usable_password": "true", "set-password": "1"}, follow=True)

    message = " ".join(str(message) for message in response.context["messages"])
    assert "The account “alice” still has 1 access token, 1 link, which work as before." in message
    assert access_page(world.alice) in message


def change_user(operator: Client, user: User, **changes: object) -> tuple[Any, Any]:
    """Submit the form of a user with other values; return the pages before and after it."""
    page = operator.get(page_of(user))
    initial = page.context["adminform"].form.initial | changes
    data = {name: value for name, value in initial.items() if value and name != "password"}
    return page, operator.post(page_of(user), data, follow=True)


@pytest.mark.either_stack
def test_clearing_the_check_box_of_a_user_names_tokens_and_links(world: World, operator: Client):
    revocable(world)

    page, response = change_user(operator, world.alice, is_active=False)

    assert "Access tokens: 1, links: 1" in page.content.decode()
    assert access_page(world.alice) in " ".join(str(message) for message in response.context["messages"])


@pytest.mark.one_stack
def test_a_permission_of_a_model_without_a_page_stays(world: World, operator: Client):
    held = Permission.objects.get(codename="view_ownertotals")
    world.alice.user_permissions.add(held)

    page, _ = change_user(operator, world.alice, first_name="Ada", user_permissions=[held.pk])

    assert f'<option value="{held.pk}" selected>' in page.content.decode()
    world.alice.refresh_from_db()
    assert (world.alice.first_name, list(world.alice.user_permissions.all())) == ("Ada", [held])


@pytest.mark.one_stack
def test_sessions_are_found_by_the_new_name_of_their_owner(world: World, operator: Client):
    world.session("talk")
    DubbingSession.objects.update(has_unread_texts=False)

    change_user(operator, world.alice, email="other@example.com")
    assert not DubbingSession.objects.filter(has_unread_texts=True).exists()
    change_user(operator, world.alice, first_name="Ada")
    read_pending_texts(clock=world.clock)

    assert [session.name for session in TextSearch(world.alice, "ada").get_page(size=1)] == ["talk"]


@pytest.mark.either_stack
def test_an_operator_revokes_tokens_and_links_of_a_user(world: World, operator: Client):
    token, share = revocable(world)
    other = create_token(
        owner=world.bob, name="other", scope=AccessToken.Scope.READ, days=None, now=world.clock()
    ).token
    User.objects.filter(pk=world.alice.pk).update(is_active=False)

    page = operator.get(access_page(world.alice)).content.decode()
    operator.post(access_page(world.alice), {"token": [token.code, other.code], "share": [share.code]})

    for text in ("laptop", "talk_export.zip", "for the client", "Its links still work"):
        assert text in page
    assert page.count(" checked") == 2
    revoked = [
        row.revoked_at is not None for row in (*AccessToken.objects.order_by("pk"), *Share.objects.all())
    ]
    assert revoked == [True, False, True]
    assert "None." in operator.get(access_page(world.alice)).content.decode()


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("permissions", "status", "count"),
    [((), 403, 0), (("view_user",), 200, 0), (("view_user", "view_share"), 200, 1)],
)
def test_staff_without_permission_do_not_revoke(
    world: World, client: Client, permissions: tuple[str, ...], status: int, count: int
):
    world.clock.now = timezone.now()
    _, share = revocable(world)
    client.force_login(create_staff(*permissions))

    page = client.get(access_page(world.alice))
    client.post(access_page(world.alice), {"share": [share.code]})

    assert page.status_code == status
    assert page.content.decode().count("talk_export.zip") == count
    assert not Share.objects.filter(revoked_at__isnull=False).exists()


@pytest.mark.either_stack
def test_operators_do_not_deactivate_themselves(operator: Client):
    user = User.objects.get(username="operator")

    assert "Deactivated: 0." in act(operator, "deactivate", user)
    user.refresh_from_db()
    assert user.is_active


def test_names_of_models_and_fields_are_in_the_catalog():
    models = [model for model in admin.site._registry if model._meta.app_label == "sessions_app"]
    names = {str(field.verbose_name) for model in models for field in model._meta.fields}
    names |= {
        str(name) for model in models for name in (model._meta.verbose_name, model._meta.verbose_name_plural)
    }

    assert set(NAMES) == names


def test_help_texts_that_pages_show_are_in_the_catalog():
    pages = [page for model, page in admin.site._registry.items() if model._meta.app_label == "sessions_app"]
    fields = [
        field for page in pages for field in page.model._meta.fields if field.name in (page.fields or ())
    ]

    assert set(HELP_TEXTS) == {str(field.help_text) for field in fields if field.help_text}
    with override("de"):
        assert "In Bytes." in {str(field.help_text) for field in fields}


def test_empty_values_are_shown_as_a_dash(world: World, operator: Client):
    page = operator.get(page_of(world.session("empty"))).content.decode()

    assert '<div class="readonly">None</div>' not in page
    assert '<div class="readonly"></div>' not in page
    assert '<div class="readonly">-</div>' in page


def test_pages_are_headed_by_names(world: World, operator: Client):
    version = current(world.saved("talk", PROJECT))
    export = world.exported(version)
    share = create_share(export=export, author=world.alice, days=3, note="", now=world.clock()).share

    assert "<h2>talk v1</h2>" in operator.get(page_of(version)).content.decode()
    assert f"<h2>Link {share.code}</h2>" in operator.get(page_of(share)).content.decode()
