"""The calls, each as a test may make it."""

from collections.abc import Awaitable, Callable

import httpx
import respx
from pydantic import SecretStr

from snowflake.discord.client import DiscordClient
from snowflake.outbound.answer import Answer
from tests.running import DISCORD_API, GUILDS, TOKENS, USER, Discord

TOKEN = SecretStr("discord-access-token")
CLIENT_ID = "1056005449054429204"
GUILD = "197038439483310086"
MEMBER = {
    "roles": ["41771983423143936"],
    "nick": "Owl",
    "avatar": None,
    "pending": False,
    "communication_disabled_until": None,
    "joined_at": "2015-04-26T06:26:56.936000+00:00",
}

Call = Callable[[DiscordClient], Awaitable[object]]


def exchange(client: DiscordClient, secret: str | None = "the-secret") -> Awaitable[object]:
    return client.oauth.exchange_code(
        client_id=CLIENT_ID,
        client_secret=SecretStr(secret) if secret else None,
        code="the code",
        redirect_uri="https://snowflake.example.com/r/https://app.example.com/?a=b&c",
        code_verifier="verifier",
    )


def refresh(client: DiscordClient) -> Awaitable[object]:
    return client.oauth.refresh(
        client_id=CLIENT_ID, client_secret=None, refresh_token=SecretStr("refresh")
    )


def revoke(client: DiscordClient) -> Awaitable[object]:
    return client.oauth.revoke(client_id=CLIENT_ID, client_secret=None, token=TOKEN)


CALLS: dict[str, Call] = {
    "token": exchange,
    "refresh": refresh,
    "revoke": revoke,
    "user": lambda client: client.user(TOKEN),
    "guilds": lambda client: client.guilds(TOKEN),
    "member": lambda client: client.member(GUILD, TOKEN, "80351110224678912"),
    "bot_member": lambda client: client.bot.member(GUILD, "80351110224678912"),
}
#: Calls that change something which works once.
ONCE = ["token", "refresh"]
READS = ["user", "guilds", "member"]
GOOD: dict[str, object] = {
    "token": dict(TOKENS),
    "refresh": dict(TOKENS),
    "revoke": {},
    "user": dict(USER),
    "guilds": GUILDS,
    "member": MEMBER,
    "bot_member": MEMBER,
}


def route_of(discord: Discord, name: str) -> respx.Route:
    """Answer the route of a call, which answers well."""
    router = discord.router
    match name:
        case "revoke":
            return router.post(f"{DISCORD_API}/oauth2/token/revoke").respond(json={})
        case "member":
            url = f"{DISCORD_API}/users/@me/guilds/{GUILD}/member"
            return router.get(url).respond(json=MEMBER)
        case "bot_member":
            url = f"{DISCORD_API}/guilds/{GUILD}/members/80351110224678912"
            return router.get(url).respond(json=MEMBER)
        case "refresh":
            return discord.token
        case _:
            route: respx.Route = getattr(discord, name)
            return route


def whole(response: httpx.Response) -> Answer:
    """Answer an answer as it is once it has been read."""
    request = httpx.Request("GET", DISCORD_API)
    headers = dict(response.headers.items())
    return Answer(request, response.status_code, headers, response.content)


def page(status: int, body: str = "<html></html>", **headers: str) -> httpx.Response:
    """Answer as the proxy in front of Discord does."""
    return httpx.Response(status, text=body, headers={"content-type": "text/html", **headers})


def limited(
    retry_after: float, scope: str = "user", *, is_global: bool = False, **headers: str
) -> httpx.Response:
    """Answer a 429 with fields."""
    return httpx.Response(
        429,
        json={"message": "slow", "retry_after": retry_after, "global": is_global, "code": 0},
        headers={"x-ratelimit-scope": scope, "retry-after": "99", **headers},
    )


def counted(
    body: object, remaining: int, reset_after: float, reset: float = 0.0, bucket: str = "b"
) -> httpx.Response:
    """Answer well, with what Discord has counted."""
    return httpx.Response(
        200,
        json=body,
        headers={
            "x-ratelimit-limit": "5",
            "x-ratelimit-remaining": str(remaining),
            "x-ratelimit-reset": str(reset),
            "x-ratelimit-reset-after": str(reset_after),
            "x-ratelimit-bucket": bucket,
        },
    )
