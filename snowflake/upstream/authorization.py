"""Where a browser is sent, with which request (OpenID Connect Core 1.0, section 3.1.2.1)."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from snowflake.errors import UpstreamDown
from snowflake.upstream.bounds import MAX_REQUEST_URI

#: What every request of ours says.
ALWAYS: Final = {"response_type": "code", "code_challenge_method": "S256"}


def address(endpoint: str, parameters: Mapping[str, str]) -> str:
    """Answer the URL of a request, keeping the query that the endpoint has."""
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(parameters)}"


# The provider's JSON has values of any type.
def reference(pushed: Mapping[str, str], document: Mapping[str, Any]) -> dict[str, str]:
    """Answer what the browser brings in place of a pushed request, by the answer to it.

    RFC 9126, sections 2.2 and 4.

    Raises:
        UpstreamDown: it has no reference that can be sent on.
    """
    uri = document.get("request_uri")
    if not isinstance(uri, str) or not 0 < len(uri) <= MAX_REQUEST_URI:
        raise UpstreamDown("par", "gives no request_uri")
    return {"client_id": pushed["client_id"], "request_uri": uri}
