"""Linked roles at the simulated Discord."""

import json
from typing import Any

import httpx
import pytest

from snowflake.sandbox.discord import Application, Bot, Failure, Limit, SimulatedDiscord
from tests.sandbox.discord.party import ADA, APPLICATION, Party
from tests.sandbox.openapi import SPECIFICATION, assert_valid

METADATA = f"/applications/{APPLICATION.id}/role-connections/metadata"
CONNECTION = f"/users/@me/applications/{APPLICATION.id}/role-connection"
ITEM = {"type": 7, "key": "member", "name": "Member", "description": "Is a member"}
YEARS = {"type": 2, "key": "years", "name": "Years", "description": "For so many years"}
SINCE = {"type": 5, "key": "since", "name": "Since", "description": "Since when"}
TOLD = {
    "platform_name": "Example Society",
    "platform_username": "ada",
    "metadata": {"member": "1", "years": "12", "since": "2020-01-01T00:00:00Z"},
}


class Talker:
    """Says things for Ada and for the bot."""

    def __init__(self, party: Party, access_token: str) -> None:
        self._party, self._access_token = party, access_token

    def person(self, method: str, body: Any = None, path: str = CONNECTION) -> httpx.Response:
        return self._send(method, path, f"Bearer {self._access_token}", body)

    def bot(self, method: str, body: Any = None, path: str = METADATA) -> httpx.Response:
        bot = self._party.application.bot
        assert bot is not None
        return self._send(method, path, f"Bot {bot.token}", body)

    def _send(self, method: str, path: str, authorization: str, body: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        return self._party.api.request(method, path, headers=headers, content=content)


@pytest.fixture
def talker(party: Party) -> Talker:
    tokens = party.tokens(scope="identify role_connections.write")
    return Talker(party, tokens["access_token"])


@pytest.fixture
def registered(talker: Talker) -> Talker:
    assert talker.bot("PUT", [ITEM, YEARS, SINCE]).status_code == 200
    return talker


def outcome(response: httpx.Response) -> tuple[int, int]:
    assert_valid(response.json(), "ErrorResponse")
    return response.status_code, response.json()["code"]


def test_both_routes_are_in_discords_specification() -> None:
    paths = SPECIFICATION["paths"]
    person = paths["/users/@me/applications/{application_id}/role-connection"]
    bot = paths["/applications/{application_id}/role-connections/metadata"]
    assert {*person} - {"parameters"} == {"get", "put", "delete"}
    assert {*bot} - {"parameters"} == {"get", "put"}


def test_a_schema_is_there_once_the_bot_has_put_it(talker: Talker) -> None:
    assert talker.bot("GET").json() == []
    localized = {**ITEM, "name_localizations": {"de": "Mitglied"}, "description_localizations": {}}
    put = talker.bot("PUT", [localized, YEARS])
    for item in put.json():
        assert_valid(item, "ApplicationRoleConnectionsMetadataItemResponse")
    assert talker.bot("GET").json() == put.json() == [localized, YEARS]
    assert talker.bot("PUT", None).json() == []


def item(**changes: object) -> list[dict[str, object]]:
    return [{**ITEM, **changes}]


@pytest.mark.parametrize(
    "body",
    [
        {},
        "member",
        ["member"],
        [{**ITEM, "key": str(number)} for number in range(6)],
        [ITEM, ITEM],
        item(type=0),
        item(type=9),
        item(type=True),
        item(type="7"),
        item(key=""),
        item(key="Member"),
        item(key="k" * 51),
        item(key=1),
        item(name=""),
        item(name="n" * 101),
        item(name=None),
        item(description="d" * 201),
        item(name_localizations=[]),
        item(name_localizations={"de": ""}),
        item(description_localizations={"de": 7}),
        [{"type": 7}],
    ],
)
def test_a_bad_schema_is_refused_and_the_old_one_stays(registered: Talker, body: object) -> None:
    assert outcome(registered.bot("PUT", body)) == (400, 50035)
    assert len(registered.bot("GET").json()) == 3


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
def test_what_is_no_json_is_refused(registered: Talker, body: bytes) -> None:
    assert outcome(registered.bot("PUT", body)) == (400, 50109)
    assert outcome(registered.person("PUT", body)) == (400, 50109)


def test_a_connection_is_what_was_put(registered: Talker, discord: SimulatedDiscord) -> None:
    empty = registered.person("GET").json()
    assert empty == {"platform_username": None, "metadata": {}}
    put = registered.person("PUT", TOLD)
    assert put.json() == registered.person("GET").json() == TOLD
    for answer in (empty, put.json()):
        assert_valid(answer, "ApplicationUserRoleConnectionResponse")
    assert discord.role_connections.find(APPLICATION.id, ADA).metadata == TOLD["metadata"]


@pytest.mark.parametrize("metadata", [{}, None])
def test_empty_metadata_are_passed_over(registered: Talker, metadata: object) -> None:
    registered.person("PUT", TOLD)
    registered.person("PUT", {"metadata": metadata})
    told = registered.person("GET").json()
    assert told == {"platform_username": None, "metadata": TOLD["metadata"]}


def test_a_value_that_is_left_out_stays(registered: Talker) -> None:
    registered.person("PUT", TOLD)
    registered.person("PUT", {**TOLD, "metadata": {"member": "0"}})
    metadata = registered.person("GET").json()["metadata"]
    assert (metadata["member"], metadata["years"]) == ("0", "12")


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        {"platform_name": "n" * 51},
        {"platform_name": 7},
        {"platform_username": "n" * 101},
        {"metadata": ["member"]},
        {"metadata": {"another": "1"}},
        {"metadata": {"member": 1}},
        {"metadata": {"member": "true"}},
        {"metadata": {"member": ""}},
        {"metadata": {"years": "1.5"}},
        {"metadata": {"years": "1" * 101}},
        {"metadata": {"since": "yesterday"}},
        {"metadata": {"since": "2020-01-01T00:00:00"}},
        {"metadata": {str(number): "1" for number in range(6)}},
    ],
)
def test_a_bad_connection_is_refused_and_the_old_one_stays(
    registered: Talker, body: object
) -> None:
    registered.person("PUT", TOLD)
    assert outcome(registered.person("PUT", body)) == (400, 50035)
    assert registered.person("GET").json() == TOLD


