"""The web server: gunicorn with a process per core."""

from __future__ import annotations

import errno
import http.client
import signal
import socket
import sys
from urllib.parse import urlsplit

from sessions_app.management.errors import Error
from sessions_app.management.services.child import Service, StopSignal

ANY_ADDRESS = {"", "0.0.0.0", "::"}  # noqa: S104 (compared, not bound)
MAX_PORT = 65535


def listen(host: str, port: int) -> socket.socket:
    """Bind the port before anything starts; it stays bound while the server restarts.

    :raises Error: the port is in use or reserved, or this machine has no such address.
    """
    if not 0 <= port <= MAX_PORT:
        raise Error(f"PORT must be between 1 and 65535, not {port}.", code="bad_port")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except PermissionError as error:
        raise Error(
            f"Port {port} is reserved for the system. Choose one above 1023: PORT=8000 make run",
            code="port_reserved",
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Error(
                f"Port {port} is in use by another program. Stop it, or choose another port: "
                f"PORT={port + 1} make run",
                code="port_in_use",
            ) from error
        raise Error(f"This machine has no address {host}: {error.strerror}.", code="bad_host") from error


def get_address(listening: socket.socket) -> str:
    """Return the portal's URL for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    if host in ANY_ADDRESS:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def get_service(listening: socket.socket, *, site_url: str) -> Service:
    return Service(
        name="web",
        title="The web server",
        command=[
            *(sys.executable, "-m", "gunicorn", "--config", "python:dubbing_sessions.web_server"),
            *("--bind", f"fd://{listening.fileno()}", "--graceful-timeout", "5"),
        ],
        environment={"SITE_URL": site_url},
        descriptors=[listening.fileno()],
        stop_signals=[StopSignal(signal=signal.SIGTERM, timeout=8)],
    )


def is_responding(listening: socket.socket, *, site_url: str) -> bool:
    """Return whether the sign-in page responds.

    :raises Error: it responds with a server error.
    """
    local = urlsplit(get_address(listening))
    assert local.hostname is not None
    connection = http.client.HTTPConnection(local.hostname, local.port, timeout=1)
    try:
        connection.request("GET", "/accounts/login/", headers={"Host": urlsplit(site_url).netloc})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Error(f"The sign-in page responds with status {status}.", code="start_failed")
    return True
