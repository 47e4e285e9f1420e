"""The API application: routers, error handlers and the OpenAPI document."""

from __future__ import annotations

import logging
import math
import sys
from datetime import UTC, datetime
from functools import cache, wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
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
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from sessions_app.api import (
    accounts,
    batches,
    blobs,
    comparisons,
    corrections,
    derivatives,
    exports,
    imports,
    jobs,
    loads,
    marks,
    placements,
    restores,
    saves,
    search,
    sessions,
    shares,
    storage,
    texts,
    trash,
    uploads,
    versions,
)
from sessions_app.api.auth import not_signed_in
from sessions_app.api.document import OpenAPIDocument
from sessions_app.api.json_parser import StrictParser
from sessions_app.api.problems import (
    MAX_CONFLICT_PATHS,
    RETRY_AFTER_SECONDS,
    ProblemError,
    invalid_fields,
    not_found,
)
from sessions_app.api.rates import WINDOW_SECONDS, too_many_requests
from sessions_app.http.bodies import connection_lost
from sessions_app.http.outages import OUTAGE_RETRY_SECONDS, Outage, find_outage
from sessions_app.http.statuses import status_of
from sessions_app.operations.errors import (
    BusyError,
    ConflictError,
    DiskFullError,
    IncompleteError,
    OperationError,
    OverQuotaError,
)
from sessions_app.storage.errors import StoreError, StoreFullError
from sessions_app.translation import localize, localize_error

logger = logging.getLogger(__name__)

DESCRIPTION = """\
Save a dubbing project's folder as a version of a session, load any version, export, import and share.

Create an access token on the portal's page *Access tokens* and send it as `Authorization: Bearer dubs_...`. Every error is
`application/problem+json` with a stable `code` and a readable `detail`. Lists are paginated: pass `next` as `cursor`.
"""


STORAGE_PAGE = "/account/storage/"
"""Where a user sees what uses space, and can free some."""


class PortalAPI(NinjaAPI):
    """NinjaAPI whose OpenAPI document is generated once per process."""

    @cache  # noqa: B019 (there is one API; to generate its document takes tenths of a second of CPU)
    def _generate_document(self, path_prefix: str) -> OpenAPISchema:
        return OpenAPIDocument(self, path_prefix)

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        return self._generate_document(path_prefix or self.get_root_path(path_params or {}))


class Encoder(NinjaJSONEncoder):
    """JSON encoder that keeps microseconds; Ninja's own truncates them."""

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
MODULES = (
    accounts,
    sessions,
    batches,
    trash,
    versions,
    derivatives,
    comparisons,
    texts,
    corrections,
    restores,
    saves,
    loads,
    uploads,
    storage,
    blobs,
    placements,
    jobs,
    exports,
    shares,
    imports,
    search,
    marks,
)
tags: dict[Router, str] = {}
for module in MODULES:  # saves share the router of versions: both have endpoints at the same path
    tags.setdefault(module.router, module.__name__.rsplit(".", 1)[-1])
for router, tag in tags.items():
    api.add_router("", router, tags=[tag])


@api.exception_handler(ProblemError)
def on_problem(_request: HttpRequest, error: ProblemError) -> HttpResponse:
    return error.response()


@api.exception_handler(OperationError)
def on_operation_error(_request: HttpRequest, error: OperationError) -> HttpResponse:
    status = status_of(error)
    extras: dict[str, object] = {}
    match error:
        case ConflictError():
            extras = {
                "current": error.current,
                "paths": error.paths.both[:MAX_CONFLICT_PATHS],
                "undone": error.paths.undone[:MAX_CONFLICT_PATHS],
                "retained": error.paths.retained[:MAX_CONFLICT_PATHS],
            }
        case IncompleteError():
            status = HTTPStatus.CONFLICT
            extras = {
                "incomplete": [
                    {"upload": code, "missing": numbers} for code, numbers in error.missing.items()
                ]
            }
        case OverQuotaError():
            extras = {"needed": error.needed, "used": error.used, "limit": error.limit, "page": STORAGE_PAGE}
        case DiskFullError():
            extras = {"needed": error.needed, "free": error.free, "page": STORAGE_PAGE}
        case BusyError(code="upload_busy"):  # used by another request of the same caller
            status = HTTPStatus.CONFLICT
        case _:
            pass
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if isinstance(error, BusyError) else {}
    return ProblemError(status, error.code, error.message, headers=headers, **extras).response()


@api.exception_handler(StoreError)
def on_store_error(_request: HttpRequest, error: StoreError) -> HttpResponse:
    logger.warning("The storage failed a request: %s", error)
    if isinstance(error, StoreFullError):  # a retry in a moment would fail as well
        return ProblemError(
            HTTPStatus.INSUFFICIENT_STORAGE, error.code, localize_error(error), page=STORAGE_PAGE
        ).response()
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "storage",
        localize_error(error),
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    ).response()


