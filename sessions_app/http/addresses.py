"""Client address of a request."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

LOCALHOST = "127.0.0.1"


def client_address(request: HttpRequest) -> str:
    """Return the client's address, as reported by trusted proxies.

    Each proxy appends the address of its peer to X-Forwarded-For. The header is read from its end, and an entry counts only if
    the proxy that appended it is in ``TRUSTED_PROXIES``; entries that the client sent itself never count.
    """
    # A UNIX socket has no peer address: its clients are on this machine.
    address = _parse(request.META.get("REMOTE_ADDR") or LOCALHOST) or ip_address(LOCALHOST)
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while hops and _is_trusted(address) and (previous := _parse(hops.pop())):
        address = previous
    return str(address)


def client_network(request: HttpRequest) -> str:
    """Return the client's address, of IPv6 its /64 network.

    A client has all addresses of such a network, so throttles count them as one.
    """
    address = ip_address(client_address(request))
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address, or None if invalid.

    A dual-stack socket reports IPv4 addresses as ``::ffff:192.0.2.1``; these become IPv4.
    """
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)
