"""What the provider's answers mean: a JSON object, or one of our errors."""

import json
from typing import Any, Final

from pydantic_core import from_json

from snowflake.errors import (
    UpstreamDown,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamRefused,
)
from snowflake.upstream.calls import Reply

#: The grant is good no more (RFC 6749, section 5.2). Nothing else says so, and it ends links.
_REFUSED: Final = "invalid_grant"
#: The client, or what it asks, is not as the provider has it (RFC 6749, section 5.2). So it is
#: where a rule of the provider's asks for what no back channel can do: errors of the authorization
#: endpoint (OpenID Connect Core 1.0, section 3.1.2.6), which may hit everybody at once.
_MISCONFIGURED: Final = frozenset(
    {
        "access_denied",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_redirect_uri",
        "invalid_request",
        "invalid_request_object",
        "invalid_scope",
        "invalid_target",
        "login_required",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "unsupported_token_type",
    }
)


def json_object(content: bytes) -> dict[str, Any]:
    """Read a JSON object, whose values may be of any type.

    Raises:
        ValueError: it is none, nests too deeply, or has a number that JSON has not.
    """
    value = from_json(content, allow_inf_nan=False)
    if not isinstance(value, dict):
        raise ValueError("is not an object")  # noqa: TRY004 - a value like the others
    # A number such as 1e999 has become infinite.
    json.dumps(value, allow_nan=False)
    return value


def read(reply: Reply) -> dict[str, Any]:
    """Answer the JSON object of a good answer.

    Raises:
        UpstreamError: it is none.
    """
    check(reply)
    try:
        return json_object(reply.content)
    except ValueError:
        raise UpstreamDown(
            reply.route, f"answered {reply.content_type[:60]!r} that is no JSON object"
        ) from None


def check(reply: Reply) -> None:
    """Pass a good answer, whatever its body.

    Raises:
        UpstreamError: it is none.
    """
    # A request that was pushed has been created (RFC 9126, section 2.2).
    if reply.status != (201 if reply.route == "par" else 200):
        raise _error_of(reply)


def _error_of(reply: Reply) -> UpstreamError:
    answered = f"answered {reply.status}"
    if 300 <= reply.status < 400:  # noqa: PLR2004 - a redirect
        return UpstreamMisconfigured(reply.route, f"{answered}; redirects are not followed")
    code = _code_of(reply)
    if code == _REFUSED:
        return UpstreamRefused(reply.route, f"{answered}, {code}")
    if code in _MISCONFIGURED:
        return UpstreamMisconfigured(reply.route, f"{answered}, {code}")
    return UpstreamDown(reply.route, f"{answered}, {reply.content_type[:60]!r}")


def _code_of(reply: Reply) -> str:
    """Answer the code of an OAuth error; empty if it is none.

    Only where a client shows its credentials has the provider looked at a grant. Elsewhere, and
    with 5xx, something that stands before it may say anything.
    """
    if reply.route not in {"par", "token", "revocation"} or reply.status not in {400, 401, 403}:
        return ""
    try:
        code = json_object(reply.content).get("error")
    except ValueError:
        return ""
    return code if isinstance(code, str) else ""
