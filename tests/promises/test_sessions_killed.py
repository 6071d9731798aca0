"""SIGKILL in the middle of logouts: a session has ended and all its clients are yet to be told.

Or it has not ended, and nobody is.
"""

import asyncio
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.promises.party import Json, tokens_of
from tests.promises.processes import Processes, browser_of, processes, settings_of
from tests.promises.visitor import (
    GRAFANA,
    WIKI,
    Visitor,
    is_alive,
    redeem,
    register,
    said_by,
    variables_of,
)
from tests.serving import Program, free_port, running, serve_command
from tests.store.places import ENGINES, Place, place_on

KILLS, SESSIONS = 3, 15
QUERY = """
SELECT 'living', sid FROM session_clients UNION ALL SELECT 'told', sid FROM logout_deliveries
"""


class Dying(NamedTuple):
    """A process that is about to be killed, and where it is reached."""

    program: Program
    origin: str


@contextmanager
def victim(
    place: Place, directory: Path, survivor: Processes, further: dict[str, str]
) -> Iterator[Dying]:
    """Run one more process on the same store."""
    port = free_port()
    settings = settings_of(place, survivor.discord_origin, survivor.origins[0])
    settings |= {"SNOWFLAKE_DATA_DIR": str(directory), **further}
    with running(serve_command(port), directory / f"{port}.log", settings) as program:
        program.wait_for_http(f"http://127.0.0.1:{port}/health")
        yield Dying(program, f"http://localhost:{port}")


async def signed_in(visitor: Visitor, http: httpx.AsyncClient) -> tuple[Json, Json]:
    """Sign in to both clients."""
    wiki = await visitor.sign_in(http, WIKI)
    code = await visitor.enter(http, GRAFANA)
    assert code is not None
    return wiki, tokens_of(await redeem(http, GRAFANA, code))


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_session_ends_with_all_who_are_to_be_told_or_not_at_all(
    engine: str, tmp_path: Path
) -> None:
    place, further = place_on(engine, tmp_path), variables_of(tmp_path)
    dice, cut_off = random.Random(20150101), 0  # noqa: S311 - the same dice each time
    with processes(place, tmp_path, 1, further=further) as survivor:
        register(survivor.discord, survivor.origins[0])
        async with survivor.browsers() as (living,):
            for _ in range(KILLS):
                visitors = [Visitor(survivor.discord) for _ in range(SESSIONS)]
                tokens = [await signed_in(visitor, living) for visitor in visitors]
                number = dice.randrange(SESSIONS // 2) + 1
                with victim(place, tmp_path, survivor, further) as dying:
                    answered = await signed_out(visitors, tokens, dying, number)
                cut_off += SESSIONS - len(answered)
                await check(place, living, tokens, answered)
    assert cut_off


async def signed_out(
    visitors: list[Visitor], tokens: list[tuple[Json, Json]], dying: Dying, number: int
) -> list[int]:
    """Sign all out by a process that is killed after so many answers; tell which were answered."""
    answered: list[int] = []
    async with browser_of(dying.origin) as http:

        async def sign_out(one: int) -> None:
            with suppress(httpx.TransportError):
                await visitors[one].sign_out(http, tokens[one][0])
                answered.append(one)
                if len(answered) >= number:
                    dying.program.process.send_signal(signal.SIGKILL)

        await asyncio.gather(*map(sign_out, range(len(visitors))))
    dying.program.process.wait()
    return answered


async def check(
    place: Place, http: httpx.AsyncClient, tokens: list[tuple[Json, Json]], answered: list[int]
) -> None:
    """See that of each session all has happened or nothing, and all of what was answered."""
    found = [(state, sid) for state, sid in await place.rows(QUERY)]
    for number, both in enumerate(tokens):
        sids = [said_by(each["id_token"])["sid"] for each in both]
        states = [state for state, sid in found if sid in sids]
        assert states in (["told"] * 2, ["living"] * 2)
        assert states[0] == "told" or number not in answered
        for each in both:
            assert await is_alive(http, each) is (states[0] == "living")
