"""Notes: values that only this Snowflake can read, carried by browsers and applications.

A note is encrypted and authenticated with AES-256-GCM, dated, and bound to one purpose: each kind
of note has a key of its own, derived from the secret key, so that one kind never passes for
another.
"""

import base64
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic_core import from_json, to_json

from snowflake.crypto.files import exists, is_writable, read_or_make
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.settings.values import MIN_SECRET_LENGTH

#: Where the secret key lies below the data directory.
SECRET_FILE = "keys/secret_key"  # noqa: S105
#: What a note is, once decoded: this byte, its date in Unix time, a random nonce, and the encrypted
#: content, with which the byte and the date are authenticated. Of 2**32 notes of a kind two have
#: the same nonce with a probability of 2**-33.
VERSION: Final = b"\x81"
DATE_LENGTH: Final = 8
NONCE_LENGTH: Final = 12
_HEAD: Final = len(VERSION) + DATE_LENGTH
_NONCE_END: Final = _HEAD + NONCE_LENGTH


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

    def __init__(self, *secrets_: bytes, source: object = "SNOWFLAKE_SECRET_KEY") -> None:
        self._secrets = secrets_
        #: Where they come from, for whoever reads of a fault.
        self.source = str(source)
        # Made once for each purpose: to derive a key takes longer than to use it.
        self._keys = cache(self._derive_keys)
        self._digests = cache(self._derive_digests)
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
            derived_from = settings.private_key.get_secret_value().encode()
            return cls(derived_from, source="SNOWFLAKE_PRIVATE_KEY")
        path = settings.data_dir / SECRET_FILE
        try:
            secret = read_or_make(path, lambda: secrets.token_urlsafe(32))
        except StartFault as fault:
            if settings.database_url is None:
                raise
            # Nothing else would be kept there.
            missing = "SNOWFLAKE_SECRET_KEY: is not set, and there is no place to keep one"
            raise StartFault([missing, *fault.faults]) from fault
        if len(secret) < MIN_SECRET_LENGTH:
            raise StartFault([f"{path}: is damaged: it is too short"])
        return cls(secret.encode(), source=path)

    def seal(self, note: Note, now: float = 0) -> str:
        """Seal a note at the time ``now`` (Unix time, seconds), or an undated one."""
        # The fields in their order; what is in them are plain values.
        content = to_json(list(vars(note).values()))
        return self._seal(note.purpose, content, int(now).to_bytes(DATE_LENGTH, "big"))

    def open(
        self, kind: type[AnyNote], sealed: str, lifetime: float | None = None, now: float = 0
    ) -> AnyNote:
        """Open a note of one kind that is at most ``lifetime`` seconds old.

        Raises:
            ExpiredNote: it is older than that.
            BadNote: it was not sealed here, for this purpose, or was altered.
        """
        # Authenticity first: an altered note must not pass for one that is merely old.
        content, date = self._open(kind.purpose, sealed)
        try:
            note = kind(*from_json(content))
        except (ValueError, TypeError) as error:
            raise BadNote("the note was not sealed here for this purpose") from error
        if lifetime is not None and now - int.from_bytes(date, "big") > lifetime:
            raise ExpiredNote("the note is too old")
        return note

    def anew(self, kind: type[Note], sealed: str) -> str:
        """Seal with the first secret what any of them has sealed; its date stays.

        Raises:
            BadNote: none of them has.
        """
        return self._seal(kind.purpose, *self._open(kind.purpose, sealed))

    def digest(self, purpose: str, *values: str | None) -> str:
        """Answer a keyed hash by which values are known again, for one purpose, but not guessed.

        It is made with the first secret: when that is changed, everything is new.
        """
        return _hashed(self._digests(purpose)[0], to_json(values))

    def digests(self, purpose: str, *values: str | None) -> tuple[str, ...]:
        """Answer such a hash under every secret, the first one's first.

        What was kept under an earlier first secret is found by them.
        """
        content = to_json(values)
        return tuple(_hashed(empty, content) for empty in self._digests(purpose))

    def _seal(self, purpose: str, content: bytes, date: bytes) -> str:
        head, nonce = VERSION + date, os.urandom(NONCE_LENGTH)
        encrypted = self._keys(purpose)[0].encrypt(nonce, content, head)
        # Without padding, nothing of a note has to be quoted in a URL.
        return base64.urlsafe_b64encode(head + nonce + encrypted).rstrip(b"=").decode()

    def _open(self, purpose: str, sealed: str) -> tuple[bytes, bytes]:
        """Answer the content of a note and its date."""
        try:
            note = _decoded(sealed)
            head, nonce, encrypted = note[:_HEAD], note[_HEAD:_NONCE_END], note[_NONCE_END:]
            return _decrypted(self._keys(purpose), nonce, encrypted, head), head[len(VERSION) :]
        except (InvalidTag, ValueError) as error:
            raise BadNote("the note was not sealed here for this purpose") from error

    def _derive_keys(self, purpose: str) -> list[AESGCM]:
        return [AESGCM(_derive(secret, f"AES-256-GCM {purpose}")) for secret in self._secrets]

    def _derive_digests(self, purpose: str) -> list[hmac.HMAC]:
        keys = [_derive(secret, f"digest {purpose}") for secret in self._secrets]
        return [hmac.new(key, digestmod="sha256") for key in keys]


def is_homeless(settings: Settings) -> bool:
    """Whether there is neither a secret in the data directory nor a way to put one there.

    Raises:
        StartFault: there may be one, but this user may not look.
    """
    return not exists(settings.data_dir / SECRET_FILE) and not is_writable(settings.data_dir)


def makes_secret(settings: Settings) -> bool:
    """Whether ``Sealer.load`` would make a secret, which would open nothing. None is made.

    Raises:
        StartFault: nobody may look.
    """
    is_derived = settings.private_key is not None and is_homeless(settings)
    is_given = settings.secret_key is not None or is_derived
    return not is_given and not exists(settings.data_dir / SECRET_FILE)


def check_secret_is_there(settings: Settings) -> None:
    """Pass, unless ``Sealer.load`` would make a secret.

    Raises:
        StartFault: it would, or nobody may look.
    """
    if makes_secret(settings):
        path = settings.data_dir / SECRET_FILE
        raise StartFault([f"{path}: there is no such file, and SNOWFLAKE_SECRET_KEY is not set"])


def _derive(secret: bytes, purpose: str) -> bytes:
    info = f"snowflake {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def _decrypted(keys: list[AESGCM], nonce: bytes, encrypted: bytes, head: bytes) -> bytes:
    """Decrypt with the first key that fits.

    Raises:
        InvalidTag: none does.
        ValueError: the note is cut short.
    """
    for key in keys[:-1]:
        with suppress(InvalidTag):
            return key.decrypt(nonce, encrypted, head)
    return keys[-1].decrypt(nonce, encrypted, head)


def _hashed(empty: hmac.HMAC, content: bytes) -> str:
    """Answer a keyed hash. A copy has its key already, which takes longer than to hash."""
    copy = empty.copy()
    copy.update(content)
    return copy.hexdigest()


def _decoded(sealed: str) -> bytes:
    """Decode the unpadded base64url of a note.

    Raises:
        ValueError: it is not canonical. Python's decoder passes over foreign characters, so that
            one note would have many spellings.
    """
    padded = sealed.encode() + b"=" * (-len(sealed) % 4)
    note = base64.urlsafe_b64decode(padded)
    if base64.urlsafe_b64encode(note) != padded:
        raise ValueError("not canonical base64url")
    return note