@api.exception_handler(Http404)
def on_not_found(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return not_found().response()


@api.exception_handler(PermissionDenied)
def on_permission_denied(_request: HttpRequest, _error: PermissionDenied) -> HttpResponse:
    return ProblemError(
        HTTPStatus.FORBIDDEN, "forbidden", gettext("You may see this, but not change it. Ask its owner.")
    ).response()


@api.exception_handler(ValidationError)
def on_validation_error(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": _field(each["loc"]), "message": str(each["msg"])} for each in error.errors[:20]]
    return invalid_fields(errors).response()


def _field(loc: tuple[Any, ...]) -> str:
    """Return the dotted path of an invalid field.

    For example `body.uploads.0` for `("body", "body", "uploads", 0)`, whose second item is the name of our parameter.
    """
    parts = [str(part) for part in loc]
    if parts[:2] == ["body", "body"]:
        del parts[1]
    return ".".join(parts)


@api.exception_handler(AuthenticationError)
def on_authentication_error(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return not_signed_in().response()


@api.exception_handler(Throttled)
def on_throttled(_request: HttpRequest, error: Throttled) -> HttpResponse:
    limit = settings.API_RATE_PER_MINUTE
    wait = math.ceil(error.wait or WINDOW_SECONDS)
    return too_many_requests(
        wait, gettext("The limit is %(limit)s requests per minute.") % {"limit": limit}
    ).response()


@api.exception_handler(HttpError)
def on_http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """Unwrap errors of the parser, which Ninja wraps."""
    if isinstance(error.__cause__, ProblemError):
        return error.__cause__.response()
    return ProblemError(HTTPStatus(error.status_code), "bad_request", str(error)).response()


@api.exception_handler(RequestDataTooBig)
def on_too_large(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        gettext("The request body is too large. Split it into several requests."),
    ).response()


@api.exception_handler(UnreadablePostError)
def on_connection_lost(request: HttpRequest, _error: UnreadablePostError) -> HttpResponse:
    return on_operation_error(request, connection_lost())


@api.exception_handler(RawPostDataException)
@api.exception_handler(SuspiciousOperation)
def on_suspicious_request(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return ProblemError(
        HTTPStatus.BAD_REQUEST, "bad_request", gettext("The request cannot be parsed.")
    ).response()


@api.exception_handler(Exception)
def on_internal_error(request: HttpRequest, error: Exception) -> HttpResponse:
    if (outage := find_outage(error)) is not None:
        logger.warning("%s %s failed", request.method, request.path, exc_info=error)
        return _unavailable(outage).response()
    got_request_exception.send(sender=PortalAPI, request=request)
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return _internal_error().response()


def server_error(_request: HttpRequest) -> HttpResponse:
    """Return the problem for the exception that Django is handling.

    It was raised outside of an endpoint.
    """
    outage = find_outage(sys.exc_info()[1])
    return (_internal_error() if outage is None else _unavailable(outage)).response()


def _unavailable(outage: Outage) -> ProblemError:
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        outage.code,
        localize(outage.message),
        headers={"Retry-After": str(OUTAGE_RETRY_SECONDS)},
    )


def _internal_error() -> ProblemError:
    return ProblemError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        gettext("An internal error occurred. Try again, or contact the operator of this portal."),
    )


@csrf_exempt
def unknown_path(_request: HttpRequest) -> HttpResponse:
    """Return 404 for every path below /api/ without an endpoint, whatever the method."""
    return not_found().response()


def with_problem_responses(view: Any) -> Any:
    """Support HEAD for every GET, and make Ninja's own 404 and 405 problem details."""

    @csrf_exempt  # `api.auth` checks the token of browser sessions itself
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, *args, **kwargs)
            if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
                return response
            methods = set(response["Allow"].split(", "))
            if request.method == "HEAD" and "GET" in methods:
                request.method = "GET"
                return _without_body(view(request, *args, **kwargs))
        except Http404:  # raised by Ninja itself, outside of the exception handlers
            return not_found().response()
        return _method_not_allowed({*methods, "HEAD"} if "GET" in methods else methods).response()

    return wrapper


def _without_body(response: HttpResponseBase) -> HttpResponseBase:
    """Return the response to HEAD: headers and length; a stream is never started."""
    if not isinstance(response, HttpResponse):
        return StreamingHttpResponse(iter(()), status=response.status_code, headers=response.headers)
    head = HttpResponse(status=response.status_code, headers=response.headers)
    head["Content-Length"] = str(len(response.content))
    return head


def _method_not_allowed(methods: set[str]) -> ProblemError:
    allowed = ", ".join(sorted(methods))
    return ProblemError(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method_not_allowed",
        gettext("Allowed methods: %(allowed)s.") % {"allowed": allowed},
        headers={"Allow": allowed},
    )
