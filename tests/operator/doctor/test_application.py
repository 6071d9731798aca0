import pytest
from pydantic import SecretStr

from snowflake.operator.doctor.application import application
from snowflake.operator.doctor.finding import Status
from snowflake.settings import Settings
from tests.login import CLIENT_ID
from tests.operator.doctor.cases import found
from tests.running import Discord

SETTINGS = Settings(discord_client_id=CLIENT_ID, discord_client_secret=SecretStr("the-secret"))


async def test_discord_looks_at_the_secret_before_it_looks_for_the_code(discord: Discord) -> None:
    discord.token.respond(400, json={"error": "invalid_grant"})
    [finding] = await found(application, SETTINGS)
    assert finding.status is Status.OK
    sent = discord.calls.last.request.content.decode()
    assert "client_secret=the-secret" in sent
    assert "snowflake.example.com%2Fcallback" in sent


async def test_a_wrong_secret_is_a_fault(discord: Discord) -> None:
    discord.token.respond(401, json={"error": "invalid_client"})
    [finding] = await found(application, SETTINGS)
    assert finding.status is Status.FAULT
    assert "SNOWFLAKE_DISCORD_CLIENT_SECRET" in finding.cure
    assert "the-secret" not in f"{finding}"


async def test_an_answer_that_says_neither_is_a_warning(discord: Discord) -> None:
    discord.token.respond(400, json={"error": "invalid_request"})
    [finding] = await found(application, SETTINGS)
    assert finding.status is Status.WARNING


@pytest.mark.parametrize("missing", ["discord_client_id", "discord_client_secret"])
async def test_without_an_application_nobody_is_asked(missing: str, discord: Discord) -> None:
    [finding] = await found(application, SETTINGS.model_copy(update={missing: None}))
    assert finding.status is Status.NOTE
    assert not discord.calls
