"""One call of the API: within the limits, by somebody who is known, answered or refused."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.sandbox.discord.answers import UNAUTHORIZED, Refused, api_error
from snowflake.sandbox.discord.state import State
from snowflake.sandbox.refusals import rate_limited


class Caller(Protocol):
    """Somebody who asks; ``id`` is whose limits count."""

    @property
    def id(self) -> str:
        """A person's ID, or an application's."""
        ...


KnownCaller = TypeVar("KnownCaller", bound=Caller)


def answer(
    state: State,
    request: Request,
    route: str,
    caller: KnownCaller | None,
    body: Callable[[KnownCaller], object],
) -> Response:
    """Answer a call with the JSON that ``body`` returns, or with the error that it raises.

    None is no content.

    ``route`` names the limit; ``caller`` is None for somebody whose token is not good.
    """
    # 1. May they ask now?
    guild = request.path_params.get("guild")
    drawn = state.draw(route, caller.id if caller else None, guild)
    if drawn.retry_after is not None:
        return rate_limited(drawn.retry_after, "user", drawn.headers)
    # 2. Who asks?
    if caller is None:
        return api_error(401, UNAUTHORIZED, "401: Unauthorized", drawn.headers)
    # 3. What do they get?
    try:
        content = body(caller)
        if content is None:
            return Response(status_code=204, headers=drawn.headers)
        return JSONResponse(content, headers=drawn.headers)
    except Refused as refused:
        return api_error(refused.status, refused.code, str(refused), drawn.headers)
