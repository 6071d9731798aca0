"""The keys of those subjects that nobody can compute who has not the secret."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: Bytes of the secret, and of each key.
LENGTH: Final = 32
_OF_UUID: Final = 16


@dataclass(frozen=True, slots=True)
class Keys:
    """What the subjects of one Snowflake are made with. Whoever has it can tell whose they are.

    Each mode has a key of its own, so that no subject of one says anything of another.
    """

    hash: bytes = field(repr=False)
    pairwise: bytes = field(repr=False)
    namespace: UUID = field(repr=False)

    @classmethod
    def derive(cls, secret: bytes) -> "Keys":
        """Derive them from the secret that is made once (HKDF, RFC 5869)."""
        return cls(
            hash=_derived(secret, "hash", LENGTH),
            pairwise=_derived(secret, "pairwise", LENGTH),
            namespace=UUID(bytes=_derived(secret, "uuid", _OF_UUID), version=4),
        )


def _derived(secret: bytes, mode: str, length: int) -> bytes:
    info = f"snowflake subject {mode}".encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)
