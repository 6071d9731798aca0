"""What somebody sees whose device waits no more."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.oidc.devices import page_of
from snowflake.state import State
from snowflake.web.pages import Link, Message, error_page

OVER: Final = Message(
    title="This device does not wait any more",
    explanation="Its code is too old, or has been answered already.",
    advice="To let it sign in, begin anew on the device: it then shows another code.",
)


def over(request: Request, state: State) -> Response:
    """Tell somebody that the device waits no more, with the way to another one."""
    links = [Link("Enter another code", page_of(None, state))]
    return error_page(request, OVER, status=200, links=links)
