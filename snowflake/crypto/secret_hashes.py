"""Slow salted hashes of client secrets (Argon2id), and a short memory of those known to be good."""

import asyncio
import hmac
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import SecretStr

from snowflake.concurrency.recent import Recent
from snowflake.concurrency.single_flight import SingleFlight
from snowflake.settings.phc import HASH

#: Passes, threads and KiB of memory: OWASP's recommendation for Argon2id.
ITERATIONS, LANES, MEMORY = 2, 1, 19 * 1024
SALT_LENGTH, HASH_LENGTH = 16, 32
#: Pairs of secret and hash that are remembered.
MEMORY_SIZE = 1024
#: Hashes of one secret that are remembered: each process makes one of its own.
HASHES_OF_ONE = 64

Result = TypeVar("Result")


class SecretHashes:
    """Makes and checks hashes off the event loop.

    What matched once is remembered under a key that lives and dies with the process, so that an
    application that signs in a thousand people pays for one slow hash. What did not is remembered
    apart from it, so that no flood of wrong secrets washes the right ones out.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        # One at a time: each takes a processor and 19 MiB for as long as it lasts.
        self._thread = ThreadPoolExecutor(1, "argon2")
        self._single_flight = SingleFlight()
        self._known = Recent[bytes, set[str]](MEMORY_SIZE)
        self._wrong = Recent[tuple[bytes, str], None](MEMORY_SIZE)

    async def make(self, client_id: str, secret: SecretStr) -> str:
        """Answer a hash of a client's secret, in PHC string format."""
        known = self._recall(client_id, secret)
        if known:
            return next(iter(known))

        async def work() -> str:
            hashed = await self._slowly(_make, secret)
            self._remember(client_id, secret, hashed)
            return hashed

        # Of many first logins at once, one makes the hash for all of them.
        return await self._single_flight.run(self._digest(client_id, secret), work)

    async def match(self, client_id: str, secret: SecretStr, hashed: str) -> bool:
        """Whether a hash was made of this client's secret.

        In place of a hash there may be the secret itself, as in a registered client's table.
        """
        remembered = self.remembered(client_id, secret, hashed)
        if remembered is not None:
            return remembered
        digest = self._digest(client_id, secret)

        async def work() -> bool:
            matches = await self._slowly(_match, secret, hashed)
            if matches:
                self._remember(client_id, secret, hashed)
            else:
                self._wrong[digest, hashed] = None
            return matches

        return await self._single_flight.run((digest, hashed), work)

    def remembered(self, client_id: str, secret: SecretStr, hashed: str) -> bool | None:
        """What ``match`` would answer, if that costs no slow hash, and else None."""
        if hashed in self._recall(client_id, secret):
            return True
        return False if (self._digest(client_id, secret), hashed) in self._wrong else None

    async def _slowly(self, work: Callable[..., Result], *values: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)

    def _recall(self, client_id: str, secret: SecretStr) -> set[str]:
        digest = self._digest(client_id, secret)
        if digest in self._known:
            self._known.move_to_end(digest)
        return self._known.get(digest, set())

    def _remember(self, client_id: str, secret: SecretStr, hashed: str) -> None:
        digest = self._digest(client_id, secret)
        hashes = self._known.get(digest, set())
        if len(hashes) >= HASHES_OF_ONE:
            hashes.clear()
        hashes.add(hashed)
        self._known[digest] = hashes

    def _digest(self, client_id: str, secret: SecretStr) -> bytes:
        text = f"{client_id} {secret.get_secret_value()}"
        return hmac.digest(self._key, text.encode(), "sha256")


def _make(secret: SecretStr) -> str:
    argon2 = Argon2id(
        salt=os.urandom(SALT_LENGTH),
        length=HASH_LENGTH,
        iterations=ITERATIONS,
        lanes=LANES,
        memory_cost=MEMORY,
    )
    return argon2.derive_phc_encoded(secret.get_secret_value().encode())


def _match(secret: SecretStr, hashed: str) -> bool:
    if not hashed.startswith(HASH):
        return hmac.compare_digest(secret.get_secret_value().encode(), hashed.encode())
    try:
        Argon2id.verify_phc_encoded(secret.get_secret_value().encode(), hashed)
    except InvalidKey:
        return False
    return True
