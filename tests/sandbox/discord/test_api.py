from dataclasses import replace
from typing import Any

import httpx
import pytest

from snowflake.sandbox.discord import CAST, Limit, Person, SimulatedDiscord
from snowflake.sandbox.discord.places import LIGHTHOUSE, SOURDOUGH
from tests.running import Clock
from tests.sandbox.discord.party import ADA, EVERYBODY, Party
from tests.sandbox.openapi import SPECIFICATION, assert_valid

everybody = pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.username)
ROUTES = list(SPECIFICATION["paths"])
LIMIT_HEADERS = set(SPECIFICATION["components"]["headers"])


@everybody
def test_me_is_the_person(party: Party, person: Person) -> None:
    response = party.get("/users/@me", party.tokens(person.id)["access_token"])
    assert response.status_code == 200
    assert_valid(response.json(), "UserPIIResponse")
    assert response.json() == person.to_json({"email"})


@everybody
def test_guilds_are_those_of_the_person(party: Party, person: Person) -> None:
    guilds = party.get("/users/@me/guilds", party.tokens(person.id)["access_token"]).json()
    for guild in guilds:
        assert_valid(guild, "MyGuildResponse")
    assert [guild["id"] for guild in guilds] == list(person.guilds)


@everybody
def test_a_member_is_the_person_in_one_guild(party: Party, person: Person) -> None:
    access_token = party.tokens(person.id)["access_token"]
    for guild in person.guilds[:3]:
        response = party.get(f"/users/@me/guilds/{guild}/member", access_token)
        assert response.status_code == 200
        member = response.json()
        assert_valid(member, "PrivateGuildMemberResponse")
        assert member["user"]["id"] == person.id
        known = [known for known in person.memberships if known.guild == guild]
        assert member["roles"] == list(known[0].roles if known else ())
        assert member["nick"] == (known[0].nick if known else None)


@pytest.mark.parametrize("guild", [CAST[1].guilds[0], "1", "x"])
def test_who_is_in_no_such_guild_is_told_so(
    party: Party, tokens: dict[str, Any], guild: str
) -> None:
    response = party.get(f"/users/@me/guilds/{guild}/member", tokens["access_token"])
    assert (response.status_code, response.json()["code"]) == (404, 10004)
    assert_valid(response.json(), "ErrorResponse")


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("limit=1", [0]),
        (f"after={LIGHTHOUSE}", [1, 2]),
        (f"after={LIGHTHOUSE}&limit=1", [1]),
        (f"before={SOURDOUGH}", [0, 1]),
        (f"before={SOURDOUGH}&limit=1", [1]),
        (f"after={SOURDOUGH}", []),
    ],
)
def test_guilds_come_in_pages(
    party: Party, tokens: dict[str, Any], query: str, page: list[int]
) -> None:
    guilds = party.get(f"/users/@me/guilds?{query}", tokens["access_token"]).json()
    assert [guild["id"] for guild in guilds] == [EVERYBODY[0].guilds[number] for number in page]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=x", "before="])
def test_a_page_that_cannot_be_is_refused(party: Party, tokens: dict[str, Any], query: str) -> None:
    response = party.get(f"/users/@me/guilds?{query}", tokens["access_token"])
    assert (response.status_code, response.json()["code"]) == (400, 50035)


def test_a_member_may_be_asked_for_five_times_a_guild(
    party: Party, tokens: dict[str, Any], clock: Clock
) -> None:
    def statuses(guild: str) -> list[int]:
        path = f"/users/@me/guilds/{guild}/member"
        return [party.get(path, tokens["access_token"]).status_code for _ in range(6)]

    for guild in CAST[0].guilds[:2]:
        assert statuses(guild) == [200] * 5 + [429]
    clock.now += 300
    assert statuses(CAST[0].guilds[0]) == [200] * 5 + [429]


@everybody
def test_the_authorization_names_scopes_and_person(party: Party, person: Person) -> None:
    authorization = party.get("/oauth2/@me", party.tokens(person.id)["access_token"]).json()
    assert_valid(authorization, "OAuth2GetAuthorizationResponse")
    assert_valid(authorization["application"], "ApplicationResponse")
    assert_valid(authorization["user"], "UserResponse")
    assert authorization["scopes"] == ["email", "guilds", "guilds.members.read", "identify"]


def test_without_identify_the_authorization_names_nobody(party: Party) -> None:
    tokens = party.tokens(scope="guilds")
    assert "user" not in party.get("/oauth2/@me", tokens["access_token"]).json()


