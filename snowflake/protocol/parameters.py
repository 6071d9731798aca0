"""Parameters of a request, read strictly: from the query string or a form, each at most once.

Whatever is read of a request is limited in size and time.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar, overload
from urllib.parse import parse_qsl

from starlette.requests import Request

from snowflake.errors import InvalidRequest, RequestTimeout, TooLarge
from snowflake.protocol.bounds import MAX_BODY, MAX_PARAMETERS, MAX_QUERY

#: Seconds for a body to arrive.
PATIENCE = 10.0
Default = TypeVar("Default")

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
FORM = "application/x-www-form-urlencoded"


class Parameters(Mapping[str, str]):
    """What was sent, by name. An empty value counts as not sent (RFC 6749, section 3.1)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        self._repeated: set[str] = set()
        #: All as it came.
        self.pairs = tuple(pairs)
        for name, value in self.pairs:
            if name in self._values:
                self._repeated.add(name)
            self._values[name] = value

    def __getitem__(self, name: str) -> str:
        """Answer a value, or raise ``InvalidRequest`` if it was sent twice or holds controls.

        Unknown parameters are never looked at, so that nobody's extension breaks a login.
        """
        value = self._values[name]
        if name in self._repeated:
            raise InvalidRequest(f"{name} was sent more than once")
        if not value.isprintable() and _CONTROLS.search(value):
            raise InvalidRequest(f"{name} holds control characters")
        if not value:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | Default) -> str | Default: ...
    def get(self, name: str, /, default: Default | None = None) -> str | Default | None:
        """Answer a value, or ``default`` if it was not sent. Raises as ``[]`` does.

        Most parameters are not sent, and an exception for each would take its time.
        """
        return super().get(name, default) if name in self._values else default

    def require(self, name: str, longest: int) -> str:
        """Answer a value that must be there, of at most ``longest`` characters.

        Raises:
            InvalidRequest: it is missing or too long.
        """
        value = self.at_most(name, longest)
        if value is None:
            raise InvalidRequest(f"{name} is missing")
        return value

    def at_most(self, name: str, longest: int) -> str | None:
        """Answer a value of at most ``longest`` characters, or None if it was not sent.

        Raises:
            InvalidRequest: it is too long.
        """
        value = self.get(name)
        if value is not None and len(value) > longest:
            raise InvalidRequest(f"{name} is longer than {longest} characters")
        return value


def query(request: Request) -> Parameters:
    """Read the query string.

    Raises:
        InvalidRequest: it is too long, not UTF-8, or has too many fields.
    """
    return _parse(request.scope["query_string"], MAX_QUERY)


async def form(request: Request, longest: int = MAX_BODY) -> Parameters:
    """Read a form body of at most ``longest`` bytes (RFC 6749, appendix B).

    Raises:
        InvalidRequest: the body is of another type, too long, not UTF-8, has too many fields, or
            does not arrive in time.
    """
    kind = content_type(request)
    # Whoever has nothing to send need not say in which form (RFC 9110, section 8.3).
    if kind != FORM and (kind or await body(request, longest)):
        raise InvalidRequest(f"the body must be a form of type {FORM}")
    return _parse(await body(request, longest) if kind else b"", longest)


async def body(request: Request, longest: int = MAX_BODY) -> bytes:
    """Read a body of at most ``longest`` bytes, whatever it holds.

    Raises:
        InvalidRequest: it is too long, or does not arrive in time.
    """
    received = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                received += chunk
                _check_size(received, longest)
    except TimeoutError:
        raise RequestTimeout("the body did not arrive in time") from None
    return bytes(received)


def content_type(request: Request) -> str:
    """Answer the media type of the body in lower case, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _parse(content: bytes, longest: int) -> Parameters:
    _check_size(content, longest)
    # What may be longer is a token, in which nothing has to be escaped; and to read many escapes
    # would keep everybody else waiting.
    if content.count(b"%") > MAX_BODY // 3:
        raise TooLarge("the parameters hold too many escapes")
    try:
        text = content.decode()
        return Parameters(
            parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
        )
    except UnicodeDecodeError as error:
        raise InvalidRequest("the parameters are not UTF-8") from error
    except ValueError as error:
        raise InvalidRequest(f"there are more than {MAX_PARAMETERS} parameters") from error


def _check_size(content: bytes | bytearray, longest: int) -> None:
    if len(content) > longest:
        raise TooLarge(f"the parameters are larger than {longest} bytes")
