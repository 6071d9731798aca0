import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from snowflake.settings import Settings
from snowflake.telemetry.logs import QUIET, configure_logs
from tests.login import CLIENT_SECRET, DISCORD_CODE, ask, come_back, depart, query_of, redeem
from tests.running import TOKENS, USER, Clock, Discord, running

UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access")


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    quiet = {name: logging.getLogger(name).level for name in QUIET}
    loggers = {name: logging.getLogger(name) for name in UVICORN}
    uvicorn = {name: (logger.handlers, logger.propagate) for name, logger in loggers.items()}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    for name, (before_handlers, propagate) in uvicorn.items():
        loggers[name].handlers, loggers[name].propagate = before_handlers, propagate
    structlog.reset_defaults()


def configured(settings: Settings, **changes: object) -> Settings:
    changed = settings.model_copy(update=changes)
    configure_logs(changed)
    return changed


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_in_json_anything_can_be_written(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(settings, log_format="json")
    odd: dict[str, object] = {
        "surrogate": "\udcff",
        "accent": "\u00e9\x1b\n",
        "object": ValueError("x"),
        "list": [1, None, 2.5],
    }
    for name, value in odd.items():
        structlog.get_logger("test").info("happened", **{name: value})
    lines = printed(capsys)
    assert all(line.isascii() and line.isprintable() for line in lines)
    told = [json.loads(line)[name] for line, name in zip(lines, odd, strict=True)]
    assert told == ["\udcff", "\u00e9\x1b\n", "ValueError('x')", [1, None, 2.5]]


def test_in_json_each_event_is_one_object(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(settings, log_format="json")
    structlog.get_logger("test").info("happened", number=5)
    logging.getLogger("library").warning("heard of %s", "it")
    ours, theirs = map(json.loads, printed(capsys))
    assert (ours["event"], ours["level"], ours["number"]) == ("happened", "info", 5)
    assert (theirs["event"], theirs["level"]) == ("heard of it", "warning")
    assert ours["timestamp"].endswith("Z")


def test_pretty_is_for_people(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    configured(settings, log_format="pretty")
    structlog.get_logger("test").info("happened", number=5)
    [line] = printed(capsys)
    assert "happened" in line
    assert not line.startswith("{")


def test_away_from_a_terminal_json_is_the_default(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(settings)
    structlog.get_logger("test").info("happened")
    assert json.loads(printed(capsys)[0])["event"] == "happened"


def test_on_a_terminal_pretty_is_the_default(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    configured(settings)
    structlog.get_logger("test").info("happened")
    assert not printed(capsys)[0].startswith("{")


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_what_is_below_the_level_is_not_heard(
    settings: Settings, capsys: pytest.CaptureFixture[str], level: str, heard: list[str]
) -> None:
    configured(settings, log_format="json", log_level=level)
    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger("test"), name)(name)
        getattr(logging.getLogger("library"), name)(name)
    assert [json.loads(line)["event"] for line in printed(capsys)] == [
        name for name in heard for _ in range(2)
    ]


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_a_traceback_tells_no_values_of_variables(
    settings: Settings, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    configured(settings, log_format=log_format)
    secret = "hunter2"  # noqa: F841
    try:
        raise ValueError
    except ValueError:
        structlog.get_logger("test").exception("stumbled")
    output = "\n".join(printed(capsys))
    assert "Traceback" in output
    assert "hunter2" not in output


class FullDisk:
    """A stream that takes nothing."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_that_cannot_be_written_stops_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", FullDisk())
    configured(settings, log_format="json")
    structlog.get_logger("test").info("happened")
    logging.getLogger("library").warning("heard")


def test_a_line_of_a_library_that_fits_no_arguments_stops_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(settings, log_format="json")
    logging.getLogger("library").warning("heard of %d", "it")
    structlog.get_logger("test").info("happened")
    assert [json.loads(line)["event"] for line in printed(capsys)] == ["happened"]


def test_each_line_is_out_when_it_is_logged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As much of a stream as a file has: what is written waits until it is flushed.
    kept = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BufferedWriter(kept)))
    configured(settings, log_format="json")
    structlog.get_logger("test").info("first")
    logging.getLogger("library").warning("second")
    assert [json.loads(line)["event"] for line in kept.getvalue().splitlines()] == [
        "first",
        "second",
    ]


def test_libraries_log_no_urls(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    configured(settings, log_format="json", log_level="debug")
    logging.getLogger("httpx").info("HTTP Request: GET https://x/?code=secret")
    logging.getLogger("uvicorn.access").info("GET /r/?code=secret")
    assert printed(capsys) == []


@pytest.mark.parametrize("log_format", ["json", "pretty"])
async def test_the_log_of_a_whole_login_holds_nothing_secret(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    capsys: pytest.CaptureFixture[str],
    log_format: str,
) -> None:
    loud = configured(settings, log_format=log_format, log_level="debug")
    async with running(loud, clock, discord) as snowflake:
        browser = snowflake.browser
        departure = await depart(browser, state="THE-STATE", nonce="THE-NONCE")
        answer = query_of((await come_back(browser, departure)).headers["location"])
        tokens = (await redeem(browser, answer["code"])).json()
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await browser.get("/userinfo", headers=bearer)).status_code == 200
        # And what goes wrong on the way.
        await ask(browser, {"referer": "https://app.example.com/?THE-PAGE"}, scope="THE-SCOPE")
        await come_back(browser, departure, state="THE-OTHER-STATE")
        await come_back(browser, departure, code=None, error="THE-ERROR")
        await redeem(browser, "THE-BAD-CODE", client_secret="THE-BAD-SECRET")
        # Somebody swaps the two fields of a form.
        await redeem(browser, "c", client_id="THE-SECRET", client_secret="1056005449054429204")
        await ask(browser, client_id="THE-ADDRESS@example.com")
        await browser.get("/userinfo", headers={"authorization": "Bearer THE-BAD-TOKEN"})
        await browser.get("/.well-known/webfinger?resource=acct:THE-ADDRESS@example.com")
        again = query_of((await come_back(browser, departure)).headers["location"])
        discord.user.respond(500, text="THE-ANSWER")
        await redeem(browser, again["code"])
        discord.token.respond(401, json={"error": "invalid_client"})
        await redeem(browser, answer["code"])
        await browser.get("/nowhere/THE-PATH?THE-QUERY")
    output = "\n".join(printed(capsys))
    assert output.count("/token") >= 4
    assert "discord_unusable_answer" in output
    secrets = [
        *("THE-", "code=", "state=", "?", "discord-access-token", "discord-refresh-token"),
        *(DISCORD_CODE, CLIENT_SECRET, answer["code"], departure.state),
        *(tokens["access_token"], tokens["id_token"], str(TOKENS["access_token"])),
        *(str(USER["email"]), str(USER["username"]), "app.example.com"),
        *browser.cookies.values(),
    ]
    assert [secret for secret in secrets if secret in output] == []
