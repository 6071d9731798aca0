"""The authorization endpoint: who is there (OpenID Connect Core 1.0, section 3.1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from snowflake.sandbox.discord.state import recorded
from snowflake.sandbox.pages import Pages
from snowflake.sandbox.upstream.clients import Client
from snowflake.sandbox.upstream.discovery import SCOPES, issuer_of
from snowflake.sandbox.upstream.grants import Grant
from snowflake.sandbox.upstream.people import Person
from snowflake.sandbox.upstream.state import State


class Refused(Exception):
    """A request that ends on the provider's own page and never goes back to the client."""


@dataclass(frozen=True)
class Asked:
    """An authorization request that may be answered by a redirect."""

    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    nonce: str | None
    challenge: str | None

    def back(self, issuer: str, **parameters: str) -> Response:
        """Return a redirect to the client, with ``state`` and ``iss`` (RFC 9207)."""
        query = {**parameters, "iss": issuer}
        if self.state is not None:
            query["state"] = self.state
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return RedirectResponse(self.redirect_uri + joint + urlencode(query), status_code=303)


class Authorize:
    """The page on which people say who they are, and what becomes of it."""

    def __init__(self, state: State, pages: Pages) -> None:
        self._state = state
        self._pages = pages

    async def ask(self, request: Request) -> Response:
        """``GET``: show the page."""
        asked = self._asked(request)
        return asked if isinstance(asked, Response) else self._page(asked)

    async def decide(self, request: Request) -> Response:
        """``POST``: the form came back. The query is the request again, and is checked again."""
        asked = self._asked(request)
        if isinstance(asked, Response):
            return asked
        issuer, form = issuer_of(request), recorded(request).form or {}
        if form.get("decision") == "cancel":
            return asked.back(issuer, error="access_denied")
        person = self._state.people.get(form.get("person", ""))
        if person is None or form.get("decision") != "continue":
            return self._page(asked, problem="Choose who you are, then continue.")
        if not person.active:
            return self._page(asked, person, problem="This account is disabled.")
        grant = Grant(asked.client.id, person.sub, asked.scopes, asked.nonce)
        code = self._state.grants.approve(grant, asked.redirect_uri, asked.challenge)
        return asked.back(issuer, code=code)

    def _asked(self, request: Request) -> Asked | Response:
        try:
            asked = self._validated(recorded(request).query)
        except Refused as refused:
            return self._pages.page("error.html", {"problem": str(refused)}, status=400)
        if "openid" not in asked.scopes:
            return asked.back(issuer_of(request), error="invalid_scope")
        return asked

    def _validated(self, query: Mapping[str, str]) -> Asked:
        client = self._state.clients.get(query.get("client_id", ""))
        if client is None:
            raise Refused("Unknown client: none has this client_id.")
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in client.redirect_uris:
            raise Refused("Invalid redirect_uri: the client has not registered it.")
        if query.get("response_type") != "code":
            raise Refused("Invalid response_type: this simulation knows only “code”.")
        challenge = query.get("code_challenge")
        if challenge is not None and query.get("code_challenge_method") != "S256":
            raise Refused("Invalid code_challenge_method: it has to be “S256”.")
        # Unknown scopes are ignored, as at Authentik.
        scopes = frozenset(SCOPES).intersection(query.get("scope", "").split())
        return Asked(
            client, redirect_uri, scopes, query.get("state"), query.get("nonce"), challenge
        )

    def _page(
        self, asked: Asked, person: Person | None = None, problem: str | None = None
    ) -> Response:
        people = list(self._state.people.values())
        context = {
            "client": asked.client,
            "people": people,
            "chosen": person or next(iter(people), None),
            "host": urlsplit(asked.redirect_uri).netloc,
            "problem": problem,
        }
        # Chromium holds the redirects after the form against form-action; none is known here.
        return self._pages.page(
            "sign_in.html", context, status=400 if problem else 200, form_action=None
        )
