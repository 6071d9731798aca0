"""URIs: the form in which everybody reads them in the same way."""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

#: Parameters in the query of a redirect URI.
MAX_FIELDS = 50
#: Parameters that we or Discord add; a redirect URI that holds one already would be ambiguous.
RESERVED = frozenset({"code", "error", "error_description", "iss", "state"})
# Visible ASCII but for what RFC 3986 excludes and browsers read each in their own way.
_CHARACTERS = re.compile(r"[!#-;=?-\[\]_a-z~]+")
# RFC 3986, section 2.3.
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(:[0-9]{1,5})?")


# Applications send the same one again and again.
@lru_cache(1024)
def check_uri(uri: str) -> tuple[str, str]:
    """Answer scheme and host of a URI to which a browser may be sent with an answer.

    Raises:
        ValueError: it is not in a form that everybody reads in the same way.
    """
    if not _CHARACTERS.fullmatch(uri):
        raise ValueError("holds characters that no URI may hold")
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not a URI") from None
    if not parts.scheme or not host:
        raise ValueError("must be an absolute URI with a host")
    if urlunsplit(parts) != uri or "#" in uri:
        raise ValueError("must be in plain form and have no fragment")
    if not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("must have a plain host and port")
    path = unquote(parts.path)
    if not path.isprintable() or {".", ".."} & set(path.split("/")):
        # Browsers and proxies would change it on the way.
        raise ValueError("has a path that does not stay as it is")
    _check_query(parts.query)
    return parts.scheme, host


def with_parameters(uri: str, parameters: Mapping[str, str | None]) -> str:
    """Add those parameters that are not None to a URI, keeping its own query."""
    added = "&".join(
        f"{name}={_quoted(value)}" for name, value in parameters.items() if value is not None
    )
    if not added:
        return uri
    separator = "&" if "?" in uri else "?"
    return f"{uri}{separator}{added}"


def _quoted(value: str) -> str:
    return value if _UNRESERVED.fullmatch(value) else _percent_encoded(value)


# What has to be quoted comes again and again: issuers, scopes, redirect URIs.
@lru_cache(256)
def _percent_encoded(value: str) -> str:
    return quote(value, safe="")


def _check_query(query: str) -> None:
    """Refuse a query that could not be read again at the callback."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise ValueError("has too many parameters, or not in UTF-8") from None
    if RESERVED & {name for name, _ in pairs}:
        raise ValueError("holds a parameter that the answer itself will have")
