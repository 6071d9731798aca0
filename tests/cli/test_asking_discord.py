"""What ``snowflake serve`` asks Discord at its start, against a simulated one."""

import threading
from collections.abc import Iterator, Mapping

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from snowflake.cli.asking_discord import asking_discord
from snowflake.sandbox.discord import Application, Bot, Failure, SimulatedDiscord
from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from tests.login import CLIENT_ID
from tests.serving import PATIENCE

CLIENT_SECRET, BOT_TOKEN = "the-application's-secret", "the-bot's-token"
Log = list[Mapping[str, object]]


@pytest.fixture
def discord() -> SimulatedDiscord:
    simulated = SimulatedDiscord()
    application = Application(
        id=CLIENT_ID, name="Snow\x1b[2Jflake", secret=CLIENT_SECRET, bot=Bot(BOT_TOKEN, guilds=())
    )
    simulated.register(application)
    return simulated


@pytest.fixture
def settings(discord: SimulatedDiscord, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("NO_PROXY", "*")
    with serving(discord.app) as origin:
        yield Settings(
            discord_api_url=f"{origin}/api/v10",
            discord_client_id=CLIENT_ID,
            discord_client_secret=SecretStr(CLIENT_SECRET),
            discord_bot_token=SecretStr(BOT_TOKEN),
        )


def asked(settings: Settings) -> Log:
    """Answer what is logged once Discord has been asked."""
    with capture_logs() as log, asking_discord(settings):
        for thread in asking():
            thread.join(PATIENCE)
        told: Log = list(log)
    assert CLIENT_SECRET not in str(told)
    assert BOT_TOKEN not in str(told)
    assert not asking()
    return told


def asking() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "asking-discord"]


def said(log: Log) -> list[tuple[object, object]]:
    assert "unexpected_error" not in {line["event"] for line in log}
    asked = [line for line in log if line["event"] == "discord_asked"]
    return [(line["log_level"], line["message"]) for line in asked]


def test_what_discord_accepts_is_told(settings: Settings) -> None:
    assert said(asked(settings)) == [
        ("info", "application: Discord accepts the client ID and client secret"),
        ("info", "bot: is that of Snow[2Jflake"),
    ]


def test_what_it_does_not_is_a_warning_with_its_cure(settings: Settings) -> None:
    wrong = {
        "discord_client_secret": SecretStr("mistyped"),
        "discord_bot_token": SecretStr("mistyped"),
    }
    log = asked(settings.model_copy(update=wrong))
    assert said(log) == [
        ("warning", "application: Discord does not accept the client ID and client secret"),
        ("warning", "bot: Discord does not accept the token"),
    ]
    assert "SNOWFLAKE_DISCORD_CLIENT_SECRET" in str(log[0]["cure"])
    assert "SNOWFLAKE_DISCORD_BOT_TOKEN" in str(log[1]["cure"])
    assert "mistyped" not in str(log)


def test_a_discord_that_cannot_be_asked_is_a_warning(settings: Settings) -> None:
    away = settings.model_copy(update={"discord_api_url": "http://127.0.0.1:1/api/v10"})
    log = asked(away)
    assert said(log) == [
        ("warning", "application: Discord did not say whether the secret is good"),
        ("warning", "bot: Discord could not be asked"),
    ]
    # Nothing is wrong with what was configured, as far as anybody knows.
    assert not any("cure" in line for line in log)


@pytest.mark.parametrize(
    ("missing", "subjects"),
    [
        (("discord_client_secret",), ["bot"]),
        (("discord_bot_token",), ["application"]),
        (("discord_client_id", "discord_bot_token"), []),
    ],
)
def test_only_what_is_configured_is_asked_about(
    missing: tuple[str, ...], subjects: list[str], settings: Settings, discord: SimulatedDiscord
) -> None:
    log = asked(settings.model_copy(update=dict.fromkeys(missing)))
    assert [str(message).partition(":")[0] for _, message in said(log)] == subjects
    assert len(discord.requests) == len(subjects)


def test_nobody_waits_for_a_discord_that_does_not_answer(
    settings: Settings, discord: SimulatedDiscord
) -> None:
    discord.fail("token", Failure.HANG, times=None)
    arrived = threading.Event()
    with capture_logs() as log, asking_discord(settings):
        while not discord.requests:
            arrived.wait(0.01)
        assert asking()
    assert not asking()
    assert log == []


def test_whatever_goes_wrong_is_logged_and_serving_goes_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snowflake.cli.asking_discord.acceptance", lambda _: None)
    assert [line["event"] for line in asked(settings)] == ["unexpected_error"]
