"""What has to be accounted for leaves one line each, without secrets, and without people."""

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import structlog
from typer.testing import CliRunner

from snowflake.cli.commands import app
from snowflake.configuration.reloading import Reloader
from snowflake.errors import OAuthError
from snowflake.linked_roles.sync import sync
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.state import State
from snowflake.telemetry.audit import EVENTS, Event, audit
from snowflake.telemetry.logs import configure_logs
from tests.linked_roles.conftest import linking, provider, roles
from tests.linked_roles.test_events import PUBLIC_KEY, deauthorized, send
from tests.linked_roles.world import (
    APPLICATION,
    CODE,
    HOOK_SECRET,
    PERSON,
    Roles,
    from_discord,
    go,
    link,
    says,
    with_linked_roles,
)
from tests.login import (
    CLIENT_ID,
    CLIENT_SECRET,
    DISCORD_CODE,
    ask,
    code_for,
    come_back,
    depart,
    redeem,
    sign_in,
)
from tests.oidc.signed_in import SECRETS as KNOWN_SECRETS
from tests.oidc.signed_in import keeping_sessions
from tests.oidc.test_registered_clients import CLIENT_ID as REGISTERED
from tests.oidc.test_registered_clients import CONFIDENTIAL, registering, sign_in_registered
from tests.running import GUILDS, Clock, Discord, Snowflake, running
from tests.store.furniture import put_login
from tests.store.places import SECRET
from tests.telemetry.test_logs import _logs_as_they_were
from tests.upstream.provider import Provider

__all__ = ["_logs_as_they_were", "linking", "provider", "roles"]

Line = dict[str, Any]
#: What no line may hold, whoever is named.
SECRETS = (
    *(CLIENT_SECRET, DISCORD_CODE, HOOK_SECRET, CODE, "discord-access-token"),
    *("discord-refresh-token", "upstream-", "wrong", "nelly"),
)


