"""The authorization endpoint: who is there (OpenID Connect Core 1.0, section 3.1.2)."""

from starlette.requests import Request
from starlette.responses import Response

from snowflake.sandbox.authorization import Asked, Refused, validated
from snowflake.sandbox.pages import Pages
from snowflake.sandbox.requests import recorded
from snowflake.sandbox.upstream.clients import Client
from snowflake.sandbox.upstream.discovery import SCOPES, issuer_of
from snowflake.sandbox.upstream.grants import Grant
from snowflake.sandbox.upstream.people import Person
from snowflake.sandbox.upstream.pushed import Pushed
from snowflake.sandbox.upstream.state import State


class Authorize:
    """The page on which people say who they are, and what becomes of it."""

    def __init__(self, state: State, pages: Pages, pushed: Pushed) -> None:
        self._state = state
        self._pages = pages
        self._pushed = pushed

    async def ask(self, request: Request) -> Response:
        """``GET``: show the page."""
        asked = self._asked(request)
        return asked if isinstance(asked, Response) else self._page(asked)

    async def decide(self, request: Request) -> Response:
        """``POST``: the form came back. The query is the request again, and is checked again."""
        asked = self._asked(request)
        if isinstance(asked, Response):
            return asked
        record = recorded(request)
        form = record.form or {}
        if form.get("decision") == "cancel":
            return asked.back(error="access_denied")
        person = self._state.people.get(form.get("person", ""))
        if person is None or form.get("decision") != "continue":
            return self._page(asked, problem="Choose who you are, then continue.")
        if not person.active:
            return self._page(asked, person, problem="This account is disabled.")
        # Unknown scopes are ignored, as at Authentik.
        scopes = asked.scopes.intersection(SCOPES)
        grant = Grant(asked.client.id, person.sub, scopes, asked.query.get("nonce"))
        self._pushed.spend(record.query)
        code = self._state.grants.approve(grant, asked.redirect_uri, asked.challenge)
        return asked.back(code=code)

    def _asked(self, request: Request) -> Asked[Client] | Response:
        query, issuer = self._pushed.meant(recorded(request).query), issuer_of(request)
        try:
            asked = validated(query, issuer, self._state.clients, "client")
        except Refused as refused:
            return self._pages.page("error.html", {"problem": str(refused)}, status=400)
        return asked if "openid" in asked.scopes else asked.back(error="invalid_scope")

    def _page(
        self, asked: Asked[Client], person: Person | None = None, problem: str | None = None
    ) -> Response:
        people = list(self._state.people.values())
        return self._pages.choice(
            "sign_in.html", asked=asked, people=people, chosen=person, problem=problem
        )
