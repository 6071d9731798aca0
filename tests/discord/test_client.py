import asyncio
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake import __version__
from snowflake.concurrency.deadline import deadline
from snowflake.discord.client import DiscordClient
from snowflake.discord.models import Guilds
from snowflake.errors import (
    InvalidClient,
    InvalidGrant,
    TemporarilyUnavailable,
)
from tests.clocks import Times
from tests.discord.calls import CALLS, GOOD, GUILD, READS, TOKEN, page, route_of
from tests.discord.conftest import REPOSITORY
from tests.running import DISCORD_API, GUILDS, TOKENS, USER, Discord

every_call = pytest.mark.parametrize("name", CALLS)
every_read = pytest.mark.parametrize("name", READS)
every_answer = pytest.mark.parametrize("name", [name for name in CALLS if name != "revoke"])

OUTAGES = {
    "500": httpx.Response(500, json={"message": "Internal", "code": 0}),
    "502": page(502, "<html>Bad Gateway</html>"),
    "503": page(503, "upstream connect error"),
    "504": page(504, ""),
    "html for json": page(200, "<!doctype html>"),
    "nothing": httpx.Response(200, content=b""),
    "no content": httpx.Response(204),
    "not utf-8": httpx.Response(200, content=b'{"id": "\xff"}'),
    "an array": httpx.Response(200, json=[1, 2]),
    "a number": httpx.Response(200, json=5),
    "null": httpx.Response(200, json=None),
    "another object": httpx.Response(200, json={"message": "hello"}),
    "nested deep": httpx.Response(200, content=b"[" * 100_000),
    "redirect": httpx.Response(302, headers={"location": "https://evil.example.com/"}),
    "blocked by cloudflare": page(403, "error code: 1020"),
    "missing access": httpx.Response(403, json={"message": "Missing Access", "code": 50001}),
    "gone": httpx.Response(404, json={"message": "404: Not Found", "code": 0}),
    "limit": httpx.Response(429, json={"message": "slow", "retry_after": 1.5, "global": False}),
    "limit by cloudflare": page(429, "error code: 1015"),
    "damaged gzip": httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no")
    ),
}


@every_answer
@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_answer_that_makes_no_sense_is_an_outage(
    client: DiscordClient, discord: Discord, name: str, outage: str
) -> None:
    route_of(discord, name).mock(return_value=OUTAGES[outage])
    with pytest.raises(TemporarilyUnavailable):
        await CALLS[name](client)


@every_answer
async def test_a_truncated_answer_is_an_outage(
    client: DiscordClient, discord: Discord, name: str
) -> None:
    whole = json.dumps(GOOD[name]).encode()
    route_of(discord, name).respond(content=whole[:-3])
    with pytest.raises(TemporarilyUnavailable):
        await CALLS[name](client)


