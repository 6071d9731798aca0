"""Another Discord, as small as RFC 6749 lets it be, made without a look at the sandbox.

It lives at other paths, asks nobody anything, sends no ``iss``, and answers only what is asked of
it in the way that Discord documents: form bodies, the client by HTTP Basic or in the body.
"""

import base64
import hashlib
import secrets
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

AUTHORIZE = "/pages/v2/oauth2/authorize"
API = "/api/v42"
CLIENT_ID, CLIENT_SECRET = "42", "forty-two"
PERSON = {
    "id": "99",
    "username": "second",
    "discriminator": "0",
    "global_name": None,
    "avatar": None,
    "email": "second@example.com",
    "verified": True,
    "locale": "de",
    "a_field_of_the_future": {"nested": [1, 2, 3]},
}


class SecondDiscord:
    """Codes and access tokens in memory; ``paths`` is what was asked for, in order."""

    def __init__(self, redirect_uri: str) -> None:
        self.paths: list[str] = []
        self._redirect_uri = redirect_uri
        self._codes: dict[str, tuple[str, str]] = {}
        self._tokens: set[str] = set()
        self.app = Starlette(
            routes=[
                Route(AUTHORIZE, self._authorize),
                Route(f"{API}/oauth2/token", self._token, methods=["POST"]),
                Route(f"{API}/users/@me", self._me),
                Route(f"{API}/users/@me/guilds", self._guilds),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        query = request.query_params
        if query["client_id"] != CLIENT_ID or query["redirect_uri"] != self._redirect_uri:
            return Response("no such application", 400)
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_hex(15)
        self._codes[code] = query["code_challenge"], query["scope"]
        answer = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{self._redirect_uri}?{answer}", 302)

    async def _token(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        form = dict(parse_qsl((await request.body()).decode(), strict_parsing=True))
        if _client(request, form) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        challenge, scope = self._codes.pop(form["code"], ("", ""))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        computed = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if computed != challenge or form["redirect_uri"] != self._redirect_uri:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = secrets.token_hex(15)
        self._tokens.add(token)
        return JSONResponse(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": 604800,
                "refresh_token": secrets.token_hex(15),
                # In another order than it was asked for, and with one that was granted earlier.
                "scope": " ".join(["connections", *reversed(scope.split())]),
            }
        )

    async def _me(self, request: Request) -> Response:
        return self._answer(request, PERSON)

    async def _guilds(self, request: Request) -> Response:
        return self._answer(request, [{"id": "7", "name": "Seven"}, {"id": "7"}, {"id": "8"}])

    def _answer(self, request: Request, body: object) -> Response:
        self.paths.append(request.url.path)
        token = request.headers["authorization"].removeprefix("Bearer ")
        known = token in self._tokens and request.headers["user-agent"].startswith("DiscordBot (")
        return JSONResponse(body) if known else JSONResponse({"message": "401", "code": 0}, 401)


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        client_id, _, secret = base64.b64decode(credentials).decode().partition(":")
        return client_id, secret
    return form["client_id"], form["client_secret"]
