"""Which address a request comes from: the peer's, unless the peer is a proxy of ours that says for whom it asks."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@cache
def networks(text: str) -> tuple[Network, ...]:
    """Read a comma-separated list of addresses or networks; raises ValueError for anything else."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return whose request it is.

    `forwarded` is X-Forwarded-For, believed only when the peer is one of the `trusted` proxies, and only as far back as
    they wrote it: the last entry that is no trusted proxy. Anybody can put more in front of that.
    """
    address = peer
    for hop in reversed([part.strip() for part in forwarded.split(",")] if forwarded else []):
        if not _is_in(address, trusted):
            return address
        if _parsed(hop) is None:
            return address
        address = hop
    return address


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_in(text: str, trusted: Sequence[Network]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in trusted)
