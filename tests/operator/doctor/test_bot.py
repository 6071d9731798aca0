from collections.abc import Mapping

import httpx
import pytest
import respx
from pydantic import SecretStr

from snowflake.operator.doctor.bot import bot
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.groups import GroupsTable
from tests.login import CLIENT_ID
from tests.operator.doctor.cases import Answer, found
from tests.running import DISCORD_API, Discord

BIRDS, API, ELSEWHERE = "197038439483310086", "81384788765712384", "41771983423143937"
OWL, LOST = "41771983423143936", "41771983423143939"
SETTINGS = Settings(discord_client_id=CLIENT_ID, discord_bot_token=SecretStr("the-token"))


def entry(**changes: object) -> Answer:
    application = {"id": CLIENT_ID, "name": "Snowflake", **changes}
    return lambda _: httpx.Response(200, json=application)


@pytest.fixture(autouse=True)
def roles(discord: Discord) -> Mapping[str, respx.Route]:
    """Answer the routes of the roles of the two guilds that the bot is in."""
    lists = {BIRDS: [{"id": OWL, "name": "Owl"}], API: [{"id": API, "name": "@everyone"}]}
    return {
        guild: discord.router.get(f"{DISCORD_API}/guilds/{guild}/roles").respond(json=roles)
        for guild, roles in lists.items()
    }


async def look(settings: Settings, answer: Answer | None = None) -> dict[str, Finding]:
    findings = await found(bot, settings, answer or entry())
    return {finding.subject: finding for finding in findings}


async def test_a_bot_that_works_and_has_nothing_to_look_at() -> None:
    told = await look(SETTINGS)
    assert {subject: finding.status for subject, finding in told.items()} == {"bot": Status.OK}


async def test_guilds_are_named_whoever_asks_for_them(roles: Mapping[str, respx.Route]) -> None:
    client = ClientTable(
        id="grafana",
        secret=SecretStr("secret"),
        redirect_uris=("https://grafana.example.com/",),
        groups=GroupsTable(guilds=(API,)),
        access=AccessTable(any_guild=(ELSEWHERE,), any_role=(LOST,)),
        claims={"nickname": "guilds[?id == '6'].nick | [0]"},
    )
    changes = {
        "groups": GroupsTable(guilds=(BIRDS,)),
        "access": AccessTable(any_role=(OWL,)),
        "clients": (client,),
        "name_from_guild": "5",
        "picture_from_guild": "5",
    }
    told = await look(SETTINGS.model_copy(update=changes))
    assert told.pop("bot").status is Status.OK
    assert {subject: finding.text for subject, finding in told.items()} == {
        f"guild {BIRDS}": "is Birds",
        f"guild {API}": "is API",
        f"guild {ELSEWHERE}": "the bot is not in it",
        "guild 5": "the bot is not in it",
        "guild 6": "the bot is not in it",
        f"role {OWL}": "is Owl in Birds",
        f"role {LOST}": "is in none of the guilds that are named",
    }
    assert told[f"role {LOST}"].status is told["guild 5"].status is Status.FAULT
    assert f"client_id={CLIENT_ID}&scope=bot" in told["guild 5"].cure
    assert all(route.call_count == 1 for route in roles.values())


async def test_a_fixed_name_of_nothing_is_a_warning() -> None:
    names = {OWL: "owls", BIRDS: "birds", LOST: "lost"}
    groups = GroupsTable(guilds=(BIRDS,), names=names)
    told = await look(SETTINGS.model_copy(update={"groups": groups}))
    odd = [subject for subject, finding in told.items() if finding.status is not Status.OK]
    assert odd == [f"ID {LOST}"]


async def test_without_a_bot_it_is_told_what_could_not_be_looked_up() -> None:
    alone = SETTINGS.model_copy(update={"discord_bot_token": None})
    [finding] = (await look(alone)).values()
    assert (finding.status, finding.cure) == (Status.NOTE, "")
    named = alone.model_copy(update={"groups": GroupsTable(guilds=(BIRDS,))})
    [finding] = (await look(named)).values()
    assert (finding.status, finding.cure) == (Status.NOTE, "Set SNOWFLAKE_DISCORD_BOT_TOKEN.")


def refusing(_: httpx.Request) -> httpx.Response:
    return httpx.Response(401, json={"message": "401: Unauthorized", "code": 0})


def paging(_: httpx.Request) -> httpx.Response:
    return httpx.Response(502, text="<html>")


@pytest.mark.parametrize(("answer", "is_wrong"), [(refusing, True), (paging, False)])
async def test_a_token_that_does_not_work_is_a_fault(answer: Answer, *, is_wrong: bool) -> None:
    [finding] = (await look(SETTINGS, answer)).values()
    assert finding.status is Status.FAULT
    # Whoever hears of an outage is not to look for another token.
    assert ("SNOWFLAKE_DISCORD_BOT_TOKEN" in finding.cure) is is_wrong


async def test_a_token_that_no_header_can_hold_is_a_fault_that_does_not_repeat_it() -> None:
    odd = SETTINGS.model_copy(update={"discord_bot_token": SecretStr("the tökën\n…")})
    async with Connections.open(odd) as connections:
        [finding] = [finding async for finding in bot(connections)]
    assert finding.status is Status.FAULT
    assert "tökën" not in f"{finding}"


async def test_the_bot_of_another_application_is_a_warning() -> None:
    told = await look(SETTINGS, entry(id="1", name="Another"))
    assert told["bot"].status is Status.WARNING
    assert "Another (1)" in told["bot"].text
