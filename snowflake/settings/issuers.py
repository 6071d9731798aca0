"""The issuers: the one of everybody, at which Snowflake is reached, and those of single clients.

The path of a client's own holds its ID as a URL does, so that no application, proxy or library has
a reason to spell it in another way.
"""

from typing import Final
from urllib.parse import quote

#: Below the issuer of everybody; the ID follows.
CLIENTS: Final = "/clients/"
#: Characters that a segment of a path may hold as they are (RFC 3986, section 3.3).
_AS_THEY_ARE: Final = "!$&'()*+,;=@"


def issuer_of_client(base: str, client_id: str) -> str:
    """Answer the issuer that a client has to itself, below that of everybody."""
    return base + _path(client_id)


def base_of(issuer: str, client_id: str) -> str:
    """Answer the issuer of everybody, whichever of the two a client has."""
    return issuer.removesuffix(_path(client_id))


def is_issuer_below(base: str, issuer: str) -> bool:
    """Whether an issuer is that of everybody, ``base``, or may be that of a client."""
    return issuer == base or issuer.startswith(base + CLIENTS)


def _path(client_id: str) -> str:
    return CLIENTS + quote(client_id, safe=_AS_THEY_ARE)
