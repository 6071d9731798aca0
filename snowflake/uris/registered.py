"""The redirect URIs of registered clients: what may stand in the file, and what is one of them."""

import re
from collections.abc import Iterable
from typing import Final

from snowflake.uris.checks import MAX_REDIRECT_URI, check_uri
from snowflake.uris.patterns import UriPattern
from snowflake.uris.private_use import check_private_use, is_private_use
from snowflake.uris.regular_expressions import PATTERN
from snowflake.uris.secure import check_secure

#: The hosts that RFC 8252, sections 7.3 and 8.3, speaks of; what follows them is not looked at.
_LOOPBACK: Final = re.compile(
    r"(?P<host>http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::[0-9]{1,5})?(?![^/?])"
)
_WILD: Final = (
    f"holds a *, but is compared to the letter; a pattern begins with {PATTERN}, as in "
    rf"'{PATTERN}https://.*\.example\.com/callback'"
)


def check_registered(uri: str) -> str:
    """Answer a URI that a client may have registered.

    Raises:
        ValueError: no login may lead there, or it looks like a pattern and would match nothing.
    """
    if uri.startswith(PATTERN):
        pattern = pattern_of(uri)
        check_secure(pattern.scheme, pattern.name)
    elif len(uri) > MAX_REDIRECT_URI:
        raise ValueError(f"must have at most {MAX_REDIRECT_URI} characters")
    elif "*" in uri:
        # It may stand in a URI, but nobody has one there who does not mean any host or any path.
        raise ValueError(_WILD)
    elif is_private_use(uri.lower()):
        check_private_use(uri)
    else:
        check_secure(*check_uri(uri))
    return uri


def pattern_of(uri: str) -> UriPattern:
    """Answer the pattern of a registered URI that is one."""
    return UriPattern.parse(uri.removeprefix(PATTERN))


def is_plain_http(uri: str) -> bool:
    """Whether a registered URI leads to this machine over HTTP."""
    return uri.removeprefix(PATTERN).removeprefix("^").startswith("http:")


def is_any_port(uri: str) -> bool:
    """Whether a registered URI stands for the same one with any port."""
    return _LOOPBACK.match(uri) is not None


def is_one_of(uri: str, registered: Iterable[str]) -> bool:
    """Whether a URI that came is one of those registered.

    They are compared by characters (RFC 9700, section 4.1.3), but for the port of loopback
    addresses, which an app learns when it starts to listen (RFC 8252, section 7.3), or with a
    pattern. 127.0.0.1, [::1] and localhost are three hosts: another program may have the same port
    of another of them.
    """
    return any(
        pattern_of(known).matches(uri)
        if known.startswith(PATTERN)
        else known == uri or (uri.startswith("http:") and without_port(known) == without_port(uri))
        for known in registered
    )


def without_port(uri: str) -> str:
    """Answer a URI without the port of a loopback address, if it is on one."""
    found = _LOOPBACK.match(uri)
    return uri if found is None else found["host"] + uri[found.end() :]
