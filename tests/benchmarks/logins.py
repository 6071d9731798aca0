"""Whole logins a second, beside what the machine can sign.

A login is ``/authorize``, Discord (whose page is skipped, because the person has approved before),
the callback, ``/token`` and ``/userinfo``, for the scopes openid, profile, email and groups, with
16 browsers at once. Each has two RSA signatures in it, so that half of ``openssl speed rsa2048``'s
signatures a second is what one core could do if nothing else cost anything. Openssl is measured
first, alone; one worker and two take turns.

Discord and the load need a seventh of a core for what one worker does, which itself uses 1.1. What
two workers do is told twice, by the clock and by the CPU time that they used: twice the CPU time of
a login with one worker over that with two, which is what two would do if nobody waited for the
other. The two were far apart (1.05 and 1.87) while a transaction of SQLite was done in a thread:
each of its statements waited there for the interpreter, with the database locked, so that a hundred
logins a second were the most, whatever the number of workers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import uvloop

from tests.benchmarks.browser import PEOPLE, browsers
from tests.benchmarks.discord import CLIENT_ID
from tests.benchmarks.effort import Effort
from tests.benchmarks.load import Done, for_seconds, work
from tests.benchmarks.proc import cpu_seconds
from tests.benchmarks.processes import Discord, serve, simulated_discord
from tests.benchmarks.report import Goal, Row
from tests.benchmarks.signatures import signatures_a_second
from tests.serving import Snowflake

SIGNATURES = 2


@dataclass(frozen=True)
class Speed:
    """Logins a second, and the CPU seconds of Snowflake's processes for each."""

    rate: float
    cpu: float

    def __str__(self) -> str:
        busy = self.rate * self.cpu
        return f"{self.rate:.0f}/s, {self.cpu * 1000:.2f} ms CPU each ({busy:.2f} cores)"


def run(effort: Effort, directory: Path) -> Iterator[Row]:
    """Measure."""
    possible = signatures_a_second(effort.signing_seconds) / SIGNATURES
    with (
        simulated_discord(directory) as discord,
        serve(directory, discord) as one,
        serve(directory, discord, "--workers", "2") as two,
    ):
        single, double = in_turn([one, two], discord, effort)
    yield Row(
        "logins, one worker",
        str(single),
        f"{possible:.0f}/s, half of openssl's signatures",
        single.rate / possible,
    )
    clock, cpu = double.rate / single.rate, 2 * single.cpu / double.cpu
    yield Row("logins, two workers, by the clock", str(double), "one worker", clock, Goal(1.6))
    yield Row("logins, two workers, by CPU time", "", "twice one worker", cpu, Goal(1.9))


def in_turn(
    snowflakes: list[Snowflake], discord: Discord, effort: Effort, client_id: str = CLIENT_ID
) -> list[Speed]:
    """Let several Snowflakes take turns, and answer the median speed of each."""
    for snowflake in snowflakes:
        warm_up(snowflake, discord, effort, client_id)
    rounds = [
        [measure(snowflake, discord, effort, client_id) for snowflake in snowflakes]
        for _ in range(effort.login_rounds)
    ]
    return [
        Speed(median(speed.rate for speed in speeds), median(speed.cpu for speed in speeds))
        for speeds in zip(*rounds, strict=True)
    ]


def warm_up(
    snowflake: Snowflake, discord: Discord, effort: Effort, client_id: str = CLIENT_ID
) -> None:
    """Do some logins that nobody counts."""
    sign_in(snowflake, discord, islice(PEOPLE, effort.warm_up), effort, client_id)


def measure(
    snowflake: Snowflake, discord: Discord, effort: Effort, client_id: str = CLIENT_ID
) -> Speed:
    """Sign people in for one round."""
    people = for_seconds(effort.login_seconds, PEOPLE)
    before = cpu_seconds(snowflake.process.pid)
    done = sign_in(snowflake, discord, people, effort, client_id)
    used = cpu_seconds(snowflake.process.pid) - before
    return Speed(done.rate, used / done.number)


def sign_in(
    snowflake: Snowflake,
    discord: Discord,
    people: Iterable[str],
    effort: Effort,
    client_id: str = CLIENT_ID,
) -> Done:
    """Sign people in with all browsers."""

    async def load() -> Done:
        async with browsers(effort.browsers, snowflake.origin, discord, client_id) as opened:
            return await work([browser.sign_in for browser in opened], people)

    return uvloop.run(load())
