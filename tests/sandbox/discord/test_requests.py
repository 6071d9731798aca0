import httpx
import pytest

from snowflake.sandbox.discord import SimulatedDiscord
from snowflake.sandbox.requests import MAX_BODY
from tests.sandbox.discord.party import Party


def test_requests_are_kept_in_order(party: Party, discord: SimulatedDiscord) -> None:
    code = party.code(scope="identify")
    party.redeem(code)
    asked, redeemed = discord.requests
    assert (asked.method, asked.path, asked.status) == ("POST", "/oauth2/authorize", 303)
    assert asked.query == party.request(scope="identify")
    assert (redeemed.path, redeemed.status) == ("/api/v10/oauth2/token", 200)
    assert redeemed.form is not None
    assert redeemed.form["code"] == code
    assert redeemed.headers["user-agent"].startswith("DiscordBot (")


def test_a_body_that_is_no_form_is_kept_as_it_is(
    api: httpx.Client, discord: SimulatedDiscord
) -> None:
    api.post("/oauth2/token", json={})
    (request,) = discord.requests
    assert request.form is None
    assert request.body == b"{}"


def test_what_was_asked_before_stays_as_it_was(party: Party, discord: SimulatedDiscord) -> None:
    party.ask()
    before = discord.requests
    party.ask()
    assert (len(before), len(discord.requests)) == (1, 2)


def test_a_body_without_end_is_cut(api: httpx.Client, discord: SimulatedDiscord) -> None:
    api.post("/oauth2/token", content=b"x" * (MAX_BODY + 1))
    assert len(discord.requests[0].body) == MAX_BODY


async def test_who_leaves_before_asking_asked_nothing() -> None:
    discord = SimulatedDiscord()
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        pytest.fail("nobody is there")

    await discord(scope, receive, send)
    assert discord.requests == ()
