"""The portal's API, call by call. Nothing is decided here, and nothing is remembered but connections."""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Union
from urllib.parse import quote, urlsplit

from dubbing_client import __version__, objects
from dubbing_client.errors import ConfigError, NotFoundError, UnreachableError, UsageError, problem_of
from dubbing_client.retries import Retries, attempt, retry_after

if TYPE_CHECKING:
    import httpx

PREFIX = "/api/v1"
AGENT = f"dubs/{__version__}"
TIMEOUT = 60.0
"""Seconds without a byte, after which a connection counts as lost."""

Query = Mapping[str, Union[str, int, bool, Sequence[str], None]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """With names in lower case."""
    body: bytes

    @property
    def data(self) -> Any:
        """What the body says.

        :raises UnreachableError: it is no JSON: something else than the portal answered.
        """
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            raise UnreachableError(
                "Something answered that is no portal. Check the address that you signed in at."
            ) from None


class Api:
    """One portal, as one person. Any number of threads may share it.

    Calls that fail for the moment (no connection, 429, 5xx) are made again; each creating call carries a key, so that it never
    has its effect twice. What stays refused is a `Problem`; a portal that stays away is an `UnreachableError`.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        retries: Retries | None = None,
        timeout: float = TIMEOUT,
        on_trouble: Callable[[str], object] | None = None,
    ) -> None:
        self.url = clean_url(url)
        self.token = token
        self.retries = retries or Retries()
        self.timeout = timeout
        self.on_trouble = on_trouble
        """Told, from any thread, that something is being tried again."""
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    # -- Any call ---------------------------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        retries: Retries | None = None,
    ) -> Answer:
        """Make one call below ``/api/v1``, again if need be.

        :param key: sent as Idempotency-Key; needed where a second time would have a second effect.
        """
        sent = dict(headers or {})
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            sent["Content-Type"] = "application/json"
        if key is not None:
            sent["Idempotency-Key"] = key
        address = self.url + PREFIX + path

        def once() -> Answer:
            return self._once(method, address, content=content, query=query, headers=sent)

        return attempt(once, retries=retries or self.retries, on_trouble=self.on_trouble)

    def _once(
        self,
        method: str,
        address: str,
        *,
        content: bytes | None,
        query: Query | None,
        headers: Mapping[str, str],
    ) -> Answer:
        import httpx  # noqa: PLC0415 (costs more than the rest of a short command)

        try:
            answer = self.client.request(
                method, address, content=content, params=_given(query), headers=dict(headers)
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ConfigError(f"{address} is no address of a portal: {error}.") from error
        except httpx.TimeoutException as error:
            raise UnreachableError(f"{self.url} does not answer in time.") from error
        except httpx.HTTPError as error:
            raise UnreachableError(f"{self.url} cannot be reached: {error}.") from error
        if answer.status_code in {301, 302, 303, 307, 308}:
            target = urlsplit(answer.headers.get("location", ""))
            raise ConfigError(f"The portal is at {target.scheme}://{target.netloc} now: sign in there.")
        if answer.status_code >= 400:  # noqa: PLR2004 (HTTP's own border)
            document: object = None
            with contextlib.suppress(ValueError):
                document = answer.json()
            problem = problem_of(
                answer.status_code,
                document,
                reason=answer.reason_phrase,
                retry_after=retry_after(answer.headers.get("retry-after")),
            )
            if problem.code == "idempotency_in_progress":
                raise UnreachableError("The portal is still busy with this request.") from problem
            raise problem
        return Answer(status=answer.status_code, headers=answer.headers, body=answer.content)

    @property
    def client(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def _new_client(self) -> httpx.Client:
        import ssl  # noqa: PLC0415 (as httpx)

        import httpx  # noqa: PLC0415 (as above)

        # Reading the certificates takes longer than a call; without TLS they serve nobody.
        is_plain = self.url.startswith("http://")
        return httpx.Client(
            headers={**self.authorization, "User-Agent": AGENT, "Accept": "application/json"},
            timeout=httpx.Timeout(self.timeout, connect=15.0),
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else True,
        )

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _list(self, path: str, query: Query) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            page = self.call("GET", path, query={"limit": 200, **query, "cursor": cursor}).data
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return

    # -- Who --------------------------------------------------------------------------------------------------------

    def me(self) -> objects.Me:
        return _me(self.call("GET", "/me").data)

    def revoke_token(self) -> None:
        """Have the portal forget the token in use."""
        self.call("DELETE", "/token")

    # -- Sessions ---------------------------------------------------------------------------------------------------

    def sessions(
        self, q: str = "", *, language: str = "", stage: str = "", trashed: bool = False, order: str = ""
    ) -> Iterator[objects.Session]:
        """Walk through the sessions that match, as the portal's list does."""
        return self._list(
            "/sessions",
            {
                "q": q or None,
                "language": language or None,
                "stage": stage or None,
                "trashed": True if trashed else None,
                "order": order or None,
            },
        )

    def session(self, code: str) -> objects.Session:
        found: objects.Session = self.call("GET", f"/sessions/{code}").data
        return found

    def session_unless(self, code: str, *, etag: str) -> objects.Session | None:
        """Return the session, or None where it is still as ``etag`` says (`"v3"` with its quotes)."""
        answer = self.call("GET", f"/sessions/{code}", headers={"If-None-Match": etag})
        found: objects.Session | None = None if answer.status == 304 else answer.data  # noqa: PLR2004 (Not Modified)
        return found

    def session_named(self, name: str) -> objects.Session | None:
        """Return the session of exactly this name (case aside), or of this code."""
        if is_code(name):
            with contextlib.suppress(NotFoundError):
                return self.session(name)
        return next(self._list("/sessions", {"name": name}), None)

    def need_session(self, name: str) -> objects.Session:
        """Return the session of this name or code.

        :raises NotFoundError: code ``session_not_found``.
        """
        found = self.session_named(name)
        if found is None:
            raise NotFoundError(
                f"There is no session “{name}”. `dubs list` shows those there are.",
                status=404,
                code="session_not_found",
            )
        return found

    def create_session(
        self, name: str = "", *, video_filename: str = "", key: str | None = None
    ) -> objects.Session:
        """Make an empty session; without a name it gets one from the video's. A name that is taken gets a number."""
        body = {"name": name} if name else {"video_filename": video_filename} if video_filename else {}
        made: objects.Session = self.call("POST", "/sessions", body=body, key=key or new_key()).data
        return made

    def suggested_name(self, video_filename: str = "") -> str:
        query = {"video_filename": video_filename or None}
        return str(self.call("GET", "/sessions/suggested-name", query=query).data["name"])

    def delete_session(self, code: str) -> None:
        """Move a session to the trash."""
        self.call("DELETE", f"/sessions/{code}")

    def untrash_session(self, code: str) -> objects.Session:
        found: objects.Session = self.call("POST", f"/sessions/{code}/untrash").data
        return found

    # -- Versions ---------------------------------------------------------------------------------------------------

    def versions(self, session: str) -> Iterator[objects.Version]:
        """The newest first."""
        return self._list(f"/sessions/{session}/versions", {})

    def version(self, session: str, number: int) -> objects.Version:
        found: objects.Version = self.call("GET", f"/sessions/{session}/versions/{number}").data
        return found

    def manifest(self, session: str, number: int) -> objects.Manifest:
        """Everything a version holds, in one answer."""
        found: objects.Manifest = self.call("GET", f"/sessions/{session}/versions/{number}/manifest").data
        return found

    def metadata(self, session: str, number: int) -> bytes:
        """The version's metadata.json, as it is."""
        return self.call("GET", f"/sessions/{session}/versions/{number}/metadata.json").body

    def file_path(self, session: str, number: int, path: str) -> str:
        return f"{PREFIX}/sessions/{session}/versions/{number}/files/{quote(path)}"

    def bundle_path(self, session: str, number: int) -> str:
        return f"{PREFIX}/sessions/{session}/versions/{number}/bundle"

    def restore(self, session: str, number: int) -> objects.Version:
        path = f"/sessions/{session}/versions/{number}/restore"
        made: objects.Version = self.call("POST", path, key=new_key()).data
        return made

    def save(
        self,
        session: str,
        *,
        parent: int,
        message: str,
        uploads: Sequence[str],
        blobs: Sequence[Mapping[str, Any]],
        removed: Sequence[str],
        replace: bool = False,
        key: str,
    ) -> objects.Job:
        """Ask for a version of complete uploads and of blobs that are there already, on top of ``parent``.

        :raises ConflictError: ``parent`` is not the current version.
        """
        body = {
            "parent": parent,
            "message": message,
            "replace": replace,
            "uploads": list(uploads),
            "blobs": list(blobs),
            "removed": list(removed),
        }
        job: objects.Job = self.call("POST", f"/sessions/{session}/versions", body=body, key=key).data
        return job

    # -- Uploads ----------------------------------------------------------------------------------------------------

    def sort(self, paths: Sequence[str], *, session: str | None = None) -> dict[str, Any]:
        """Ask where files would go, by the rules that build a session's tree and its metadata."""
        body: dict[str, Any] = {"paths": list(paths)}
        if session:
            body["session"] = session
        found: dict[str, Any] = self.call("POST", "/sortings", body=body).data
        return found

    def missing(self, blobs: Sequence[Mapping[str, Any]]) -> set[str]:
        """Tell which of these bytes the portal does not have for us, by their hashes."""
        found: set[str] = set()
        for batch in batches(blobs, 10_000):
            found.update(self.call("POST", "/blobs/missing", body={"blobs": list(batch)}).data["missing"])
        return found

    def create_uploads(self, uploads: Sequence[Mapping[str, Any]]) -> list[objects.Upload]:
        """Begin uploads, or go on with those of the same paths, sizes and hashes that were not used yet."""
        body = {"uploads": list(uploads)}
        made: list[objects.Upload] = self.call("POST", "/uploads", body=body, key=new_key()).data["uploads"]
        return made

    def uploads(self) -> Iterator[objects.Upload]:
        return self._list("/uploads", {})

    def upload(self, code: str) -> objects.Upload:
        found: objects.Upload = self.call("GET", f"/uploads/{code}").data
        return found

    def abort_upload(self, code: str) -> None:
        self.call("DELETE", f"/uploads/{code}")

    def sign(self, parts: Sequence[Mapping[str, Any]]) -> list[objects.SignedPart]:
        signed: list[objects.SignedPart] = self.call(
            "POST", "/uploads/sign", body={"parts": list(parts)}
        ).data["parts"]
        return signed

    def part_path(self, upload: str, number: int) -> str:
        return f"{PREFIX}/uploads/{upload}/parts/{number}"

    def complete_uploads(self, codes: Sequence[str]) -> list[objects.Upload]:
        """Say that all parts are there.

        :raises Problem: code ``upload_incomplete``; its ``incomplete`` names uploads and the numbers of what is missing.
        """
        done: list[objects.Upload] = []
        for batch in batches(codes, 1000):
            done += self.call("POST", "/uploads/complete", body={"uploads": list(batch)}).data["uploads"]
        return done

    # -- Jobs, exports, imports -------------------------------------------------------------------------------------

    def job(self, code: str) -> objects.Job:
        found: objects.Job = self.call("GET", f"/jobs/{code}").data
        return found

    def cancel_job(self, code: str) -> objects.Job:
        found: objects.Job = self.call("POST", f"/jobs/{code}/cancel").data
        return found

    def create_export(
        self,
        session: str,
        number: int,
        *,
        categories: Sequence[str] = (),
        languages: Sequence[str] = (),
        without_source: bool = False,
        history: bool = False,
    ) -> objects.Job:
        body = {
            "categories": list(categories),
            "languages": list(languages),
            "without_source": without_source,
            "history": history,
        }
        path = f"/sessions/{session}/versions/{number}/exports"
        job: objects.Job = self.call("POST", path, body=body, key=new_key()).data
        return job

    def export(self, code: str) -> objects.Export:
        found: objects.Export = self.call("GET", f"/exports/{code}").data
        return found

    def export_path(self, code: str) -> str:
        return f"{PREFIX}/exports/{code}/download"

    def import_(
        self, upload: str, *, name: str = "", check: bool = False, key: str | None = None
    ) -> objects.Job:
        """Make sessions of an uploaded ZIP; with ``check``, only tell what would become of it."""
        body = {"upload": upload, **({"name": name} if name else {})}
        path = "/imports/check" if check else "/imports"
        job: objects.Job = self.call("POST", path, body=body, key=key or new_key()).data
        return job


def clean_url(url: str) -> str:
    """Bring a portal's address into its one form: scheme and host, and the path where it lives below one.

    :raises UsageError: it is none.
    """
    text = url.strip()
    if text and "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise _no_address(url) from error
    if not is_address or parts.query or parts.fragment or parts.username:
        raise _no_address(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _no_address(url: str) -> UsageError:
    return UsageError(f"“{url}” is no address of a portal. Give one such as https://dubbing.example.com")


def is_code(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def new_key() -> str:
    return str(uuid.uuid4())


def batches(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _given(query: Query | None) -> dict[str, Any]:
    return {
        name: ("true" if value else "false") if isinstance(value, bool) else value
        for name, value in (query or {}).items()
        if value is not None
    }


def _me(data: Any) -> objects.Me:
    found: objects.Me = data
    return found
