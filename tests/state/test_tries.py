import asyncio

from snowflake.state.tries import Tries


async def test_nobody_waits_for_what_has_ended_meanwhile() -> None:
    async with asyncio.timeout(5.0):
        await Tries().wait_for("somebody", 60.0)
