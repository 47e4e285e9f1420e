"""Calls about sessions as a whole: names, tags, stars, trash, storage."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence

from dubbing_client import objects
from dubbing_client.errors import NotFoundError, UsageError
from dubbing_client.rest import RestClient, new_key

CODE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class SessionApi(RestClient):
    # -- Sessions ---------------------------------------------------------------------------------------------------

    def sessions(
        self,
        q: str = "",
        *,
        trashed: bool = False,
        tag: str = "",
        starred: bool = False,
        stale: bool = False,
        saved_filter: str = "",
    ) -> Iterator[objects.Session]:
        """Iterate over the sessions that match a search.

        :param tag: only sessions with this tag.
        :param starred: only those with the user's star.
        :param stale: only those with stale results.
        :param saved_filter: code of a saved filter, instead of the others.
        """
        flags = {"trashed": trashed, "starred": starred, "stale": stale}
        query = {name: True if value else None for name, value in flags.items()}
        texts = {"q": q or None, "tag": tag or None, "filter": saved_filter or None}
        return self.pages("/sessions", {**texts, **query})

    def find_filter(self, name: str) -> objects.Filter:
        """Return the user's saved filter with this name (ignoring case).

        :raises NotFoundError: code ``filter_not_found``.
        """
        filters: list[objects.Filter] = self.call("GET", "/filters").data["filters"]
        for each in filters:
            if each["name"].casefold() == name.casefold():
                return each
        known = f" There are: {', '.join(each['name'] for each in filters)}." if filters else ""
        raise NotFoundError(f"There is no saved filter “{name}”.{known}", status=404, code="filter_not_found")

    def create_archive(self, codes: Sequence[str]) -> objects.SessionArchive:
        """Choose sessions to download as one ZIP."""
        archive: objects.SessionArchive = self.call(
            "POST", "/sessions/archive", body={"sessions": list(codes)}
        ).data
        return archive

    def search(self, query: str, *, lines: int) -> Iterator[objects.FoundSession]:
        """Iterate over the sessions that contain all terms of a query.

        :param lines: maximum number of lines of each session.
        """
        return self.pages("/search", {"q": query, "lines": lines, "limit": 20})

    def session(self, code: str) -> objects.Session:
        session: objects.Session = self.call("GET", f"/sessions/{code}").data
        return session

    def find_session(self, name: str) -> objects.Session | None:
        """Return the session with this name (ignoring case) or code, or None."""
        if is_code(name):
            with contextlib.suppress(NotFoundError):
                return self.session(name)
        return next(self.pages("/sessions", {"name": name}), None)

    def get_session(self, name: str) -> objects.Session:
        """Return the session with this name or code.

        :raises NotFoundError: code ``session_not_found``.
        """
        session = self.find_session(name)
        if session is None:
            raise NotFoundError(
                f"There is no session “{name}”. Run `dubs list` to list your sessions.",
                status=404,
                code="session_not_found",
            )
        return session

    def check_name(self, name: str) -> None:
        """Check whether a new session can have a name; one in use gets a number.

        :raises UsageError: it cannot be used.
        """
        check = self.call("GET", "/sessions/checked-name", query={"name": name}).data
        if not check["is_usable"] and check["code"] != "name_taken":
            raise UsageError(check["message"])

    def rename_session(self, code: str, name: str, *, previous_name: str) -> objects.Session:
        """Rename a session; repeating it changes nothing.

        :raises Problem: code `name_taken`, or `renamed` if the session has another name than ``previous_name``.
        """
        body = {"name": name, "previous_name": previous_name}
        session: objects.Session = self.call("PATCH", f"/sessions/{code}", body=body).data
        return session

    def delete_session(self, code: str) -> None:
        """Move a session to the trash."""
        self.call("DELETE", f"/sessions/{code}")

    # -- Tags and stars ---------------------------------------------------------------------------------------------

    def change_tags(self, code: str, *, add: Sequence[str], remove: Sequence[str]) -> objects.Session:
        """Put tags on a session and take others off."""
        body = {"add": list(add), "remove": list(remove)}
        session: objects.Session = self.call("POST", f"/sessions/{code}/tags", body=body).data
        return session

    def set_star(self, code: str, *, is_starred: bool) -> None:
        """Set or remove the user's star on a session."""
        self.call("PUT" if is_starred else "DELETE", f"/sessions/{code}/star")

    def tags(self) -> list[objects.Tag]:
        """Return the user's tags."""
        tags: list[objects.Tag] = self.call("GET", "/tags").data["tags"]
        return tags

    def rename_tag(self, code: str, name: str) -> objects.Tag:
        """Rename a tag on all sessions."""
        tag: objects.Tag = self.call("PATCH", f"/tags/{code}", body={"name": name}).data
        return tag

    def delete_tag(self, code: str) -> None:
        """Delete a tag; the sessions that had it stay."""
        self.call("DELETE", f"/tags/{code}")

    # -- Trash and storage ------------------------------------------------------------------------------------------

    def find_trashed(self, name: str) -> list[objects.Session]:
        """Return the sessions in the trash with this name (ignoring case) or code."""
        if is_code(name):
            with contextlib.suppress(NotFoundError):
                session = self.session(name)
                return [session] if session["trashed_at"] else []
        return list(self.pages("/sessions", {"name": name, "trashed": True}))

    def restore_sessions(self, codes: Sequence[str]) -> list[objects.Session]:
        """Restore sessions from the trash."""
        response = self.call("POST", "/trash/restore", body={"sessions": list(codes)}, key=new_key())
        sessions: list[objects.Session] = response.data["sessions"]
        return sessions

    def delete_permanently(self, codes: Sequence[str]) -> objects.Freed:
        """Delete sessions in the trash; they cannot be restored."""
        body = {"sessions": list(codes)}
        freed: objects.Freed = self.call("POST", "/trash/delete", body=body, key=new_key()).data
        return freed

    def empty_trash(self) -> objects.Freed:
        """Delete all sessions in the trash; they cannot be restored."""
        freed: objects.Freed = self.call("DELETE", "/trash").data
        return freed

    def storage(self) -> objects.Storage:
        storage: objects.Storage = self.call("GET", "/storage").data
        return storage

    def discard_uploads(self) -> objects.Freed:
        """Discard all uploads that were not saved or imported."""
        freed: objects.Freed = self.call("DELETE", "/uploads").data
        return freed


def is_code(text: str) -> bool:
    """Return whether a text has the form of a session's code, a UUID."""
    return CODE.fullmatch(text.lower()) is not None
