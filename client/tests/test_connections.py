"""Connections through proxies, with the certificates of the environment."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dubbing_client.connections import read_certificates, tls_context
from dubbing_client.errors import ConfigError, UnreachableError
from dubbing_client.transport import Transport


@pytest.fixture
def transport() -> Iterator[Transport]:
    opened = Transport()
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _no_cached_certificates(monkeypatch):
    read_certificates.cache_clear()
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


# -- Proxies ----------------------------------------------------------------------------------------------------------


def test_requests_go_through_the_proxy_of_the_environment(serve, transport, monkeypatch):
    proxy = serve(lambda handler: handler.respond(200, handler.path.encode()))
    monkeypatch.setenv("http_proxy", proxy.url)
    url = "http://portal.invalid/file?x=1"
    assert transport.request("GET", url).body == url.encode()
    with transport.stream(url) as response:
        assert response.read(100) == url.encode()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    own = serve(lambda handler: handler.respond(200, b"direct"))
    assert transport.request("GET", f"{own.url}/").body == b"direct"


def test_a_redirected_request_uses_the_proxy_of_its_own_url(serve, transport, monkeypatch):
    store = serve(lambda handler: handler.respond(200, b"bytes"))
    proxy = serve(lambda handler: handler.respond(302, Location=f"{store.url}/object"))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with transport.stream("http://portal.invalid/file") as body:
        assert body.read(10) == b"bytes"
    assert len(proxy.requests) == 1
    assert [path for _, path, _ in store.requests] == ["/object"]


def test_a_proxy_receives_its_credentials(serve, transport, monkeypatch):
    proxy = serve(lambda handler: handler.respond(200))
    monkeypatch.setenv("ALL_PROXY", proxy.url.replace("://", "://alice:p%40ss@"))
    transport.request("GET", "http://portal.invalid/")
    assert proxy.requests[0][2]["proxy-authorization"] == "Basic YWxpY2U6cEBzcw=="
    assert proxy.requests[0][2]["host"] == "portal.invalid"


def test_https_is_tunneled_through_a_proxy(serve, transport, monkeypatch):
    targets: list[str] = []

    def respond(handler: Any) -> None:
        targets.append(handler.path)
        handler.respond(403)

    monkeypatch.setenv("https_proxy", serve(respond).url)
    with pytest.raises(
        UnreachableError, match=r"portal\.invalid cannot be reached: Tunnel connection failed: 403"
    ):
        transport.request("GET", "https://portal.invalid/secret")
    assert targets == ["portal.invalid:443"]


class SocksServer:
    """A SOCKS 5 proxy without authentication that connects everything to one address."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.hosts: list[str] = []
        self.url = f"socks5h://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        stream = client.makefile("rwb", buffering=0)
        _, count = stream.read(2)
        stream.read(count)
        stream.write(b"\x05\x00")
        *_, address_type, length = stream.read(5)
        assert address_type == 3, "the proxy resolves the name"
        self.hosts.append(stream.read(length).decode())
        stream.read(2)
        stream.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        with socket.create_connection(self._target) as server:
            threading.Thread(target=_copy, args=(client, server), daemon=True).start()
            _copy(server, client)


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65536):
        target.sendall(data)


def test_a_socks_proxy_resolves_the_name(serve, transport, monkeypatch):
    server = serve(lambda handler: handler.respond(200, b"through SOCKS"))
    proxy = SocksServer(server.server.server_address)
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    assert transport.request("GET", "http://portal.invalid/").body == b"through SOCKS"
    assert proxy.hosts == ["portal.invalid"]
    proxy.close()


def test_a_socks_proxy_needs_the_extra(transport, monkeypatch):
    monkeypatch.setitem(sys.modules, "urllib3.contrib.socks", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://localhost:1080")
    with pytest.raises(ConfigError, match=r"socks5://localhost needs PySocks: pip install 'dubbing-sessions"):
        transport.request("GET", "http://portal.invalid/")


@pytest.mark.parametrize("proxy", ["ftp://localhost", "socks9://localhost:1080"])
def test_an_unsupported_proxy_is_an_error(transport, monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ConfigError, match=rf"The proxy {proxy.rpartition(':1')[0] or proxy} cannot be used"):
        transport.request("GET", "http://portal.invalid/")


# -- Certificates -----------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for localhost with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    target = tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    subprocess.run(
        [*command.split(), *names, "-keyout", target, "-out", tmp_path / "c"], check=True, capture_output=True
    )
    target.write_bytes(target.read_bytes() + (tmp_path / "c").read_bytes())
    return target


def test_the_environment_names_trusted_certificates(serve, certificate, monkeypatch):
    server = serve(lambda handler: handler.respond(200, b"trusted"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
    url = server.url.replace("http://", "https://")
    transport = Transport()
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        transport.request("GET", url)
    transport.close()
    read_certificates.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    transport = Transport()
    assert transport.request("GET", url).body == b"trusted"
    transport.close()


def test_certificates_are_read_once_by_concurrent_connections():
    barrier = threading.Barrier(8)

    def read() -> ssl.SSLContext:
        barrier.wait()
        return tls_context()

    with ThreadPoolExecutor(8) as pool:
        contexts = [future.result() for future in [pool.submit(read) for _ in range(8)]]
    assert len(set(map(id, contexts))) == 1


def test_a_redirect_to_an_unencrypted_address_drops_the_token(serve, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    plain = serve(lambda handler: handler.respond(200, b"bytes"))
    portal = serve(lambda handler: handler.respond(302, Location=f"{plain.url}{handler.path}"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    portal.server.socket = context.wrap_socket(portal.server.socket, server_side=True)
    transport = Transport()
    url = portal.url.replace("http://", "https://")
    with transport.stream(f"{url}/file", headers={"Authorization": "Bearer secret"}) as body:
        assert body.read(10) == b"bytes"
    transport.close()
    assert portal.requests[0][2]["authorization"] == "Bearer secret"
    ((_, path, headers),) = plain.requests
    assert path == "/file"
    assert "secret" not in str(headers)


def test_missing_certificates_are_named(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    with pytest.raises(
        ConfigError, match=r"The certificates in /nowhere/at/all\.pem cannot be read: No such file"
    ):
        tls_context()


# -- Closing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keeps_open", [True, False])
def test_closing_interrupts_a_response_that_is_being_read(serve, keeps_open):
    released = threading.Event()

    def respond(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        if not keeps_open:
            handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(b"x" * 1000)
        released.wait(600)

    transport = Transport()
    with transport.stream(serve(respond).url) as response:
        assert response.read(1000) == b"x" * 1000
        threading.Timer(0.1, transport.close).start()
        began = time.monotonic()
        with pytest.raises(UnreachableError):
            response.read(1000)
    assert time.monotonic() - began < 300
    released.set()
    with pytest.raises(UnreachableError, match="The connection was closed"):
        transport.request("GET", "http://127.0.0.1:9/")
