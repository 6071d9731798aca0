"""The authorization endpoint: who are you, and what may this application do (RFC 6749, 3.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.people import Person
from snowflake.sandbox.discord.requests import RecordedRequest
from snowflake.sandbox.discord.scopes import SCOPES
from snowflake.sandbox.discord.state import State, recorded
from snowflake.sandbox.pages import Pages

ISSUER: Final = "https://discord.com"
COOKIE: Final = "sandbox-discord"


class Refused(Exception):
    """A request that ends on Discord's own page and never goes back to the application."""


@dataclass(frozen=True)
class Asked:
    """An authorization request that may be answered by a redirect."""

    application: Application
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    prompt: str
    code_challenge: str | None

    def back(self, **parameters: str) -> Response:
        """Return a redirect to the application, with ``state`` and ``iss`` (RFC 9207)."""
        query = dict(parameters)
        if self.state is not None:
            query["state"] = self.state
        query["iss"] = ISSUER
        address, hash_, fragment = self.redirect_uri.partition("#")
        joint = "&" if urlsplit(address).query else "?"
        target = address.removesuffix("?") + joint + urlencode(query) + hash_ + fragment
        return RedirectResponse(target, status_code=303)


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
        if asked.prompt == "none" and person is not None and self._has_approved(asked, person):
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

    def _asked(self, record: RecordedRequest) -> Asked | Response:
        try:
            asked = self._validated(record.query)
        except Refused as refused:
            return self._pages.page("error.html", {"problem": str(refused)}, status=400)
        if not asked.scopes or not asked.scopes <= SCOPES.keys():
            return asked.back(
                error="invalid_scope",
                error_description="The requested scope is invalid, unknown, or malformed.",
            )
        return asked

    def _validated(self, query: Mapping[str, str]) -> Asked:
        application = self._state.applications.get(query.get("client_id", ""))
        if application is None:
            raise Refused("Unknown application: no application has this client_id.")
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in application.redirect_uris:
            raise Refused("Invalid redirect_uri: the application has not registered it.")
        if query.get("response_type") != "code":
            raise Refused("Invalid response_type: this simulation knows only “code”.")
        challenge = query.get("code_challenge")
        if challenge is not None and query.get("code_challenge_method") != "S256":
            raise Refused("Invalid code_challenge_method: it has to be “S256”.")
        return Asked(
            application,
            redirect_uri,
            frozenset(query.get("scope", "").split()),
            query.get("state"),
            query.get("prompt", "consent"),
            challenge,
        )

    def _has_approved(self, asked: Asked, person: Person) -> bool:
        return asked.scopes <= self._state.grants.approved(asked.application.id, person.id)

    def _approve(self, asked: Asked, person: Person) -> Response:
        code = self._state.grants.approve(
            asked.application.id,
            person.id,
            asked.scopes,
            asked.redirect_uri,
            asked.code_challenge,
        )
        return asked.back(code=code)

    def _consent(self, asked: Asked, person: Person | None, problem: str | None = None) -> Response:
        people = list(self._state.people.values())
        context = {
            "application": asked.application,
            "asks": [words for scope, words in SCOPES.items() if scope in asked.scopes],
            "people": people,
            "chosen": person or next(iter(people), None),
            "host": urlsplit(asked.redirect_uri).netloc,
            "problem": problem,
        }
        # The form's answer redirects to the application, and that to others. Chromium holds each
        # of them against form-action, and none of them is known here.
        return self._pages.page(
            "consent.html", context, status=400 if problem else 200, form_action=None
        )
