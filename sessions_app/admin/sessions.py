# ruff: noqa: ARG002 (signatures of Django)
from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from sessions_app.admin.base import EmptyFilter, LargeTableAdmin, act_on_each, link, list_link
from sessions_app.admin.search import find_users, list_named_sessions, parse_code
from sessions_app.models import DubbingSession, Entry, Export, Job, Version
from sessions_app.operations.errors import OperationError
from sessions_app.operations.sessions.names import check_name
from sessions_app.operations.sessions.rename import rename_session
from sessions_app.operations.sessions.trash import trash_sessions, untrash_session
from sessions_app.translation import localize_size


class NameForm(forms.ModelForm[DubbingSession]):
    """A session's name."""

    class Meta:
        model = DubbingSession
        fields = ("name",)

    def clean_name(self) -> str:
        check = check_name(
            owner_id=self.instance.owner_id, name=self.cleaned_data["name"], session=self.instance
        )
        if check.code:
            raise forms.ValidationError(check.message, code=check.code)
        return check.name


@admin.register(DubbingSession)
class DubbingSessionAdmin(LargeTableAdmin[DubbingSession]):
    list_display = (
        "name",
        "owned_by",
        "version",
        "stage",
        "languages",
        "files",
        "size",
        "last_updated",
        "trashed_at",
    )
    list_select_related = ("owner", "current")
    list_filter = (("trashed_at", EmptyFilter), "last_updated")
    search_fields = ("name",)
    search_help_text = gettext_lazy(
        "A part of the session's name, its code, or a part of the owner's name or e-mail address."
    )
    ordering = ("-last_updated", "-pk")
    fields = (
        "name",
        "code",
        "owned_by",
        "version",
        "stage",
        "languages",
        "files",
        "size",
        "created_at",
        "last_updated",
        "last_accessed",
        "trashed_at",
        "related",
    )
    actions = ("trash", "restore")
    form = NameForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[DubbingSession]:
        return super().get_queryset(request).defer("current__document")

    def find(self, term: str) -> Q:
        if code := parse_code(term):
            return Q(code=code)
        owned = DubbingSession.objects.filter(owner__in=find_users(term))
        # One set of keys: PostgreSQL reads all sessions for two conditions that are joined by OR.
        return Q(pk__in=list_named_sessions(term).values("pk").union(owned.values("pk")))

    def has_change_permission(self, request: HttpRequest, obj: DubbingSession | None = None) -> bool:
        """Return whether the user may rename sessions; all other fields are only viewed."""
        return self.has_cleanup_permission(request) and (obj is None or not obj.is_trashed)

    def get_readonly_fields(self, request: HttpRequest, obj: DubbingSession | None = None) -> tuple[str, ...]:
        return tuple(field for field in self.fields if field != "name")

    def save_model(
        self,
        request: HttpRequest,
        obj: DubbingSession,
        form: NameForm,
        change: bool,  # noqa: FBT001 (signature of Django)
    ) -> None:
        """Rename the session."""
        assert request.user.is_authenticated
        try:
            rename_session(
                session=DubbingSession.objects.get(pk=obj.pk),
                name=obj.name,
                user=request.user,
                now=timezone.now(),
                previous_name=form.initial["name"],
            )
        except OperationError as error:
            messages.error(request, error.message)

    @admin.display(description=gettext_lazy("owner"), ordering="owner__username")
    def owned_by(self, session: DubbingSession) -> str:
        return link(session.owner)

    @admin.display(description=gettext_lazy("version"), ordering="current__number")
    def version(self, session: DubbingSession) -> int | None:
        return session.current.number if session.current else None

    @admin.display(description=gettext_lazy("stage"), ordering="current__stage")
    def stage(self, session: DubbingSession) -> str:
        return session.current.get_stage_display() if session.current else ""

    @admin.display(description=gettext_lazy("languages"))
    def languages(self, session: DubbingSession) -> str:
        return " ".join(session.current.languages) if session.current else ""

    @admin.display(description=gettext_lazy("files"), ordering="current__file_count")
    def files(self, session: DubbingSession) -> int:
        return session.current.file_count if session.current else 0

    @admin.display(description=gettext_lazy("size"), ordering="current__total_size")
    def size(self, session: DubbingSession) -> str:
        return localize_size(session.current.total_size if session.current else 0)

    @admin.display(description=gettext_lazy("related rows"))
    def related(self, session: DubbingSession) -> SafeString:
        links = [
            list_link(Version, gettext("Versions"), session__id__exact=session.pk),
            list_link(Entry, gettext("Files"), session__id__exact=session.pk),
            list_link(Job, gettext("Jobs"), session__id__exact=session.pk),
            list_link(Export, gettext("Exports"), version__session__id__exact=session.pk),
        ]
        return SafeString(" · ".join(links))

    @admin.action(permissions=["cleanup"], description=gettext_lazy("Move to the trash"))
    def trash(self, request: HttpRequest, rows: QuerySet[DubbingSession]) -> None:
        now = timezone.now()
        act_on_each(
            request,
            rows,
            lambda row: trash_sessions(sessions=[row], now=now) == 1,
            done=gettext("Moved to the trash"),
        )

    @admin.action(permissions=["cleanup"], description=gettext_lazy("Restore from the trash"))
    def restore(self, request: HttpRequest, rows: QuerySet[DubbingSession]) -> None:
        user = request.user
        assert user.is_authenticated
        trashed = rows.trashed()  # type: ignore[attr-defined]  # the manager's queryset
        now = timezone.now()
        act_on_each(
            request,
            trashed,
            lambda row: untrash_session(session=row, user=user, now=now),
            done=gettext("Restored"),
        )
