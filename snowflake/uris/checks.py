"""URIs on the web: the form in which everybody reads them in the same way."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from snowflake.uris.hosts import is_host

#: Characters of a redirect URI, and parameters in its query.
MAX_REDIRECT_URI: Final = 2048
MAX_FIELDS: Final = 50
#: Parameters that we or Discord add; a redirect URI that holds one already would be ambiguous.
RESERVED = frozenset({"code", "error", "error_description", "iss", "state"})
# Visible ASCII but for what RFC 3986 excludes and browsers read each in their own way.
_CHARACTERS = re.compile(r"[!#-;=?-\[\]_a-z~]+")
# A port that browsers would write in another way (08), or that nobody can listen at (0), is none.
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(:[1-9][0-9]{0,4})?")


# Applications send the same one again and again.
@lru_cache(1024)
def check_uri(uri: str) -> tuple[str, str]:
    """Answer scheme and host of a URI to which a browser may be sent with an answer.

    Raises:
        ValueError: it is not in a form that everybody reads in the same way.
    """
    check_characters(uri)
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not a URI") from None
    if not parts.scheme or not host:
        raise ValueError("must be an absolute URI with a host")
    if urlunsplit(parts) != uri or "#" in uri:
        raise ValueError("must be in plain form and have no fragment")
    check_authority(parts.netloc)
    if not is_host(host):
        raise ValueError("must have a host name that there can be, or an address")
    check_path(parts.path)
    check_query(parts.query)
    return parts.scheme, host


def check_characters(uri: str) -> None:
    """Refuse what no URI may hold, or what browsers read each in their own way."""
    if not _CHARACTERS.fullmatch(uri):
        raise ValueError("holds characters that no URI may hold")


def check_authority(authority: str) -> None:
    """Refuse all but a host, perhaps with a port: what is before an ``@`` misleads people."""
    if not _AUTHORITY.fullmatch(authority):
        raise ValueError(
            "must have a plain host and port, which is 1 to 65535 without a zero before it"
        )


def check_path(path: str) -> None:
    """Refuse a path that browsers and proxies would change on the way."""
    path = unquote(path)
    if not path.isprintable() or {".", ".."} & set(path.split("/")):
        raise ValueError("has a path that does not stay as it is")


def check_query(query: str) -> None:
    """Refuse a query that could not be read again at the callback."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise ValueError("has too many parameters, or not in UTF-8") from None
    if RESERVED & {name for name, _ in pairs}:
        raise ValueError("holds a parameter that the answer itself will have")
