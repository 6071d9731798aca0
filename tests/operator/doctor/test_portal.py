from typing import Literal

import httpx
import pytest
from pydantic import SecretStr

from snowflake.operator.doctor.finding import Status
from snowflake.operator.doctor.portal import portal
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.groups import GroupsTable
from tests.linked_roles.tables import linked_roles
from tests.operator.doctor.cases import Answer, found, nobody

ISSUER = "https://snowflake.example.com"
CLIENT = ClientTable(
    id="grafana",
    secret=SecretStr("the client's"),
    redirect_uris=("https://grafana.example.com/login/generic_oauth",),
)
SETTINGS = Settings(
    issuer=ISSUER,
    allowed_clients=(),
    clients=(CLIENT,),
    discord_bot_token=SecretStr("the-token"),
)


def showing(*redirect_uris: str, status: int = 200) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v10/applications/@me"
        assert request.headers["authorization"] == "Bot the-token"
        entry = {"id": "1", "name": "Snowflake", "redirect_uris": list(redirect_uris)}
        return httpx.Response(status, json=entry)

    return answer


@pytest.mark.parametrize("client_id", [None, "1"])
async def test_a_redirect_that_stands_in_the_portal_is_found(client_id: str | None) -> None:
    settings = SETTINGS.model_copy(update={"discord_client_id": client_id})
    [finding] = await found(
        portal, settings, showing("https://else.example.com", f"{ISSUER}/callback")
    )
    assert finding.status is Status.OK


async def test_one_that_is_missing_is_a_fault_that_says_what_to_enter() -> None:
    [finding] = await found(portal, SETTINGS, showing(f"{ISSUER}/callback/"))
    assert finding.status is Status.FAULT
    assert finding.text == (
        f"{ISSUER}/callback is missing in the Developer Portal under OAuth2, Redirects; the "
        f"nearest there is {ISSUER}/callback/, where Snowflake's has no slash at the end"
    )
    [alone] = await found(portal, SETTINGS, showing())
    assert alone.text.endswith("is missing in the Developer Portal under OAuth2, Redirects")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"discord_bot_token": None}, showing()),
        ({"issuer": None}, showing()),
        ({}, showing(status=401)),
        ({}, nobody),
        ({"discord_client_id": "2"}, showing(f"{ISSUER}/callback")),
        ({"discord_client_id": "2"}, showing()),
    ],
    ids=[
        *("no bot", "no issuer", "a bad token", "nobody answers"),
        *("a bot of another application that has it", "one of another that lacks it"),
    ],
)
async def test_where_nobody_can_look_it_is_a_note(
    changes: dict[str, object], answer: Answer
) -> None:
    settings = SETTINGS.model_copy(update=changes)
    [finding] = await found(portal, settings, answer)
    assert finding.status is Status.NOTE
    assert f"{settings.issuer or 'ISSUER'}/callback" in finding.text


@pytest.mark.parametrize(
    ("shape", "redirect", "warned"),
    [
        ("object", "https://authentik.example.com/source/oauth/callback/discord/", True),
        ("id", "https://authentik.example.com/source/oauth/callback/discord/", False),
        ("object", "https://grafana.example.com/login/generic_oauth", False),
    ],
)
async def test_a_discord_application_that_authentik_uses_is_known_by_its_redirects(
    shape: Literal["id", "object"], redirect: str, *, warned: bool
) -> None:
    groups = GroupsTable(shape=shape)
    settings = SETTINGS.model_copy(update={"groups": groups, "clients": ()})
    findings = await found(portal, settings, showing(f"{ISSUER}/r/{redirect}"))
    assert [finding.status for finding in findings] == [Status.WARNING] * warned


async def test_discord_applications_are_told_the_long_form() -> None:
    [finding] = await found(portal, Settings(issuer=ISSUER))
    assert finding.status is Status.NOTE
    assert f"{ISSUER}/r/REDIRECT_URI" in finding.text


async def test_nobody_is_told_of_what_nobody_uses() -> None:
    assert await found(portal, SETTINGS.model_copy(update={"clients": ()})) == []


async def test_linked_roles_have_a_redirect_of_their_own() -> None:
    settings = SETTINGS.model_copy(update={"linked_roles": linked_roles()})
    own = f"{ISSUER}/linked-role/discord"
    note, callback, linking = await found(portal, settings, showing(f"{ISSUER}/callback", own))
    assert (callback.status, linking.status) == (Status.OK, Status.OK)
    assert linking.text.startswith(own)
    assert f"{ISSUER}/linked-role/upstream" in note.text
    alone = settings.model_copy(update={"clients": ()})
    _, missing = await found(portal, alone, showing(f"{ISSUER}/callback"))
    assert missing.status is Status.FAULT
    assert f"{own} is missing" in missing.text
