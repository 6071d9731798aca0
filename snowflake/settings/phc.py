"""The form in which hashes of secrets are written: PHC strings of Argon2id."""

import base64
import binascii
import re

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

#: How every one begins, and no secret does that we make.
HASH = "$argon2id$"
_PARTS = re.compile(
    r"\$argon2id\$v=19\$m=(?P<memory>[0-9]{1,7}),t=(?P<passes>[0-9]{1,2}),p=(?P<lanes>[0-9]{1,2})"
    r"\$(?P<salt>[A-Za-z0-9+/]{1,128})\$(?P<hashed>[A-Za-z0-9+/]{1,128})"
)


def check_hash(text: str) -> None:
    """Check that a secret can be compared with a hash; how strong that is, is not looked at.

    Raises:
        ValueError: it is damaged.
    """
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise ValueError("is a damaged hash")
    try:
        # Which knows the bounds of each parameter.
        Argon2id(
            salt=_decode(parts["salt"]),
            length=len(_decode(parts["hashed"])),
            iterations=int(parts["passes"]),
            lanes=int(parts["lanes"]),
            memory_cost=int(parts["memory"]),
        )
    except (ValueError, binascii.Error):
        raise ValueError("is a damaged hash") from None


def _decode(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4))
