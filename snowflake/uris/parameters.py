"""Adding parameters to a URI, which otherwise stays as it is."""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

# RFC 3986, section 2.3.
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")


def with_parameters(uri: str, parameters: Mapping[str, str | None]) -> str:
    """Add those parameters that are not None to a URI, keeping its own query.

    The URI is not taken apart: put together again, ``app.immich:///cb`` would be ``app.immich:/cb``
    to some versions of ``urllib``, which no app is registered for.
    """
    added = _encoded(parameters)
    if not added:
        return uri
    separator = "&" if "?" in uri else "?"
    return f"{uri}{separator}{added}"


def with_fragment(uri: str, parameters: Mapping[str, str | None]) -> str:
    """Give a URI without a fragment one of those parameters that are not None."""
    return f"{uri}#{_encoded(parameters)}"


def _encoded(parameters: Mapping[str, str | None]) -> str:
    return "&".join(
        f"{name}={_quoted(value)}" for name, value in parameters.items() if value is not None
    )


def _quoted(value: str) -> str:
    return value if _UNRESERVED.fullmatch(value) else _percent_encoded(value)


# What has to be quoted comes again and again: issuers, scopes, redirect URIs.
@lru_cache(256)
def _percent_encoded(value: str) -> str:
    return quote(value, safe="")
