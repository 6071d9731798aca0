"""What a browser is shown whose session has ended."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.redirect import redirect
from snowflake.protocol.session_cookie import forget_session
from snowflake.web.pages import Link, Message, error_page, frames_page


def signed_out(
    request: Request,
    message: Message,
    frames: Sequence[str],
    links: Sequence[Link] = (),
    onward: str | None = None,
) -> Response:
    """Take the cookie of the session that has ended, and send the person ``onward``, or tell them.

    Pages of clients that end what they keep in this browser load in ``frames`` first.
    """
    if frames:
        response = frames_page(request, message, frames, onward, links=links)
    elif onward is not None:
        response = redirect(onward)
    else:
        response = error_page(request, message, status=200, links=links)
    forget_session(response, issuer_of(request))
    return response