@every_call
@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.PoolTimeout("busy"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("peer closed connection"),
        httpx.TooManyRedirects("many"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_a_connection_that_fails_is_an_outage(
    client: DiscordClient, discord: Discord, name: str, failure: httpx.HTTPError
) -> None:
    route_of(discord, name).mock(side_effect=failure)
    with pytest.raises(TemporarilyUnavailable) as outage:
        await CALLS[name](client)
    assert outage.value.retry_after > 0


@every_call
async def test_an_answer_that_hangs_ends_at_the_deadline(
    client: DiscordClient, discord: Discord, name: str, times: Times
) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    route_of(discord, name).mock(side_effect=hang)
    with pytest.raises(TemporarilyUnavailable), deadline(0, times.clocks.now):
        await CALLS[name](client)


@every_read
@pytest.mark.parametrize("body", ['{"message": "401: Unauthorized", "code": 0}', "<html>", ""])
async def test_a_token_that_discord_refuses_is_an_invalid_grant(
    client: DiscordClient, discord: Discord, name: str, body: str
) -> None:
    route_of(discord, name).respond(401, text=body)
    with pytest.raises(InvalidGrant):
        await CALLS[name](client)


async def test_a_good_answer_is_read(client: DiscordClient, discord: Discord) -> None:
    tokens = await client.oauth.exchange_code(
        client_id="1", client_secret=None, code="c", redirect_uri="r", code_verifier="v"
    )
    assert tokens.access_token == TOKEN
    assert (await client.user(TOKEN)).username == "nelly"
    route_of(discord, "member")
    member = await client.member(GUILD, TOKEN)
    assert member is not None
    assert member.nick == "Owl"
    assert member.roles == {"41771983423143936"}
    assert [guild.id for guild in (await client.guilds(TOKEN)).known] == [
        guild["id"] for guild in GUILDS
    ]


async def test_no_guilds_are_an_answer(client: DiscordClient, discord: Discord) -> None:
    discord.guilds.respond(json=[])
    assert await client.guilds(TOKEN) == Guilds(known=())


@every_call
async def test_every_call_says_who_is_calling(
    client: DiscordClient, discord: Discord, name: str
) -> None:
    route_of(discord, name)
    await CALLS[name](client)
    [call] = discord.calls
    assert call.request.headers["user-agent"] == f"DiscordBot ({REPOSITORY}, {__version__})"
    assert call.request.headers["accept"] == "application/json"


@every_read
async def test_the_token_travels_in_the_header_alone(
    client: DiscordClient, discord: Discord, name: str
) -> None:
    route_of(discord, name)
    await CALLS[name](client)
    [call] = discord.calls
    assert call.request.headers["authorization"] == "Bearer discord-access-token"
    assert "discord-access-token" not in str(call.request.url)


async def test_what_discord_sets_for_one_person_does_not_travel_with_the_next(
    client: DiscordClient, discord: Discord
) -> None:
    discord.user.respond(json=dict(USER), headers={"set-cookie": "__cfruid=one; Path=/"})
    await client.user(TOKEN)
    await client.user(TOKEN)
    assert "cookie" not in discord.calls.last.request.headers


@pytest.mark.parametrize("token", ["t\u00f6ken", "to\nken", "to\r\nX-Evil: 1", "\U0001f511", ""])
async def test_a_token_that_no_header_can_hold_is_an_outage(
    client: DiscordClient, discord: Discord, token: str
) -> None:
    discord.token.respond(json={**TOKENS, "access_token": token})

    async def exchange_and_ask() -> None:
        tokens = await client.oauth.exchange_code(
            client_id="1", client_secret=None, code="c", redirect_uri="r", code_verifier="v"
        )
        await client.user(tokens.access_token)

    with pytest.raises(TemporarilyUnavailable):
        await exchange_and_ask()


bodies = st.one_of(
    st.binary(max_size=40),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "error", "scope", "access_token"]), inner)
        ),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
)


@given(st.sampled_from(sorted(CALLS)), st.sampled_from([200, 400, 401, 403, 404, 429, 500]), bodies)
async def test_whatever_discord_sends_the_outcome_is_an_answer_or_an_error_of_ours(
    discord: Discord, name: str, status: int, body: bytes
) -> None:
    route_of(discord, name).respond(status, content=body)
    # A client of its own, for which nothing has failed.
    async with DiscordClient.open(DISCORD_API, REPOSITORY, clocks=Times().clocks) as client:
        try:
            await CALLS[name](client)
        except (InvalidClient, InvalidGrant, TemporarilyUnavailable):
            return
    assert status == 200


async def test_somebody_who_is_in_no_such_guild_is_no_member(
    client: DiscordClient, discord: Discord
) -> None:
    unknown = {"message": "Unknown Guild", "code": 10004}
    route_of(discord, "member").respond(404, json=unknown)
    assert await client.member(GUILD, TOKEN) is None


@pytest.mark.parametrize(("status", "code"), [(404, 0), (404, 10003), (403, 10004), (403, 50001)])
async def test_another_refusal_does_not_make_somebody_no_member(
    client: DiscordClient, discord: Discord, status: int, code: int
) -> None:
    route_of(discord, "member").respond(status, json={"message": "no", "code": code})
    with pytest.raises(TemporarilyUnavailable):
        await client.member(GUILD, TOKEN)
