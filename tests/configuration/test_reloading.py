import asyncio
import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from snowflake.configuration import load_settings
from snowflake.configuration.reloading import WAITING, Reloader, following
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.settings.registry import OF_CLIENTS
from tests.configuration.conftest import APPLICATION, Load

CLIENT = '[[clients]]\nid = "grafana"\nsecret = "s"\nredirect_uris = ["https://g.example.com/cb"]\n'


def reload(reloader: Reloader) -> tuple[Settings | None, list[Mapping[str, object]]]:
    with capture_logs() as log:
        return reloader.reload(), list(log)


def test_a_changed_file_is_taken_up(load: Load) -> None:
    reloader = Reloader(load(APPLICATION))
    new = load(f'{APPLICATION}token_lifetime = "5m"\n{CLIENT}')
    settings, [line] = reload(reloader)
    assert settings == new
    assert (line["event"], line["outcome"]) == ("configuration_changed", "taken_up")
    assert line["settings"] == ["clients", "token_lifetime"]
    assert line["clients"] == 1


def test_a_faulty_file_changes_nothing_and_the_log_says_why(load: Load, file: Path) -> None:
    reloader = Reloader(load(APPLICATION))
    with pytest.raises(StartFault):
        load("nonsense = 1")
    settings, [line] = reload(reloader)
    assert settings is None
    assert line["event"] == "configuration_kept"
    assert line["faults"] == (f"{file}:1: nonsense: is not known here",)


def test_what_does_not_hold_for_clients_waits_for_a_restart(load: Load) -> None:
    old = load("")
    reloader = Reloader(old)
    load('enable_docs = true\nlog_level = "debug"\nallowed_clients = ["1"]')
    settings, [waiting, changed] = reload(reloader)
    assert settings == old.model_copy(update={"allowed_clients": ("1",)})
    assert (waiting["event"], waiting["settings"]) == (
        "restart_needed",
        ["enable_docs", "log_level"],
    )
    assert waiting["why"] == {
        "enable_docs": "paths, names and pages of the server are made of it at the start",
        "log_level": "logs and metrics begin with it",
    }
    assert changed["settings"] == ["allowed_clients"]


def test_a_setting_is_taken_up_or_there_is_one_reason_why_it_waits() -> None:
    named = [name for names in WAITING.values() for name in names]
    assert sorted([*named, *OF_CLIENTS]) == sorted(Settings.model_fields)


def test_what_needs_a_setting_that_waits_is_not_taken_up(load: Load) -> None:
    reloader = Reloader(load(""))
    load(
        'discord_bot_token = "a-bot"\n'
        '[groups]\ninclude = ["roles"]\nguilds = ["1"]\nshape = "name"\n'
    )
    settings, [waiting, kept] = reload(reloader)
    assert settings is None
    assert waiting["settings"] == ["discord_bot_token"]
    assert kept["event"] == "configuration_kept"
    # The rest would be refused at a start.
    assert kept["faults"] == [
        "groups.shape: the names of roles need discord_bot_token (SNOWFLAKE_DISCORD_BOT_TOKEN)"
    ]


def test_where_only_that_has_changed_which_waits_it_is_said_that_nothing_else_has(
    load: Load,
) -> None:
    reloader = Reloader(load(""))
    load("enable_docs = true")
    settings, [_, kept] = reload(reloader)
    assert settings is None
    assert kept["message"] == "nothing else has changed"


def test_what_has_not_changed_is_kept(load: Load) -> None:
    reloader = Reloader(load(APPLICATION))
    settings, [line] = reload(reloader)
    assert settings is None
    assert (line["event"], line["log_level"]) == ("configuration_kept", "info")
    assert "variables change with a restart alone" in str(line["message"])


async def test_it_is_read_again_at_each_signal_until_the_end(load: Load) -> None:
    signals: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
    # Whoever has started the tests may have it ignored, as nohup does.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    before = signal.getsignal(signal.SIGHUP)
    used = following(load(""), lambda settings: signals.put(settings.allowed_clients))
    async with used:
        for client in ("1", "2"):
            load(f'allowed_clients = ["{client}"]')
            os.kill(os.getpid(), signal.SIGHUP)
            assert await signals.get() == (client,)
    assert signal.getsignal(signal.SIGHUP) == before


async def test_a_faulty_file_is_not_used(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    used: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
    was_read, loop = asyncio.Event(), asyncio.get_running_loop()

    def read() -> Settings:
        try:
            return load_settings()
        finally:
            loop.call_soon_threadsafe(was_read.set)

    monkeypatch.setattr("snowflake.configuration.reloading.load_settings", read)
    with capture_logs() as log:
        async with following(load(""), lambda settings: used.put(settings.allowed_clients)):
            with pytest.raises(StartFault):
                load("nonsense = 1")
            os.kill(os.getpid(), signal.SIGHUP)
            await was_read.wait()
            load('allowed_clients = ["1"]')
            os.kill(os.getpid(), signal.SIGHUP)
            assert await used.get() == ("1",)
    assert [line["event"] for line in log] == ["configuration_kept", "configuration_changed"]
    assert used.empty()


async def test_logins_go_on_while_the_file_is_read(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: asyncio.Queue[int] = asyncio.Queue()
    logins_went_on = threading.Event()

    def slowly() -> Settings:
        # Were this in the event loop, nobody could ever set it.
        assert logins_went_on.wait(timeout=60)
        return load_settings()

    async with following(load(""), lambda _: used.put(threading.get_ident())):
        load('allowed_clients = ["1"]')
        monkeypatch.setattr("snowflake.configuration.reloading.load_settings", slowly)
        os.kill(os.getpid(), signal.SIGHUP)
        asyncio.get_running_loop().call_later(0, logins_went_on.set)
        assert await used.get() == threading.get_ident()


async def test_whatever_goes_wrong_the_next_signal_is_heard(load: Load) -> None:
    used: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()

    async def use(settings: Settings) -> None:
        used.put_nowait(settings.allowed_clients)
        if settings.allowed_clients == ("1",):
            raise RuntimeError

    with capture_logs() as log:
        async with following(load(""), use):
            load('allowed_clients = ["1"]')
            os.kill(os.getpid(), signal.SIGHUP)
            assert await used.get() == ("1",)
            load('allowed_clients = ["2"]')
            os.kill(os.getpid(), signal.SIGHUP)
            assert await used.get() == ("2",)
    assert "unexpected_error" in [line["event"] for line in log]
