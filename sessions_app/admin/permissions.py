from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import ManyToManyField, Model, Q
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

ACTIONS = {
    "add": gettext_lazy("Can add %(name)s"),
    "change": gettext_lazy("Can change %(name)s"),
    "delete": gettext_lazy("Can delete %(name)s"),
    "view": gettext_lazy("Can view %(name)s"),
}
"""Django's permissions for each model."""


class PermissionField(ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic when the code runs
    """Choice of permissions, labeled in the language of the page.

    The database has their English names.
    """

    def label_from_instance(self, obj: Model) -> str:
        assert isinstance(obj, Permission)
        return describe_permission(obj)


def describe_permission(permission: Permission) -> str:
    """Return for example "Sessions | upload | Can view upload"."""
    model = permission.content_type.model_class()
    if model is None:  # of a model that was removed
        return str(permission)
    meta = model._meta  # noqa: SLF001 (documented API)
    action = permission.codename.removesuffix(f"_{meta.model_name}")
    name = ACTIONS[action] % {"name": meta.verbose_name} if action in ACTIONS else gettext(permission.name)
    return f"{meta.app_config.verbose_name} | {meta.verbose_name} | {name}"


class PermissionFieldMixin(admin.ModelAdmin[Any]):
    """Page with a choice of permissions for models that have pages.

    Others have no effect; those that the user or group has already stay.
    """

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.remote_field.model is Permission:
            types = ContentType.objects.get_for_models(*self.admin_site._registry)  # noqa: SLF001 (there is no public list)
            kwargs["form_class"] = PermissionField
            listed = Q(content_type__in=types.values())
            match = request.resolver_match
            if match is not None and (key := match.kwargs.get("object_id")):
                owner = self.get_queryset(request).filter(pk=unquote(key))
                listed |= Q(pk__in=owner.values(db_field.name))
            kwargs["queryset"] = Permission.objects.filter(listed)
        return super().formfield_for_manytomany(db_field, request, **kwargs)
