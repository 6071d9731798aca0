"""Keeping a provider elsewhere from having us ask what is near: this machine, or its link.

A discovery document names the endpoints to which Snowflake sends codes, tokens and its client
secret. One that names an address of this machine (loopback) or of its link (link-local, where
clouds answer with a machine's own credentials) would turn Snowflake into whoever may speak to them.
Only a provider whose issuer is there itself may have its endpoints there.

It is looked at twice. What an endpoint says by itself, when the document is read: a name or an
address, however it is written. And to where a name leads, each time a connection is made: by the
address at its other end, before anything is sent, so that no answer of a name server comes between.
Behind a proxy the second look sees the proxy, which has to keep its own neighbourhood.
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from snowflake.errors import UpstreamMisconfigured
from snowflake.outbound.connections import proxy_for
from snowflake.upstream.route import Route
from snowflake.uris.hosts import is_loopback, normalise

Near = Literal["loopback", "link-local"]

#: Prefixes behind which the last 32 bits are an IPv4 address: compatible ones (RFC 4291, section
#: 2.5.5.1), and those that a translator takes apart (RFC 6052, section 2.1; RFC 8215).
_EMBEDDING: Final = tuple(
    IPv6Network(network) for network in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
#: "This host on this network" (RFC 1122, section 3.2.1.3).
_THIS_HOST: Final = IPv4Network("0.0.0.0/8")
#: What httpcore calls a TCP connection that has just been made.
CONNECTED: Final = "connection.connect_tcp.complete"


def near(host: str) -> Near | None:
    """Answer whether a host name or address is near by what it says; None if it does not say so.

    An address may be written in any way that a system's resolver reads: ``127.1``, ``0x7f000001``.
    """
    if is_loopback(host):
        return "loopback"
    address = _address(normalise(host))
    return _near(address) if address is not None else None


class Neighbourhood:
    """What is near, and where the issuer is."""

    def __init__(self, issuer: str) -> None:
        self._issuer: set[Near] = {one for one in [near(_host(issuer))] if one is not None}

    async def check(self, route: Route, url: str, event: str, info: dict[str, Any]) -> None:
        """Look at a connection for a request, as the trace of httpcore tells of it.

        The operator has named the issuer: where its document is read from, its endpoints may be.

        Raises:
            UpstreamMisconfigured: it leads to what is near, and the issuer is not there.
        """
        if event != CONNECTED or proxy_for(url) is not None:
            return
        stream = info["return_value"]
        peer = stream.get_extra_info("server_addr")
        found = near(peer[0]) if isinstance(peer, tuple) else None
        if found is None or found in self._issuer:
            return
        if route == "discovery":
            self._issuer.add(found)
            return
        await stream.aclose()
        raise UpstreamMisconfigured(route, f"leads to a {found} address, as its name does not say")


def _near(address: IPv4Address | IPv6Address) -> Near | None:
    if isinstance(address, IPv6Address) and (inner := _inner(address)) is not None:
        return _near(inner)
    # To connect to no address at all is to connect to oneself.
    if address.is_loopback or address.is_unspecified or _is_this_host(address):
        return "loopback"
    return "link-local" if address.is_link_local else None


def _is_this_host(address: IPv4Address | IPv6Address) -> bool:
    return isinstance(address, IPv4Address) and address in _THIS_HOST


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Answer the IPv4 address that stands in an IPv6 one and to which it leads."""
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and any(address in network for network in _EMBEDDING):
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    # ::1 and :: are addresses by themselves.
    return inner if inner is not None and int(address) > 1 else None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
