"""Which reverse proxies are believed, as Uvicorn's own variables say.

They keep Uvicorn's names, since that is what its users and the guides of others know.
"""

import os
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Final

import click

#: The variable, and the older one that counts where it is not set.
TRUSTED: Final = "UVICORN_FORWARDED_ALLOW_IPS"
OLDER: Final = "FORWARDED_ALLOW_IPS"
#: Whether any proxy is believed at all.
BELIEVED: Final = "UVICORN_PROXY_HEADERS"
#: What Uvicorn trusts where it is told nothing.
DEFAULT: Final = "127.0.0.1,::1"


def trusted_proxies() -> str:
    """Answer the addresses and networks that are trusted, separated by commas; ``*`` for all."""
    if not click.BOOL(os.environ.get(BELIEVED) or "true"):
        return ""
    return os.environ.get(TRUSTED) or os.environ.get(OLDER) or DEFAULT


def faults_of_proxies() -> Iterator[str]:
    """Answer a line for what says neither yes nor no, and for each address that matches nobody."""
    try:
        click.BOOL(os.environ.get(BELIEVED) or "true")
    except click.BadParameter:
        yield f"{BELIEVED}: must be true or false"
    variable = TRUSTED if os.environ.get(TRUSTED) else OLDER
    value = (os.environ.get(variable) or "").strip()
    if value == "*":
        return
    for part in filter(None, map(str.strip, value.split(","))):
        if (reason := _fault(part)) is not None:
            yield f"{variable}: {part} {reason}"


def _fault(part: str) -> str | None:
    if part == "*":
        return "means everybody, and has to stand alone"
    try:
        ip_network(part) if "/" in part else ip_address(part)
    except ValueError:
        return _cure(part)
    return None


def _cure(part: str) -> str:
    try:
        meant = ip_network(part, strict=False)
    except ValueError:
        return (
            "is no IP address and no network such as 172.16.0.0/12; names are not looked up, so "
            "that nobody else can take one"
        )
    return f"is an address in a network; is {meant} meant?"
