"""Whose shares an attempt with unproven credentials spends, and the memory of those that are spent.

The store counts attempts. What it refused a moment ago is refused here without a look at it.
"""

from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Final

import structlog

from snowflake.errors import TooManyRequests
from snowflake.metrics import DISCORD_REFUSED_HERE
from snowflake.sealing import Sealer
from snowflake.store.standing import WINDOW, Share, Spent

#: Seconds for which a spent share is believed to be; attempts may be taken back meanwhile.
SPENT_FOR: Final = 15

TOO_MANY: Final = (
    "Snowflake does not know these client credentials yet, and too many like them were tried; "
    "try again later"
)

#: Whose each share is, as keyed hashes.
Owners = Mapping[Share, str]

_log = structlog.get_logger(__name__)


class SpentShares:
    """Shares that are spent, as this process saw it. ``clock`` tells Unix time in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        #: By share and whose it is, and when that was seen. They are few, because it takes many
        #: attempts to spend one.
        self._spent: dict[tuple[Share, str], tuple[Spent, float]] = {}
        self._warned_at: dict[tuple[Share, str], float] = {}

    def check(self, owners: Owners) -> None:
        """Pass, unless a share is known to be spent.

        Raises:
            TooManyRequests: one is.
        """
        for key in owners.items():
            spent, seen_at = self._spent.get(key, (None, 0.0))
            if spent is not None and self._clock() < min(spent.until, seen_at + SPENT_FOR):
                raise self._too_many(spent)

    def note(self, owners: Owners, spent: Spent) -> TooManyRequests:
        """Remember that a share is spent, and answer the error to raise for it."""
        now, key = self._clock(), (spent.share, owners[spent.share])
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
        return self._too_many(spent)

    def _too_many(self, spent: Spent) -> TooManyRequests:
        DISCORD_REFUSED_HERE.labels(spent.share).inc()
        return TooManyRequests(TOO_MANY, self._wait(spent))

    def _wait(self, spent: Spent) -> int:
        return max(ceil(spent.until - self._clock()), 1)


def owners_of(sealer: Sealer, client_id: str, caller: str) -> Owners:
    """Answer whose shares are spent when a client is tried from a caller's address."""
    return {
        "client's share": sealer.digest("attempt client 1", client_id),
        "caller's share": sealer.digest("attempt caller 1", _network(caller)),
        "budget": "",
    }


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
