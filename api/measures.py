"""What is counted of requests, and who may read it at ``/metrics``."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Histogram

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""Headers by which a proxy tells that it stands between."""


class Measures:
    """Counts for ``/metrics``: doors, methods and statuses, nobody's name."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "missionbook_requests", "Requests answered", ["method", "door", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "missionbook_request_seconds", "Seconds from request to answer", ["door"], registry=self.registry
        )


def may_read(request: Request, named: frozenset[IPv4Network | IPv6Network]) -> bool:
    """Return whether the caller may read the measures: the machine itself, or somebody at a named address.

    Whoever comes through a proxy may not, whatever the address: a proxy on this machine that nobody named would
    otherwise lend its own address to every stranger.
    """
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or any(address in network for network in named)
