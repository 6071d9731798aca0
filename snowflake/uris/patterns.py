r"""Redirect URIs that are given as a regular expression, read so that none leads elsewhere.

The host and what follows it are matched each for itself, against the parts of a URI that has been
taken apart. So ``.*`` in the host can't reach into the path, nor an alternative (``|``) in one part
into the other: ``https://.*\.example\.com/cb`` does not match
``https://evil.example/.example.com/cb``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from snowflake.uris.regular_expressions import RegularExpression, compile_expression

#: Characters of a host name with its port (RFC 1035, section 2.3.4).
_MAX_NETLOC = 253 + len(":65535")
_ESCAPED = re.compile(r"\\.")
_END = re.compile(r"(?<!\\)\$$")
_PARTS = re.compile(
    r"(?P<scheme>https?)://(?P<host>(?:\\.|\[[^\]]+\]|[^/\\\[])+)(?P<rest>/.*)?", re.DOTALL
)
_PORT = r":(?:[1-9][0-9]{0,4}|(?:\\d|\[0-9\])(?:[+*]|\{[0-9,]+\}))"
_HOST = re.compile(
    r"(?:(?P<below>.+?)\\\.)??"
    r"(?P<name>localhost|[A-Za-z0-9-]+(?:\\\.[A-Za-z0-9-]+)+)"
    rf"(?P<port>{_PORT}|\((?:\?:)?{_PORT}\)\?)?"
)
_NETLOC = re.compile(r"[A-Za-z0-9.:-]+")


@dataclass(frozen=True, slots=True)
class UriPattern:
    """A regular expression for URIs. ``name`` is the end of every host that it matches."""

    scheme: str
    name: str
    host: RegularExpression
    rest: RegularExpression

    @classmethod
    @lru_cache(1024)
    def parse(cls, pattern: str) -> "UriPattern":
        r"""Read a pattern, which is for the whole URI whether or not it says so (``^…$``).

        The scheme is written out, and so is the end of the host: at least two labels, or
        localhost, and perhaps a port.

        Raises:
            ValueError: it is no such pattern.
        """
        pattern = _ESCAPED.sub(lambda found: "/" if found[0] == r"\/" else found[0], pattern)
        parts = _PARTS.fullmatch(_END.sub("", pattern.removeprefix("^")))
        if parts is None:
            raise ValueError("must begin with https:// or http:// and a host")
        host = _HOST.fullmatch(parts["host"])
        if host is None:
            raise ValueError(
                r"must write out the end of the host, with \. for a dot, as in .*\.example\.com"
            )
        # What is below must stand for itself, lest a bracket or a bar take in the rest.
        below = f"(?:{_checked(host['below'])})\\." if host["below"] else ""
        return cls(
            parts["scheme"],
            host["name"].replace("\\", "").lower(),
            compile_expression(below + host["name"] + (host["port"] or ""), case_sensitive=False),
            compile_expression(parts["rest"] or ""),
        )

    def matches(self, uri: str) -> bool:
        """Whether this is one of the URIs."""
        # Those have no other characters, and RE2 reads bytes, in which not every text can be put.
        if not uri.isascii():
            return False
        try:
            parts = urlsplit(uri)
        except ValueError:
            return False
        start = f"{parts.scheme}://{parts.netloc}"
        return (
            parts.scheme == self.scheme
            and uri.startswith(start)
            and self.matches_host(parts.netloc)
            and self.matches_rest(uri.removeprefix(start))
        )

    def matches_host(self, netloc: str) -> bool:
        """Whether a host with its port is that of one of the URIs."""
        return (
            len(netloc) <= _MAX_NETLOC
            and _NETLOC.fullmatch(netloc) is not None
            and self.host.fullmatch(netloc) is not None
        )

    def matches_rest(self, rest: str) -> bool:
        """Whether what follows the host, in ASCII, is that of one of the URIs."""
        return self.rest.fullmatch(rest) is not None


def _checked(expression: str) -> str:
    """Answer an expression that is one by itself."""
    compile_expression(expression)
    return expression
