"""Media that players read from the store, by addresses of some minutes.

The portal decides on access and redirects; the bytes do not pass through it.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from csp.constants import SELF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import content_disposition_header

from sessions_app.storage import get_store
from sessions_app.storage.signed_requests import allows_reading, describe_refused_player
from sessions_app.storage.store import DirectReads

logger = logging.getLogger(__name__)

SMALLEST = 256 * 1024
"""Bytes below which the portal sends a file itself: a redirect would take longer, and browsers keep posters for good."""
DESTINATIONS = {"audio", "video", "image", "empty"}
"""Of requests by elements and scripts of a page (Sec-Fetch-Dest). Others download, and have no page with a policy."""
REDIRECT_SECONDS = 60
"""For which a browser may use a redirect again: what it leads to is valid for longer."""
CHECK_TIMEOUT = 3
CHECK_AGAIN = {True: 3600, False: 300}
"""Seconds until the store's permission is checked again, by the last result."""


@dataclass(frozen=True)
class _Check:
    is_allowed: bool
    until: float


class Permissions:
    """Permissions of origins to read from the store, by its CORS rules.

    Checked at the first request for media and again later, so that new rules need no restart.
    """

    def __init__(self) -> None:
        self._checks: dict[tuple[str, str], _Check] = {}
        self._lock = threading.Lock()

    def is_allowed(self, reads: DirectReads, origin: str) -> bool:
        """Return it; False while another thread checks."""
        place = reads.origin, origin
        check = self._checks.get(place)
        if check is not None and time.monotonic() < check.until:
            return check.is_allowed
        if not self._lock.acquire(blocking=False):
            return check is not None and check.is_allowed
        try:
            is_allowed = self._check(reads, origin)
            self._checks[place] = _Check(is_allowed, time.monotonic() + CHECK_AGAIN[is_allowed])
        finally:
            self._lock.release()
        if not is_allowed and (check is None or check.is_allowed):
            logger.warning("%s", describe_refused_player(origin))
        return is_allowed

    def clear(self) -> None:
        self._checks.clear()

    @staticmethod
    def _check(reads: DirectReads, origin: str) -> bool:
        if origin.startswith("https:") and not reads.origin.startswith("https:"):
            return False  # browsers load nothing from a plain address into such a page
        url = reads.sign_read(
            "blobs/cors",
            content_type="video/mp4",
            disposition="inline",
            cache_control="private",
            expires_in=timedelta(minutes=1),
        )
        try:
            return allows_reading(url, origin, timeout=CHECK_TIMEOUT)
        except OSError as error:
            logger.warning("%s cannot be reached from this machine: %s", reads.origin, error)
            return False


permissions = Permissions()


def get_media_origin() -> str | None:
    """Return the origin of signed addresses; None if media pass through the portal."""
    reads = get_store().capabilities.direct_reads
    return None if reads is None else reads.origin


def get_media_sources() -> dict[str, list[str]]:
    """Return what pages with media add to their policy: browsers check redirects, too."""
    origin = get_media_origin()
    if origin is None:
        return {}
    return {"media-src": [SELF, origin], "img-src": [origin], "connect-src": [SELF, origin]}


def check_permissions() -> None:
    """Check the permissions of the portal's own addresses."""
    reads = get_store().capabilities.direct_reads
    if reads is not None:
        for origin in settings.CSRF_TRUSTED_ORIGINS:
            permissions.is_allowed(reads, origin)


def redirect_to_store(
    request: HttpRequest, *, key: str, size: int, content_type: str, filename: str, is_immutable: bool
) -> HttpResponse | None:
    """Return a redirect to a signed address, if this request is one of a player.

    None where the portal sends the bytes itself.
    """
    reads = get_store().capabilities.direct_reads
    is_player = request.method == "GET" and request.headers.get("Sec-Fetch-Dest") in DESTINATIONS
    if reads is None or size < SMALLEST or not is_player:
        return None
    page = urlsplit(request.build_absolute_uri())
    if not permissions.is_allowed(reads, f"{page.scheme}://{page.netloc}"):
        return None
    age = ", max-age=31536000, immutable" if is_immutable else ""
    response = HttpResponseRedirect(
        reads.sign_read(
            key,
            content_type=content_type,
            disposition=content_disposition_header(as_attachment=False, filename=filename) or "inline",
            cache_control=f"private{age}",
            expires_in=settings.SIGNED_MEDIA_LIFETIME,
        )
    )
    response["Cache-Control"] = f"private, max-age={REDIRECT_SECONDS}"
    response["Vary"] = "Sec-Fetch-Dest"
    return response
