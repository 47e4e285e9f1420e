"""The original's ``ProjectSessionManager``, on a portal or a local folder."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.dropin.backend import Backend
from dubbing_client.dropin.local import LocalBackend, count_files
from dubbing_client.errors import ConfigError, DubsError
from dubbing_client.rest import normalized_url
from dubbing_core.paths import escape_unprintable
from dubbing_core.session_names import generate_session_name

log = logging.getLogger("dubbing_client")

EXPECTED_ERRORS = (DubsError, OSError)

Method = TypeVar("Method", bound=Callable[..., Any])


def returns_on_error(value: Callable[[], Any]) -> Callable[[Method], Method]:
    """Make a method return a value instead of raising, as the original's do.

    The error is logged and saved as ``last_error``.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def wrapper(self: ProjectSessionManager, *args: Any, **kwargs: Any) -> Any:
            self._last.error = None
            try:
                return method(self, *args, **kwargs)
            except EXPECTED_ERRORS as error:
                self._last.error = error_sentence(error)
                log.error("%s: %s", method.__name__, self._last.error)  # noqa: TRY400 (users need no traceback)
                return value()

        return cast(Method, wrapper)

    return decorate


def error_sentence(error: Exception) -> str:
    """Return a sentence for the user."""
    if isinstance(error, OSError) and error.strerror:
        file = f" “{error.filename}”" if error.filename else ""
        return escape_unprintable(f"The system refuses{file}: {error.strerror}.")
    return str(error)


class ProjectSessionManager:
    """Manager that saves, loads, exports, imports and deletes dubbing sessions.

    With ``url`` and ``token``, with ``DUBS_URL`` and ``DUBS_TOKEN`` in the environment, or after ``dubs login``, sessions are stored on
    a portal, and each save is a version there; otherwise, or with ``local=True``, in ``sessions_dir``. On failure the methods
    return False, None or an empty value, log the reason, and set ``last_error``. ``backend`` has the same operations with exceptions.

    :param allow_hidden: load and import hidden files of other users, such as ``.git/config``, which other programs obey.
    :param allow_invisible: load and import names with invisible characters.
    :param reading: how an import reads names that are not UTF-8: ``utf-8`` (with backslashes between folders), ``cp437``,
        ``cp850``, ``cp866``, ``shift_jis`` or ``gbk``. Without it such a ZIP is refused, and ``last_error`` has its names in each.
    :raises ConfigError: a portal is configured, but the user is not signed in to it.
    """

    def __init__(
        self,
        sessions_dir: str = "sessions",
        *,
        url: str | None = None,
        token: str | None = None,
        local: bool = False,
        allow_hidden: bool = False,
        allow_invisible: bool = False,
        reading: str = "",
    ) -> None:
        self._reading = reading
        self._last = threading.local()
        login = None if local else _login(url, token)
        permissions = {"allow_hidden": allow_hidden, "allow_invisible": allow_invisible}
        self.backend: Backend = _backend(Path(sessions_dir), login, permissions)

    @property
    def sessions_dir(self) -> str:
        return str(self.backend.folder)

    @sessions_dir.setter
    def sessions_dir(self, folder: str) -> None:
        self.backend.folder = Path(folder)

    @property
    def last_error(self) -> str | None:
        """Why the last call in this thread failed, as a sentence; None if it succeeded."""
        return getattr(self._last, "error", None)

    def generate_auto_session_name(self, video_filename: str | None = None) -> str:
        return generate_session_name(video_filename, datetime.now())  # noqa: DTZ005 (names contain local time)

    @returns_on_error(list)
    def get_all_sessions(self) -> list[str]:
        return self.backend.names()

    @returns_on_error(str)
    def create_session_structure(self, session_name: str) -> str:
        return str(self.backend.prepare(session_name))

    @returns_on_error(bool)
    def save_session(self, session_name: str, session_data: dict[str, Any]) -> bool:
        self.backend.save(session_name, session_data)
        return True

    @returns_on_error(lambda: None)
    def load_session(self, session_name: str) -> dict[str, Any] | None:
        return self.backend.load(session_name)

    @returns_on_error(lambda: None)
    def get_session_info(self, session_name: str) -> dict[str, Any] | None:
        return self.backend.info(session_name)

    @returns_on_error(bool)
    def export_session(self, session_name: str, export_path: str) -> bool:
        self.backend.export(session_name, Path(export_path))
        return True

    @returns_on_error(bool)
    def import_session(self, zip_path: str, session_name: str | None = None) -> bool:
        self.backend.import_archive(Path(zip_path), session_name or "", reading=self._reading)
        return True

    @returns_on_error(bool)
    def delete_session(self, session_name: str) -> bool:
        self.backend.delete(session_name)
        return True

    def count_session_files(self, session_path: str) -> int:
        return count_files(session_path)


def _backend(folder: Path, login: config.Login | None, permissions: Mapping[str, bool]) -> Backend:
    if login is None:
        return LocalBackend(folder, **permissions)
    from dubbing_client.dropin.remote import RemoteBackend  # noqa: PLC0415 (slow to import; only for portals)

    return RemoteBackend(folder, Api(login.url, login.token), **permissions)


def _login(url: str | None, token: str | None) -> config.Login | None:
    """Return the portal and token to use, or None if no portal is configured.

    :raises ConfigError: one is configured, but the user is not signed in to it.
    """
    if url and token:
        return config.Login(normalized_url(url), token)
    try:
        login = config.read()
    except ConfigError:
        if url or token or os.environ.get("DUBS_URL") or config.path().exists():
            raise
        return None
    if url and normalized_url(url) != login.url:
        raise ConfigError(f"You are not signed in to {url}: pass a token, or run dubs login {url}")
    return config.Login(login.url, token or login.token)
