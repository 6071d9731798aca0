"""How others are reached: by which proxy, with whose certificates, over connections kept how long.

The variables are those that most programs know, so that what holds for a machine holds here.
"""

import os
import re
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpx

#: Seconds for which a connection stays unused. Many servers close theirs after five: a POST that
#: meets one that is being closed is lost, and nobody knows whether it has arrived.
KEEP_ALIVE: Final = 3.0
CERT_FILE: Final = "SSL_CERT_FILE"
CERT_DIR: Final = "SSL_CERT_DIR"
#: How OpenSSL finds a certificate in a directory: by the hash of its name.
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def certificates() -> ssl.SSLContext:
    """Answer whom to believe: who signs for the web, unless the variables name others instead.

    Raises:
        OSError: they name what cannot be read, or holds no certificate.
    """
    file, directory = os.environ.get(CERT_FILE), os.environ.get(CERT_DIR)
    if not file and not directory:
        return _trusting(certifi.where(), None)
    return _trusting(file or None, directory or None)


@cache
def _trusting(file: str | None, directory: str | None) -> ssl.SSLContext:
    """Read whom to believe, once in a process: it takes long, and there are many of them."""
    return ssl.create_default_context(cafile=file, capath=directory)


def proxy_for(url: str) -> httpx.Proxy | None:
    """Answer the proxy for a URL, if the environment names one."""
    parts = urlsplit(url)
    # NO_PROXY may name a host with its port, too, and an IPv6 address in brackets.
    if proxy_bypass(parts.hostname or "") or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return _proxy(proxy) if proxy else None


def faults_of_network() -> Iterator[str]:
    """Answer a line for each variable with which nobody could be reached, without its value."""
    yield from _faults_of_certificates()
    for scheme, proxy in getproxies().items():
        if scheme in {"http", "https", "all"} and not _is_usable(proxy):
            yield (
                f"{scheme.upper()}_PROXY: is no proxy that can be used; it takes http://, "
                "https:// or socks5://, a host and a port"
            )


def _faults_of_certificates() -> Iterator[str]:
    if file := os.environ.get(CERT_FILE):
        try:
            certificates()
        except ssl.SSLError:
            yield f"{CERT_FILE}: {file} holds no certificates as text (PEM)"
        except OSError as error:
            yield f"{CERT_FILE}: {file} cannot be read: {error.strerror}"
    for name in filter(None, os.environ.get(CERT_DIR, "").split(os.pathsep)):
        # OpenSSL passes over both in silence, and trusts nobody then.
        try:
            found = any(_HASHED.fullmatch(path.name) for path in Path(name).iterdir())
        except OSError as error:
            yield f"{CERT_DIR}: {name} cannot be read: {error.strerror}"
            continue
        if not found:
            yield (
                f"{CERT_DIR}: {name} holds no certificates by their hashes; run 'openssl rehash' "
                "there, or name a file in SSL_CERT_FILE"
            )


def _is_usable(proxy: str) -> bool:
    try:
        return bool(_proxy(proxy).url.host)
    except (ValueError, httpx.InvalidURL):
        return False


def _proxy(proxy: str) -> httpx.Proxy:
    return httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
