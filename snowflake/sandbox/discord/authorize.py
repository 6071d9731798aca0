"""The authorization endpoint: who are you, and what may this application do (RFC 6749, 3.1)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from snowflake.sandbox.authorization import Asked, Refused, validated
from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.people import Person
from snowflake.sandbox.discord.scopes import SCOPES
from snowflake.sandbox.discord.state import State
from snowflake.sandbox.pages import Pages
from snowflake.sandbox.requests import RecordedRequest, recorded

ISSUER: Final = "https://discord.com"
COOKIE: Final = "sandbox-discord"


class Authorize:
    """The consent page and what becomes of it."""

    def __init__(self, state: State, pages: Pages) -> None:
        self._state = state
        self._pages = pages

    async def ask(self, request: Request) -> Response:
        """``GET``: show the consent page, or skip it for ``prompt=none``."""
        asked = self._asked(recorded(request))
        if isinstance(asked, Response):
            return asked
        person = self._state.remembered(request.cookies.get(COOKIE))
        silent = asked.query.get("prompt") == "none"
        if silent and person is not None and self._has_approved(asked, person):
            return self._approve(asked, person)
        return self._consent(asked, person)

    async def decide(self, request: Request) -> Response:
        """``POST``: the form came back. The query is the request again, and is checked again."""
        record = recorded(request)
        form = record.form or {}
        asked = self._asked(record)
        if isinstance(asked, Response):
            return asked
        if form.get("decision") == "cancel":
            return asked.back(
                error="access_denied",
                error_description="The resource owner or authorization server denied the request",
            )
        person = self._state.people.get(form.get("person", ""))
        if person is None or form.get("decision") != "authorize":
            return self._consent(asked, None, problem="Choose who you are, then authorize.")
        response = self._approve(asked, person)
        response.set_cookie(
            COOKIE, self._state.remember(person.id), httponly=True, samesite="lax", path="/"
        )
        return response

    def _asked(self, record: RecordedRequest) -> Asked[Application] | Response:
        try:
            asked = validated(record.query, ISSUER, self._state.applications, "application")
        except Refused as refused:
            return self._pages.page("error.html", {"problem": str(refused)}, status=400)
        if not asked.scopes or not asked.scopes <= SCOPES.keys():
            return asked.back(
                error="invalid_scope",
                error_description="The requested scope is invalid, unknown, or malformed.",
            )
        return asked

    def _has_approved(self, asked: Asked[Application], person: Person) -> bool:
        return asked.scopes <= self._state.grants.approved(asked.client.id, person.id)

    def _approve(self, asked: Asked[Application], person: Person) -> Response:
        code = self._state.grants.approve(
            asked.client.id, person.id, asked.scopes, asked.redirect_uri, asked.challenge
        )
        return asked.back(code=code)

    def _consent(
        self, asked: Asked[Application], person: Person | None, problem: str | None = None
    ) -> Response:
        asks = [words for scope, words in SCOPES.items() if scope in asked.scopes]
        people = list(self._state.people.values())
        return self._pages.choice(
            "consent.html", asked=asked, asks=asks, people=people, chosen=person, problem=problem
        )
