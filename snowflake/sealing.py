"""Notes: values that only this Snowflake can read, carried by browsers and applications.

A note is encrypted and authenticated with Fernet, dated, and bound to one purpose: each kind of
note has a key of its own, derived from the secret key, so that one kind never passes for another.
"""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from snowflake.errors import StartFault
from snowflake.files import is_writable, read_or_make
from snowflake.settings import Settings
from snowflake.values import MIN_SECRET_LENGTH

#: Where the secret key lies below the data directory.
SECRET_FILE = "keys/secret_key"  # noqa: S105


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Note:
    """The base of every note: a frozen dataclass of what JSON can hold.

    ``purpose`` names the kind. Changing the fields of a kind means changing its purpose.
    """

    purpose: ClassVar[str]


AnyNote = TypeVar("AnyNote", bound=Note)


class BadNote(ValueError):
    """Not a note of this kind, altered, or sealed under another key."""


class ExpiredNote(BadNote):
    """A true note that is too old."""


class Sealer:
    """Seals and opens notes. The first secret seals; all open, so that the first can be changed."""

    def __init__(self, *secrets_: bytes) -> None:
        self._secrets = secrets_
        self._fernet = cache(self._derive)
        self._digest_keys = cache(
            lambda purpose: [_derive(secret, f"digest {purpose}") for secret in secrets_]
        )
        #: What tells the secrets apart without telling them, the one that seals first.
        self.names = tuple(_derive(secret, "name").hex()[:32] for secret in secrets_)

    @property
    def name(self) -> str:
        """What the secret that seals is called."""
        return self.names[0]

    @classmethod
    def load(cls, settings: Settings) -> "Sealer":
        """Take the secrets from ``SNOWFLAKE_SECRET_KEY``, else one from the data directory.

        That one is made once. Where nothing may be written and a private key is given, the secret
        is derived from it.

        Raises:
            StartFault: the file can be neither read nor made.
        """
        if settings.secret_key is not None:
            return cls(*(part.encode() for part in settings.secret_keys))
        if settings.private_key is not None and is_homeless(settings):
            return cls(settings.private_key.get_secret_value().encode())
        path = settings.data_dir / SECRET_FILE
        secret = read_or_make(path, lambda: secrets.token_urlsafe(32))
        if len(secret) < MIN_SECRET_LENGTH:
            raise StartFault([f"{path}: is damaged: it is too short"])
        return cls(secret.encode())

    def seal(self, note: Note, now: float = 0) -> str:
        """Seal a note at the time ``now`` (Unix time, seconds), or an undated one."""
        # The fields in their order; what is in them are plain values.
        content = _write(list(vars(note).values()))
        return _bare(self._fernet(note.purpose).encrypt_at_time(content, int(now)))

    def open(
        self, kind: type[AnyNote], sealed: str, lifetime: float | None = None, now: float = 0
    ) -> AnyNote:
        """Open a note of one kind that is at most ``lifetime`` seconds old.

        Raises:
            ExpiredNote: it is older than that.
            BadNote: it was not sealed here, for this purpose, or was altered.
        """
        fernet = self._fernet(kind.purpose)
        try:
            padded = _padded(sealed)
            # Authenticity first: an altered note must not pass for one that is merely old.
            content = fernet.decrypt(padded)
            note = kind(*json.loads(content))
        except (InvalidToken, ValueError, TypeError) as error:
            raise BadNote("the note was not sealed here for this purpose") from error
        if lifetime is not None and now - fernet.extract_timestamp(padded) > lifetime:
            raise ExpiredNote("the note is too old")
        return note

    def anew(self, kind: type[Note], sealed: str) -> str:
        """Seal with the first secret what any of them has sealed; its date stays."""
        return _bare(self._fernet(kind.purpose).rotate(_padded(sealed.rstrip("="))))

    def digest(self, purpose: str, *values: str | None) -> str:
        """Answer a keyed hash by which values are known again, for one purpose, but not guessed.

        It is made with the first secret: when that is changed, everything is new.
        """
        return self.digests(purpose, *values)[0]

    def digests(self, purpose: str, *values: str | None) -> tuple[str, ...]:
        """Answer such a hash under every secret, the first one's first.

        What was kept under an earlier first secret is found by them.
        """
        content = _write(list(values))
        keys = self._digest_keys(purpose)
        return tuple(hmac.digest(key, content, "sha256").hex() for key in keys)

    def _derive(self, purpose: str) -> MultiFernet:
        keys = [base64.urlsafe_b64encode(_derive(one, purpose)) for one in self._secrets]
        return MultiFernet([Fernet(key) for key in keys])


def is_homeless(settings: Settings) -> bool:
    """Whether there is neither a secret in the data directory nor a way to put one there."""
    path = settings.data_dir / SECRET_FILE
    return not path.exists() and not is_writable(settings.data_dir)


def _derive(secret: bytes, purpose: str) -> bytes:
    info = f"snowflake {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def _write(values: list[object]) -> bytes:
    return _ENCODER.encode(values).encode()


def _bare(token: bytes) -> str:
    # Without padding, nothing of a note has to be quoted in a URL.
    return token.rstrip(b"=").decode()


def _padded(sealed: str) -> bytes:
    """Put the padding back.

    Raises:
        ValueError: not canonical base64url. Python's decoder passes over foreign characters, so
            that one note would have many spellings.
    """
    padded = sealed.encode() + b"=" * (-len(sealed) % 4)
    if base64.urlsafe_b64encode(base64.urlsafe_b64decode(padded)) != padded:
        raise ValueError("not canonical base64url")
    return padded
