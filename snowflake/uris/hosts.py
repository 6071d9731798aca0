"""Host names and ports: which are ours, and which never leave the machine."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

#: A port has 16 bits (RFC 9293, section 3.1).
MAX_PORT: Final = 65535
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABELS = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
)


@lru_cache(1024)
def normalise(host: str) -> str:
    """Lower case, without a dot at the end or the brackets around an IPv6 address."""
    host = host.lower().removesuffix(".")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    try:
        return str(ip_address(host))
    except ValueError:
        return host


@lru_cache(1024)
def is_loopback(host: str) -> bool:
    """Whether this host is the machine itself: localhost, ``*.localhost``, 127.0.0.0/8 or ::1."""
    host = normalise(host)
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@lru_cache(1024)
def origin_of(url: str) -> str:
    """Answer scheme, host and port of a URL, without the port that its scheme implies."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    port = parts.port if parts.port != _DEFAULT_PORTS.get(parts.scheme) else None
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def is_host_name(name: str) -> bool:
    """Whether this is a well-formed host name or IPv4 address."""
    return _LABELS.fullmatch(normalise(name)) is not None


def is_host(host: str) -> bool:
    """Whether this is a well-formed host name or address, an IPv6 one without its brackets."""
    return is_host_name(host) or _is_ipv6(host)


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def check_pattern(pattern: str) -> str:
    """Check one pattern of a list of hosts: a name, an address, or ``*.example.com``.

    Returns the pattern normalised. Raises ``ValueError`` with what is wrong about it.
    """
    name = normalise(pattern)
    try:
        ip_address(name)
    except ValueError:
        if "/" in name or ":" in name:
            raise ValueError("takes host names without scheme, port or path") from None
        if not _LABELS.fullmatch(name.removeprefix("*.")):
            raise ValueError("takes host names, IP addresses and *.example.com") from None
    return name


@dataclass(frozen=True, slots=True)
class HostPatterns:
    """A list of hosts. ``*.example.com`` is every name below example.com, not that name itself."""

    exact: frozenset[str]
    suffixes: tuple[str, ...]
    everything: bool

    @classmethod
    def of(cls, patterns: Iterable[str]) -> "HostPatterns":
        """Make the list of patterns that ``check_pattern`` has passed, or ``*``."""
        patterns = tuple(patterns)
        return cls(
            exact=frozenset(pattern for pattern in patterns if not pattern.startswith("*")),
            suffixes=tuple(pattern[1:] for pattern in patterns if pattern.startswith("*.")),
            everything="*" in patterns,
        )

    def match(self, host: str) -> bool:
        """Whether the host, without port, is in the list."""
        host = normalise(host)
        return self.everything or host in self.exact or host.endswith(self.suffixes)
