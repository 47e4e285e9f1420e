"""Connection pools; proxies and certificates come from the environment."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from weakref import WeakSet

from urllib3 import PoolManager, ProxyManager, Timeout, exceptions, make_headers

from dubbing_client.errors import ConfigError, UnreachableError

if TYPE_CHECKING:
    import ssl

TIMEOUT = 60.0
"""Seconds without a byte after which a connection is considered lost."""
CONNECT_TIMEOUT = 15.0
"""Seconds within which a connection must be established."""
MAX_IDLE = 8
"""Idle connections that are kept per host."""
HAS_SYSTEM_PROXIES = sys.platform in {"darwin", "win32"}


class ConnectionPools:
    """Pools for any number of threads, one for each proxy in use."""

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._managers: dict[str, PoolManager] = {}
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._is_closed = False

    def manager_for(self, url: str) -> PoolManager:
        """Return the pool manager that reaches a URL.

        :raises ConfigError: the environment's proxy or certificates cannot be used.
        :raises UnreachableError: the pools are closed.
        """
        proxy = _proxy_for(url)
        with self._lock:
            self._check_open()
            if proxy not in self._managers:
                self._managers[proxy] = self._new_manager(proxy)
            return self._managers[proxy]

    def close(self) -> None:
        """Close all connections; requests in progress fail with an `UnreachableError`."""
        with self._lock:
            self._is_closed = True
            managers = list(self._managers.values())
            sockets = list(self._sockets)
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for manager in managers:
            manager.clear()

    def _new_manager(self, proxy: str) -> PoolManager:
        options: dict[str, Any] = {
            "timeout": Timeout(connect=min(CONNECT_TIMEOUT, self._timeout), read=self._timeout),
            "maxsize": MAX_IDLE,
        }
        manager = _proxy_manager(proxy, options) if proxy else PoolManager(**options)
        # Reading certificates takes longer than a call: only where TLS is used, and once.
        manager.pool_classes_by_scheme = {
            scheme: self._tracking(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
        }
        return manager

    def _tracking(self, pool_class: Any) -> Any:
        """Return a pool class whose connections are shut down by `close`."""
        pools = self

        class Connection(pool_class.ConnectionCls):  # type: ignore[misc]  # the base is chosen at run time
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                if pool_class.scheme == "https":
                    kwargs["ssl_context"] = tls_context()
                super().__init__(*args, **kwargs)

            def connect(self) -> None:
                super().connect()
                # Until a response is read, urllib3 would apply the connect timeout to the body, too.
                self.sock.settimeout(pools._timeout)
                pools._track(self.sock)

        return type(pool_class.__name__, (pool_class,), {"ConnectionCls": Connection})

    def _track(self, sock: socket.socket) -> None:
        with self._lock:
            self._check_open()
            self._sockets.add(sock)

    def _check_open(self) -> None:
        if self._is_closed:
            raise UnreachableError("The connection was closed.")


@contextmanager
def translated_errors(url: str) -> Iterator[None]:
    """Turn network errors into the client's own.

    :raises UnreachableError: the server does not respond, not in time, or not in HTTP.
    :raises ConfigError: the URL is invalid.
    """
    try:
        yield
    except (exceptions.LocationValueError, UnicodeError) as error:
        raise ConfigError(f"{url} is not the address of a portal: {error}.") from error
    except (exceptions.HTTPError, OSError) as error:
        origin = _origin(url)
        # urllib3 counts a refused connection among the timeouts.
        is_refused = isinstance(error, exceptions.NewConnectionError)
        if isinstance(error, (exceptions.TimeoutError, TimeoutError)) and not is_refused:
            raise UnreachableError(f"{origin} does not respond in time.") from error
        raise UnreachableError(f"{origin} cannot be reached: {_reason(error)}.") from error


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _reason(error: BaseException) -> str:
    """Return the operating system's reason for an error, without urllib3's wrapping."""
    if isinstance(error, exceptions.IncompleteRead):
        return "the connection was interrupted"
    nested = [argument for argument in error.args if isinstance(argument, Exception)]
    inner = next(iter(nested), error.__cause__)
    if isinstance(inner, Exception):
        return _reason(inner)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


# -- Proxies ----------------------------------------------------------------------------------------------------------


def _proxy_for(url: str) -> str:
    """Return the URL of the proxy that the environment names for a URL; "" for none."""
    if not HAS_SYSTEM_PROXIES and not any(name.lower().endswith("_proxy") for name in os.environ):
        return ""
    from urllib import request  # noqa: PLC0415 (slow to import, and most machines have no proxy)

    parts = urlsplit(url)
    proxies = request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not proxy or request.proxy_bypass(parts.netloc):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _proxy_manager(proxy: str, options: dict[str, Any]) -> PoolManager:
    """Return a pool manager for a proxy.

    :raises ConfigError: its protocol is not supported, or PySocks is not installed.
    """
    parts = urlsplit(proxy)
    name = f"{parts.scheme}://{parts.hostname or ''}"
    if parts.scheme in {"http", "https"} and parts.hostname:
        headers = None
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers = make_headers(proxy_basic_auth=login)
        context = tls_context() if parts.scheme == "https" else None
        return ProxyManager(proxy, proxy_headers=headers, proxy_ssl_context=context, **options)
    if parts.scheme.startswith("socks"):
        try:
            from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 (an optional dependency)

            return SOCKSProxyManager(proxy, **options)
        except ImportError:
            raise ConfigError(
                f"The proxy {name} needs PySocks: pip install 'dubbing-sessions-client[socks]'"
            ) from None
        except ValueError as error:
            raise ConfigError(f"The proxy {name} cannot be used: {error}.") from error
    raise ConfigError(f"The proxy {name} cannot be used: supported are http, https and socks.")


# -- Certificates -----------------------------------------------------------------------------------------------------


_certificates_lock = threading.Lock()


def tls_context() -> ssl.SSLContext:
    """Return the trusted certificates, which are read once.

    :raises ConfigError: they cannot be read.
    """
    with _certificates_lock:  # several threads open their first connections at the same time
        return read_certificates()


@cache
def read_certificates() -> ssl.SSLContext:
    """Read the trusted certificates.

    They are those of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``, else certifi's.

    :raises ConfigError: they cannot be read.
    """
    import ssl  # noqa: PLC0415 (only needed for TLS)

    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and not folder:
        import certifi  # noqa: PLC0415 (only needed for TLS)

        file = certifi.where()
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        raise ConfigError(
            f"The certificates in {file or folder} cannot be read: {error.strerror or error}."
        ) from error
