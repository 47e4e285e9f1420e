"""A mail server that accepts connections and never responds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from sessions_app.mail_server import OUTAGE_KEY, MailServerUnavailableError, use_mail_server


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def send(server: socket.socket) -> None:
    host, port = server.getsockname()
    backend = EmailBackend(host=host, port=port, timeout=0.1, use_tls=False)
    EmailMessage("Subject", "Body", to=["alice@example.com"], connection=backend).send()


def test_a_server_that_does_not_respond_is_tried_once_in_a_while(silent_server):
    with pytest.raises(SMTPServerDisconnected), use_mail_server():
        send(silent_server)

    with pytest.raises(MailServerUnavailableError), use_mail_server():
        send(silent_server)

    silent_server.accept()[0].close()
    silent_server.settimeout(0)
    with pytest.raises(BlockingIOError):  # no second connection
        silent_server.accept()

    cache.delete(OUTAGE_KEY)
    with use_mail_server():
        pass


def test_a_refused_recipient_is_no_outage():
    with pytest.raises(SMTPRecipientsRefused), use_mail_server():
        raise SMTPRecipientsRefused({})

    with use_mail_server():
        pass
