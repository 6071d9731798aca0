"""What is tried at this moment and may be in vain, for the one limiter."""

import asyncio
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace

from snowflake.state.quota import Quota
from snowflake.store.attempts import Share


class Tries:
    """The tries of this process that are under way, by whose shares they would spend.

    ``failures`` is how many have failed, which the store has counted by then.
    """

    def __init__(self) -> None:
        self.failures = 0
        self._under_way = Counter[str]()
        #: Those in whose way it is, by the share that stops them.
        self._waiting = defaultdict[str, list[asyncio.Event]](list)

    def of(self, owner: str) -> int:
        """Answer how many would spend somebody's share."""
        return self._under_way[owner]

    def left(self, shares: list[Share]) -> list[Share]:
        """Answer what would be left of shares if all failed."""
        return [replace(share, most=share.most - self.of(share.owner)) for share in shares]

    def begin(self, quota: Quota) -> None:
        """Note that somebody has begun."""
        self._under_way.update(quota.owners.keys())

    def end(self, quota: Quota, *, failed: bool) -> None:
        """Note that they have come to an end.

        Those look again in whose way it was: one if it was good, all if it was the last. Another
        one that failed counts as much as before.
        """
        self.failures += failed
        for owner in quota.owners:
            self._under_way[owner] -= 1
            waiting = self._waiting.get(owner, [])
            if not self._under_way[owner]:
                del self._under_way[owner]
                self._waiting.pop(owner, None)
            elif failed:
                continue
            else:
                waiting, self._waiting[owner] = waiting[:1], waiting[1:]
            for ended in waiting:
                ended.set()

    async def wait_for(self, owner: str, seconds: float) -> None:
        """Wait until one has ended that is in the way, or for some seconds.

        Of several shares another one may have room by then, of which nobody is told.
        """
        if not self.of(owner):
            # The last of them has ended since somebody looked. Nobody would tell, or forget this.
            return
        ended = asyncio.Event()
        self._waiting[owner].append(ended)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), seconds)
        finally:
            # Whoever waits no more must not be told in place of somebody who does.
            with suppress(ValueError):
                self._waiting.get(owner, []).remove(ended)
