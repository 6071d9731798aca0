"""The simulated Discord as one ASGI application."""

from functools import cached_property

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snowflake.sandbox.discord.paths import Route, is_api, route_at
from snowflake.sandbox.discord.routes import application
from snowflake.sandbox.discord.state import State
from snowflake.sandbox.refusals import blocked


class SimulatedDiscord(State):
    """A Discord in memory: arrange its state, serve :attr:`app`, look at what it was asked.

    The authorization page is at ``/oauth2/authorize``, the API at ``/api/v10``. Served on one
    thread; state and failures may be changed, and requests looked at, from any other.
    """

    @property
    def invalid_answers(self) -> int:
        """How many answers of the last 10 minutes count towards a ban of the address."""
        return self.bans.count

    def remove(self, application: str, person: str) -> None:
        """Let a person remove an application from their account; both by ID. No grant remains."""
        self.grants.remove(application, person)
        self.role_connections.remove(application, person)

    @cached_property
    def _endpoints(self) -> ASGIApp:
        routes = application(self)

        async def endpoints(scope: Scope, receive: Receive, send: Send) -> None:
            admitted = scope["type"] != "http" or _admits(scope)
            await (routes if admitted else blocked())(scope, receive, send)

        return endpoints

    def _route(self, path: str) -> Route | None:
        return route_at(path)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        # People come from addresses of their own, which nobody bans.
        if not is_api(scope["path"]):
            await super()._answer(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.bans.note(Headers(raw=message["headers"]), message["status"])
            await send(message)

        answer = blocked() if self.bans.is_banned else super()._answer
        await answer(scope, receive, counting)


def _admits(scope: Scope) -> bool:
    """Tell whether the proxy in front of Discord lets a request pass: programs say who asks."""
    agent = Headers(scope=scope).get("user-agent", "")
    return agent.startswith("DiscordBot (") or not is_api(scope["path"])
