"""Where a browser is sent, with which request (OpenID Connect Core 1.0, section 3.1.2.1)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from snowflake.errors import UpstreamDown

#: Characters of a ``request_uri`` (RFC 9126, section 2.2), which is a short reference.
MAX_REQUEST_URI: Final = 2048


def address(endpoint: str, parameters: Mapping[str, str]) -> str:
    """Answer the URL of a request, keeping the query that the endpoint has."""
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(parameters)}"


# Of any type: the provider's JSON.
def request_uri_of(document: Mapping[str, Any]) -> str:
    """Read the answer to a pushed request (RFC 9126, section 2.2).

    Raises:
        UpstreamDown: it has no reference that can be sent on.
    """
    uri = document.get("request_uri")
    if not isinstance(uri, str) or not 0 < len(uri) <= MAX_REQUEST_URI:
        raise UpstreamDown("par", "gives no request_uri")
    return uri