def test_a_connection_is_gone_once_it_is_deleted(registered: Talker) -> None:
    registered.person("PUT", TOLD)
    for _ in range(2):
        deleted = registered.person("DELETE")
        assert (deleted.status_code, deleted.content) == (204, b"")
        assert "x-ratelimit-remaining" in deleted.headers
    assert registered.person("GET").json()["metadata"] == {}


def test_who_removes_the_application_leaves_no_connection(
    registered: Talker, discord: SimulatedDiscord
) -> None:
    registered.person("PUT", TOLD)
    discord.remove(APPLICATION.id, ADA)
    assert outcome(registered.person("GET")) == (401, 0)
    assert discord.role_connections.find(APPLICATION.id, ADA).metadata == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_connection_needs_its_scope(party: Party, method: str) -> None:
    talker = Talker(party, party.tokens()["access_token"])
    assert outcome(talker.person(method, TOLD)) == (403, 50026)


def test_an_application_speaks_for_itself_alone(
    registered: Talker, discord: SimulatedDiscord
) -> None:
    discord.register(Application("1", "Another", bot=Bot("of another")))
    for path in (CONNECTION, METADATA):
        other = path.replace(APPLICATION.id, "1")
        speak = registered.person if path == CONNECTION else registered.bot
        for method in ("GET", "PUT"):
            assert outcome(speak(method, [], other)) == (403, 20012)


def test_people_and_bots_have_routes_of_their_own(registered: Talker) -> None:
    assert outcome(registered.bot("GET", path=CONNECTION)) == (403, 20001)
    assert outcome(registered.person("GET", path=METADATA)) == (401, 0)


def test_the_connection_fails_as_a_test_plans(
    registered: Talker, discord: SimulatedDiscord
) -> None:
    discord.fail("role_connection", Failure.UNAVAILABLE)
    assert registered.person("PUT", TOLD).status_code == 503
    assert registered.person("GET").json()["metadata"] == {}
    discord.fail("role_connection", Failure.WRONG_TYPES)
    assert registered.person("PUT", TOLD).json()["platform_name"] == 7
    discord.fail("role_connection", Failure.WRONG_TYPES)
    assert registered.person("DELETE").status_code == 204
    discord.fail("metadata", Failure.WRONG_SHAPE)
    assert list(registered.bot("GET").json()) == ["items"]


def test_the_limit_is_each_persons_own(registered: Talker, discord: SimulatedDiscord) -> None:
    discord.limits["role_connection"] = Limit(requests=1, seconds=10)
    assert registered.person("PUT", TOLD).status_code == 200
    refused = registered.person("PUT", TOLD)
    assert refused.status_code == 429
    assert_valid(refused.json(), "RatelimitedResponse")
    assert registered.bot("GET").status_code == 200
