"""Web applications that browsers really reach, and a Snowflake at which they are registered.

Each is a site of its own port on ``localhost``, and so of the same site as Snowflake; at
``127.0.0.1`` it answers too, and that is a foreign site.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from snowflake.sandbox.serving import serving
from tests.journeys.browser import parameters
from tests.journeys.relying_party import Json, RelyingParty, Secrets, tokens_of
from tests.journeys.world import CLIENT_SECRET, World, world
from tests.store.places import SECRET, Place

PAGE = (
    "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>{0}</title><h1>{0}</h1>"
)


@dataclass
class Application:
    """An application that ends its own cookie when its page is loaded in a frame at a logout.

    ``told`` are the queries with which that page was asked for. While it ``hangs``, it never loads.
    """

    name: str
    has_frame: bool = False
    is_public: bool = False
    consent: str = "never"
    origin: str = ""
    told: list[dict[str, str]] = field(default_factory=list)
    hangs: bool = False
    shown: str = ""

    @property
    def app(self) -> Starlette:
        """What answers at its origin."""
        routes = {
            "/callback": self._signed_in,
            "/goodbye": self._goodbye,
            "/frontchannel": self._frontchannel,
            "/page": self._page,
        }
        return Starlette(routes=[Route(path, answer) for path, answer in routes.items()])

    @property
    def foreign(self) -> str:
        """The address of ``shown``, which is of another site than Snowflake."""
        return f"{self.origin.replace('localhost', '127.0.0.1')}/page"

    @property
    def cookie(self) -> str:
        """What it calls its cookie: those of ``localhost`` are the same on all ports."""
        return f"{self.name}-signed-in"

    def table(self) -> str:
        """Write it as it stands in a ``snowflake.toml``."""
        frame = f"{self.origin}/frontchannel?kept=1"
        keys = {
            "id": self.name,
            "name": self.name.title(),
            **({"public": True} if self.is_public else {"secret": CLIENT_SECRET}),
            "redirect_uris": [f"{self.origin}/callback", f"{self.origin}/silent"],
            "post_logout_redirect_uris": [f"{self.origin}/goodbye"],
            "consent": self.consent,
            **({"frontchannel_logout_uri": frame} if self.has_frame else {}),
        }
        lines = (f"{key} = {json.dumps(value)}" for key, value in keys.items())
        return "\n".join(["[[clients]]", *lines, ""])

    async def _signed_in(self, request: Request) -> Response:
        response = HTMLResponse(PAGE.format("error" if "error" in request.query_params else "in"))
        if "code" in request.query_params:
            response.set_cookie(self.cookie, "yes")
        return response

    async def _goodbye(self, _: Request) -> Response:
        return HTMLResponse(PAGE.format("Goodbye"))

    async def _frontchannel(self, request: Request) -> Response:
        self.told.append(dict(request.query_params))
        if self.hangs:
            await asyncio.Event().wait()
        response = HTMLResponse(PAGE.format("Signed out"))
        response.delete_cookie(self.cookie)
        return response

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(PAGE.format("A page of somebody else") + self.shown)


@dataclass(frozen=True)
class Village:
    """A Snowflake with two workers, and two applications: only the wiki has a frame."""

    world: World
    wiki: Application
    grafana: Application
    place: Place

    def party(self, application: Application) -> RelyingParty:
        """Answer the side of an application that no browser sees."""
        return self.world.client(application.name, f"{application.origin}/callback")

    def tokens(self, application: Application, login: Secrets, arrived: str) -> tuple[Json, Json]:
        """Redeem what a browser has brought, and answer tokens and checked claims."""
        party = self.party(application)
        tokens = tokens_of(party.redeem(login, party.code(login, arrived)))
        return tokens, party.claims(tokens)

    def is_alive(self, tokens: Json) -> bool:
        """Whether UserInfo takes an access token."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        origin = self.world.snowflake.origin
        return self.world.http.get(f"{origin}/userinfo", headers=headers).status_code == 200

    def logout(self, application: Application, tokens: Json | None = None, **more: str) -> str:
        """Answer the address to which an application sends whoever signs out."""
        query = {"client_id": application.name, **more}
        query["post_logout_redirect_uri"] = f"{application.origin}/goodbye"
        if tokens is not None:
            query["id_token_hint"] = tokens["id_token"]
        return f"{self.world.snowflake.origin}/logout?{urlencode(query)}"


@contextmanager
def village(place: Place, directory: Path, *more: Application) -> Iterator[Village]:
    """Run all of it, and what is registered beside the two, until the block ends."""
    wiki, grafana = Application("wiki", has_frame=True), Application("grafana")
    with ExitStack() as stack:
        for application in (wiki, grafana, *more):
            application.origin = stack.enter_context(serving(application.app))
        settings = {
            "SNOWFLAKE_DATABASE_URL": place.url,
            "SNOWFLAKE_SECRET_KEY": SECRET.decode(),
        }
        file = "".join(application.table() for application in (wiki, grafana, *more))
        running = world(directory, settings, "--workers", "2", file=file)
        yield Village(stack.enter_context(running), wiki, grafana, place)


def form_to(url: str) -> str:
    """Write a form that posts the query of an address to the rest of it, as soon as it is there."""
    fields = "".join(
        f'<input type=hidden name="{escape(name)}" value="{escape(value)}">'
        for name, value in parameters(url).items()
    )
    address = url.partition("?")[0]
    script = "<script>document.forms[0].submit()</script>"
    return f'<form method=post action="{address}">{fields}</form>{script}'