def test_the_address_needs_the_email_scope(party: Party) -> None:
    user = party.get("/users/@me", party.tokens(scope="identify")["access_token"]).json()
    assert user.keys().isdisjoint({"email", "verified"})


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/users/@me", "guilds"),
        ("/users/@me/guilds", "identify"),
        (f"/users/@me/guilds/{CAST[0].guilds[0]}/member", "identify guilds"),
    ],
)
def test_a_missing_scope_is_refused(party: Party, path: str, scope: str) -> None:
    response = party.get(path, party.tokens(scope=scope)["access_token"])
    assert response.status_code == 403
    assert response.json()["code"] == 50026
    assert_valid(response.json(), "ErrorResponse")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("header", [None, "Bearer unknown", "Bearer", "Basic eDp5", "Bot token"])
def test_without_a_token_nobody_is_known(
    api: httpx.Client, discord: SimulatedDiscord, path: str, header: str | None
) -> None:
    response = api.get(path, headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.json() == {"message": "401: Unauthorized", "code": 0}


def test_an_access_token_expires(party: Party, tokens: dict[str, Any], clock: Clock) -> None:
    clock.now += 604799
    assert party.get("/users/@me", tokens["access_token"]).status_code == 200
    clock.now += 1
    assert party.get("/users/@me", tokens["access_token"]).status_code == 401


def test_a_deleted_account_takes_its_tokens_along(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord
) -> None:
    del discord.people[ADA]
    assert party.get("/users/@me", tokens["access_token"]).status_code == 401


def test_a_deleted_application_takes_its_tokens_along(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord
) -> None:
    discord.applications.clear()
    assert party.get("/oauth2/@me", tokens["access_token"]).status_code == 401


def test_people_and_guilds_may_change_at_any_time(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord
) -> None:
    ada = discord.people[ADA]
    discord.people[ADA] = replace(ada, email=None, guilds=ada.guilds[:1])
    assert party.get("/users/@me", tokens["access_token"]).json()["email"] is None
    assert len(party.get("/users/@me/guilds", tokens["access_token"]).json()) == 1
    discord.guilds.clear()
    assert party.get("/users/@me/guilds", tokens["access_token"]).json() == []


@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_tells_the_limit(party: Party, tokens: dict[str, Any], path: str) -> None:
    for access_token in (tokens["access_token"], "unknown"):
        headers = party.get(path, access_token).headers
        for name in LIMIT_HEADERS:
            assert name in headers


def test_an_empty_bucket_is_429_until_it_fills(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord, clock: Clock
) -> None:
    discord.limits["me"] = Limit(requests=2, seconds=10.5)

    def me() -> httpx.Response:
        return party.get("/users/@me", tokens["access_token"])

    assert [me().headers["x-ratelimit-remaining"] for _ in range(2)] == ["1", "0"]
    clock.now += 2.25
    refused = me()
    assert refused.status_code == 429
    assert_valid(refused.json(), "RatelimitedResponse")
    assert refused.json()["retry_after"] == 8.25
    assert refused.json()["global"] is False
    assert refused.headers["retry-after"] == "9"
    assert refused.headers["x-ratelimit-scope"] == "user"
    assert refused.headers["x-ratelimit-reset-after"] == "8.250"
    clock.now += 8.25
    assert me().status_code == 200


def test_a_bucket_is_of_one_route_and_one_person(
    party: Party, tokens: dict[str, Any], discord: SimulatedDiscord
) -> None:
    discord.limits["me"] = Limit(requests=1, seconds=60)
    other = party.tokens(CAST[1].id)
    assert party.get("/users/@me", tokens["access_token"]).status_code == 200
    assert party.get("/users/@me", tokens["access_token"]).status_code == 429
    assert party.get("/users/@me/guilds", tokens["access_token"]).status_code == 200
    assert party.get("/users/@me", other["access_token"]).status_code == 200


@pytest.mark.parametrize("agent", ["", "python-httpx/0.28", "Mozilla/5.0", "discordbot (x, 1)"])
@pytest.mark.parametrize("path", ["/users/@me", "/oauth2/token"])
def test_a_program_that_does_not_say_what_it_is_gets_a_page(
    api: httpx.Client, discord: SimulatedDiscord, agent: str, path: str
) -> None:
    response = api.request("GET", path, headers={"User-Agent": agent})
    assert response.status_code == 403
    assert response.headers["content-type"].startswith("text/html")


def test_other_routes_are_unknown(api: httpx.Client, discord: SimulatedDiscord) -> None:
    response = api.get("/gateway")
    assert (response.status_code, response.json()["code"]) == (404, 0)
    assert api.get("/oauth2/token").status_code == 405
