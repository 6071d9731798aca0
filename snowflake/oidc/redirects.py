"""The rules for redirect URIs.

A registered client's are in its table, and Discord knows one of ours, ``{issuer}/callback``. The
log says of one that is not among them what came and how it differs from the nearest, since what is
looked for is mostly a slash. The page does not: anybody can ask for it with any client ID, and
would read which hosts and paths there are.

That of a Discord application Discord knows as ``{issuer}/r/{redirect URI}``: that is what the
operator enters in the Developer Portal, and by comparing it Discord vouches for what stands behind
``/r/``. Here we only make sure that it is a URI to which a browser may be sent at all.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import structlog

from snowflake.errors import InvalidGrant, InvalidRequest, UnregisteredRedirect
from snowflake.oidc.notes import CodeNote
from snowflake.protocol.paths import AUTHORIZE, CALLBACK, FORWARDING
from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.uris import check_uri
from snowflake.uris.differences import nearest, shown
from snowflake.uris.hosts import origin_of
from snowflake.uris.private_use import is_private_use
from snowflake.uris.registered import is_one_of
from snowflake.uris.secure import check_secure

_SLASHES = re.compile(r"/{2,}")


@dataclass(frozen=True, slots=True)
class RedirectURI:
    """An application's redirect URI, and the one that Discord knows for it."""

    application: str
    discord: str


def resolve(redirect_uri: str, client: Client, issuer: str, settings: Settings) -> RedirectURI:
    """Check the ``redirect_uri`` of an authorization request and find the one that Discord knows.

    A Discord application's may be sent in the long form, ``{issuer}/r/{URI}``, or, with
    ``SNOWFLAKE_FIX_REDIRECT_URIS``, as the application's own.

    Raises:
        InvalidRequest: no browser may be sent there, or it is not one of the registered client's.
    """
    try:
        if client.registered is None:
            return _of_discord_application(redirect_uri, issuer, settings)
        check_known("redirect_uri", redirect_uri, client.registered.redirect_uris, settings)
        return RedirectURI(application=redirect_uri, discord=issuer + CALLBACK)
    except InvalidRequest:
        structlog.contextvars.bind_contextvars(redirect_uri=shown(redirect_uri))
        raise


def check_known(parameter: str, uri: str, registered: tuple[str, ...], settings: Settings) -> None:
    """Pass, if a URI is one of a registered client's and a browser may be sent there.

    Raises:
        InvalidRequest: it is not, and the log is told why. The error names the parameter.
    """
    if not is_one_of(uri, registered):
        _log_difference(uri, registered)
        raise UnregisteredRedirect(f"{parameter} is not one of those of this client")
    # Of an app's own scheme the very letters have been looked at when they were registered.
    if not is_private_use(uri):
        _check(uri, settings, parameter)


def check_repeated(redirect_uri: str, note: CodeNote, client: Client) -> None:
    """Pass, if a token request names the redirect URI of the authorization request.

    A Discord application may send it in either form, for Discord knows it by the long one. For a
    registered client that form leads nowhere.

    Raises:
        InvalidGrant: it is another one (RFC 6749, section 4.1.3).
    """
    sent = redirect_uri if client.registered is not None else unwrap(redirect_uri, note.issuer)
    if sent != note.redirect_uri:
        _log_difference(redirect_uri, (note.redirect_uri,))
        raise InvalidGrant("redirect_uri is not the one of the authorization request")


def _of_discord_application(redirect_uri: str, issuer: str, settings: Settings) -> RedirectURI:
    inner = unwrap(redirect_uri, issuer)
    if inner == redirect_uri:
        if not settings.fix_redirect_uris:
            raise InvalidRequest(f"redirect_uri must begin with the issuer and {FORWARDING}")
        redirect_uri = issuer + FORWARDING + redirect_uri
    _check(inner, settings)
    if origin_of(inner) == origin_of(issuer) and _leads_back(inner, issuer):
        raise InvalidRequest("redirect_uri leads back to this Snowflake")
    return RedirectURI(application=inner, discord=redirect_uri)


def unwrap(redirect_uri: str, issuer: str) -> str:
    """Answer the application's own URI, whichever of the two forms was sent."""
    inner = redirect_uri.removeprefix(issuer + FORWARDING)
    if inner != redirect_uri and "://" not in inner:
        # Written as one path segment: https%3A%2F%2Fapp.example.com%2Fcallback
        return unquote(inner)
    return inner


def is_callback_for(path: str, discord_redirect_uri: str, issuer: str) -> bool:
    """Whether Discord came back to a path below the issuer for the redirect URI that it knows.

    The path comes decoded and without its query; proxies are known to merge its slashes.
    """
    expected = unquote(discord_redirect_uri.removeprefix(issuer).partition("?")[0])
    return _SLASHES.sub("/", path) == _SLASHES.sub("/", expected)


def is_browsable(url: str, settings: Settings) -> bool:
    """Whether a browser may be sent to a URL: absolute, well-formed, HTTPS or on the machine."""
    try:
        _check(url, settings)
    except InvalidRequest:
        return False
    return True


def _check(uri: str, settings: Settings, parameter: str = "redirect_uri") -> None:
    try:
        check_secure(*check_uri(uri), loopback=settings.treat_loopback_as_secure)
    except ValueError as error:
        raise InvalidRequest(f"{parameter} {error}") from error


def _log_difference(uri: str, registered: tuple[str, ...]) -> None:
    structlog.contextvars.bind_contextvars(redirect_uri=shown(uri))
    if (found := nearest(uri, registered)) is not None:
        structlog.contextvars.bind_contextvars(nearest=found.uri, differs=found.differs)


def _leads_back(redirect_uri: str, issuer: str) -> bool:
    # Other paths of our origin may well be other applications behind the same proxy. A browser asks
    # for what stands there, and gets what that is decoded, whatever the slashes at its front.
    path = unquote(urlsplit(redirect_uri).path).removeprefix(urlsplit(issuer).path)
    path = _SLASHES.sub("/", path)
    return path.startswith((FORWARDING, AUTHORIZE)) or path == CALLBACK
