"""The benchmarks themselves, with next to nothing to measure, so that they do not rot."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE
from threading import Thread
from unittest.mock import Mock, patch

import pytest
import uvloop
from typer.testing import CliRunner

from tests.benchmarks import __main__ as command
from tests.benchmarks import (
    authorize,
    browser,
    growth,
    jwks,
    kinds,
    latency,
    logins,
    proc,
    refresh,
    sso,
)
from tests.benchmarks import discord as discord_process
from tests.benchmarks.connection import Connection
from tests.benchmarks.effort import LITTLE
from tests.benchmarks.load import for_seconds
from tests.benchmarks.messages import Unexpected, request
from tests.benchmarks.processes import Bare, Discord, bare_starlette, serve, simulated_discord
from tests.benchmarks.report import Goal, Row
from tests.benchmarks.signatures import signatures_a_second
from tests.serving import Snowflake
from tests.store.places import place_on

OPENSSL = """\
                  sign    verify    encrypt   decrypt   sign/s verify/s  encr./s  decr./s
rsa  2048 bits 0.000499s 0.000014s 0.000015s 0.000501s   2004.0  71428.6  66666.7   1996.0
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="module")
def discord(directory: Path) -> Iterator[Discord]:
    with simulated_discord(directory) as discord:
        yield discord


@pytest.fixture(scope="module")
def snowflake(directory: Path, discord: Discord) -> Iterator[Snowflake]:
    with serve(directory, discord) as snowflake:
        yield snowflake


@pytest.fixture(scope="module")
def bare(directory: Path) -> Iterator[Bare]:
    with bare_starlette(directory) as bare:
        yield bare


def test_whole_logins_are_counted_with_their_cpu_time(
    snowflake: Snowflake, discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few, and on more than one connection.
    monkeypatch.setattr(browser, "LOGINS_OF_A_CONNECTION", 2)
    (speed,) = logins.in_turn([snowflake], discord, LITTLE)
    assert speed.rate > 0
    assert "ms CPU each" in str(speed)


def test_a_token_request_is_put_beside_two_calls(snowflake: Snowflake, discord: Discord) -> None:
    p50, p99 = latency.beside_two_calls(snowflake, discord, LITTLE)
    assert p50.ratio
    assert p99.ratio


@pytest.mark.parametrize("run", [authorize.run, jwks.run])
def test_answers_are_put_beside_those_of_a_bare_starlette(
    run: command.Benchmark, tmp_path: Path
) -> None:
    (row,) = run(LITTLE, tmp_path)
    assert row.ratio
    assert " a CPU second, a bare Starlette (" in row.beside


async def test_a_delay_comes_before_the_api_alone() -> None:
    client = Mock()
    connection = discord_process.Connection(delay=3600)
    connection.connection_made(client)
    connection.data_received(b"GET /api/v10/users/@me/guilds HTTP/1.1\r\n\r\n")
    assert not client.write.called
    connection.data_received(b"GET /style.css HTTP/1.1\r\n\r\n")
    assert client.write.called


async def test_a_store_is_filled(tmp_path: Path) -> None:
    place = place_on("sqlite", tmp_path)
    await growth.fill(place, 7)
    for table in growth.FURNISHED:
        assert await place.rows(f"SELECT count(*) FROM {table.name}") == [(7,)]  # noqa: S608


@pytest.mark.parametrize(
    ("run", "measured"),
    [
        (kinds.run, ["a registered client"]),
        (sso.run, ["sso, to the code", "sso, whole logins"]),
        (refresh.run, ["refresh"]),
    ],
)
def test_loads_of_one_snowflake_are_put_beside_each_other(
    run: command.Benchmark, measured: list[str], tmp_path: Path
) -> None:
    rows = list(run(LITTLE, tmp_path))
    names = [f"{name}, {number} at once" for name in measured for number in (2, 1)]
    assert [row.benchmark for row in rows] == names
    assert all(row.ratio for row in rows)


def test_openssl_tells_its_signatures_a_second() -> None:
    with patch("tests.benchmarks.signatures._openssl", return_value=OPENSSL):
        assert signatures_a_second(3) == 2004.0


def test_a_process_has_used_memory_and_time() -> None:
    assert proc.resident(os.getpid()) > 2**20
    assert proc.cpu_seconds(os.getpid()) > 0


def test_the_time_of_threads_that_have_ended_counts() -> None:
    used: list[float] = []

    def spend() -> None:
        while time.thread_time() < 0.05:
            pass
        used.append(time.thread_time())

    before = proc.cpu_seconds(os.getpid())
    thread = Thread(target=spend)
    thread.start()
    thread.join()
    assert proc.cpu_seconds(os.getpid()) - before >= used[0]


def test_children_of_any_thread_belong_to_the_family() -> None:
    with ThreadPoolExecutor() as pool:
        child = pool.submit(
            subprocess.Popen, [sys.executable, "-c", "input()"], stdin=PIPE
        ).result()
        assert child.pid in proc.family(os.getpid())
        child.communicate(b"\n")
        assert child.pid not in proc.family(os.getpid())


def test_a_process_that_is_no_more_has_no_time() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    with pytest.raises(FileNotFoundError):
        proc.cpu_seconds(process.pid)


def test_an_unexpected_answer_ends_the_run(bare: Bare) -> None:
    async def ask(origin: str) -> None:
        connection = await Connection.open(origin)
        with pytest.raises(Unexpected, match="404 Not Found"):
            await connection.send(request("GET", origin, b"/nothing"), 200)
        found = await connection.send(request("GET", origin, b"/json"), 200)
        with pytest.raises(Unexpected, match="no location"):
            found.field(b"location")
        connection.close()

    uvloop.run(ask(bare.origin))


def test_tasks_end_with_the_time_or_the_pile() -> None:
    assert list(for_seconds(0, [1, 2, 3])) == [1]
    assert list(for_seconds(60, [1, 2, 3])) == [1, 2, 3]


@pytest.mark.parametrize(
    ("goal", "ratio", "verdict"),
    [
        (Goal(0.8), 0.8, "yes"),
        (Goal(0.8), 0.79, "no"),
        (Goal(1.1, at_most=True), 1.1, "yes"),
        (Goal(1.1, at_most=True), 1.2, "no"),
    ],
)
def test_a_goal_is_met_or_not(goal: Goal, ratio: float, verdict: str) -> None:
    assert goal.verdict(ratio) == verdict


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "jwks       90/s          100/s, a bare Starlette  0.90   at least 0.80  yes"),
        (["--markdown"], "| jwks | 90/s | 100/s, a bare Starlette | 0.90 | at least 0.80 | yes |"),
    ],
)
def test_the_command_prints_a_table(
    options: list[str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        Row("jwks", "90/s", "100/s, a bare Starlette", 0.9, Goal(0.8)),
        Row("growth", "not measured", "PostgreSQL is missing"),
    ]
    monkeypatch.setattr(command, "BENCHMARKS", {"jwks": lambda *_: rows})
    result = CliRunner().invoke(command.app, [*options, "jwks"])
    assert line in result.stdout
    assert "starlette 1" in result.stdout


def test_an_unknown_name_is_refused() -> None:
    result = CliRunner().invoke(command.app, ["logins", "nothing"])
    assert result.exit_code == 2
    assert "no such benchmark: nothing" in result.stderr
