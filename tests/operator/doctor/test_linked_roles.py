from collections.abc import Iterator

import pytest
import respx

from snowflake.linked_roles.schema import schema_of
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.operator.doctor.linked_roles import linked_roles
from snowflake.settings import Settings
from tests.linked_roles.world import METADATA, with_linked_roles
from tests.operator.doctor.cases import found
from tests.running import Discord
from tests.upstream.provider import Provider

SETTINGS = with_linked_roles(Settings.model_validate({"discord_bot_token": "the-token"}))
assert SETTINGS.linked_roles is not None
CONDITIONS = [item.model_dump() for item in schema_of(SETTINGS.linked_roles)]


@pytest.fixture(autouse=True)
def provider() -> Iterator[Provider]:
    with respx.mock(assert_all_called=False) as router:
        provider = Provider(router)
        provider.token.respond(400, json={"error": "invalid_grant"})
        yield provider


@pytest.fixture(autouse=True)
def conditions(discord: Discord) -> respx.Route:
    return discord.router.get(METADATA).respond(json=CONDITIONS)


async def look(settings: Settings = SETTINGS) -> list[Finding]:
    return await found(linked_roles, settings)


async def test_where_there_are_none_there_is_nothing_to_look_at() -> None:
    assert await look(Settings()) == []


async def test_all_may_be_well() -> None:
    assert [finding.status for finding in await look()] == [Status.OK] * 3


async def test_a_provider_that_is_down_is_a_warning(provider: Provider) -> None:
    provider.discovery.respond(503)
    finding, _ = await look()
    assert finding.status is Status.WARNING
    assert "answered 503" in finding.text


async def test_a_provider_that_calls_itself_otherwise_is_a_fault(provider: Provider) -> None:
    provider.says(issuer="https://id.example.com/")
    finding, _ = await look()
    assert finding.status is Status.FAULT
    assert "calls itself" in finding.text


async def test_conditions_that_are_not_registered_are_a_fault(conditions: respx.Route) -> None:
    conditions.respond(json=CONDITIONS[1:])
    *_, finding = await look()
    assert finding.status is Status.FAULT
    assert "added: member" in finding.text
    assert "register" in finding.cure


async def test_without_a_bot_nobody_can_look() -> None:
    *_, finding = await look(SETTINGS.model_copy(update={"discord_bot_token": None}))
    assert finding.status is Status.WARNING


async def test_the_provider_is_shown_the_secret_with_a_token_that_nobody_has_made(
    provider: Provider,
) -> None:
    _, finding, _ = await look()
    assert finding.text.endswith("accepts the client ID and client secret")
    assert provider.form == {
        "grant_type": "refresh_token",
        "refresh_token": "snowflake-doctor",
    }


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
async def test_a_client_that_the_provider_does_not_accept_is_a_fault(
    provider: Provider, code: str
) -> None:
    provider.token.respond(401, json={"error": code})
    _, finding, _ = await look()
    assert finding.status is Status.FAULT
    assert code in finding.text
    assert "client_secret" in finding.cure


async def test_a_provider_that_does_not_say_is_a_warning(provider: Provider) -> None:
    provider.token.respond(503)
    _, finding, _ = await look()
    assert finding.status is Status.WARNING
    assert "answered 503" in finding.text
