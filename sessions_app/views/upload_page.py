"""Pages that send files: where the store takes parts itself, their scripts may connect to it."""

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


def sends_files(view: View[P]) -> View[P]:
    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        direct = get_store().capabilities.direct_parts
        if direct is None:
            return view(request, *args, **kwargs)
        widened = cast(View[P], csp_update({"connect-src": [SELF, direct.origin]})(cast(Any, view)))
        return widened(request, *args, **kwargs)

    return answer
