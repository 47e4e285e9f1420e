from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from sessions_app.admin.base import ReadOnlyAdmin, link
from sessions_app.models import Pin
from sessions_app.translation import localize_size


@admin.register(Pin)
class PinAdmin(ReadOnlyAdmin[Pin]):
    list_display = ("__str__", "for_job", "blob_link", "size")
    list_select_related = ("job", "blob")
    search_fields = ("job__code", "blob__sha256")
    fields = list_display[1:]

    @admin.display(description=gettext_lazy("job"))
    def for_job(self, pin: Pin) -> str:
        return link(pin.job)

    @admin.display(description=gettext_lazy("blob"))
    def blob_link(self, pin: Pin) -> str:
        return link(pin.blob)

    @admin.display(description=gettext_lazy("size"), ordering="blob__size")
    def size(self, pin: Pin) -> str:
        return localize_size(pin.blob.size)
