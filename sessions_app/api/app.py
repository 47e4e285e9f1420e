"""The API as a whole: its operations, how it answers what goes wrong, its OpenAPI document."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    RawPostDataException,
    StreamingHttpResponse,
    UnreadablePostError,
)
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from sessions_app.api import (
    accounts,
    blobs,
    exports,
    imports,
    jobs,
    loads,
    placements,
    saves,
    sessions,
    shares,
    uploads,
    versions,
)
from sessions_app.api.auth import signed_out
from sessions_app.api.json_parser import StrictParser
from sessions_app.api.problems import BUSY_SECONDS, CONTENT_TYPE, Refused, bad_fields, not_found
from sessions_app.api.rates import WINDOW, too_many
from sessions_app.http.bodies import broken_off
from sessions_app.http.statuses import status_of
from sessions_app.operations.errors import BusyError, ConflictError, IncompleteError, OperationError
from sessions_app.storage.store import StoreError

logger = logging.getLogger(__name__)

DESCRIPTION = """\
Save a dubbing project's folder as a version of a session, load any version back, export, import and share.

Make an access token on the portal's page *Access tokens* and send it as `Authorization: Bearer dubs_...`. Every error is
`application/problem+json` with a stable `code` and a `detail` that says what to do. Lists come in pages: pass `next` as `cursor`.
"""


class PortalAPI(NinjaAPI):
    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**given)
        for methods in document["paths"].values():
            for method, operation in list(methods.items()):
                operation["responses"] = {
                    str(status): _as_problem(told) if int(status) >= HTTPStatus.BAD_REQUEST else told
                    for status, told in operation["responses"].items()
                }
                if method == "head":
                    methods[method] = {**operation, "operationId": f"{operation['operationId']}_head"}
        return document


def _as_problem(told: dict[str, Any]) -> dict[str, Any]:
    content = told.get("content", {})
    return (
        {**told, "content": {CONTENT_TYPE: content["application/json"]}}
        if "application/json" in content
        else told
    )


class Encoder(NinjaJSONEncoder):
    """Times to the microsecond, as everywhere else in the API."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return o.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return super().default(o)


class Renderer(JSONRenderer):
    encoder_class = Encoder


api = PortalAPI(
    title="Dubbing Sessions",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    parser=StrictParser(),
    renderer=Renderer(),
)
NOUNS = (
    accounts,
    sessions,
    versions,
    saves,
    loads,
    uploads,
    blobs,
    placements,
    jobs,
    exports,
    shares,
    imports,
)
tags: dict[Router, str] = {}
for noun in NOUNS:  # saves are posted to the address of versions, so that the two share a router
    tags.setdefault(noun.router, noun.__name__.rsplit(".", 1)[-1])
for router, tag in tags.items():
    api.add_router("", router, tags=[tag])


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    del request
    return error.answer()


@api.exception_handler(OperationError)
def refused_by_operation(request: HttpRequest, error: OperationError) -> HttpResponse:
    del request
    status = status_of(error)
    extras: dict[str, object] = {}
    match error:
        case ConflictError():
            extras = {"current": error.current}
        case IncompleteError():
            status = HTTPStatus.CONFLICT
            extras = {
                "incomplete": [
                    {"upload": code, "missing": numbers} for code, numbers in error.missing.items()
                ]
            }
        case BusyError(code="upload_busy"):  # by another request of the caller's own, not by us
            status = HTTPStatus.CONFLICT
        case _:
            pass
    headers = {"Retry-After": str(BUSY_SECONDS)} if isinstance(error, BusyError) else {}
    return Refused(status, error.code, error.message, headers=headers, **extras).answer()


@api.exception_handler(StoreError)
def storage_away(request: HttpRequest, error: StoreError) -> HttpResponse:
    del request
    logger.warning("The storage failed a request: %s", error)
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE, "storage", str(error), headers={"Retry-After": str(BUSY_SECONDS)}
    ).answer()


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    del request, error
    return not_found().answer()


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    del request
    told = [{"field": _place(each["loc"]), "message": str(each["msg"])} for each in error.errors[:20]]
    return bad_fields(told).answer()


def _place(loc: tuple[Any, ...]) -> str:
    """`("body", "body", "uploads", 0)` as `body.uploads.0`: the second names our own parameter."""
    parts = [str(part) for part in loc]
    if parts[:2] == ["body", "body"]:
        del parts[1]
    return ".".join(parts)


@api.exception_handler(AuthenticationError)
def unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    del request, error
    return signed_out().answer()


@api.exception_handler(Throttled)
def throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    del request
    limit = settings.API_RATE_PER_MINUTE
    return too_many(math.ceil(error.wait or WINDOW), f"You may ask {limit} times a minute.").answer()


@api.exception_handler(HttpError)
def refused_by_ninja(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Whatever parsing raises, ninja wraps."""
    del request
    if isinstance(error.__cause__, Refused):
        return error.__cause__.answer()
    return Refused(HTTPStatus(error.status_code), "bad_request", str(error)).answer()


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    del request, error
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        "The request is too large. Send fewer things at a time.",
    ).answer()


@api.exception_handler(UnreadablePostError)
def broke_off(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
    del error
    return refused_by_operation(request, broken_off())


@api.exception_handler(RawPostDataException)
@api.exception_handler(SuspiciousOperation)
def suspicious(request: HttpRequest, error: Exception) -> HttpResponse:
    del request, error
    return Refused(HTTPStatus.BAD_REQUEST, "bad_request", "The request cannot be read.").answer()


@api.exception_handler(Exception)
def our_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    got_request_exception.send(sender=PortalAPI, request=request)
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return Refused(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side. Try again, or tell your operator.",
    ).answer()


def unknown(request: HttpRequest) -> HttpResponse:
    """Answer every address below the API's that is none."""
    del request
    return not_found().answer()


unknown.csrf_exempt = True  # type: ignore[attr-defined]  # it must be found missing, whatever the method


def with_problems(view: Any) -> Any:
    """Answer HEAD wherever there is a GET, and make problems of the two refusals that ninja words by itself."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, *args, **kwargs)
            if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
                return response
            allowed = set(response["Allow"].split(", "))
            if request.method == "HEAD" and "GET" in allowed:
                request.method = "GET"
                return _head_of(view(request, *args, **kwargs))
        except Http404:  # of an address that ninja keeps for itself
            return not_found().answer()
        return _not_allowed({*allowed, "HEAD"} if "GET" in allowed else allowed).answer()

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # the session's own check follows, see `api.auth`
    return answer


def _head_of(response: HttpResponseBase) -> HttpResponseBase:
    """Return the answer without its bytes; the length stays where it is known. What would be streamed has not begun."""
    if not isinstance(response, HttpResponse):
        return StreamingHttpResponse(iter(()), status=response.status_code, headers=response.headers)
    head = HttpResponse(status=response.status_code, headers=response.headers)
    head["Content-Length"] = str(len(response.content))
    return head


def _not_allowed(methods: set[str]) -> Refused:
    allowed = ", ".join(sorted(methods))
    return Refused(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method_not_allowed",
        f"Use {allowed} here.",
        headers={"Allow": allowed},
    )
