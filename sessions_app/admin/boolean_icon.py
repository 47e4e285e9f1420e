"""Icon of a yes-or-no value, with an alternative text in the language of the page."""

from __future__ import annotations

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

ICONS = {
    True: ("yes", gettext_lazy("Yes")),
    False: ("no", gettext_lazy("No")),
    None: ("unknown", gettext_lazy("Unknown")),
}


def render_boolean_icon(value: bool | None) -> SafeString:  # noqa: FBT001 (signature of Django)
    """Return the icon; Django's own has the text "True" or "False" in each language."""
    name, text = ICONS[value]
    return format_html('<img src="{}" alt="{}">', static(f"admin/img/icon-{name}.svg"), text)
