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
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Final, TypeVar

import structlog
from pydantic import SecretStr

from snowflake.errors import InvalidClient, InvalidGrant, TemporarilyUnavailable, TooManyRequests
from snowflake.metrics import DISCORD_REFUSED_HERE
from snowflake.sealing import Sealer
from snowflake.store import Store
from snowflake.store.standing import WINDOW, Share, Spent

#: Seconds for which a pair that Discord refused is refused here.
REFUSED_FOR: Final = 120
#: Seconds for which somebody waits for what Discord says to another about the same pair. It is
#: within the time for which a person's tokens are leased to a refresh.
PATIENCE: Final = 4.0
#: Pairs of each kind that a process remembers.
MEMORY_SIZE: Final = 10_000
#: Seconds after which the store is told again that a pair is in use.
RENEWED_EVERY: Final = 86400
#: Seconds for which a spent share is believed to be; attempts may be taken back meanwhile.
SPENT_FOR: Final = 15

TOO_MANY: Final = (
    "Snowflake does not know these client credentials yet, and too many like them were tried; "
    "try again later"
)

Value = TypeVar("Value")

_log = structlog.get_logger(__name__)


class Standing:
    """The judge of credentials. ``clock`` tells Unix time in seconds."""

    def __init__(self, store: Store, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._records, self._sealer, self._clock = store.standing, sealer, clock
        #: When the store was last told of each pair in good standing.
        self._good: OrderedDict[str, float] = OrderedDict()
        #: Until when each pair is refused here, and in which words.
        self._refused: OrderedDict[str, tuple[float, str]] = OrderedDict()
        #: Unproven pairs with which Discord is being asked.
        self._proofs: dict[str, asyncio.Event] = {}
        #: Shares that are spent, by share and whose it is, and when that was seen. They are few,
        #: because it takes many attempts to spend one.
        self._spent: dict[tuple[Share, str], tuple[Spent, float]] = {}
        self._warned_at: dict[tuple[Share, str], float] = {}
        self._counting = asyncio.Lock()
        self._invalid = 0

    @asynccontextmanager
    async def asking(
        self, client_id: str, secret: SecretStr | None, caller: str
    ) -> AsyncIterator[None]:
        """Ask Discord something with a client's credentials in the block, if that may be done.

        What the block raises says how Discord took them. ``caller`` is the address from which they
        came.

        Raises:
            InvalidClient: Discord has refused them a moment ago.
            TooManyRequests: nobody knows them, and too much has been asked already.
            TemporarilyUnavailable: nobody knows them, and the store cannot be reached.
        """
        pair = self._pair(client_id, secret)
        async with self._one_for_all(pair):
            self._check_refused(pair)
            attempt = None
            if not await self._is_good(pair):
                attempt = await self._attempt(client_id, caller)
            try:
                yield
            except InvalidClient as refusal:
                await self._refuse(pair, refusal)
                raise
            except InvalidGrant:
                # It is the grant that is wrong, which is not looked at before the client.
                await self._accept(pair, attempt)
                raise
            except TemporarilyUnavailable:
                await self._take_back(attempt)
                raise
            await self._accept(pair, attempt)

    async def check(self, client_id: str, secret: SecretStr | None, caller: str) -> None:
        """Pass, unless it is known already that ``asking`` would refuse. Raises as it does.

        It spares the store whatever would be written before and taken back after.
        """
        pair = self._pair(client_id, secret)
        self._check_refused(pair)
        if not await self._is_good(pair):
            self._check_spent(self._owners(client_id, caller))

    async def is_good(self, client_id: str, secret: SecretStr | None) -> bool:
        """Whether Discord has accepted this pair.

        Raises:
            TemporarilyUnavailable: it is not known here, and the store cannot be reached.
        """
        return await self._is_good(self._pair(client_id, secret))

    async def note_invalid(self) -> None:
        """Count an answer of 401, 403 or 429, whoever caused it.

        The store hears of it with the next attempt or the next ``settle``, off this request's path.
        """
        self._invalid += 1

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
    async def _one_for_all(self, pair: str) -> AsyncIterator[None]:
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

    async def _is_good(self, pair: str) -> bool:
        told_at: float | None = self._good.get(pair)
        if told_at is None:
            told_at = await self._records.seen_at(pair)
        if told_at is None:
            return False
        _remember(self._good, pair, told_at)
        if told_at <= self._clock() - RENEWED_EVERY:
            await self._accept(pair)
        return True

    async def _accept(self, pair: str, attempt: str | None = None) -> None:
        if attempt is None and self._good.get(pair, 0) > self._clock() - RENEWED_EVERY:
            return
        self._refused.pop(pair, None)
        # Others may ask with it from now on; and should the store fail, it is told the next time.
        _remember(self._good, pair, 0)
        try:
            await self._records.accept(pair, attempt)
        except TemporarilyUnavailable as error:
            # What Discord has given must not be lost for it.
            _log.warning("standing_not_saved", cause=error.cause)
        else:
            _remember(self._good, pair, self._clock())

    async def _refuse(self, pair: str, refusal: InvalidClient) -> None:
        _remember(self._refused, pair, (self._clock() + REFUSED_FOR, refusal.description))
        if self._good.pop(pair, None) is None:
            return
        try:
            await self._records.forget(pair)
        except TemporarilyUnavailable as error:
            _log.warning("standing_not_saved", cause=error.cause)

    def _check_refused(self, pair: str) -> None:
        until, description = self._refused.get(pair, (0.0, ""))
        if self._clock() < until:
            DISCORD_REFUSED_HERE.labels("known bad").inc()
            raise InvalidClient(description)

    async def _attempt(self, client_id: str, caller: str) -> str:
        owners = self._owners(client_id, caller)
        # One at a time: a hundred at once would take all connections to the store.
        async with self._counting:
            self._check_spent(owners)
            noted, self._invalid = self._invalid, 0
            try:
                outcome = await self._records.attempt(
                    owners["client's share"], owners["caller's share"], noted
                )
            except TemporarilyUnavailable:
                self._invalid += noted
                raise
        if isinstance(outcome, Spent):
            self._note_spent(owners[outcome.share], outcome)
            raise self._too_many(outcome)
        return outcome

    def _owners(self, client_id: str, caller: str) -> dict[Share, str]:
        return {
            "client's share": self._sealer.digest("attempt client 1", client_id),
            "caller's share": self._sealer.digest("attempt caller 1", _network(caller)),
            "budget": "",
        }

    async def _take_back(self, attempt: str | None) -> None:
        if attempt is None:
            return
        try:
            await self._records.take_back(attempt)
        except TemporarilyUnavailable as error:
            _log.warning("attempt_not_taken_back", cause=error.cause)

    def _check_spent(self, owners: Mapping[Share, str]) -> None:
        """Refuse without a look at the store what it has refused a moment ago."""
        for key in owners.items():
            spent, seen_at = self._spent.get(key, (None, 0.0))
            if spent is not None and self._clock() < min(spent.until, seen_at + SPENT_FOR):
                raise self._too_many(spent)

    def _note_spent(self, owner: str, spent: Spent) -> None:
        now, key = self._clock(), (spent.share, owner)
        self._spent = {
            other: (known, seen_at)
            for other, (known, seen_at) in self._spent.items()
            if seen_at > now - SPENT_FOR
        }
        self._spent[key] = spent, now
        self._warned_at = {other: at for other, at in self._warned_at.items() if at > now - WINDOW}
        if key not in self._warned_at:
            self._warned_at[key] = now
            _log.warning("unproven_clients_wait", spent=spent.share, seconds=self._wait(spent))

    def _too_many(self, spent: Spent) -> TooManyRequests:
        DISCORD_REFUSED_HERE.labels(spent.share).inc()
        return TooManyRequests(TOO_MANY, self._wait(spent))

    def _wait(self, spent: Spent) -> int:
        return max(ceil(spent.until - self._clock()), 1)

    def _pair(self, client_id: str, secret: SecretStr | None) -> str:
        plain = secret.get_secret_value() if secret is not None else None
        return self._sealer.digest("client credentials 1", client_id, plain)


def _network(caller: str) -> str:
    """Answer what stands for everybody who may be this caller.

    Who has one address of IPv6 has 64 bits of them.
    """
    try:
        address = ip_address(caller)
    except ValueError:
        return caller
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return caller


def _remember(memory: OrderedDict[str, Value], pair: str, value: Value) -> None:
    memory[pair] = value
    memory.move_to_end(pair)
    if len(memory) > MEMORY_SIZE:
        memory.popitem(last=False)
