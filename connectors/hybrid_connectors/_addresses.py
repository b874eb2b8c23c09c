"""Which addresses belong to the public internet, so that a page cannot make this machine ask its own network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# Written out, because what ``ipaddress`` calls global changes between Python versions (192.0.0.192 is one in 3.11).
# Source: IANA registries of special-purpose addresses, https://www.iana.org/assignments/iana-ipv4-special-registry
_SPECIAL_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # the host's services in one cloud; those of the others are link-local or shared
    )
)  # fmt: skip
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
"""Within the global range: protocols and Teredo, documentation, 6to4, documentation."""

_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address, as the resolver gave it, is one of the public internet.

    Example:
        >>> is_public("93.184.215.14"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
        (True, False, False)
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        embedded = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.ipv4_mapped
        if embedded is None:
            return ip in _GLOBAL_V6 and not any(ip in network for network in _SPECIAL_V6)
        ip = embedded
    return not any(ip in network for network in _SPECIAL_V4)
