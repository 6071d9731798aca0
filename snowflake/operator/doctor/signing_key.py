"""Whether there are keys to sign with."""

from collections.abc import AsyncIterator, Callable, Iterator

from snowflake.operator.doctor.finding import Finding, Status
from snowflake.settings import Settings
from snowflake.state.key_ring import KnownKeys
from snowflake.state.key_ring.successions import PRIVATE_KEY, given_keys
from snowflake.store import Store

SUBJECT = "signing key"


def keys_given(settings: Settings) -> Iterator[Finding]:
    """Look at the keys of ``SNOWFLAKE_PRIVATE_KEY``, if it is set.

    Raises:
        StartFault: one of them is none to sign with.
    """
    # The first of each algorithm signs.
    first = {key.algorithm.name: key for key in reversed(given_keys(settings))}
    for name, key in first.items():
        yield Finding(Status.OK, SUBJECT, f"{key.kid} of {PRIVATE_KEY} signs by {name}")


async def keys_kept(
    settings: Settings, store: Store, clock: Callable[[], float]
) -> AsyncIterator[Finding]:
    """Look at the keys in the store, of algorithms of which the operator has given none.

    Raises:
        StartFault: one of them is damaged.
        TemporarilyUnavailable: the store cannot be read.
    """
    keys = KnownKeys(settings, store, clock)
    await keys.look()
    for name in keys.rotated:
        number = sum(part.key.algorithm.name == name for part in keys.parts)
        text = f"{keys.key_of(name).kid} signs by {name}; {number} published"
        yield Finding(Status.OK, SUBJECT, text)
    for name in keys.lacking:
        yield Finding(Status.NOTE, SUBJECT, f"is made at the next start, to sign by {name}")
