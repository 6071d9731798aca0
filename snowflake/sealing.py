"""Notes: values that only this Snowflake can read, carried by browsers and applications.

A note is encrypted and authenticated with Fernet, dated, and bound to one purpose: each kind of
note has a key of its own, derived from the secret key, so that one kind never passes for another.
"""

import base64
import json
import secrets
from dataclasses import asdict, dataclass
from functools import cache
from typing import ClassVar, TypeVar

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from snowflake.errors import StartFault
from snowflake.files import is_writable, read_or_make
from snowflake.settings import MIN_SECRET_LENGTH, Settings

#: Where the secret key lies below the data directory.
SECRET_FILE = "keys/secret_key"  # noqa: S105


@dataclass(frozen=True)
class Note:
    """The base of every note: a frozen dataclass of strings, numbers and None.

    ``purpose`` names the kind. Changing the fields of a kind means changing its purpose.
    """

    purpose: ClassVar[str]


AnyNote = TypeVar("AnyNote", bound=Note)


class BadNote(ValueError):
    """Not a note of this kind, altered, or sealed under another key."""


class ExpiredNote(BadNote):
    """A true note that is too old."""


class Sealer:
    """Seals and opens notes under one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._fernet = cache(self._derive)

    @classmethod
    def load(cls, settings: Settings) -> "Sealer":
        """Take the secret from ``SNOWFLAKE_SECRET_KEY``, else from the data directory, made once.

        Where nothing may be written and a private key is given, the secret is derived from that.

        Raises:
            StartFault: the file can be neither read nor made.
        """
        path = settings.data_dir / SECRET_FILE
        if settings.secret_key is not None:
            secret = settings.secret_key.get_secret_value()
        elif settings.private_key is not None and not (
            path.exists() or is_writable(settings.data_dir)
        ):
            secret = settings.private_key.get_secret_value()
        else:
            secret = read_or_make(path, lambda: secrets.token_urlsafe(32))
            if len(secret) < MIN_SECRET_LENGTH:
                raise StartFault([f"{path}: is damaged: it is too short"])
        return cls(secret.encode())

    def seal(self, note: Note, now: float) -> str:
        """Seal a note at the time ``now`` (Unix time, seconds)."""
        content = _write(list(asdict(note).values()))
        return self._fernet(note.purpose).encrypt_at_time(content, int(now)).decode()

    def open(self, kind: type[AnyNote], sealed: str, lifetime: float, now: float) -> AnyNote:
        """Open a note of one kind that is at most ``lifetime`` seconds old.

        Raises:
            ExpiredNote: it is older than that.
            BadNote: it was not sealed here, for this purpose, or was altered.
        """
        fernet = self._fernet(kind.purpose)
        try:
            _check_canonical(sealed)
            # Authenticity first: an altered note must not pass for one that is merely old.
            content = fernet.decrypt(sealed)
            note = kind(*json.loads(content))
        except (InvalidToken, ValueError, TypeError) as error:
            raise BadNote("the note was not sealed here for this purpose") from error
        if now - fernet.extract_timestamp(sealed) > lifetime:
            raise ExpiredNote("the note is too old")
        return note

    def _derive(self, purpose: str) -> Fernet:
        hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"snowflake {purpose}".encode())
        return Fernet(base64.urlsafe_b64encode(hkdf.derive(self._secret)))


def _write(values: list[object]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def _check_canonical(sealed: str) -> None:
    # Python's decoder passes over foreign characters: one note would have many spellings.
    if base64.urlsafe_b64encode(base64.urlsafe_b64decode(sealed)).decode() != sealed:
        raise ValueError("not canonical base64url")
