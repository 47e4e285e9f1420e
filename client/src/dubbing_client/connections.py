"""Connections that are kept and used again. Certificates and proxies come from the environment, as everywhere."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from dubbing_client.errors import ConfigError, UnreachableError

if TYPE_CHECKING:
    import ssl

TIMEOUT = 60.0
"""Seconds without a byte, after which a connection counts as lost."""
CONNECT_TIMEOUT = 15.0
"""The same until there is a connection at all."""
TARGET = "/%:=&?~+!$,;'@()*[]"
"""What of an address goes over the wire as it is."""
SYSTEM_KNOWS_PROXIES = sys.platform in {"darwin", "win32"}


class Lent(NamedTuple):
    """A connection for one exchange, and how to ask through it."""

    connection: http.client.HTTPConnection
    target: str
    headers: Mapping[str, str]
    """For the proxy in between."""


class Route(NamedTuple):
    """How to get to a server."""

    scheme: str
    there: SplitResult
    proxy: SplitResult | None = None

    @property
    def is_relayed(self) -> bool:
        """Whether the proxy reads each request; with TLS it only hands bytes on."""
        return self.proxy is not None and self.scheme == "http"


class Kept:
    """The connections of one way that nobody uses right now."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.idle: list[http.client.HTTPConnection] = []


class Connections:
    """For any number of threads, each of which has a connection for itself while it uses it."""

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Kept] = {}
        self._busy: set[http.client.HTTPConnection] = set()
        self._is_closed = False

    def close(self) -> None:
        """Close what is idle; what is busy is cut off, and whoever uses it gets an error."""
        with self._lock:
            self._is_closed = True
            idle = [connection for kept in self._kept.values() for connection in kept.idle]
            self._kept.clear()
            busy = list(self._busy)
        for connection in busy:
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
        for connection in idle:
            connection.close()

    @contextmanager
    def lend(self, url: str) -> Iterator[Lent]:
        """Lend a connection for one exchange: kept for the next if that was completed, closed otherwise.

        :raises UnreachableError, ConfigError: as `translated`.
        """
        parts = urlsplit(url)
        kept = self._towards(parts)
        connection = self._take(kept, url)
        is_reusable = False
        try:
            yield Lent(connection, _target(parts, kept.route), _relayed(kept.route))
            response = getattr(connection, "_HTTPConnection__response", None)
            is_reusable = response is None or response.isclosed()
        finally:
            with self._lock:
                self._busy.discard(connection)
                is_kept = is_reusable and not self._is_closed and connection.sock is not None
                if is_kept:
                    kept.idle.append(connection)
            if not is_kept:
                connection.close()

    def _towards(self, parts: SplitResult) -> Kept:
        with self._lock:
            key = (parts.scheme, parts.netloc)
            if key not in self._kept:
                self._kept[key] = Kept(Route(parts.scheme, parts, _proxy_of(parts)))
            return self._kept[key]

    def _take(self, kept: Kept, url: str) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                if self._is_closed:
                    raise UnreachableError("The connection was given up.")
                connection = kept.idle.pop() if kept.idle else _new(kept.route)
                self._busy.add(connection)
            try:
                if connection.sock is None:
                    with translated(url):
                        self._connect(connection)
                    return connection
                if not _is_stale(connection.sock):
                    return connection
                connection.close()
            except BaseException:
                self._give_up(connection)
                raise
            self._give_up(connection)

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        connection.timeout = min(CONNECT_TIMEOUT, self._timeout)
        connection.connect()
        connection.sock.settimeout(self._timeout)

    def _give_up(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._busy.discard(connection)
        connection.close()


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn what the network raises into our own errors.

    :raises UnreachableError: nobody answers, not in time, or not in HTTP.
    :raises ConfigError: the address is none.
    """
    try:
        yield
    except (http.client.InvalidURL, UnicodeError) as error:
        raise ConfigError(f"{url} is no address of a portal: {error}.") from error
    except socket.timeout as error:
        raise UnreachableError(f"{_origin(url)} does not answer in time.") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"{_origin(url)} cannot be reached: {_reason(error)}.") from error


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "the connection broke off"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


# -- New ones ---------------------------------------------------------------------------------------------------------


def _new(route: Route) -> http.client.HTTPConnection:
    first = route.proxy or route.there
    name = first.hostname or ""
    if route.scheme == "http":
        return http.client.HTTPConnection(name, first.port)
    connection = http.client.HTTPSConnection(name, first.port, context=tls())
    if route.proxy:
        connection.set_tunnel(
            route.there.hostname or "", route.there.port or 443, headers=_credentials(route.proxy)
        )
    return connection


def _target(parts: SplitResult, route: Route) -> str:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = quote(target, safe=TARGET)
    return f"{parts.scheme}://{parts.netloc}{target}" if route.is_relayed else target


def _relayed(route: Route) -> dict[str, str]:
    return _credentials(route.proxy) if route.is_relayed and route.proxy else {}


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    from base64 import b64encode  # noqa: PLC0415 (few have a proxy that asks)

    told = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(told.encode()).decode()}"}


def _proxy_of(parts: SplitResult) -> SplitResult | None:
    """Return the proxy on the way to a server, if there is one.

    :raises ConfigError: it is of a kind that we do not speak to.
    """
    if not SYSTEM_KNOWS_PROXIES and not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib import request  # noqa: PLC0415 (takes time, and few have a proxy)

    proxies = request.getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not named or request.proxy_bypass(parts.netloc):
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise ConfigError(
            f"The proxy {proxy.scheme}://{proxy.hostname or ''} is none that dubs can use: http:// alone."
        )
    return proxy


_tls_lock = threading.Lock()
_tls: list[ssl.SSLContext] = []


def tls() -> ssl.SSLContext:
    """Return the certificates that this process trusts: of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``, else certifi's.

    They are read once: that takes longer than a call.
    """
    with _tls_lock:
        if not _tls:
            _tls.append(_new_tls())
        return _tls[0]


def _new_tls() -> ssl.SSLContext:
    import ssl  # noqa: PLC0415 (only where there is TLS)

    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and not folder:
        import certifi  # noqa: PLC0415 (as ssl)

        file = certifi.where()
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        raise ConfigError(
            f"The certificates in {file or folder} cannot be read: {error.strerror or error}."
        ) from error


# -- Kept ones --------------------------------------------------------------------------------------------------------


def _is_stale(sock: socket.socket) -> bool:
    """Whether the other side closed a connection that was idle; there is nothing else it could say."""
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(sock, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True
