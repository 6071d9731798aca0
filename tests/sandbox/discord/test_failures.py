"""Every failure, over real HTTP."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Message

from snowflake.sandbox.discord import CAST, LEFT_OUT, Failure, Route, SimulatedDiscord
from snowflake.sandbox.discord.places import LIGHTHOUSE
from snowflake.sandbox.failures import SPOIL_JSON
from tests.sandbox.discord.party import ADA, Party
from tests.sandbox.openapi import assert_valid

PERSON_ROUTES: dict[Route, str] = {
    "me": "/users/@me",
    "guilds": "/users/@me/guilds",
    "member": f"/users/@me/guilds/{LIGHTHOUSE}/member",
}
BOT_ROUTES: dict[Route, str] = {
    "guild_member": f"/guilds/{LIGHTHOUSE}/members/{ADA}",
    "roles": f"/guilds/{LIGHTHOUSE}/roles",
    "application": "/applications/@me",
}
JSON_ROUTES: tuple[Route, ...] = ("token", "revoke", *PERSON_ROUTES, *BOT_ROUTES)
LISTS = {"guilds", "roles"}
DROPPED = (httpx.RemoteProtocolError, httpx.ReadError)


def call(party: Party, route: Route, tokens: dict[str, Any]) -> httpx.Response:
    match route:
        case "authorize":
            return party.ask()
        case "token":
            return party.redeem(party.code())
        case "revoke":
            return party.post("/oauth2/token/revoke", token=tokens["access_token"])
        case "guild_member" | "roles" | "application":
            return party.bot_gets(BOT_ROUTES[route])
        case _:
            return party.get(PERSON_ROUTES[route], tokens["access_token"])


@pytest.mark.parametrize("route", ["authorize", *JSON_ROUTES])
@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Failure.BAD_GATEWAY, 502),
        (Failure.UNAVAILABLE, 503),
        (Failure.RATE_LIMITED_ADDRESS, 429),
        (Failure.BANNED, 403),
        (Failure.PAGE, 200),
    ],
)
def test_the_edge_answers_with_a_page(
    party: Party, discord: SimulatedDiscord, route: Route, failure: Failure, status: int
) -> None:
    tokens = party.tokens()
    discord.fail(route, failure)
    response = call(party, route, tokens)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["server"] == "cloudflare"
    assert "retry-after" not in response.headers
    assert not [name for name in response.headers if "ratelimit" in name]
    assert discord.requests[-1].status == status


@pytest.mark.parametrize(
    ("failure", "scope"),
    [
        (Failure.RATE_LIMITED_USER, "user"),
        (Failure.RATE_LIMITED_GLOBAL, "global"),
        (Failure.RATE_LIMITED_SHARED, "shared"),
    ],
)
def test_discord_asks_to_wait(
    party: Party,
    tokens: dict[str, Any],
    discord: SimulatedDiscord,
    failure: Failure,
    scope: str,
) -> None:
    discord.fail("me", failure, seconds=1.25)
    response = call(party, "me", tokens)
    assert response.status_code == 429
    assert_valid(response.json(), "RatelimitedResponse")
    assert response.json()["retry_after"] == 1.25
    assert response.json()["global"] is (scope == "global")
    assert response.headers["retry-after"] == "2"
    assert response.headers["x-ratelimit-scope"] == scope
    assert call(party, "me", tokens).status_code == 200


@pytest.mark.parametrize("route", JSON_ROUTES)
def test_json_of_the_wrong_shape(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, route: Route
) -> None:
    right = call(party, route, tokens).json()
    tokens = party.tokens()
    discord.fail(route, Failure.WRONG_SHAPE)
    wrong = call(party, route, tokens)
    assert wrong.status_code == 200
    assert type(wrong.json()) is not type(right)


@pytest.mark.parametrize("route", JSON_ROUTES)
def test_json_without_its_fields(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, route: Route
) -> None:
    discord.fail(route, Failure.MISSING_FIELDS)
    assert call(party, route, tokens).json() == ([{}] if route in LISTS else {})


@pytest.mark.parametrize("route", ["token", *PERSON_ROUTES, *BOT_ROUTES])
def test_json_with_fields_of_other_types(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, route: Route
) -> None:
    right = call(party, route, tokens).json()
    discord.fail(route, Failure.WRONG_TYPES)
    wrong = call(party, route, tokens).json()
    if route in LISTS:
        right, wrong = right[0], wrong[0]
    assert right.keys() == wrong.keys()
    for name, value in wrong.items():
        assert type(value) is not type(right[name]), name


@pytest.mark.parametrize("route", ["token", *PERSON_ROUTES, *BOT_ROUTES])
def test_json_with_some_odd_fields(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, route: Route
) -> None:
    right = call(party, route, tokens).json()
    one = right[0] if route in LISTS else right
    kept, changed, gone, *_ = one
    tokens = party.tokens()
    discord.fail(route, Failure.ODD_FIELDS, fields={changed: ["odd"], gone: LEFT_OUT, "new": 1})
    wrong = call(party, route, tokens).json()
    odd = wrong[0] if route in LISTS else wrong
    assert odd.keys() == (one.keys() - {gone}) | {"new"}
    assert (odd[changed], odd["new"], type(odd[kept])) == (["odd"], 1, type(one[kept]))
    if route in LISTS:
        # Only the first of them.
        assert wrong[1:] == right[1:]


def test_of_an_empty_list_nothing_is_odd(party: Party, discord: SimulatedDiscord) -> None:
    tokens = party.tokens()
    for guild in discord.people[ADA].guilds:
        discord.leave(ADA, guild)
    discord.fail("guilds", Failure.ODD_FIELDS, fields={"name": None})
    assert call(party, "guilds", tokens).json() == []


@pytest.mark.parametrize("route", JSON_ROUTES)
def test_truncated_json_ends_before_its_length(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, route: Route
) -> None:
    discord.fail(route, Failure.TRUNCATED)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        call(party, route, tokens)


@pytest.mark.parametrize("failure", [failure for failure in Failure if failure in SPOIL_JSON])
def test_the_page_cannot_have_failures_of_json(discord: SimulatedDiscord, failure: Failure) -> None:
    with pytest.raises(ValueError, match=failure.name):
        discord.fail("authorize", failure)


def test_a_connection_dropped_before_burns_nothing(party: Party, discord: SimulatedDiscord) -> None:
    code = party.code()
    discord.fail("token", Failure.DROPPED_BEFORE)
    with pytest.raises(DROPPED):
        party.redeem(code)
    assert discord.requests[-1].status is None
    assert party.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "failure",
    [Failure.DROPPED_AFTER, Failure.TRUNCATED, Failure.WRONG_SHAPE, Failure.MISSING_FIELDS],
)
def test_a_spoiled_answer_means_that_the_code_is_spent(
    party: Party, discord: SimulatedDiscord, failure: Failure
) -> None:
    code = party.code()
    discord.fail("token", failure)
    try:
        party.redeem(code)
    except DROPPED:
        assert failure in {Failure.DROPPED_AFTER, Failure.TRUNCATED}
    assert party.redeem(code).json()["error"] == "invalid_grant"


def test_the_page_can_be_dropped(party: Party, discord: SimulatedDiscord) -> None:
    discord.fail("authorize", Failure.DROPPED_AFTER)
    with pytest.raises(DROPPED):
        party.ask()


def test_a_slow_answer_is_right(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord
) -> None:
    discord.fail("me", Failure.SLOW, seconds=0.01)
    assert_valid(call(party, "me", tokens).json(), "UserPIIResponse")


def test_a_client_can_leave_what_hangs(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord
) -> None:
    discord.fail("me", Failure.HANG, times=None)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    with pytest.raises(httpx.ReadTimeout):
        party.api.get("/users/@me", headers=headers, timeout=0.1)
    assert discord.requests[-1].status is None
    discord.heal()
    assert call(party, "me", tokens).status_code == 200


class Connection:
    """A request for ``/users/@me`` whose client asks, waits, and leaves when told to."""

    def __init__(self) -> None:
        self.asked = False
        self.waits = asyncio.Event()
        self.leaves = asyncio.Event()
        self.sent: list[Message] = []

    async def through(self, discord: SimulatedDiscord) -> None:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/v10/users/@me",
            "query_string": b"",
            "headers": [(b"user-agent", b"DiscordBot (x, 1)")],
        }
        await discord(scope, self.receive, self.send)

    async def receive(self) -> Message:
        if not self.asked:
            self.asked = True
            return {"type": "http.request"}
        self.waits.set()
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def test_what_hangs_is_answered_when_healed() -> None:
    discord, connection = SimulatedDiscord(), Connection()
    discord.fail("me", Failure.HANG)
    answering = asyncio.create_task(connection.through(discord))
    await connection.waits.wait()
    assert connection.sent == []
    await asyncio.to_thread(discord.heal)
    await answering
    assert connection.sent[0]["status"] == 401


@pytest.mark.parametrize("failure", [Failure.HANG, Failure.SLOW])
async def test_who_left_is_not_answered(failure: Failure) -> None:
    discord, connection = SimulatedDiscord(), Connection()
    discord.fail("me", failure, seconds=3600)
    connection.leaves.set()
    await connection.through(discord)
    assert connection.sent == []


def test_failures_happen_as_often_as_planned_and_in_order(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord
) -> None:
    discord.fail("me", Failure.BAD_GATEWAY, times=2)
    discord.fail("me", Failure.UNAVAILABLE)
    assert call(party, "guilds", tokens).status_code == 200
    statuses = [call(party, "me", tokens).status_code for _ in range(4)]
    assert statuses == [502, 502, 503, 200]


def test_failures_may_last_until_they_are_healed(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord
) -> None:
    discord.fail("me", Failure.BAD_GATEWAY, times=None)
    assert {call(party, "me", tokens).status_code for _ in range(5)} == {502}
    discord.heal()
    assert call(party, "me", tokens).status_code == 200


async def test_only_a_real_server_can_drop(party: Party, discord: SimulatedDiscord) -> None:
    discord.fail("me", Failure.DROPPED_BEFORE)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(discord.app)) as api:
        with pytest.raises(RuntimeError, match=r"snowflake\.sandbox\.serving"):
            await api.get("http://discord.test/api/v10/users/@me")


def test_an_answer_that_is_a_page_already_is_not_spoiled(
    party: Party, discord: SimulatedDiscord
) -> None:
    discord.fail("me", Failure.WRONG_TYPES)
    response = party.api.get("/users/@me", headers={"User-Agent": "curl"})
    assert response.status_code == 403
    assert "blocked" in response.text


def test_somebody_in_no_guild_has_one_of_the_wrong_type(
    party: Party, discord: SimulatedDiscord
) -> None:
    hermit = next(person for person in CAST if not person.guilds)
    tokens = party.tokens(hermit.id)
    discord.fail("guilds", Failure.WRONG_TYPES)
    assert call(party, "guilds", tokens).json() == [None]
