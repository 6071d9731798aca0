"""Which credentials Discord may be asked with: what keeps our address from a ban.

Discord bans an address after 10,000 answers of 401, 403 and 429 in 10 minutes. A wrong client
secret is a 401, and anybody can send us one. So pairs of client ID and secret are of three kinds:

- one that Discord has accepted is in good standing. Whatever others do, it may ask;
- one that Discord has just refused is refused here for a while;
- any other is unproven. Asking with it is counted in the store, before it is done, for the client,
  for the caller and in all; who is beyond a share is told when to come back.

What is remembered and stored are keyed hashes: no secret, no client ID, no address.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import SecretStr

from snowflake.errors import CodeUnreadable, InvalidClient, InvalidGrant, TemporarilyUnavailable
from snowflake.metrics import DISCORD_REFUSED_HERE
from snowflake.recent import Recent
from snowflake.sealing import Sealer
from snowflake.shares import Owners, SpentShares, owners_of
from snowflake.store import Store
from snowflake.store.standing import Pair, Spent

#: Seconds for which a pair that Discord refused is refused here.
REFUSED_FOR: Final = 120
#: Seconds for which somebody waits for what Discord says to another about the same pair, and for
#: the store to note the attempts of others. Each is within the time for which a person's tokens are
#: leased to a refresh.
PATIENCE: Final = 4.0
#: Pairs of each kind that a process remembers.
MEMORY_SIZE: Final = 10_000
#: Seconds after which the store is told again that a pair is in use.
RENEWED_EVERY: Final = 86400

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Asking:
    """One use of ``asking``, and whether Discord gave an answer that counts towards a ban."""

    invalid: bool = False


#: An error does not tell: Discord may have been asked again after such an answer, or not be asked
#: again because of it.
_asking: ContextVar[_Asking | None] = ContextVar("asking", default=None)


class Standing:
    """The judge of credentials. ``clock`` tells Unix time in seconds."""

    def __init__(self, store: Store, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._records, self._sealer, self._clock = store.standing, sealer, clock
        #: When the store was last told of each pair in good standing.
        self._good = Recent[Pair, float](MEMORY_SIZE)
        #: Until when each pair is refused here, and in which words.
        self._refused = Recent[Pair, tuple[float, str]](MEMORY_SIZE)
        #: Unproven pairs with which Discord is being asked.
        self._proofs: dict[Pair, asyncio.Event] = {}
        self._spent = SpentShares(clock)
        self._counting = asyncio.Lock()
        self._invalid = 0

    @asynccontextmanager
    async def asking(
        self, client_id: str, secret: SecretStr | None, caller: str
    ) -> AsyncIterator[None]:
        """Ask Discord something with a client's credentials in the block, if that may be done.

        What the block raises says how Discord took them. The attempt is taken back when Discord
        accepts them, or gives no answer. ``caller`` is the address from which they came.

        Raises:
            InvalidClient: Discord has refused them a moment ago.
            TooManyRequests: nobody knows them, and too much has been asked already.
            TemporarilyUnavailable: nobody knows them, and the store cannot be reached, or not soon.
        """
        pair = self._pair(client_id, secret)
        async with self._one_for_all(pair):
            self._check_refused(pair)
            attempt = None
            if not await self._is_good(pair):
                attempt = await self._attempt(owners_of(self._sealer, client_id, caller))
            asking = _Asking()
            token = _asking.set(asking)
            try:
                yield
            except InvalidClient as refusal:
                await self._refuse(pair, refusal)
                raise
            except CodeUnreadable:
                # Discord may have said so before it looked at the client: it proves nothing.
                raise
            except InvalidGrant:
                # It is the grant that is wrong, which is not looked at before the client.
                await self._accept(pair, attempt)
                raise
            except TemporarilyUnavailable as outage:
                if not (asking.invalid or outage.answered):
                    await self._take_back(attempt)
                raise
            finally:
                _asking.reset(token)
            await self._accept(pair, attempt)

    async def check(self, client_id: str, secret: SecretStr | None, caller: str) -> None:
        """Pass, unless it is known already that ``asking`` would refuse. Raises as it does.

        It spares the store whatever would be written before and taken back after.
        """
        pair = self._pair(client_id, secret)
        self._check_refused(pair)
        if not await self._is_good(pair):
            self._spent.check(owners_of(self._sealer, client_id, caller))

    async def is_good(self, client_id: str, secret: SecretStr | None) -> bool:
        """Whether Discord has accepted this pair.

        Raises:
            TemporarilyUnavailable: it is not known here, and the store cannot be reached.
        """
        return await self._is_good(self._pair(client_id, secret))

    async def vouch(self, client_id: str, secret: SecretStr) -> None:
        """Put a pair in good standing because a grant was made with it.

        Not one that was refused since: it would be good and refused by turns, each time by Discord.
        """
        pair = self._pair(client_id, secret)
        if pair not in self._refused and pair not in self._good:
            await self._accept(pair)

    async def note_invalid(self) -> None:
        """Count an answer of 401, 403 or 429, whoever caused it.

        The store hears of it with the next attempt or the next ``settle``, off this request's path.
        """
        self._invalid += 1
        asking = _asking.get()
        if asking is not None:
            asking.invalid = True

    async def settle(self) -> None:
        """Tell the store of the invalid answers that it has not heard of.

        Raises:
            TemporarilyUnavailable: it cannot be reached; they are kept for the next time.
        """
        noted, self._invalid = self._invalid, 0
        if not noted:
            return
        try:
            await self._records.add_invalid(noted)
        except TemporarilyUnavailable:
            self._invalid += noted
            raise

    @asynccontextmanager
    async def _one_for_all(self, pair: Pair) -> AsyncIterator[None]:
        """Of those who bring the same unproven pair at once, let one find out for the others.

        Else a client that nobody knows yet would spend its share on its own first people.
        """
        if (proof := self._proofs.get(pair)) is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(proof.wait(), PATIENCE)
            self._check_refused(pair)
            if pair not in self._good:
                raise TemporarilyUnavailable("Discord gave no usable answer; try again")
        if pair in self._good:
            yield
            return
        proof = self._proofs[pair] = asyncio.Event()
        try:
            yield
        finally:
            del self._proofs[pair]
            proof.set()

    async def _is_good(self, pair: Pair) -> bool:
        told_at: float | None = self._good.get(pair)
        if told_at is None:
            told_at = await self._records.seen_at(pair)
        if told_at is None:
            return False
        self._good[pair] = told_at
        if told_at <= self._clock() - RENEWED_EVERY:
            await self._accept(pair)
        return True

    async def _accept(self, pair: Pair, attempt: str | None = None) -> None:
        if attempt is None and self._good.get(pair, 0) > self._clock() - RENEWED_EVERY:
            return
        self._refused.pop(pair, None)
        # Others may ask with it from now on; and should the store fail, it is told the next time.
        self._good[pair] = 0
        try:
            await self._records.accept(pair, attempt)
        except TemporarilyUnavailable as error:
            # What Discord has given must not be lost for it.
            _log.warning("standing_not_saved", cause=error.cause)
        else:
            self._good[pair] = self._clock()

    async def _refuse(self, pair: Pair, refusal: InvalidClient) -> None:
        self._refused[pair] = self._clock() + REFUSED_FOR, refusal.description
        if self._good.pop(pair, None) is None:
            return
        try:
            await self._records.forget(pair)
        except TemporarilyUnavailable as error:
            _log.warning("standing_not_saved", cause=error.cause)

    def _check_refused(self, pair: Pair) -> None:
        until, description = self._refused.get(pair, (0.0, ""))
        if self._clock() < until:
            DISCORD_REFUSED_HERE.labels("known bad").inc()
            raise InvalidClient(description)

    async def _attempt(self, owners: Owners) -> str:
        async with self._counting_alone():
            self._spent.check(owners)
            noted, self._invalid = self._invalid, 0
            try:
                outcome = await self._records.attempt(
                    owners["client's share"], owners["caller's share"], noted
                )
            except TemporarilyUnavailable:
                self._invalid += noted
                raise
        if isinstance(outcome, Spent):
            raise self._spent.note(owners, outcome)
        return outcome

    @asynccontextmanager
    async def _counting_alone(self) -> AsyncIterator[None]:
        """Let one at a time count: a hundred at once would take all connections to the store.

        While the store is slow, who cannot be counted soon is sent away, whatever it has reserved.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                await self._counting.acquire()
        except TimeoutError:
            raise TemporarilyUnavailable("the store is slow; try again") from None
        try:
            yield
        finally:
            self._counting.release()

    async def _take_back(self, attempt: str | None) -> None:
        if attempt is None:
            return
        try:
            await self._records.take_back(attempt)
        except TemporarilyUnavailable as error:
            _log.warning("attempt_not_taken_back", cause=error.cause)

    def _pair(self, client_id: str, secret: SecretStr | None) -> Pair:
        plain = secret.get_secret_value() if secret is not None else None
        return self._sealer.digests("client credentials 1", client_id, plain)
