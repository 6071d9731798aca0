"""How much of what the provider answers is read."""

from typing import Final

#: Bytes of an answer. Claims with a thousand groups have a tenth of it.
MAX_ANSWER: Final = 1_000_000
#: Connections that a process has at most.
MAX_CONNECTIONS: Final = 20

#: Keys of a set that are looked at.
MAX_KEYS: Final = 100
#: Bits of an RSA key: fewer are weak (RFC 7518, section 3.3), more would keep everybody waiting.
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 16_384
#: Names of missing keys that are remembered, and the characters of one.
MAX_MISSING: Final = 256
MAX_KID: Final = 256

#: Bytes of the header of an ID token, which may hold certificates, and of its signature.
MAX_HEADER: Final = 16_384
MAX_SIGNATURE: Final = 2_048
#: Characters of a ``sub`` (OpenID Connect Core 1.0, section 2).
MAX_SUBJECT: Final = 255

#: Characters of a ``request_uri`` (RFC 9126, section 2.2), which is a short reference.
MAX_REQUEST_URI: Final = 2048
