"""How fast the bot looks again: by Discord's limits, and so that logins come first."""

import asyncio
from collections.abc import Collection
from typing import Final

import structlog

from snowflake.discord.client import DiscordClient
from snowflake.errors import DiscordDown
from snowflake.store.watched_people import Due

#: Lookups a second, at least and at most. Discord lets a bot make 50 requests of all kinds.
SLOWEST, FASTEST = 5.0, 20.0
#: Part of ``watch`` by which everybody is to have been looked at.
DONE_BY: Final = 0.95
#: Seconds to wait at most; if it takes longer, others come first.
LONGEST_WAIT: Final = 10.0

_log = structlog.get_logger(__name__)


class Pace:
    """The pace of one process."""

    def __init__(self, discord: DiscordClient) -> None:
        self._discord = discord
        self._free_at = 0.0
        self._late_since: float | None = None
        self._told = False

    def wait(self, guilds: Collection[str], rate: float) -> float | None:
        """Answer for how many seconds to wait before lookups in some guilds.

        There are to be so many of them a second, at most. Answers None if it is not the time for
        any: Discord is down, or what its limits have left is for logins.
        """
        if not guilds:
            return 0.0
        try:
            self._discord.check_is_up()
        except DiscordDown:
            return None
        left_to_others = max(self._discord.bot.pause(guild) for guild in guilds) * len(guilds)
        now = asyncio.get_running_loop().time()
        wait = max(left_to_others, self._free_at - now, 0.0)
        if wait > LONGEST_WAIT:
            return None
        self._free_at = now + wait + len(guilds) / rate
        return wait

    def rate(self, oldest: Due, waiting: int, every: float, now: float) -> float:
        """Answer how many lookups a second it takes for all who wait, the ``oldest`` the longest.

        Each is to be looked at ``every`` so many seconds. It is no more than Discord allows: if
        that is not enough for so long that nobody has just been catching up, it is said once.
        """
        self._note_haste(oldest, waiting, every, now)
        left = oldest.looked_at + every * DONE_BY - now
        needed = waiting / left if left > 0 else FASTEST
        return min(max(needed, SLOWEST), FASTEST)

    def catch_up(self) -> None:
        """Note that there was an outage, after which there is time to catch up."""
        self._late_since = None

    def _note_haste(self, oldest: Due, waiting: int, every: float, now: float) -> None:
        if oldest.looked_at + every >= now:
            self._late_since = None
            return
        if self._late_since is None:
            self._late_since = now
        if now - self._late_since > every and not self._told:
            self._told = True
            _log.warning(
                "watch_too_short",
                watch=int(every),
                waiting=waiting,
                message="there are more people than Discord's limits let us look at in this time; "
                "those who wait longest come first",
            )
