"""Linked roles at Discord: what is put there of people, and the metadata of the application."""

import json

import httpx
import pytest
import respx
from structlog.testing import capture_logs

from snowflake.discord.client import DiscordClient
from snowflake.discord.models import RoleConnection, RoleConnectionMetadata
from snowflake.errors import (
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    OAuthError,
    TemporarilyUnavailable,
)
from tests.discord.calls import CLIENT_ID, TOKEN, counted, limited, page
from tests.running import DISCORD_API, Discord

CONNECTION_URL = f"{DISCORD_API}/users/@me/applications/{CLIENT_ID}/role-connection"
METADATA_URL = f"{DISCORD_API}/applications/{CLIENT_ID}/role-connections/metadata"
TOLD = {
    "platform_name": "Example Society",
    "platform_username": "nelly",
    "metadata": {"member": "1"},
}
CONNECTION = RoleConnection.model_validate(TOLD)
ITEM = {"type": 7, "key": "member", "name": "Member", "description": "Is a member"}
METADATA = [RoleConnectionMetadata.model_validate(ITEM)]
PERSON = "80351110224678912"
CALLS = ["put", "delete", "metadata", "put_metadata"]
PERSONAL = CALLS[:2]


async def call(client: DiscordClient, name: str) -> object:
    match name:
        case "metadata":
            return await client.bot.metadata(CLIENT_ID)
        case "put":
            await client.role_connections.put(CLIENT_ID, TOKEN, PERSON, CONNECTION)
        case "delete":
            await client.role_connections.delete(CLIENT_ID, TOKEN, PERSON)
        case _:
            await client.bot.put_metadata(CLIENT_ID, METADATA)
    return None


def route_of(discord: Discord, name: str) -> respx.Route:
    """Answer the route of a call, which answers well."""
    method = {"put": "PUT", "put_metadata": "PUT", "delete": "DELETE"}.get(name, "GET")
    if name in PERSONAL:
        route = discord.router.request(method, CONNECTION_URL)
        return route.respond(204) if name == "delete" else route.respond(json=TOLD)
    return discord.router.request(method, METADATA_URL).respond(json=[ITEM])


def sent(route: respx.Route) -> object:
    request = route.calls.last.request
    assert request.headers["content-type"] == "application/json"
    return json.loads(request.content)


async def test_a_connection_is_put(client: DiscordClient, discord: Discord) -> None:
    route = route_of(discord, "put")
    await call(client, "put")
    assert sent(route) == TOLD
    authorization = route.calls.last.request.headers["authorization"]
    assert authorization == f"Bearer {TOKEN.get_secret_value()}"
    route.respond(json={"metadata": {}, "platform_username": None})
    await call(client, "put")


async def test_a_connection_is_deleted(client: DiscordClient, discord: Discord) -> None:
    route = route_of(discord, "delete")
    await call(client, "delete")
    assert route.calls.last.request.content == b""
    route.respond(404, json={"message": "404: Not Found", "code": 0})
    await call(client, "delete")


async def test_the_metadata_are_the_bots_to_read(client: DiscordClient, discord: Discord) -> None:
    route = route_of(discord, "metadata")
    assert await call(client, "metadata") == METADATA
    assert route.calls.last.request.headers["authorization"] == "Bot bot-token"
    route.respond(content=b"null")
    assert await call(client, "metadata") == []


async def test_the_metadata_are_the_bots_to_put(client: DiscordClient, discord: Discord) -> None:
    route = route_of(discord, "put_metadata")
    await call(client, "put_metadata")
    assert sent(route) == [ITEM]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("outage", [page(502), page(200), page(403), page(204, "")])
async def test_an_answer_that_makes_no_sense_is_an_outage(
    client: DiscordClient, discord: Discord, name: str, outage: httpx.Response
) -> None:
    route = route_of(discord, name)
    if name == "delete" and outage.status_code == 204:
        return
    route.mock(return_value=outage)
    with pytest.raises(TemporarilyUnavailable):
        await call(client, name)


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_is_repeated_since_that_comes_to_the_same(
    client: DiscordClient, discord: Discord, name: str
) -> None:
    route = route_of(discord, name)
    good = route.return_value
    assert good is not None
    route.mock(side_effect=[httpx.ReadError("reset"), page(503), good])
    await call(client, name)
    assert route.call_count == 3


@pytest.mark.parametrize("name", CALLS)
async def test_a_limit_is_waited_for(client: DiscordClient, discord: Discord, name: str) -> None:
    route = route_of(discord, name)
    good = route.return_value
    assert good is not None
    route.mock(side_effect=[limited(1.5), good])
    await call(client, name)
    assert route.call_count == 2


async def test_each_person_has_a_limit_of_their_own(
    client: DiscordClient, discord: Discord
) -> None:
    route = discord.router.put(CONNECTION_URL).mock(return_value=counted(TOLD, 0, 1000.0))
    await client.role_connections.put(CLIENT_ID, TOKEN, "1", CONNECTION)
    await client.role_connections.put(CLIENT_ID, TOKEN, "2", CONNECTION)
    with pytest.raises(TemporarilyUnavailable):
        await client.role_connections.put(CLIENT_ID, TOKEN, "1", CONNECTION)
    assert route.call_count == 2


@pytest.mark.parametrize("name", PERSONAL)
@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ((401, 0), InvalidGrant),
        ((403, 50026), InvalidScope),
        ((403, 50001), TemporarilyUnavailable),
        ((500, 0), TemporarilyUnavailable),
    ],
)
async def test_a_refusal_says_what_is_wrong_with_the_token(
    client: DiscordClient,
    discord: Discord,
    name: str,
    refusal: tuple[int, int],
    error: type[OAuthError],
) -> None:
    status, code = refusal
    route_of(discord, name).respond(status, json={"message": "no", "code": code})
    with pytest.raises(error):
        await call(client, name)


@pytest.mark.parametrize("name", ["put", "put_metadata"])
async def test_what_discord_does_not_take_is_told_and_not_repeated_in_the_log(
    client: DiscordClient, discord: Discord, name: str
) -> None:
    refusal = {"message": "Invalid Form Body: nelly", "code": 50035}
    route = route_of(discord, name).respond(400, json=refusal)
    with capture_logs() as logs, pytest.raises(InvalidRequest):
        await call(client, name)
    assert route.call_count == 1
    [line] = logs
    assert line["code"] == 50035
    assert "nelly" not in str(line)


async def test_a_bot_that_is_refused_asks_no_more_for_a_while(
    client: DiscordClient, discord: Discord
) -> None:
    route = route_of(discord, "put_metadata").respond(401, json={"message": "no", "code": 0})
    for name in ("put_metadata", "metadata"):
        with pytest.raises(TemporarilyUnavailable):
            await call(client, name)
    assert route.call_count == 1
