"""What anybody can try at us, how often, and whose shares it spends."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, Literal

from snowflake.store.attempts import Share

#: Whose shares there are, and what the log and the metrics call them.
Owner = Literal["client", "caller", "login", "person", "everybody"]
_LABELS: Final[Mapping[Owner, str]] = {
    "client": "client's share",
    "caller": "caller's share",
    "login": "login's share",
    "person": "person's share",
    "everybody": "budget",
}


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Something that can be tried: how often in ``WINDOW``, by whom.

    ``event`` is what the log says when a share is spent, ``words`` what is answered then. Refusals
    are counted among the ``calls`` that spare Discord, if they do.
    """

    name: str
    event: str
    words: str
    most: Mapping[Owner, int]
    calls: bool = True


UNPROVEN: Final = Kind(
    name="unproven credentials",
    event="unproven_clients_wait",
    words="Snowflake does not know these client credentials yet, and too many like them were "
    "tried; try again later",
    most={"client": 20, "caller": 100, "everybody": 300},
)
GUESSES: Final = Kind(
    name="client secrets",
    event="guesses_wait",
    words="too many wrong client secrets; try again later",
    most={"client": 20, "everybody": 300},
    calls=False,
)
#: A person who has signed in before, in the browser at hand, has a share in place of those which
#: others can spend.
FAILED_CODES: Final = Kind(
    name="failed codes",
    event="failed_codes_wait",
    words="too many sign-ins with codes that Discord did not make; try again later",
    most={"login": 5, "caller": 60, "everybody": 300, "person": 20},
)
#: The same goes for who tries user codes, of which there are 20 to the 8th, or 2.6e10. In the ten
#: minutes for which a device shows its own, all strangers of the world find it with 1,000 / 2.6e10,
#: or 2 to the -25th: where ten devices wait at any time, and nobody minds the log, once in fifty
#: years. (The example of RFC 8628, section 5.1, has 2 to the -32nd, by five guesses. Whoever
#: finds a code gets into nobody's account, but can sign the device in to their own.) Each person at
#: Discord who joins in has 20 more. Seventeen addresses spend the 1,000, which so must be no lock:
#: a browser in which nobody has signed in yet is sent to Discord first (``oidc/devices``).
USER_CODES: Final = Kind(
    name="user codes",
    event="user_codes_wait",
    words="too many codes that no device shows; try again later",
    most={"login": 10, "caller": 60, "everybody": 1000, "person": 20},
    calls=False,
)
#: Public clients begin as many as they like, each a row of the store.
DEVICES: Final = Kind(
    name="devices",
    event="devices_wait",
    words="too many devices have begun to sign in at this address; try again later",
    most={"caller": 100},
    calls=False,
)
#: So has an address that has shown the right one before.
HOOK: Final = Kind(
    name="hook secret",
    event="hook_waits",
    words="the secret of the hook was wrong too often; try again later",
    most={"everybody": 20, "caller": 20},
    calls=False,
)


@dataclass(frozen=True, slots=True)
class Quota:
    """The shares that an attempt of some kind spends, and those that it needs ``beside``."""

    kind: Kind
    owners: Mapping[str, Owner]
    beside: tuple[Share, ...] = ()

    @property
    def shares(self) -> list[Share]:
        """The shares as the store counts them."""
        own = (Share(digest, self.kind.most[owner]) for digest, owner in self.owners.items())
        return [*own, *self.beside]

    def label(self, digest: str) -> str:
        """What a share is called; one beside its own stops everybody."""
        return _LABELS[self.owners.get(digest, "everybody")]


def network_of(caller: str) -> str:
    """Answer what stands for everybody who may be at an address.

    Who has one address of IPv6 has 64 bits of them.
    """
    try:
        address = ip_address(caller)
    except ValueError:
        return caller
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return caller
