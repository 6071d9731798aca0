"""The rules for redirect URIs.

Discord knows an application's redirect URI as ``{issuer}/r/{redirect URI}``: that is what the
operator enters in the Developer Portal, and by comparing it Discord vouches for what stands behind
``/r/``. Here we only make sure that it is a URI to which a browser may be sent at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from snowflake.errors import InvalidRequest
from snowflake.hosts import origin_of
from snowflake.settings import Settings

MAX_LENGTH = 2048
#: Parameters in the query of a redirect URI.
MAX_FIELDS = 50
#: Parameters that we or Discord add; a redirect URI that holds one already would be ambiguous.
RESERVED = frozenset({"code", "error", "error_description", "iss", "state"})
# Visible ASCII but for what RFC 3986 excludes and browsers read each in their own way.
_CHARACTERS = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(:[0-9]{1,5})?")
_SLASHES = re.compile(r"/{2,}")


@dataclass(frozen=True, slots=True)
class RedirectURI:
    """An application's redirect URI, and the one that Discord knows for it."""

    application: str
    discord: str


def resolve(redirect_uri: str, issuer: str, settings: Settings) -> RedirectURI:
    """Check the ``redirect_uri`` of an authorization request and find the one that Discord knows.

    It may be sent in the long form, ``{issuer}/r/{URI}``, or, with ``SNOWFLAKE_FIX_REDIRECT_URIS``,
    as the application's own.

    Raises:
        InvalidRequest: no browser may be sent there.
    """
    prefix = f"{issuer}/r/"
    inner = unwrap(redirect_uri, issuer)
    if inner == redirect_uri:
        if not settings.fix_redirect_uris:
            raise InvalidRequest("redirect_uri must begin with the issuer and /r/")
        redirect_uri = prefix + redirect_uri
    _check(inner, settings)
    if origin_of(inner) == origin_of(issuer) and _leads_back(inner, issuer):
        raise InvalidRequest("redirect_uri leads back to this Snowflake")
    return RedirectURI(application=inner, discord=redirect_uri)


def unwrap(redirect_uri: str, issuer: str) -> str:
    """Answer the application's own URI, whichever of the two forms was sent."""
    inner = redirect_uri.removeprefix(f"{issuer}/r/")
    if inner != redirect_uri and "://" not in inner:
        # Written as one path segment: https%3A%2F%2Fapp.example.com%2Fcallback
        return unquote(inner)
    return inner


def is_callback_for(path: str, discord_redirect_uri: str, issuer: str) -> bool:
    """Whether Discord came back to ``/r/{path}`` for the redirect URI that it knows.

    The path comes decoded and without its query; proxies are known to merge its slashes.
    """
    expected = unquote(discord_redirect_uri.removeprefix(f"{issuer}/r/").partition("?")[0])
    return _SLASHES.sub("/", path) == _SLASHES.sub("/", expected)


def with_parameters(redirect_uri: str, parameters: Mapping[str, str | None]) -> str:
    """Add those parameters that are not None to a redirect URI, keeping its own query."""
    added = "&".join(
        f"{name}={quote(value, safe='')}" for name, value in parameters.items() if value is not None
    )
    separator = "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{separator}{added}"


def is_browsable(url: str, settings: Settings) -> bool:
    """Whether a browser may be sent to a URL: absolute, well-formed, HTTPS or on the machine."""
    try:
        _check(url, settings)
    except InvalidRequest:
        return False
    return True


def _check(redirect_uri: str, settings: Settings) -> None:
    scheme, host = _scheme_and_host(redirect_uri)
    if not settings.is_secure(scheme, host):
        raise InvalidRequest("redirect_uri must begin with https://, or be on the loopback host")


# Applications send the same one again and again.
@lru_cache(1024)
def _scheme_and_host(redirect_uri: str) -> tuple[str, str]:
    """Answer the two if it is a URI in a form that everybody reads in the same way.

    Raises:
        InvalidRequest: it is not.
    """
    if not _CHARACTERS.fullmatch(redirect_uri):
        raise InvalidRequest("redirect_uri holds characters that no URI may hold")
    try:
        parts = urlsplit(redirect_uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidRequest("redirect_uri is not a URI") from error
    if not parts.scheme or not host:
        raise InvalidRequest("redirect_uri must be an absolute URI with a host")
    if urlunsplit(parts) != redirect_uri or "#" in redirect_uri:
        raise InvalidRequest("redirect_uri must be in plain form and have no fragment")
    if not _AUTHORITY.fullmatch(parts.netloc):
        raise InvalidRequest("redirect_uri must have a plain host and port")
    path = unquote(parts.path)
    if not path.isprintable() or {".", ".."} & set(path.split("/")):
        # Browsers and proxies would change it on the way.
        raise InvalidRequest("redirect_uri has a path that does not stay as it is")
    _check_query(parts.query)
    return parts.scheme, host


def _check_query(query: str) -> None:
    """Refuse a query that could not be read again at the callback."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise InvalidRequest("redirect_uri has too many parameters, or not in UTF-8") from error
    if RESERVED & {name for name, _ in pairs}:
        raise InvalidRequest("redirect_uri holds a parameter that the answer itself will have")


def _leads_back(redirect_uri: str, issuer: str) -> bool:
    # Other paths of our origin may well be other applications behind the same proxy.
    path = urlsplit(redirect_uri).path.removeprefix(urlsplit(issuer).path)
    return path.startswith(("/r/", "/authorize"))
