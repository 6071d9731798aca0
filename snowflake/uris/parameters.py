"""Adding parameters, by names that need no quoting, to a URI, which otherwise stays as it is."""

from collections.abc import Mapping
from urllib.parse import quote


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
    added = {name: value for name, value in parameters.items() if value is not None}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in added.items())
