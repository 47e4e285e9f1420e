"""Names and help texts of models and fields, in the language of the page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy, gettext_noop

from sessions_app.admin.permissions import describe_permission

NAMES = (
    gettext_noop("ID"),
    gettext_noop("access token"),
    gettext_noop("access tokens"),
    gettext_noop("added in"),
    gettext_noop("attempt"),
    gettext_noop("blob"),
    gettext_noop("blobs"),
    gettext_noop("body"),
    gettext_noop("cancel requested at"),
    gettext_noop("category"),
    gettext_noop("changes"),
    gettext_noop("code"),
    gettext_noop("content since"),
    gettext_noop("crc32"),
    gettext_noop("created at"),
    gettext_noop("created by"),
    gettext_noop("current"),
    gettext_noop("deleted at"),
    gettext_noop("derived size"),
    gettext_noop("document"),
    gettext_noop("done bytes"),
    gettext_noop("download count"),
    gettext_noop("dubbing session"),
    gettext_noop("dubbing sessions"),
    gettext_noop("duration ms"),
    gettext_noop("empty file count"),
    gettext_noop("empty folders"),
    gettext_noop("entries"),
    gettext_noop("entry"),
    gettext_noop("error code"),
    gettext_noop("error detail"),
    gettext_noop("error message"),
    gettext_noop("etag"),
    gettext_noop("expires at"),
    gettext_noop("export"),
    gettext_noop("exports"),
    gettext_noop("file count"),
    gettext_noop("file groups"),
    gettext_noop("filename"),
    gettext_noop("fingerprint"),
    gettext_noop("finished at"),
    gettext_noop("folded name"),
    gettext_noop("folded video name"),
    gettext_noop("has audio"),
    gettext_noop("has media facts"),
    gettext_noop("has missing derivatives"),
    gettext_noop("has missing proxies"),
    gettext_noop("has stale"),
    gettext_noop("has transcription"),
    gettext_noop("has translations"),
    gettext_noop("has unread media"),
    gettext_noop("has unread texts"),
    gettext_noop("has videos"),
    gettext_noop("heartbeat at"),
    gettext_noop("history blob count"),
    gettext_noop("history size"),
    gettext_noop("idempotency record"),
    gettext_noop("idempotency records"),
    gettext_noop("identity"),
    gettext_noop("input history"),
    gettext_noop("is executable"),
    gettext_noop("job"),
    gettext_noop("jobs"),
    gettext_noop("key"),
    gettext_noop("kind"),
    gettext_noop("labeled by"),
    gettext_noop("language"),
    gettext_noop("language tags"),
    gettext_noop("last accessed"),
    gettext_noop("last download at"),
    gettext_noop("last updated"),
    gettext_noop("last used at"),
    gettext_noop("lease expires at"),
    gettext_noop("left out"),
    gettext_noop("location"),
    gettext_noop("makes proxies"),
    gettext_noop("matrix"),
    gettext_noop("members"),
    gettext_noop("message"),
    gettext_noop("mtime ns"),
    gettext_noop("name"),
    gettext_noop("note"),
    gettext_noop("number"),
    gettext_noop("original author"),
    gettext_noop("owner"),
    gettext_noop("params"),
    gettext_noop("parts"),
    gettext_noop("path"),
    gettext_noop("performs jobs"),
    gettext_noop("pin"),
    gettext_noop("pins"),
    gettext_noop("prefix"),
    gettext_noop("processes"),
    gettext_noop("publish count"),
    gettext_noop("published at"),
    gettext_noop("reads media"),
    gettext_noop("received"),
    gettext_noop("received crc32"),
    gettext_noop("received sha256"),
    gettext_noop("removed at"),
    gettext_noop("removed in"),
    gettext_noop("restored from"),
    gettext_noop("result"),
    gettext_noop("revoked at"),
    gettext_noop("role"),
    gettext_noop("scope"),
    gettext_noop("seen at"),
    gettext_noop("selection"),
    gettext_noop("session"),
    gettext_noop("sha256"),
    gettext_noop("share"),
    gettext_noop("shares"),
    gettext_noop("size"),
    gettext_noop("stage"),
    gettext_noop("started at"),
    gettext_noop("state"),
    gettext_noop("status"),
    gettext_noop("store id"),
    gettext_noop("stored size"),
    gettext_noop("texts"),
    gettext_noop("texts digest"),
    gettext_noop("token hash"),
    gettext_noop("total bytes"),
    gettext_noop("total size"),
    gettext_noop("trashed at"),
    gettext_noop("unreferenced since"),
    gettext_noop("upload"),
    gettext_noop("uploads"),
    gettext_noop("version"),
    gettext_noop("versions"),
    gettext_noop("video name"),
    gettext_noop("worker"),
    gettext_noop("workers"),
)
"""What Django derives from the code, for the catalog of translations."""
HELP_TEXTS = (
    gettext_noop("As declared by the client; the server computes its own."),
    gettext_noop("BCP-47 tag."),
    gettext_noop("BCP-47 tags, each surrounded by spaces."),
    gettext_noop("Celery's node name."),
    gettext_noop("Device or program that uses the token."),
    gettext_noop("Fencing token, incremented at every start."),
    gettext_noop("First characters of the token, for identification."),
    gettext_noop("HTTP status of the response."),
    gettext_noop("Idempotency-Key of the request, chosen by the client."),
    gettext_noop("In bytes."),
    gettext_noop("Key of the object in the store."),
    gettext_noop("Location header of the response."),
    gettext_noop("Number of jobs that it runs at once."),
    gettext_noop("Number of the restored version."),
    gettext_noop("Path in the saved folder."),
    gettext_noop("Recipient or purpose."),
    gettext_noop("SHA-256 of the canonical manifest and metadata."),
    gettext_noop("When garbage collection found the blob without references."),
    gettext_noop("When the bytes were deleted."),
    gettext_noop("Whether it makes light copies of videos."),
    gettext_noop("Whether it performs jobs, or only works on media."),
    gettext_noop("Whether it reads media and makes posters, waveforms and others."),
)
"""Of the fields that pages show."""
CHOICES = (
    gettext_noop("Deleting"),
    gettext_noop("Received"),
    gettext_noop("Receiving"),
    gettext_noop("Stored"),
    gettext_noop("Writing"),
)
"""Labels of choices without a translation at their definition."""
RELATIONS = (
    gettext_noop("group-permission relationship"),
    gettext_noop("group-permission relationships"),
    gettext_noop("user-group relationship"),
    gettext_noop("user-group relationships"),
    gettext_noop("user-permission relationship"),
    gettext_noop("user-permission relationships"),
)
"""Of users, groups and permissions, on the pages that confirm a deletion."""
DJANGO_TEXTS = (
    gettext_noop("%(app)s administration"),
    gettext_noop("Breadcrumbs"),
    gettext_noop("Change history: %s"),
    gettext_noop("Conflicting form data submitted. Please try again."),
    gettext_noop("Disable password-based authentication"),
    gettext_noop("Disabled"),
    gettext_noop("Enable password-based authentication"),
    gettext_noop("Enable password-based authentication for this user by setting a password."),
    gettext_noop("Enabled"),
    gettext_noop("Enter the same password as before, for verification."),
    gettext_noop("History"),
    gettext_noop("Models in the %(name)s application"),
    gettext_noop("Password-based authentication"),
    gettext_noop("Password-based authentication was disabled."),
    gettext_noop("Raw passwords are not stored, so there is no way to see the user’s password."),  # noqa: RUF001 (as Django writes it)
    gettext_noop("Reset password"),
    gettext_noop("Save and add another"),
    gettext_noop("Save and continue editing"),
    gettext_noop("Save and view"),
    gettext_noop("Save as new"),
    gettext_noop("Set password"),
    gettext_noop("Set password: %s"),
    gettext_noop("This action will <strong>enable</strong> password-based authentication for this user."),
    gettext_noop("You may edit it again below."),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),  # noqa: RUF001 (as Django writes it)
)
"""Texts of Django's pages that its own catalogs lack, or translate with other words than the portal's."""
CHANGED_FIELDS = (
    gettext_noop("Active"),
    gettext_noop("Email address"),
    gettext_noop("First name"),
    gettext_noop("Groups"),
    gettext_noop("Last name"),
    gettext_noop("Name"),
    gettext_noop("Password"),
    gettext_noop("Permissions"),
    gettext_noop("Staff status"),
    gettext_noop("Superuser status"),
    gettext_noop("User permissions"),
)
"""Fields that the history of users and groups names, as Django stores them."""


def translate_names(model: type[Model]) -> None:
    """Translate the names of a model and its fields, choices and help texts.

    Here instead of in the models: the names stay those of the code, and no migration has texts.
    """
    meta = model._meta  # noqa: SLF001 (documented API)
    for field in meta.fields:
        field.verbose_name = gettext_lazy(str(field.verbose_name))
        if field.help_text in HELP_TEXTS:
            field.help_text = gettext_lazy(str(field.help_text))
        _translate_choices(field)
    meta.verbose_name = gettext_lazy(str(meta.verbose_name))
    meta.verbose_name_plural = gettext_lazy(str(meta.verbose_name_plural))


def translate_relations() -> None:
    """Translate the names of Django's relations, whose English words it stores."""
    for relation in (User.groups, User.user_permissions, Group.permissions):
        translate_names(relation.through)
        relation.through.__str__ = _name_relation  # type: ignore[assignment, method-assign]  # Django's model has none


def _name_relation(row: Model) -> str:
    """Return the names of both rows that a relation has, such as "alice, Editors"."""
    fields = [field for field in row._meta.fields if field.is_relation]  # noqa: SLF001 (documented API)
    related = [getattr(row, field.name) for field in fields]
    return ", ".join(
        describe_permission(each) if isinstance(each, Permission) else str(each) for each in related
    )


def _translate_choices(field: Field[Any, Any]) -> None:
    if field.choices:
        field.choices = [(value, gettext_lazy(str(label))) for value, label in field.flatchoices]
