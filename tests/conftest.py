"""What every test stands on: no environment, no network, a clock that stands still."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
import respx
import structlog
from pydantic import SecretStr

from snowflake.crypto.private_keys import generate_key
from snowflake.settings import Settings
from tests.mocking import AiohttpMocker
from tests.running import Clock, Discord, Snowflake, running

# Examples are the same on every machine; a fixture that is shared by them holds no state of theirs.
hypothesis.settings.register_profile(
    "snowflake",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
hypothesis.settings.load_profile("snowflake")

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(("SNOWFLAKE_", "UVICORN_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_logger_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # One that is kept would go on logging as the test that used it first had configured; and what
    # runs for the whole session, such as the sandbox, or a command in this process, may have left a
    # level behind, or a stream that is closed.
    configure = structlog.configure
    structlog.reset_defaults()
    configure(wrapper_class=structlog.make_filtering_bound_logger(0))

    def configure_for_one_test(**options: Any) -> None:  # of every type that structlog takes
        configure(**{**options, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", configure_for_one_test)


@pytest.fixture(autouse=True, scope="session")
def _certificates_are_read_once() -> Iterator[None]:
    # Every HTTP client reads them anew, which takes longer than most tests.
    with patch("ssl.create_default_context", cache(ssl.create_default_context)):
        yield


@pytest.fixture(autouse=True, scope="module")
def _no_loop_is_left_running() -> Iterator[None]:
    # Playwright's is until its browser ends, and keeps every asynchronous test from beginning: one
    # that outlives its module fails those that have nothing to do with it.
    yield
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def connect_on_this_machine(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test called {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_on_this_machine)


@pytest.fixture(scope="session")
def private_key() -> str:
    """One RSA key for all tests; making one takes long."""
    return generate_key()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path, private_key: str) -> Settings:
    """Settings of a Snowflake at https://snowflake.example.com."""
    return Settings(
        allowed_hosts=("snowflake.example.com",),
        allowed_webfinger_hosts=("example.com", "*.example.org"),
        data_dir=tmp_path,
        private_key=SecretStr(private_key),
        secret_key=SecretStr("a secret of more than thirty-two characters"),
    )


@pytest.fixture
def discord() -> Iterator[Discord]:
    """Discord as it answers on a good day; what no test expects it to be asked fails."""
    with respx.mock(assert_all_called=False, using=AiohttpMocker.name) as router:
        yield Discord(router)


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Make a running Snowflake, reached by one browser."""
    async with running(settings, clock, discord) as snowflake:
        yield snowflake
