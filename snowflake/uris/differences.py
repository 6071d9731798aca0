"""Why a URI is not one of those registered, in plain words for whoever runs Snowflake.

Two redirect URIs that mean the same to people differ in a slash at the end, a port, a scheme. What
came may be anything, for anybody can send it: nothing here raises, and what is shown of it holds no
query, in which there may be a code or a token, and no user name.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Final
from urllib.parse import unquote

from snowflake.uris.patterns import UriPattern
from snowflake.uris.registered import pattern_of, without_port
from snowflake.uris.regular_expressions import PATTERN

#: Characters that are shown of one URI.
MAX_SHOWN: Final = 300
# RFC 3986, appendix B, which every text matches.
_PARTS: Final = re.compile(
    r"(?:(?P<scheme>[^:/?#]+):)?(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}")
# What came encoded, behind our own /r/, perhaps twice: a query, and a name with a password.
_QUERY: Final = re.compile(r"%(?:25)*(?:3F|23).*", re.DOTALL | re.IGNORECASE)
_AT: Final = re.compile(r"@|%(?:25)*40")
_COLON: Final = re.compile(r":|%(?:25)*3A", re.IGNORECASE)
_UNSEEN: Final = re.compile(r"[^!-~]")
_SLASHES: Final = re.compile(r"/{2,}")
#: How much a difference counts against another URI that may be the one that was meant: what is
#: easily mistyped, what is easily overlooked, and what makes it another one.
_SLIP, _PART, _OTHER = 1, 3, 10


@dataclass(frozen=True, slots=True)
class Parts:
    """A URI as it is compared. ``host`` is without ``port``, and without a user's name.

    ``slashes`` are those before the host: app:/cb and app:///cb are two URIs.
    """

    scheme: str
    slashes: str
    user: str
    host: str
    port: str
    path: str
    query: str | None
    fragment: str | None

    @classmethod
    def of(cls, uri: str) -> "Parts":
        """Take any text apart."""
        found = _PARTS.fullmatch(uri)
        assert found is not None  # noqa: S101
        user, _, host = (found["authority"] or "").rpartition("@")
        # The colons in [::1] are no port's.
        name, colon, port = host.rpartition(":")
        if not colon or "]" in port:
            name, port = host, ""
        return cls(
            scheme=found["scheme"] or "",
            slashes="" if found["authority"] is None else "//",
            user=user,
            host=name,
            port=port,
            path=found["path"],
            query=found["query"],
            fragment=found["fragment"],
        )

    @property
    def netloc(self) -> str:
        """The host with its port."""
        return f"{self.host}:{self.port}" if self.port else self.host


@dataclass(frozen=True, slots=True)
class Nearest:
    """The registered URI that may have been meant. ``differs`` is what the one that came has."""

    uri: str
    differs: str


def shown(uri: str) -> str:
    """Answer what may be logged of a URI: scheme, host and path, in visible ASCII."""
    parts = Parts.of(uri)
    scheme = f"{parts.scheme}:" if parts.scheme else ""
    text = f"{scheme}{parts.slashes}{parts.netloc}{_QUERY.sub('', parts.path)}"
    text = "/".join(map(_without_password, text.split("/")))
    return _UNSEEN.sub("?", text)[:MAX_SHOWN]


def _without_password(segment: str) -> str:
    """Take a name with a password away, which may stand before a host wherever there is one."""
    *_, start = [0, *(found.end() for found in _AT.finditer(segment))]
    return segment[start:] if _COLON.search(segment, 0, start) else segment


def nearest(uri: str, registered: Iterable[str]) -> Nearest | None:
    """Answer the registered URI that is most like one that came, which is not among them.

    None if there is none. A pattern is answered as it stands in the file.
    """
    candidates = [(known, list(_differences(uri, known))) for known in registered]
    if not candidates:
        return None
    known, differences = min(
        candidates,
        key=lambda found: (sum(cost for cost, _ in found[1]), -_alike(uri, found[0])),
    )
    words = ", ".join(word for _, word in differences)
    return Nearest(known if known.startswith(PATTERN) else shown(known), words or "other letters")


def _alike(one: str, other: str) -> int:
    """Answer how many characters of two texts are the same, from their start."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _differences(came: str, known: str) -> Iterator[tuple[int, str]]:
    if came != came.strip():
        came = came.strip()
        yield _SLIP, "a space around it"
    if came.endswith(known) and came != known:
        # Such as our own /r/, behind which only Discord applications have theirs.
        yield _SLIP, "another address in front of it"
        return
    # Whatever the port of loopback is, it is not what differs.
    parts = Parts.of(without_port(came))
    if parts.user:
        yield _PART, "a user name before the host"
    if parts.fragment is not None:
        yield _SLIP, "a fragment"
    if known.startswith(PATTERN):
        yield from _from_pattern(Parts.of(came), pattern_of(known))
    else:
        yield from _from_literal(parts, Parts.of(without_port(known)))


def _from_literal(came: Parts, known: Parts) -> Iterator[tuple[int, str]]:
    yield from _schemes(came.scheme, known.scheme)
    yield from _hosts(came, known)
    if came.port != known.port:
        yield _PART, _one_of_two("port", came.port, known.port)
    yield from _paths(came.path, known.path)
    if came.query != known.query:
        yield _PART, _one_of_two("query", came.query, known.query)


def _schemes(came: str, known: str) -> Iterator[tuple[int, str]]:
    if came != known:
        name = came if _SCHEME.fullmatch(came) else "no scheme"
        yield _PART, f"{name} instead of {known}"


def _hosts(came: Parts, known: Parts) -> Iterator[tuple[int, str]]:
    if came.host == known.host:
        if came.slashes != known.slashes:
            yield _SLIP, "another number of slashes after the scheme"
    elif came.host.lower() == known.host.lower():
        yield _SLIP, "capital letters in the host"
    elif {came.host, known.host} <= {"127.0.0.1", "[::1]", "localhost"}:
        yield _PART, f"{came.host} instead of {known.host}"
    else:
        yield _OTHER, _one_of_two("host", came.host, known.host)


def _paths(came: str, known: str) -> Iterator[tuple[int, str]]:
    if came == known:
        return
    if came == f"{known}/":
        yield _SLIP, "a slash at the end"
    elif f"{came}/" == known:
        yield _SLIP, "no slash at the end"
    elif _SLASHES.sub("/", came) == _SLASHES.sub("/", known):
        yield _SLIP, "another number of slashes in the path"
    elif came.lower() == known.lower():
        yield _SLIP, "other capital letters in the path"
    elif _decode_alike(came, known):
        yield _SLIP, "a path that is percent-encoded in another way"
    else:
        yield _OTHER, "another path"


def _decode_alike(came: str, known: str) -> bool:
    # A character takes three at most, and what is much longer takes long to decode.
    return len(came) <= 3 * len(known) and unquote(came) == unquote(known)


def _from_pattern(came: Parts, pattern: UriPattern) -> Iterator[tuple[int, str]]:
    yield from _schemes(came.scheme, pattern.scheme)
    if not pattern.matches_host(came.netloc):
        yield _OTHER, "a host that the pattern does not match"
    query = "" if came.query is None else f"?{came.query}"
    rest = came.path + query
    if not rest.isascii() or not pattern.matches_rest(rest):
        yield _OTHER, "a path that the pattern does not match"


def _one_of_two(part: str, came: str | None, known: str | None) -> str:
    if not known:
        return f"a {part}"
    return f"another {part}" if came else f"no {part}"
