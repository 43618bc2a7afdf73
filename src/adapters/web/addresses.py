"""Which network addresses are out there for everybody, and which only for us (SSRF-02).

`ipaddress.is_global` does not tell: it takes multicast, translated and tunnelled addresses for global ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a carrier's translation
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's host, under a public address
            "169.254.0.0/16",  # link-local, and clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_UNICAST_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols, Teredo among them
            "2001:db8::/32",
            "3fff::/20",  # documentation
        ),
    )
)
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")


def is_public(address: Address) -> bool:
    """Whether this is one public host's address, and so is every IPv4 address that it stands for."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address.scope_id is not None:
        return False
    if not all(is_public(inner) for inner in _embedded(address)):
        return False
    if address in _MAPPED or address in _NAT64:
        return True
    return address in _UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    number = int(address)
    last = IPv4Address(number & 0xFFFFFFFF)
    if address in _MAPPED or address in _NAT64:
        yield last
    elif address in _6TO4:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    # ISATAP writes it behind 0:5efe or 200:5efe, below any prefix.
    if number >> 32 & 0xFDFFFFFF == 0x5EFE:
        yield last
