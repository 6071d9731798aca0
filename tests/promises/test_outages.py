"""The database goes away and comes back. Snowflake says so, and needs no restart."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.world import CLIENT_SECRET
from tests.promises.party import OUT, error_of, tokens_of
from tests.promises.processes import Processes, browser_of, processes, settings_of
from tests.serving import PATIENCE, free_port, running, serve_command
from tests.store.places import Place
from tests.store.postgresql import PostgreSQL


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """Start a PostgreSQL that may be stopped; nobody else depends on it."""
    server = PostgreSQL()
    yield server
    server.remove()


@pytest.fixture
def serving_snowflake(server: PostgreSQL, tmp_path: Path) -> Iterator[Processes]:
    with processes(Place("postgresql", server.make_database()), tmp_path, 1) as started:
        yield started


@pytest.fixture
async def http(serving_snowflake: Processes) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(serving_snowflake.origins[0]) as browser:
        yield browser


def events(log: str) -> list[str]:
    return [json.loads(line)["event"] for line in log.splitlines() if line.startswith("{")]


def test_a_start_waits_for_the_database_and_says_so_once_a_try(
    server: PostgreSQL, tmp_path: Path
) -> None:
    place, port = Place("postgresql", server.make_database()), free_port()
    origin = f"http://localhost:{port}"
    server.stop()
    settings = settings_of(place, "http://localhost:1", origin)
    settings["SNOWFLAKE_DATA_DIR"] = str(tmp_path)
    with running(serve_command(port), tmp_path / "log", settings) as starting:
        starting.wait_until(lambda: events(starting.log).count("waiting_for_database") >= 2)
        told = events(starting.log)
        server.start()
        starting.wait_for_http(f"{origin}/health")
        assert httpx.get(f"{origin}/ready", trust_env=False).status_code == 200
        assert "Traceback" not in starting.log
    assert set(told) == {"configuration", "waiting_for_database"}


@pytest.mark.parametrize("missing", ["nowhere", "nobody"])
def test_a_database_that_is_not_there_ends_the_start(
    missing: str, server: PostgreSQL, tmp_path: Path
) -> None:
    url = server.url("nowhere")
    if missing == "nobody":
        url = url.replace("//snowflake@", "//nobody@")
    settings = settings_of(Place("postgresql", url), "http://localhost:1", "http://localhost:1")
    settings["SNOWFLAKE_DATA_DIR"] = str(tmp_path)
    with running(serve_command(free_port()), tmp_path / "log", settings) as starting:
        assert starting.process.wait(PATIENCE) == 2
        assert f'"{missing}" does not exist' in starting.log
        assert "Traceback" not in starting.log


async def test_without_the_database_everything_is_temporarily_unavailable_and_then_goes_on(
    server: PostgreSQL, serving_snowflake: Processes, http: httpx.AsyncClient
) -> None:
    party = serving_snowflake.party()
    tokens, code = await party.sign_in(http), await party.code(http)
    assert (await http.get("/ready")).status_code == 200
    await asyncio.to_thread(server.stop)
    answers = [
        await party.refresh(http, tokens["refresh_token"]),
        await party.redeem(http, code),
        await party.userinfo(http, tokens),
        await party.revoke(http, tokens["access_token"]),
        await http.post(
            "/introspect",
            data={
                "client_id": party.client_id,
                "client_secret": CLIENT_SECRET,
                "token": tokens["access_token"],
            },
        ),
    ]
    for answer in answers:
        assert error_of(answer) == OUT
        assert int(answer.headers["retry-after"]) >= 1
    assert (await http.get("/health")).status_code == 200
    assert (await http.get("/ready")).status_code == 503
    assert (await http.get("/.well-known/jwks.json")).status_code == 200
    await asyncio.to_thread(server.start)
    assert (await http.get("/ready")).status_code == 200
    assert (await party.userinfo(http, tokens)).status_code == 200
    tokens_of(await party.redeem(http, code))
    tokens_of(await party.refresh(http, tokens["refresh_token"]))


async def test_a_restart_of_the_database_between_two_requests_is_not_noticed(
    server: PostgreSQL, serving_snowflake: Processes, http: httpx.AsyncClient
) -> None:
    party = serving_snowflake.party()
    tokens = await party.sign_in(http)
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    assert (await party.userinfo(http, tokens)).status_code == 200
    tokens_of(await party.refresh(http, tokens["refresh_token"]))
