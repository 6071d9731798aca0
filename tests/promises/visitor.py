"""Somebody's browser before several Snowflakes with registered clients, and those clients."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from snowflake.sandbox.discord import Application, SimulatedDiscord
from tests.journeys.world import ADA, CLIENT_SECRET, OWN_ID, OWN_SECRET
from tests.login import query_of
from tests.promises.party import Json

WIKI, GRAFANA = "wiki", "grafana"
#: Nobody listens there, so that what is to be told stays to be told.
DEAF = "http://localhost:9/backchannel"


def back_to(client_id: str) -> str:
    return f"https://{client_id}.example.com/callback"


def variables_of(directory: Path, told_at: str = DEAF) -> dict[str, str]:
    """Write a configuration with two clients, and answer the variables that lead to it.

    ``told_at`` is where both hear of logouts.
    """
    path = directory / "snowflake.toml"
    path.write_text("".join(_table(client, told_at) for client in (WIKI, GRAFANA)), "utf-8")
    return {
        "SNOWFLAKE_CONFIG": str(path),
        "SNOWFLAKE_DISCORD_CLIENT_ID": OWN_ID,
        "SNOWFLAKE_DISCORD_CLIENT_SECRET": OWN_SECRET,
    }


def _table(client_id: str, told_at: str) -> str:
    return f"""
[[clients]]
id = {json.dumps(client_id)}
secret = {json.dumps(CLIENT_SECRET)}
redirect_uris = [{json.dumps(back_to(client_id))}]
backchannel_logout_uri = {json.dumps(told_at)}
"""


def register(discord: SimulatedDiscord, issuer: str) -> None:
    """Enter Snowflake's own application in the Developer Portal."""
    redirect_uris = (f"{issuer}/callback",)
    own = Application(id=OWN_ID, name="Snowflake", secret=OWN_SECRET, redirect_uris=redirect_uris)
    discord.register(own)


@dataclass
class Visitor:
    """Somebody's browser. ``http`` is the Snowflake to which each request goes."""

    discord: SimulatedDiscord
    person: str = ADA
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, http: httpx.AsyncClient, client_id: str, **further: str) -> dict[str, str]:
        """Go to ``/authorize``, and answer what stands in the address where that leads."""
        asked = {
            "client_id": client_id,
            "redirect_uri": back_to(client_id),
            "response_type": "code",
            "scope": "openid profile",
            **further,
        }
        response = await self.get(http, "/authorize", asked)
        assert response.status_code == 302, response.text
        return query_of(response.headers["location"])

    async def enter(self, http: httpx.AsyncClient, client_id: str, **further: str) -> str | None:
        """Go on to a client without any page; answer the code that it gets, if it gets one."""
        answer = await self.ask(http, client_id, prompt="none", **further)
        assert answer.get("error") in {None, "login_required", "temporarily_unavailable"}
        return answer.get("code")

    async def depart(self, http: httpx.AsyncClient, client_id: str) -> dict[str, str]:
        """Go to Discord and say yes there; answer what the browser brings back."""
        sent = await self.ask(http, client_id, prompt="select_account")
        scopes = frozenset(sent["scope"].split())
        code = self.discord.grants.approve(
            OWN_ID, self.person, scopes, sent["redirect_uri"], sent["code_challenge"]
        )
        return {"code": code, "state": sent["state"]}

    async def come_back(self, http: httpx.AsyncClient, brought: Mapping[str, str]) -> str:
        """Come back from Discord; answer the code that the client gets."""
        response = await self.get(http, "/callback", brought)
        assert response.status_code == 302, response.text
        return query_of(response.headers["location"])["code"]

    async def sign_in(self, http: httpx.AsyncClient, client_id: str) -> Json:
        """Sign in at Discord, and answer the client's tokens."""
        code = await self.come_back(http, await self.depart(http, client_id))
        response = await redeem(http, client_id, code)
        assert response.status_code == 200, response.text
        tokens: Json = response.json()
        return tokens

    async def sign_out(self, http: httpx.AsyncClient, tokens: Json) -> httpx.Response:
        """End the session in which an ID token was issued."""
        return await self.get(http, "/logout", {"id_token_hint": tokens["id_token"]})

    async def get(
        self, http: httpx.AsyncClient, path: str, params: Mapping[str, str]
    ) -> httpx.Response:
        """Ask with the cookies of this browser, and keep those that it is given."""
        return self._keep(await http.get(path, params=params, headers=self._kept()))

    async def post(
        self, http: httpx.AsyncClient, path: str, form: Mapping[str, str]
    ) -> httpx.Response:
        """Send a form of a page with them, and keep as much."""
        return self._keep(await http.post(path, data=dict(form), headers=self._kept()))

    def _kept(self) -> dict[str, str]:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"cookie": kept} if kept else {}

    def _keep(self, response: httpx.Response) -> httpx.Response:
        for cookie in response.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response


async def redeem(http: httpx.AsyncClient, client_id: str, code: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back_to(client_id)}
    return await _post(http, client_id, form)


async def refresh(http: httpx.AsyncClient, client_id: str, tokens: Json) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return await _post(http, client_id, form)


async def is_alive(http: httpx.AsyncClient, tokens: Json) -> bool:
    """Whether UserInfo takes an access token."""
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    return (await http.get("/userinfo", headers=headers)).status_code == httpx.codes.OK


def said_by(token: str) -> Json:
    """Read a token that has come straight from Snowflake."""
    said: Json = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return said


async def _post(http: httpx.AsyncClient, client_id: str, form: dict[str, str]) -> httpx.Response:
    return await http.post(
        "/token", data={"client_id": client_id, "client_secret": CLIENT_SECRET, **form}
    )
