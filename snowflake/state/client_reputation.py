"""Which credentials Discord may be asked with: what keeps our address from a ban.

Discord bans an address after 10,000 answers of 401, 403 and 429 in 10 minutes. A wrong client
secret is a 401, and anybody can send us one. So pairs of client ID and secret are of three kinds:

- one that Discord has accepted is in good standing. Whatever others do, it may ask;
- one that Discord has just refused is refused here for a while;
- any other is unproven. Asking with it is counted (``limiter``) before it is done, for the client,
  for the caller and in all; who is beyond a share is told when to come back.

A client without a secret shows nothing of its own: anybody can come in its name, and have Discord
refuse them. So a refusal is not remembered for others who come without a secret, and takes no good
standing away; it is counted for the caller who caused it.

What is remembered and stored are keyed hashes: no secret, no client ID, no address.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog
from pydantic import SecretStr

from snowflake.concurrency.recent import Recent
from snowflake.concurrency.single_flight import SingleFlight
from snowflake.crypto.sealing import Sealer
from snowflake.errors import CodeUnreadable, InvalidClient, InvalidGrant, TemporarilyUnavailable
from snowflake.state.invalid_answers import InvalidAnswers
from snowflake.state.limiter import PATIENCE, Limiter
from snowflake.state.quota import UNPROVEN, Quota, network_of
from snowflake.store import Store
from snowflake.store.reputation import Pair
from snowflake.telemetry.metrics import DISCORD_REFUSED_HERE

#: Seconds for which a pair that Discord refused is refused here.
REFUSED_FOR: Final = 120
#: Pairs of each kind that a process remembers.
MEMORY_SIZE: Final = 10_000
#: Seconds after which the store is told again that a pair is in use.
RENEWED_EVERY: Final = 86400

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Proof:
    """What comes of asking Discord about a pair: whether it ``refused``, to be asked again."""

    refused: bool = False


class Reputation:
    """The judge of credentials. ``clock`` tells Unix time in seconds."""

    def __init__(
        self, store: Store, limiter: Limiter, sealer: Sealer, clock: Callable[[], float]
    ) -> None:
        self._records, self._limiter = store.reputations, limiter
        self._sealer, self._clock = sealer, clock
        self.invalid_answers = InvalidAnswers(store.attempts)
        #: When the store was last told of each pair in good standing.
        self._good = Recent[Pair, float](MEMORY_SIZE)
        #: When Discord refused each pair that is refused here, and in which words.
        self._refused = Recent[Pair, tuple[float, str]](MEMORY_SIZE)
        #: Unproven pairs with which Discord is being asked.
        self._proofs = SingleFlight()

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
        async with self._one_for_all(pair) as proof:
            self._check_refused(pair)
            is_good = await self._is_good(pair)
            quota = self._quota(client_id, secret, caller, is_good=is_good)
            attempt = await self._begin(quota, is_good=is_good)
            with self.invalid_answers.hearing() as heard:
                try:
                    yield
                except InvalidClient as refusal:
                    if secret is not None:
                        await self._refuse(pair, refusal)
                    elif quota is not None:
                        proof.refused = True
                        await self._count_refusal(quota, is_good=is_good)
                    raise
                except CodeUnreadable:
                    # Discord may have said so before it looked at the client: it proves nothing.
                    raise
                except InvalidGrant:
                    # It is the grant that is wrong, which is not looked at before the client.
                    await self._accept(pair, attempt)
                    raise
                except TemporarilyUnavailable as outage:
                    if attempt is not None and not (heard.invalid or outage.answered):
                        await self._limiter.take_back(attempt)
                    raise
            await self._accept(pair, attempt)

    async def check(self, client_id: str, secret: SecretStr | None, caller: str) -> None:
        """Pass, unless it is known already that ``asking`` would refuse. Raises as it does.

        It spares the store whatever would be written before and taken back after.
        """
        pair = self._pair(client_id, secret)
        self._check_refused(pair)
        quota = self._quota(client_id, secret, caller, is_good=await self._is_good(pair))
        if quota is not None:
            self._limiter.check(quota)

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

    @asynccontextmanager
    async def _one_for_all(self, pair: Pair) -> AsyncIterator[_Proof]:
        """Of those who bring the same unproven pair at once, let one find out for the others.

        Else a client that nobody knows yet would spend its share on its own first people. Where no
        secret was shown, a refusal says nothing of the others, of whom the next one finds out.
        """
        latest = asyncio.get_running_loop().time() + PATIENCE
        while self._proofs.is_under_way(pair):
            proof = _Proof()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(latest):
                    proof = await self._proofs.follow(pair)
            self._check_refused(pair)
            if pair in self._good:
                break
            if not proof.refused:
                raise TemporarilyUnavailable("Discord gave no usable answer; try again")
        if pair in self._good:
            yield _Proof()
            return
        # The work is the leader's own, whose code works once; what others get of it is the proof.
        proof = _Proof()
        with self._proofs.leading(pair, proof):
            yield proof

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
            _log.warning("reputation_not_saved", cause=error.cause)
        else:
            self._good[pair] = self._clock()

    async def _refuse(self, pair: Pair, refusal: InvalidClient) -> None:
        self._refused[pair] = self._clock(), refusal.description
        if self._good.pop(pair, None) is None:
            return
        try:
            await self._records.forget(pair)
        except TemporarilyUnavailable as error:
            _log.warning("reputation_not_saved", cause=error.cause)

    def _check_refused(self, pair: Pair) -> None:
        refused_at, description = self._refused.get(pair, (0.0, ""))
        # A clock that was set back makes it seem to lie ahead.
        if description and 0 <= self._clock() - refused_at < REFUSED_FOR:
            DISCORD_REFUSED_HERE.labels("known bad").inc()
            raise InvalidClient(description)

    def _quota(
        self, client_id: str, secret: SecretStr | None, caller: str, *, is_good: bool
    ) -> Quota | None:
        """Answer whose shares are spent when Discord refuses; None if it is known not to."""
        if is_good and secret is not None:
            return None
        # Whoever comes without a secret shares the client's good name, and not its share.
        owners = {} if is_good else {"client": client_id, "everybody": ""}
        quota = self._limiter.of(UNPROVEN, caller=network_of(caller), **owners)
        return replace(quota, beside=(self.invalid_answers.share,))

    async def _begin(self, quota: Quota | None, *, is_good: bool) -> str | None:
        """Count an attempt with an unproven pair before it is made, and answer its ID."""
        if quota is None:
            return None
        self._limiter.check(quota)
        if is_good:
            return None
        await self.invalid_answers.settle()
        return await self._limiter.take(quota)

    async def _count_refusal(self, quota: Quota, *, is_good: bool) -> None:
        """Count what Discord refused to a good client without a secret; others are counted."""
        if is_good:
            with suppress(TemporarilyUnavailable):
                await self._limiter.take(quota)

    def _pair(self, client_id: str, secret: SecretStr | None) -> Pair:
        plain = secret.get_secret_value() if secret is not None else None
        return self._sealer.digests("client credentials 1", client_id, plain)
