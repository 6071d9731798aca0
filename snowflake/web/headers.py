"""Headers that answers get besides their own."""

from functools import lru_cache
from typing import Final

from snowflake.web.pages import SECURITY_HEADERS

#: Headers of answers that scripts of other origins may see (Fetch, section 3.3.5).
EXPOSED: Final = ("WWW-Authenticate", "Retry-After", "X-Request-ID")
#: Headers that keep pages out of frames.
FRAMING: Final = frozenset({b"x-frame-options", b"content-security-policy"})
#: Sets of header names of which is remembered which others they lack.
REMEMBERED_SETS: Final = 128

Headers = tuple[tuple[bytes, bytes], ...]

# As ASGI has them: names in lower case, and bytes.
_SECURITY: Final[Headers] = tuple(
    (name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()
)
# The same for everybody, whether they name an origin or not, so that caches need no Vary.
_SHARED: Final[Headers] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(EXPOSED).encode()),
)


# Few sets of headers are sent.
@lru_cache(REMEMBERED_SETS)
def added_headers(own: frozenset[bytes], *, shared: bool) -> Headers:
    """Answer what an answer gets that has headers by these names of its own.

    That are the security headers that it lacks, and what lets scripts of other origins read it if
    it is ``shared`` with them.
    """
    # A redirect shows nothing that could be framed, and an application may follow one in a frame to
    # renew a login without a page.
    framing = FRAMING if b"location" in own else frozenset()
    lacking = tuple(header for header in _SECURITY if header[0] not in own | framing)
    return lacking + _SHARED if shared else lacking
