"""Answers to authorization requests, by redirect (OpenID Connect Core 1.0, section 3.1.2.5)."""

import structlog
from starlette.responses import Response

from snowflake.errors import OAuthError
from snowflake.protocol.redirect import redirect
from snowflake.telemetry.audit import audit
from snowflake.uris import with_parameters


def answer(redirect_uri: str, issuer: str, state: str | None, **answered: str) -> Response:
    """Send the browser to the application with an answer, its own ``state`` and our ``iss``."""
    return redirect(answer_uri(redirect_uri, issuer, state, **answered))


def answer_uri(redirect_uri: str, issuer: str, state: str | None, **answered: str) -> str:
    """Answer the URI at which the application hears it (RFC 9207 for ``iss``)."""
    parameters = {**answered, "state": state, "iss": issuer}
    return with_parameters(redirect_uri, parameters)


def error_answer(redirect_uri: str, issuer: str, state: str | None, error: OAuthError) -> Response:
    """Tell the application of an error (RFC 6749, section 4.1.2.1), and the log."""
    structlog.contextvars.bind_contextvars(error=error.code, reason=error.description)
    audit("login", error.code)
    return answer(
        redirect_uri, issuer, state, error=error.code, error_description=error.description
    )
