"""The original's ``ProjectSessionManager``: the same nine methods, on a portal or on a folder of this machine."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.errors import ConfigError, DubsError
from dubbing_client.portal import clean_url
from dubbing_client.sessions.backend import Backend
from dubbing_client.sessions.local import Local, count_files
from dubbing_client.sessions.names import auto_name

log = logging.getLogger("dubbing_client")

EXPECTED = (DubsError, OSError)
"""What may go wrong, and what ``sentence`` can tell."""

Method = TypeVar("Method", bound=Callable[..., Any])


def answering(failed: Callable[[], Any]) -> Callable[[Method], Method]:
    """Make a method answer as the original's do: what goes wrong is logged, kept as ``last_error``, and answered with a value."""

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def answer(self: ProjectSessionManager, *arguments: Any, **named: Any) -> Any:
            self._said.error = None
            try:
                return method(self, *arguments, **named)
            except EXPECTED as error:
                self._said.error = sentence(error)
                log.error("%s: %s", method.__name__, self._said.error)  # noqa: TRY400 (a sentence tells)
                return failed()

        return cast(Method, answer)

    return decorate


def sentence(error: Exception) -> str:
    """What to tell a person about it."""
    if isinstance(error, OSError) and error.strerror:
        where = f" “{error.filename}”" if error.filename else ""
        return f"The system refuses{where}: {error.strerror}."
    return str(error)


class ProjectSessionManager:
    """Saves, loads, exports, imports and deletes dubbing sessions.

    With ``url`` and ``token``, with ``DUBS_URL`` and ``DUBS_TOKEN`` in the environment, or after ``dubs login``, sessions lie on a
    portal, and each save is a version there; without, or with ``local=True``, in ``sessions_dir``. No method raises for what may go
    wrong: it answers False, None or nothing, logs why, and ``last_error`` says it. ``backend`` does the same with exceptions.

    :raises ConfigError: a portal is named, but nobody signed in to it.
    """

    def __init__(
        self,
        sessions_dir: str = "sessions",
        *,
        url: str | None = None,
        token: str | None = None,
        local: bool = False,
    ) -> None:
        self._said = threading.local()
        self.backend: Backend = _backend(Path(sessions_dir), url=url, token=token, local=local)

    @property
    def sessions_dir(self) -> str:
        return str(self.backend.folder)

    @sessions_dir.setter
    def sessions_dir(self, folder: str) -> None:
        self.backend.folder = Path(folder)

    @property
    def last_error(self) -> str | None:
        """Why the last call in this thread failed, as a sentence; None when it did not."""
        return getattr(self._said, "error", None)

    def generate_auto_session_name(self, video_filename: str | None = None) -> str:
        return auto_name(video_filename, datetime.now())  # noqa: DTZ005 (as the clock on the wall says)

    @answering(list)
    def get_all_sessions(self) -> list[str]:
        return self.backend.names()

    @answering(str)
    def create_session_structure(self, session_name: str) -> str:
        return str(self.backend.prepare(session_name))

    @answering(bool)
    def save_session(self, session_name: str, session_data: dict[str, Any]) -> bool:
        self.backend.save(session_name, session_data)
        return True

    @answering(lambda: None)
    def load_session(self, session_name: str) -> dict[str, Any] | None:
        return self.backend.load(session_name)

    @answering(lambda: None)
    def get_session_info(self, session_name: str) -> dict[str, Any] | None:
        return self.backend.info(session_name)

    @answering(bool)
    def export_session(self, session_name: str, export_path: str) -> bool:
        self.backend.export(session_name, Path(export_path))
        return True

    @answering(bool)
    def import_session(self, zip_path: str, session_name: str | None = None) -> bool:
        self.backend.bring(Path(zip_path), session_name or Path(zip_path).stem)
        return True

    @answering(bool)
    def delete_session(self, session_name: str) -> bool:
        self.backend.delete(session_name)
        return True

    def count_session_files(self, session_path: str) -> int:
        return count_files(session_path)


def _backend(folder: Path, *, url: str | None, token: str | None, local: bool) -> Backend:
    login = None if local else _login(url, token)
    if login is None:
        return Local(folder)
    from dubbing_client.sessions.remote import Remote  # noqa: PLC0415 (only where there is a portal)

    return Remote(folder, Api(login.url, login.token))


def _login(url: str | None, token: str | None) -> config.Login | None:
    """The portal to use, or None where none is named anywhere.

    :raises ConfigError: one is, but nobody signed in to it.
    """
    if url and token:
        return config.Login(clean_url(url), token)
    try:
        login = config.read()
    except ConfigError:
        if url or token or os.environ.get("DUBS_URL") or config.path().exists():
            raise
        return None
    if url and clean_url(url) != login.url:
        raise ConfigError(f"You are not signed in to {url}: give a token, or dubs login {url}")
    return config.Login(login.url, token or login.token)
