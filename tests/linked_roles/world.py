"""Snowflake with linked roles, the Discord and the upstream provider that it asks; a browser."""

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import httpx
from pydantic import SecretStr

from snowflake.settings import Settings
from tests.linked_roles.tables import linked_roles, metadata
from tests.login import query_of
from tests.running import DISCORD_API, ORIGIN, TOKENS, USER, Discord, Snowflake
from tests.upstream.provider import (
    CLAIMS,
    CLIENT_ID,
    ISSUER,
    SECRET,
    SUBJECT,
    USERINFO,
    Provider,
    signed,
)

APPLICATION, APPLICATION_SECRET = "1056005449054429299", "the secret of our own application"
PERSON = str(USER["id"])
HOOK_SECRET = "hook-secret-of-somebody-else"
BOT_TOKEN = "the.token.of-the-bot"
ROLE_CONNECTION = f"{DISCORD_API}/users/@me/applications/{APPLICATION}/role-connection"
METADATA = f"{DISCORD_API}/applications/{APPLICATION}/role-connections/metadata"
WIDE = {**TOKENS, "scope": "identify role_connections.write"}
MEMBER = metadata("member", "boolean_equal", "contains(groups, 'members')")
SINCE = metadata("since", "datetime_less_than_or_equal", "since")
POSTS = metadata("posts", "integer_greater_than_or_equal", "posts")
CODE = "the-upstream-code"


def with_linked_roles(settings: Settings, **changes: Any) -> Settings:
    """Answer these settings with linked roles, ``changes`` of whose table are of many types."""
    given: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "client_secret": SECRET.get_secret_value(),
        "hook_secret": HOOK_SECRET,
    }
    table = linked_roles(MEMBER, SINCE, POSTS, **{**given, **changes})
    return settings.model_copy(
        update={
            "linked_roles": table,
            "discord_client_id": APPLICATION,
            "discord_client_secret": SecretStr(APPLICATION_SECRET),
        }
    )


class Roles:
    """The role connection that Discord has of a person, answered well unless a test says so."""

    def __init__(self, discord: Discord) -> None:
        router = discord.router
        discord.token.respond(json=WIDE)
        self.put = router.put(ROLE_CONNECTION).mock(side_effect=self._echo)
        self.delete = router.delete(ROLE_CONNECTION).respond(204)
        self.revoke = router.post(f"{DISCORD_API}/oauth2/token/revoke").respond(json={})

    @property
    def told(self) -> list[Mapping[str, Any]]:
        """What Discord was told, each time."""
        return [json.loads(call.request.content) for call in self.put.calls]

    @staticmethod
    def _echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=json.loads(request.content))


def at_discord(response: httpx.Response) -> dict[str, str]:
    """Read what Discord's page was told in the redirect that leads there."""
    assert response.status_code == 302, response.text
    location = response.headers["location"]
    assert location.startswith("https://discord.com/oauth2/authorize?")
    return query_of(location)


def at_upstream(response: httpx.Response) -> dict[str, str]:
    """Read what the upstream provider's page was told in the redirect that leads there."""
    assert response.status_code == 302, response.text
    location = response.headers["location"]
    assert location.startswith("https://id.example.com/authorize/?")
    return query_of(location)


async def go(browser: httpx.AsyncClient, path: str = "/linked-role") -> dict[str, str]:
    """Begin, and answer what Discord is told."""
    return at_discord(await browser.get(path))


async def from_discord(
    browser: httpx.AsyncClient, sent: Mapping[str, str], **changes: str | None
) -> httpx.Response:
    """Come back from Discord, which adds a code, the note and its own name."""
    answer = {"code": "DISCORD-CODE", "state": sent["state"], "iss": "https://discord.com"}
    return await _come_back(browser, "/linked-role/discord", {**answer, **changes})


async def from_upstream(
    browser: httpx.AsyncClient, sent: Mapping[str, str], **changes: str | None
) -> httpx.Response:
    """Come back from the upstream provider."""
    answer = {"code": CODE, "state": sent["state"], "iss": ISSUER}
    return await _come_back(browser, "/linked-role/upstream", {**answer, **changes})


async def to_upstream(browser: httpx.AsyncClient) -> dict[str, str]:
    """Walk as far as to the upstream provider, and answer what it is told."""
    return at_upstream(await from_discord(browser, await go(browser)))


async def link(snowflake: Snowflake, provider: Provider, **claims: object) -> httpx.Response:
    """Walk all the way, as somebody of whom the upstream provider claims this."""
    sent = await to_upstream(snowflake.browser)
    says(provider, sent["nonce"], **claims)
    return await from_upstream(snowflake.browser, sent)


def says(provider: Provider, nonce: str | None = None, **claims: object) -> None:
    """Let the provider claim this of whoever signs in with the nonce, or is asked about anew."""
    provider.userinfo.respond(json={**USERINFO, **claims})
    sub = claims.get("sub", SUBJECT)
    provider.gives(id_token=signed({**CLAIMS, "sub": sub, "nonce": nonce}) if nonce else None)


def title_of(response: httpx.Response) -> str:
    """Read the heading of a page."""
    [title] = re.findall("<h1>(.*)</h1>", response.text)
    return unescape(title)


def again_on(response: httpx.Response) -> list[str]:
    """Read where a page says that one can start again."""
    return re.findall('href="([^"]*)">Start again<', response.text)


async def _come_back(
    browser: httpx.AsyncClient, path: str, answer: Mapping[str, str | None]
) -> httpx.Response:
    query = {name: value for name, value in answer.items() if value is not None}
    return await browser.get(f"{ORIGIN}{path}", params=query)
