"""Where a request comes from."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

HERE = "127.0.0.1"


def client_address(request: HttpRequest) -> str:
    """Return the address of whoever asks, as far as those vouch for it whom the operator trusts.

    Each proxy appends to X-Forwarded-For whom it was asked by. So it is read from its end, and only while the one who wrote the
    entry is among ``TRUSTED_PROXIES``: what somebody else claims about himself never counts.
    """
    # Who comes through a UNIX socket has no address and is on this machine.
    address = _parsed(request.META.get("REMOTE_ADDR") or HERE) or ip_address(HERE)
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while hops and _is_trusted(address) and (before := _parsed(hops.pop())):
        address = before
    return str(address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address, None if it is none. A socket for both families writes IPv4 as ``::ffff:192.0.2.1``."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)
