"""Content security policy of pages that upload to the object store."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponseBase

from sessions_app.storage import get_store

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def upload_page(view: View[P]) -> View[P]:
    """Allow the page to connect to the object store, if it accepts parts directly."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        direct = get_store().capabilities.direct_parts
        if direct is None:
            return view(request, *args, **kwargs)
        extended_view = cast(View[P], csp_update({"connect-src": [SELF, direct.origin]})(cast(Any, view)))
        return extended_view(request, *args, **kwargs)

    return wrapper
