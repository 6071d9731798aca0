"""Answers to authorization requests (OpenID Connect Core 1.0, sections 3.1.2.5 and 3.1.2.6)."""

from dataclasses import dataclass

import structlog
from starlette.responses import Response

from snowflake.errors import Back, OAuthError
from snowflake.oidc.response_modes import MODES
from snowflake.protocol.redirect import redirect
from snowflake.telemetry.audit import audit


class Posted(Response):
    """An answer that the browser has to post to the application. ``web`` makes a page of it."""

    def __init__(self, back: Back) -> None:
        super().__init__()
        self.back = back


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever has asked: the application, and how it hears what comes of its request.

    Each answer holds its own ``state`` and our ``iss`` (RFC 9207), in the response ``mode`` of the
    request, errors too.
    """

    redirect_uri: str
    iss: str
    state: str | None
    mode: str

    def answer(self, **answered: str) -> Response:
        """Send the browser to the application with an answer."""
        back = self.back(**answered)
        return redirect(back.uri) if back.fields is None else Posted(back)

    def refuse(self, error: OAuthError) -> Response:
        """Tell the application of an error (RFC 6749, section 4.1.2.1), and the log."""
        structlog.contextvars.bind_contextvars(error=error.code, reason=error.description)
        audit("login", error.code)
        return self.answer(error=error.code, error_description=error.description)

    def back(self, **answered: str) -> Back:
        """Answer where the application hears something, for a page to lead there."""
        own = {"state": self.state} if self.state is not None else {}
        return MODES[self.mode](self.redirect_uri, {**answered, **own, "iss": self.iss})
