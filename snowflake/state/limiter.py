"""How often strangers may try in vain: the one limiter, over what the store counts.

Whatever anybody can try at us is of a ``Kind``. Each attempt spends a share of several owners, so
that one who tries too often meets their own limit before they spend what all have in common:

- credentials that Discord does not know yet, of which a wrong one brings a ban of our address
  nearer (``reputation``);
- secrets that are checked here, each at the cost of a slow hash (``oidc/authentication``);
- codes that Discord has not made (``protocol/failed_codes``);
- user codes that no device shows (``oidc/devices``), and devices of public clients
  (``oidc/device_authorization``);
- the secret of the hook (``linked_roles/hook``).

What may be right counts only once it was wrong, and costs whoever is right one look at the store,
which may be part of what they do there anyway; what costs us something even so is counted before,
and taken back. What the store said to be spent is refused here for a while without a look at it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import ceil
from typing import Final

import structlog

from snowflake.concurrency.recent import Recent
from snowflake.crypto.sealing import Sealer
from snowflake.errors import Busy, StoreDown, TemporarilyUnavailable, TooManyRequests
from snowflake.state.quota import Kind, Owner, Quota
from snowflake.state.tries import Tries
from snowflake.store.attempts import WINDOW, Attempts, Spent
from snowflake.telemetry.metrics import DISCORD_REFUSED_HERE

#: Seconds for which a spent share is believed to be; attempts may be taken back meanwhile.
SPENT_FOR: Final = 15
#: Seconds after which somebody looks again who waits for others.
LOOK_EVERY: Final = 0.5
#: Seconds for which somebody waits for others who try the same, and for the store to count them. It
#: is within the time for which a person's tokens are leased to a refresh.
PATIENCE: Final = 4.0
#: Callers of whom is remembered that they were right.
MOST_PROVEN: Final = 1024

_log = structlog.get_logger(__name__)


class Limiter:
    """The limiter of this process. ``clock`` tells Unix time in seconds, for its memory alone."""

    def __init__(self, attempts: Attempts, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._attempts, self._sealer, self._clock = attempts, sealer, clock
        #: Spent shares by whose they are, and when that was seen. They are few, because it takes
        #: many attempts to spend one.
        self._spent: dict[str, tuple[Spent, float]] = {}
        self._warned_at: dict[str, float] = {}
        #: Who has been right before, as this process saw it.
        self._proven = Recent[str, None](MOST_PROVEN)
        self._counting = asyncio.Lock()
        self._tries = Tries()
        self._looking = asyncio.Lock()

    @property
    def failures(self) -> int:
        """How much has been tried in vain here. What was seen in the store before may be over."""
        return self._tries.failures

    @property
    def knows_of_none(self) -> bool:
        """Whether no share is remembered to be spent, so that there is nothing to ``check``."""
        return not self._spent

    def of(self, kind: Kind, **owners: str) -> Quota:
        """Answer the quota of somebody who is known by ``client``, ``caller`` and so on.

        ``everybody`` is nobody in particular, and so is empty.
        """
        return Quota(
            kind,
            {
                self._digest(kind, owner, owners[owner]): owner
                for owner in kind.most
                if owner in owners
            },
        )

    def check(self, quota: Quota) -> None:
        """Pass, unless a share is remembered to be spent.

        Raises:
            TooManyRequests: one is.
        """
        for digest in (share.owner for share in quota.shares):
            spent, seen_at = self._spent.get(digest, (None, 0.0))
            if spent is None:
                continue
            # A clock that was set back makes it seem to lie ahead.
            age = self._clock() - seen_at
            if 0 <= age < min(spent.wait, SPENT_FOR):
                raise _too_many(quota, Spent(digest, max(ceil(spent.wait - age), 1)))

    def prove(self, kind: Kind, caller: str) -> None:
        """Remember that somebody was right who called from an address."""
        self._proven[self._digest(kind, "caller", caller)] = None

    def has_proven(self, kind: Kind, caller: str) -> bool:
        """Whether somebody at an address was right before."""
        return self._digest(kind, "caller", caller) in self._proven

    async def take(self, quota: Quota) -> str:
        """Count an attempt before it is made; answer its ID, by which it can be taken back.

        Raises:
            TooManyRequests: a share is spent.
            TemporarilyUnavailable: the store cannot be reached, or not soon.
        """
        # A hundred at once would take all connections to the store.
        async with _soon(self._counting):
            self.check(quota)
            outcome = await self._attempts.take(quota.shares)
        if isinstance(outcome, Spent):
            raise self._note(quota, outcome)
        return outcome

    async def take_back(self, attempt: str) -> None:
        """Forget an attempt that told nothing, if the store can be reached."""
        try:
            await self._attempts.take_back(attempt)
        except TemporarilyUnavailable as error:
            _log.warning("attempt_not_taken_back", cause=error.cause)

    async def count(self, quota: Quota) -> None:
        """Count an attempt that was in vain, if the store can be reached."""
        try:
            await self._attempts.count(quota.shares)
        except TemporarilyUnavailable as error:
            _log.warning("attempt_not_counted", cause=error.cause)

    @asynccontextmanager
    async def trying(
        self, quota: Quota, in_vain: type[Exception], *, none_since: int | None = None
    ) -> AsyncIterator[None]:
        """Try something in the block that is counted if it ends with an error of this type.

        What is under way in this process counts as if it were in vain: whoever comes when only that
        is in their way waits for it. ``none_since`` is what ``failures`` was before somebody saw in
        the store that none of the owners has tried anything in vain, if somebody did.

        Raises:
            TooManyRequests: a share is spent.
            TemporarilyUnavailable: the store cannot be reached, or too much is under way.
        """
        # Whatever has failed since then is counted there, and whatever may fail is under way.
        is_calm = none_since == self.failures and all(
            share.most > 0 for share in self._tries.left(quota.shares)
        )
        if is_calm:
            self._tries.begin(quota)
        else:
            await self._find_room(quota)
        failed = False
        try:
            yield
        except in_vain:
            failed = True
            await self.count(quota)
            raise
        finally:
            self._tries.end(quota, failed=failed)

    async def _find_room(self, quota: Quota) -> None:
        time = asyncio.get_running_loop().time
        deadline = time() + PATIENCE
        while True:
            async with _soon(self._looking):
                busy = await self._busy(quota)
                if busy is None:
                    self._tries.begin(quota)
                    return
            if time() >= deadline:
                raise Busy("too much of this is under way; try again")
            await self._tries.wait_for(busy, LOOK_EVERY)

    async def _busy(self, quota: Quota) -> str | None:
        """Answer whose share would be spent if all failed that is under way, None if nobody's."""
        self.check(quota)
        shares = quota.shares
        busy = await self._attempts.spent(self._tries.left(shares))
        if busy is None:
            return None
        spent = await self._attempts.spent(shares) if self._tries.of(busy.owner) else busy
        if spent is not None:
            raise self._note(quota, spent)
        return busy.owner

    def _digest(self, kind: Kind, owner: Owner, value: str) -> str:
        return self._sealer.digest(f"attempt 2 {kind.name} {owner}", value)

    def _note(self, quota: Quota, spent: Spent) -> TooManyRequests:
        """Remember that a share is spent, and answer the error to raise for it."""
        now = self._clock()
        self._spent = {
            owner: (known, seen_at)
            for owner, (known, seen_at) in self._spent.items()
            if 0 <= now - seen_at < SPENT_FOR
        }
        self._spent[spent.owner] = spent, now
        self._warned_at = {
            owner: at for owner, at in self._warned_at.items() if 0 <= now - at < WINDOW
        }
        if spent.owner not in self._warned_at:
            self._warned_at[spent.owner] = now
            _log.warning(quota.kind.event, spent=quota.label(spent.owner), seconds=spent.wait)
        return _too_many(quota, spent)


def _too_many(quota: Quota, spent: Spent) -> TooManyRequests:
    if quota.kind.calls:
        DISCORD_REFUSED_HERE.labels(quota.label(spent.owner)).inc()
    return TooManyRequests(quota.kind.words, spent.wait)


@asynccontextmanager
async def _soon(lock: asyncio.Lock) -> AsyncIterator[None]:
    """Hold a lock, or be sent away while the store is slow, whatever has been reserved by then."""
    try:
        async with asyncio.timeout(PATIENCE):
            await lock.acquire()
    except TimeoutError:
        raise StoreDown("the store is slow; try again") from None
    try:
        yield
    finally:
        lock.release()
