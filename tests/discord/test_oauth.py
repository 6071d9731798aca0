"""Discord's token endpoint and revocation: what is sent, and what a refusal means."""

from urllib.parse import parse_qs

import httpx
import pytest

from snowflake.discord.client import DiscordClient
from snowflake.errors import (
    CodeUnreadable,
    InvalidClient,
    InvalidGrant,
    OAuthError,
    TemporarilyUnavailable,
)
from tests.discord.calls import CALLS, exchange, page, route_of
from tests.running import Discord


@pytest.mark.parametrize("secret", ["a secret: + & % \u00e9", None])
async def test_the_exchange_is_a_form(
    client: DiscordClient, discord: Discord, secret: str | None
) -> None:
    await exchange(client, secret)
    request = discord.calls.last.request
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    expected = {
        "grant_type": ["authorization_code"],
        "client_id": ["1056005449054429204"],
        "code": ["the code"],
        "redirect_uri": ["https://snowflake.example.com/r/https://app.example.com/?a=b&c"],
        "code_verifier": ["verifier"],
    }
    if secret is not None:
        expected["client_secret"] = [secret]
    assert parse_qs(request.content.decode()) == expected


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": "invalid_client"}, InvalidClient),
        (400, {"error": "invalid_client"}, InvalidClient),
        (401, {"message": "401: Unauthorized", "code": 0}, InvalidClient),
        (400, {"error": "invalid_grant"}, InvalidGrant),
        (400, {"error": "invalid_grant", "error_description": 'Invalid "code"'}, InvalidGrant),
        (400, {"error": "invalid_request"}, CodeUnreadable),
        (400, {"message": "Invalid Form Body", "code": 50035}, CodeUnreadable),
        (400, {"message": "Something else", "code": 50001}, TemporarilyUnavailable),
        (400, {"error": None}, TemporarilyUnavailable),
        (400, {"error": {"code": 1}}, TemporarilyUnavailable),
        (400, [], TemporarilyUnavailable),
        (403, {"error": "invalid_grant"}, TemporarilyUnavailable),
    ],
)
async def test_the_token_endpoint_says_what_is_wrong(
    client: DiscordClient, discord: Discord, status: int, body: object, error: type[OAuthError]
) -> None:
    discord.token.respond(status, json=body)
    with pytest.raises(error) as raised:
        await exchange(client)
    assert type(raised.value) is error


@pytest.mark.parametrize("name", ["refresh", "revoke"])
@pytest.mark.parametrize("body", [{"error": "invalid_request"}, {"code": 50035}])
async def test_what_discord_cannot_read_of_our_own_is_an_outage(
    client: DiscordClient, discord: Discord, name: str, body: object
) -> None:
    route_of(discord, name).respond(400, json=body)
    with pytest.raises(TemporarilyUnavailable):
        await CALLS[name](client)


async def test_an_html_400_is_an_outage(client: DiscordClient, discord: Discord) -> None:
    discord.token.mock(return_value=page(400, "<html>"))
    with pytest.raises(TemporarilyUnavailable):
        await exchange(client)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), InvalidClient),
        (httpx.Response(403, json={"code": 0}), TemporarilyUnavailable),
        (page(500), TemporarilyUnavailable),
    ],
    ids=["401", "403", "500"],
)
async def test_a_revocation_that_fails_says_why(
    client: DiscordClient, discord: Discord, answer: httpx.Response, error: type[OAuthError]
) -> None:
    route_of(discord, "revoke").mock(return_value=answer)
    with pytest.raises(error):
        await CALLS["revoke"](client)


async def test_without_a_secret_the_refusal_tells_of_public_clients(
    client: DiscordClient, discord: Discord
) -> None:
    discord.token.respond(401, json={"error": "invalid_client"})
    with pytest.raises(InvalidClient, match="Public Client"):
        await exchange(client, None)
