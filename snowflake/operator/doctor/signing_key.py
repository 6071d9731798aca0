"""Whether there is a key to sign with."""

from collections.abc import Callable

from pydantic import SecretStr

from snowflake.crypto.keys import SigningKey, parse_key
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.settings import Settings
from snowflake.state.key_ring import KeyRing
from snowflake.store import Store

SUBJECT = "signing key"
VARIABLE = "SNOWFLAKE_PRIVATE_KEY"


def given_key(private_key: SecretStr) -> Finding:
    """Look at the key of ``SNOWFLAKE_PRIVATE_KEY``.

    Raises:
        StartFault: it is none to sign with.
    """
    key = SigningKey(parse_key(private_key.get_secret_value(), VARIABLE))
    return Finding(Status.OK, SUBJECT, f"{key.kid} of {VARIABLE} signs")


async def kept_key(settings: Settings, store: Store, clock: Callable[[], float]) -> Finding:
    """Look at the keys in the store.

    Raises:
        StartFault: one of them is damaged.
        TemporarilyUnavailable: the store cannot be read.
    """
    ring = KeyRing(settings, store, clock)
    await ring.look()
    if not ring.all:
        return Finding(Status.NOTE, SUBJECT, "is made at the next start")
    return Finding(Status.OK, SUBJECT, f"{ring.current.kid} signs; {len(ring.all)} published")
