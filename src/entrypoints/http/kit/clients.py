"""Who is at the other end of a connection, as rate limits need to know (RATE-01)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address


class Clients:
    """Finding a client's address.

    Args:
        trusted_proxies: Addresses and networks whose `X-Forwarded-For` is believed.
    """

    def __init__(self, trusted_proxies: Iterable[str] = ()) -> None:
        self._trusted = [ip_network(network) for network in trusted_proxies]

    def trusts(self, peer: str | None) -> bool:
        """Whether the peer is one of our proxies."""
        address = _parsed(peer or "")
        return address is not None and any(address in network for network in self._trusted)

    def subject(self, peer: str | None, forwarded: Sequence[str]) -> str:
        """A name for the client: an IPv4 address, or the /64 network of an IPv6 address.

        Args:
            peer: The address the connection comes from.
            forwarded: The `X-Forwarded-For` headers, in order. Each proxy appends the address it was called from, so
                the right-most one that is not a proxy of ours is the last that somebody we trust has seen.
        """
        if not self._trusted or not forwarded or not self.trusts(peer):
            return _network(peer or "")
        seen = peer or ""
        for hop in reversed(",".join(forwarded).split(",")):
            address = hop.strip()
            if _parsed(address) is None:
                break
            seen = address
            if not self.trusts(address):
                break
        return _network(seen)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=4096)
def _network(text: str) -> str:
    address = _parsed(text)
    if address is None:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address) >> 64 << 64, 64)))
    return str(address)
