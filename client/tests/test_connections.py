"""Ways to a server: certificates and proxies of the environment."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from typing import Any

import pytest

from dubbing_client import connections
from dubbing_client.connections import tls
from dubbing_client.errors import ConfigError, UnreachableError
from dubbing_client.wire import Wire


@pytest.fixture
def wire():
    made = Wire()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_certificates_read_yet(monkeypatch):
    monkeypatch.setattr(connections, "_tls", [])
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_proxy_is_asked_where_the_environment_names_one(serve, wire, monkeypatch):
    proxy = serve(lambda handler: handler.say(200, handler.path.encode()))
    monkeypatch.setenv("http_proxy", proxy.url)
    assert wire.call("GET", "http://portal.invalid/file?x=1").body == b"http://portal.invalid/file?x=1"
    with wire.get("http://portal.invalid/file?x=1") as body:
        buffer = memoryview(bytearray(100))
        assert bytes(buffer[: body.readinto(buffer)]) == b"http://portal.invalid/file?x=1"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    own = serve(lambda handler: handler.say(200, b"direct"))
    assert wire.call("GET", f"{own.url}/").body == b"direct"


def test_a_proxy_that_wants_to_know_who_asks_is_told(serve, wire, monkeypatch):
    proxy = serve(lambda handler: handler.say(200))
    monkeypatch.setenv("ALL_PROXY", proxy.url.replace("://", "://alice:p%40ss@"))
    wire.call("GET", "http://portal.invalid/")
    assert proxy.requests[0][2]["proxy-authorization"] == "Basic YWxpY2U6cEBzcw=="
    assert proxy.requests[0][2]["host"] == "portal.invalid"


def test_through_a_proxy_tls_is_with_the_portal_itself(serve, wire, monkeypatch):
    asked: list[str] = []

    def answer(handler: Any) -> None:
        asked.append(handler.path)
        handler.say(403)

    proxy = serve(answer)
    monkeypatch.setenv("https_proxy", proxy.url)
    with pytest.raises(
        UnreachableError, match=r"portal\.invalid cannot be reached: Tunnel connection failed: 403"
    ):
        wire.call("GET", "https://portal.invalid/secret")
    assert asked == ["portal.invalid:443"]


def test_a_proxy_of_another_kind_is_refused_with_a_word(wire, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://localhost:1080")
    with pytest.raises(ConfigError, match=r"The proxy socks5://localhost is none that dubs can use"):
        wire.call("GET", "http://portal.invalid/")


@pytest.fixture
def certificate(tmp_path):
    """One for localhost, that its owner signed, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    made = tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [
            *command.split(),
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            made,
            "-out",
            tmp_path / "c",
        ],
        check=True,
        capture_output=True,
    )
    made.write_bytes(made.read_bytes() + (tmp_path / "c").read_bytes())
    return made


def test_a_portal_is_trusted_by_the_certificates_that_the_environment_names(serve, certificate, monkeypatch):
    server = serve(lambda handler: handler.say(200, b"trusted"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
    url = server.url.replace("http://", "https://")
    wire = Wire()
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        wire.call("GET", url)
    wire.close()
    monkeypatch.setattr(connections, "_tls", [])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    wire = Wire()
    assert wire.call("GET", url).body == b"trusted"
    wire.close()


def test_certificates_are_read_once():
    assert tls() is tls()


def test_certificates_that_are_not_there_are_named(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all.pem")
    with pytest.raises(
        ConfigError, match=r"The certificates in /nowhere/at/all\.pem cannot be read: No such file"
    ):
        tls()
