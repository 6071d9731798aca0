from collections.abc import Mapping
from email.utils import formatdate

import httpx
import pytest

from snowflake.operator.doctor.discord import TOLERANCE, discord
from snowflake.operator.doctor.finding import Status
from snowflake.settings import Settings
from tests.operator.doctor.cases import Answer, found
from tests.running import NOW, Clock


def answering(
    status: int = 200, *, off: int = 0, headers: Mapping[str, str] | None = None
) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url == "https://discord.com/api/v10/gateway"
        assert request.headers["user-agent"].startswith("DiscordBot (")
        date = {"date": formatdate(NOW + off, usegmt=True)}
        return httpx.Response(status, json={"url": "wss://…"}, headers={**date, **(headers or {})})

    return answer


async def test_a_good_day() -> None:
    answers, clock = await found(discord, Settings(), answering())
    assert (answers.status, clock.status) == (Status.OK, Status.OK)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
async def test_an_answer_that_is_none_is_a_fault_with_its_cure(status: int) -> None:
    answers, _ = await found(discord, Settings(), answering(status))
    assert answers.status is Status.FAULT
    assert str(status) in answers.text
    assert answers.cure


async def test_a_page_is_not_discord() -> None:
    page = answering(headers={"content-type": "text/html"})
    answers, _ = await found(discord, Settings(), page)
    assert answers.status is Status.FAULT
    assert "SNOWFLAKE_DISCORD_API_URL" in answers.cure


async def test_silence_is_a_fault() -> None:
    [answers] = await found(discord, Settings())
    assert answers.status is Status.FAULT
    assert "ConnectError" in answers.text


@pytest.mark.parametrize(
    ("off", "status", "told"),
    [
        (TOLERANCE, Status.OK, "right"),
        (-TOLERANCE, Status.OK, "right"),
        (TOLERANCE + 1, Status.FAULT, f"{TOLERANCE + 1} seconds slow"),
        (-90, Status.FAULT, "90 seconds fast"),
    ],
)
async def test_the_clock_may_be_off_by_some_seconds(off: int, status: Status, told: str) -> None:
    _, clock = await found(discord, Settings(), answering(off=off), Clock())
    assert clock.status is status
    assert told in clock.text


@pytest.mark.parametrize("date", ["", "yesterday"])
async def test_a_time_that_cannot_be_read_is_a_note(date: str) -> None:
    _, clock = await found(discord, Settings(), answering(headers={"date": date}))
    assert clock.status is Status.NOTE
