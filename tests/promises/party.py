"""An application at the simulated Discord, and its way through a login and what comes after."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from snowflake.protocol.pkce import challenge_of
from snowflake.sandbox.discord import Application, SimulatedDiscord
from tests.journeys.world import ADA, CLIENT_SECRET
from tests.login import query_of

REDIRECT_URI = "https://app.example.com/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
SCOPE = "openid profile email groups"

# JSON as it came: what is in it is what the tests are about.
Json = dict[str, Any]


class Party:
    """An application. ``http`` is the Snowflake to which each request goes."""

    def __init__(
        self, discord: SimulatedDiscord, issuer: str, client_id: str, *, public: bool = False
    ) -> None:
        self.discord, self.client_id = discord, client_id
        self.secret = None if public else CLIENT_SECRET
        self._public, self._issuer = public, issuer
        self.enter(CLIENT_SECRET)

    def enter(self, secret: str) -> None:
        """Enter the application in the Developer Portal, or give it another secret there."""
        self.discord.register(
            Application(
                id=self.client_id,
                name="An application",
                secret=secret,
                redirect_uris=(f"{self._issuer}/r/{REDIRECT_URI}",),
                public=self._public,
            )
        )

    async def code(
        self,
        http: httpx.AsyncClient,
        person: str = ADA,
        scope: str = SCOPE,
        other: httpx.AsyncClient | None = None,
    ) -> str:
        """Sign somebody in up to the application's door; answer the code that it gets there.

        ``other`` is the Snowflake to which they come back, if not the one at which they began.
        """
        return await self.code_at(await self.way_back(http, person, scope), other or http)

    async def way_back(
        self, http: httpx.AsyncClient, person: str = ADA, scope: str = SCOPE
    ) -> httpx.Request:
        """Sign somebody in up to Discord's door; answer what their browser asks us for then."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": scope,
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        response = await http.get("/authorize", params=asked)
        assert response.status_code == 302, response.text
        sent = query_of(response.headers["location"])
        code = self.discord.grants.approve(
            self.client_id,
            person,
            frozenset(sent["scope"].split()),
            sent["redirect_uri"],
            sent["code_challenge"],
        )
        back = {"code": code, "state": sent["state"]}
        # Where many people share a connection, each brings the cookie of their own login.
        cookie = response.headers.get("set-cookie", "").partition(";")[0]
        return http.build_request(
            "GET",
            urlsplit(sent["redirect_uri"]).path,
            params=back,
            headers={"cookie": cookie} if cookie else None,
        )

    async def code_at(self, way_back: httpx.Request, http: httpx.AsyncClient) -> str:
        """Come back from Discord; answer the code that the application gets."""
        response = await http.send(way_back)
        assert response.status_code == 302, response.text
        return query_of(response.headers["location"])["code"]

    async def redeem(
        self, http: httpx.AsyncClient, code: str, **changes: str | None
    ) -> httpx.Response:
        form = {"redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER, "code": code, **changes}
        return await self._post(http, "/token", grant_type="authorization_code", **form)

    async def refresh(
        self, http: httpx.AsyncClient, token: str, **changes: str | None
    ) -> httpx.Response:
        form = {"refresh_token": token, **changes}
        return await self._post(http, "/token", grant_type="refresh_token", **form)

    async def revoke(
        self, http: httpx.AsyncClient, token: str, **changes: str | None
    ) -> httpx.Response:
        return await self._post(http, "/revoke", token=token, **changes)

    async def introspect(self, http: httpx.AsyncClient, token: str, **changes: str | None) -> Json:
        response = await self._post(http, "/introspect", token=token, **changes)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def userinfo(self, http: httpx.AsyncClient, tokens: Json) -> httpx.Response:
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        return await http.get("/userinfo", headers=headers)

    async def sign_in(
        self, http: httpx.AsyncClient, person: str = ADA, scope: str = SCOPE, **changes: str | None
    ) -> Json:
        """Do a whole login and answer what the token endpoint says."""
        code = await self.code(http, person, scope)
        return tokens_of(await self.redeem(http, code, **changes))

    async def _post(
        self, http: httpx.AsyncClient, path: str, **fields: str | None
    ) -> httpx.Response:
        form = {"client_id": self.client_id, "client_secret": self.secret, **fields}
        present = {name: value for name, value in form.items() if value is not None}
        return await http.post(path, data=present)


def tokens_of(response: httpx.Response) -> Json:
    """Answer what a token request got, which must be tokens."""
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


def error_of(response: httpx.Response) -> tuple[int, str]:
    """Answer status and code of an error."""
    body = response.json()
    assert body.keys() == {"error", "error_description"}
    return response.status_code, body["error"]


INVALID_GRANT = (400, "invalid_grant")
INVALID_CLIENT = (401, "invalid_client")
OUT = (503, "temporarily_unavailable")