class Lines:
    """What the log holds."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def audited(self) -> list[Line]:
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if line["event"] in EVENTS]

    def told(self) -> list[tuple[str, str, str | None]]:
        """Answer event, outcome and client of each audit line, and forget them."""
        lines = self.audited
        self.stream.truncate(0)
        self.stream.seek(0)
        return [(line["event"], line["outcome"], line["client"]) for line in lines]


@pytest.fixture
def log(settings: Settings) -> Iterator[Lines]:
    """Log as a deployment does, but for what is not worth a warning."""
    lines = Lines()
    configure_logs(
        settings.model_copy(update={"log_format": "json", "log_level": "warning"}), lines.stream
    )
    yield lines
    structlog.contextvars.clear_contextvars()


async def refresh(snowflake: Snowflake, token: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, "redirect_uri": None}
    return await redeem(snowflake.browser, None, **form)


async def post(snowflake: Snowflake, path: str, token: str, secret: str) -> httpx.Response:
    form = {"client_id": CLIENT_ID, "client_secret": secret, "token": token}
    return await snowflake.browser.post(path, data=form)


def test_every_event_is_described() -> None:
    assert set(EVENTS) == set(get_args(Event))


async def test_a_login_and_what_becomes_of_it(snowflake: Snowflake, log: Lines) -> None:
    tokens = await sign_in(snowflake.browser)
    assert log.told() == [("login", "completed", CLIENT_ID)]
    assert (await refresh(snowflake, tokens["refresh_token"])).status_code == 200
    assert log.told() == [("refresh", "completed", CLIENT_ID)]
    # The answer was lost.
    again = (await refresh(snowflake, tokens["refresh_token"])).json()["refresh_token"]
    assert log.told() == [("refresh", "completed", CLIENT_ID)]
    assert (await post(snowflake, "/revoke", again, "wrong")).status_code == 401
    assert log.told() == [("revocation", "invalid_client", CLIENT_ID)]
    assert (await post(snowflake, "/introspect", again, "wrong")).status_code == 401
    assert log.told() == [("introspection", "invalid_client", CLIENT_ID)]
    snowflake.discord.router.post(path="/api/v10/oauth2/token/revoke").respond(json={})
    assert (await post(snowflake, "/revoke", again, CLIENT_SECRET)).status_code == 200
    assert log.told() == [("revocation", "ended", CLIENT_ID)]
    assert (await refresh(snowflake, again)).status_code == 400
    assert log.told() == [("refresh", "invalid_grant", CLIENT_ID)]


@pytest.mark.parametrize(
    ("grant_type", "event"),
    [
        ("client_credentials", "client_login"),
        ("refresh_token", "refresh"),
        ("authorization_code", "login"),
        ("urn:ietf:params:oauth:grant-type:device_code", "login"),
        ("nonsense", "login"),
    ],
)
async def test_whoever_may_not_even_ask_is_named_by_what_they_ask_for(
    settings: Settings, clock: Clock, discord: Discord, log: Lines, *, grant_type: str, event: str
) -> None:
    async with keeping_sessions(settings, clock, discord) as snowflake:
        for secret in ("wrong", KNOWN_SECRETS["grafana"]):
            form = {"client_id": "grafana", "client_secret": secret, "grant_type": grant_type}
            assert (await snowflake.browser.post("/token", data=form)).status_code in {400, 401}
    told = log.told()
    assert len(told) == 2
    assert {(name, client) for name, _, client in told} == {(event, "grafana")}


async def test_logins_that_are_refused(snowflake: Snowflake, log: Lines) -> None:
    browser = snowflake.browser
    await ask(browser, scope="profile")
    assert log.told() == [("login", "invalid_scope", CLIENT_ID)]
    departure = await depart(browser)
    await come_back(browser, departure, code=None, error="access_denied")
    assert log.told() == [("login", "access_denied", CLIENT_ID)]
    await come_back(browser, departure, state="somebody else's")
    assert log.told() == [("login", "LoginUnknown", None)]
    code = await code_for(browser)
    assert log.told() == []
    snowflake.discord.token.respond(401, json={"error": "invalid_client"})
    await redeem(browser, code, client_secret="wrong")
    assert log.told() == [("login", "invalid_client", CLIENT_ID)]
    await redeem(browser, "no code of ours")
    assert log.told() == [("login", "invalid_grant", CLIENT_ID)]


@pytest.mark.parametrize("changes", [{}, {"prompt": "none"}])
async def test_people_who_are_not_let_in(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    log: Lines,
    changes: dict[str, str],
) -> None:
    closed = registering(settings, CONFIDENTIAL, access=AccessTable(two_factor=True))
    discord.knows(mfa_enabled=False)
    async with running(closed, clock, discord) as snowflake:
        departure = await depart(snowflake.browser, client_id=REGISTERED, **changes)
        await come_back(snowflake.browser, departure)
        assert log.told() == [("login", "access_denied", REGISTERED)]
        discord.token.respond(503)
        departure = await depart(snowflake.browser, client_id=REGISTERED, **changes)
        await come_back(snowflake.browser, departure)
        assert log.told() == [("login", "temporarily_unavailable", REGISTERED)]


async def test_a_login_that_ends_because_userinfo_asks_anew(
    settings: Settings, clock: Clock, discord: Discord, log: Lines
) -> None:
    gated = AccessTable.model_validate({"any_guild": [GUILDS[0]["id"]]})
    closed = registering(settings, CONFIDENTIAL, access=gated)
    async with running(closed, clock, discord) as snowflake:
        tokens = await sign_in_registered(snowflake)
        assert log.told() == [("login", "completed", REGISTERED)]
        discord.guilds.respond(json=[])
        clock.pass_by(settings.userinfo_fresh.total_seconds())
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await snowflake.browser.get("/userinfo", headers=bearer)).status_code == 401
        assert log.told() == [("userinfo", "access_denied", REGISTERED)]


async def test_links_are_made_synced_and_undone(
    linking: Snowflake, provider: Provider, roles: Roles, log: Lines
) -> None:
    await link(linking, provider, groups=["members"])
    assert log.told() == [("link", "linked", APPLICATION)]
    state = linking.state
    assert await sync(PERSON, state) == "unchanged"
    assert log.told() == [("link_sync", "unchanged", APPLICATION)]
    says(provider, groups=[])
    assert await sync(PERSON, state) == "changed"
    assert log.told() == [("link_sync", "changed", APPLICATION)]
    assert await sync("1", state) == "gone"
    assert log.told() == []
    says(provider, groups=["members"])
    roles.put.respond(503)
    with pytest.raises(OAuthError):
        await sync(PERSON, state)
    assert log.told() == [("link_sync", "failed", APPLICATION)]
    await from_discord(linking.browser, await go(linking.browser), state="somebody else's")
    assert log.told() == [("link", "LinkUnknown", None)]
    page = await from_discord(linking.browser, await go(linking.browser, "/linked-role/unlink"))
    note = page.text.partition('name="note" value="')[2].partition('"')[0]
    done = await linking.browser.post("/linked-role/unlink", data={"note": note})
    assert done.status_code == 200
    assert log.told() == [("unlink", "undone", APPLICATION)]
    wrong = {"authorization": "Bearer wrong"}
    await linking.browser.post("/linked-roles/hook", content=b"{}", headers=wrong)
    assert log.told() == [("hook", "invalid_token", None)]


async def test_discord_says_that_the_application_was_removed(
    settings: Settings, clock: Clock, discord: Discord, log: Lines
) -> None:
    keyed = with_linked_roles(settings).model_copy(update={"discord_public_key": PUBLIC_KEY})
    async with running(keyed, clock, discord) as snowflake:
        assert (await send(snowflake, deauthorized())).status_code == 204
        assert log.told() == [("deauthorization", "ended", APPLICATION)]
        await send(snowflake, deauthorized(), at=0)
        assert log.told() == [("deauthorization", "invalid_token", None)]


@pytest.mark.parametrize(("at_once", "outcome"), [(True, "signs"), (False, "announced")])
async def test_keys_are_rotated(
    settings: Settings, clock: Clock, log: Lines, at_once: bool, outcome: str
) -> None:
    async with State.open(settings, clock) as state:
        key = await state.keys.rotate(at_once=at_once)
    [line] = log.audited
    assert (line["event"], line["outcome"], line["kid"]) == ("key_rotation", outcome, key.key.kid)
    assert line["client"] is None


def test_a_configuration_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: Lines
) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    reloader = Reloader(Settings(data_dir=tmp_path))
    assert reloader.reload() is None
    assert log.told() == []
    (tmp_path / "snowflake.toml").write_text('allowed_clients = ["1"]', "utf-8")
    assert reloader.reload() is not None
    assert log.told() == [("configuration_changed", "taken_up", None)]


@pytest.mark.parametrize("named", [True, False])
def test_commands_write_theirs_beside_what_they_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, discord: Discord, named: bool
) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SNOWFLAKE_SECRET_KEY", SECRET.decode())
    monkeypatch.setenv("SNOWFLAKE_LOG_PEOPLE", str(named).lower())
    asyncio.run(_with_a_login(tmp_path))
    discord.router.post(path="/api/v10/oauth2/token/revoke").respond(json={})
    commands: dict[tuple[str, ...], tuple[str, str]] = {
        ("keys", "rotate", "--now"): ("key_rotation", "signs"),
        ("export", "--person", PERSON): ("export", "shown"),
        ("purge", "--person", PERSON, "--yes"): ("purge", "erased"),
    }
    for command, (event, outcome) in commands.items():
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        lines = [json.loads(line) for line in result.stderr.splitlines() if line[0] == "{"]
        assert [(line["event"], line["outcome"]) for line in lines] == [(event, outcome)]
        is_of_somebody = named and command[0] != "keys"
        assert [line.get("person") for line in lines] == [PERSON if is_of_somebody else None]


async def _with_a_login(directory: Path) -> None:
    async with State.open(Settings(data_dir=directory)) as state:
        await put_login(state.store, "code", PERSON)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, False),
        ({"log_level": "error"}, False),
        ({"log_people": True}, True),
        ({"log_people": True, "log_level": "error"}, True),
        ({"log_level": "debug"}, True),
    ],
)
async def test_people_are_named_where_that_is_asked_for_and_secrets_nowhere(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    roles: Roles,
    provider: Provider,
    *,
    changes: dict[str, object],
    named: bool,
) -> None:
    lines = Lines()
    linking_settings = with_linked_roles(settings).model_copy(
        update={"log_format": "json", "clients": (CONFIDENTIAL,), **changes}
    )
    configure_logs(linking_settings, lines.stream)
    async with running(linking_settings, clock, discord) as snowflake:
        await link(snowflake, provider)
        tokens = await sign_in(snowflake.browser)
        await refresh(snowflake, tokens["refresh_token"])
        await redeem(snowflake.browser, await code_for(snowflake.browser), client_secret="wrong")
    log = lines.stream.getvalue()
    # Of somebody who has not proven to be anybody, nobody is named.
    assert [line.get("person") for line in lines.audited][:3] == [PERSON if named else None] * 3
    assert (PERSON in log) == named
    kept = [secret for secret in (*SECRETS, *map(str, tokens.values())) if secret in log]
    assert [secret for secret in kept if secret not in {"Bearer", "3600", tokens["scope"]}] == []


def test_a_line_names_the_client_of_the_request_unless_told_otherwise(log: Lines) -> None:
    def write(**more: str) -> Callable[[], None]:
        return lambda: audit("login", "completed", **more)

    structlog.contextvars.bind_contextvars(client_id="the request's")
    for line in (write(), write(client="another")):
        line()
    assert [client for _, _, client in log.told()] == ["the request's", "another"]
