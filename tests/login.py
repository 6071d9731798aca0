"""A login in words: depart for Discord, come back from it, redeem the code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.running import Snowflake

APPLICATION = "https://app.example.com/callback"
CLIENT_ID = "1056005449054429204"
CLIENT_SECRET = "QvwXyz0123456789abcdefghijklmnop"
DISCORD_CODE = "NhhvTDYsFcdgNLnnLijcl7Ku7bEEeee"

AUTHORIZATION_REQUEST: Mapping[str, str] = {
    "client_id": CLIENT_ID,
    "redirect_uri": APPLICATION,
    "response_type": "code",
    "scope": "openid profile email groups",
    "state": "the application's state",
}
TOKEN_REQUEST: Mapping[str, str] = {
    "grant_type": "authorization_code",
    "redirect_uri": APPLICATION,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}

Json = dict[str, Any]


@dataclass(frozen=True)
class Departure:
    """What Discord is sent: where it is to come back to, and the login note."""

    location: str
    redirect_uri: str
    state: str


def changed(parameters: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Change some parameters of a request; None takes one away."""
    merged = {**parameters, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def query_of(location: str) -> dict[str, str]:
    """Read a query string in which nothing may stand twice."""
    pairs = parse_qsl(urlsplit(location).query, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


async def ask(
    browser: httpx.AsyncClient, headers: Mapping[str, str] | None = None, /, **changes: str | None
) -> httpx.Response:
    """Send a browser to ``/authorize``."""
    params = changed(AUTHORIZATION_REQUEST, changes)
    return await browser.get("/authorize", params=params, headers=headers)


async def depart(
    browser: httpx.AsyncClient, headers: Mapping[str, str] | None = None, /, **changes: str | None
) -> Departure:
    """Send a browser to ``/authorize``, from where it must be sent to Discord."""
    response = await ask(browser, headers, **changes)
    assert response.status_code == 302, response.text
    location = response.headers["location"]
    sent = query_of(location)
    return Departure(location, sent["redirect_uri"], sent["state"])


async def come_back(
    browser: httpx.AsyncClient, departure: Departure, **changes: str | None
) -> httpx.Response:
    """Come back from Discord, which adds a code, the note and its own name."""
    sent = {"code": DISCORD_CODE, "state": departure.state, "iss": "https://discord.com"}
    separator = "&" if "?" in departure.redirect_uri else "?"
    query = str(httpx.QueryParams(changed(sent, changes)))
    return await browser.get(f"{departure.redirect_uri}{separator}{query}")


async def login(browser: httpx.AsyncClient, **changes: str | None) -> str:
    """Walk from ``/authorize`` to the application and answer the URL at which it is reached."""
    response = await come_back(browser, await depart(browser, **changes))
    assert response.status_code == 302, response.text
    location: str = response.headers["location"]
    return location


async def code_for(browser: httpx.AsyncClient, **changes: str | None) -> str:
    """Answer the code of a login."""
    return query_of(await login(browser, **changes))["code"]


async def redeem(
    browser: httpx.AsyncClient,
    code: str | None,
    headers: Mapping[str, str] | None = None,
    /,
    **changes: str | None,
) -> httpx.Response:
    """Send a code to ``/token``, by default as client_secret_post."""
    form = changed({**TOKEN_REQUEST}, {"code": code, **changes})
    return await browser.post("/token", data=form, headers=headers)


async def sign_in(browser: httpx.AsyncClient, **changes: str | None) -> Json:
    """Do a whole login and answer what the token endpoint says."""
    response = await redeem(browser, await code_for(browser, **changes))
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


def read_token(snowflake: Snowflake, token: str) -> Json:
    """Verify a token with nothing but the published keys, and answer its claims."""
    return dict(jwt.decode(token, _published(snowflake), ["RS256"]).claims)


def read_header(snowflake: Snowflake, token: str) -> Json:
    """Verify a token with nothing but the published keys, and answer its header."""
    return dict(jwt.decode(token, _published(snowflake), ["RS256"]).header)


def _published(snowflake: Snowflake) -> KeySet:
    return KeySet.import_key_set(snowflake.state.keys.published())
