"""One connection of a client, and what its requests may cost before anybody looks at them.

Uvicorn limits neither how long request headers are nor how long they take, so that a stranger could
fill the memory with one header, or keep connections for ever on which nothing comes. Bodies are
limited where they are read (``protocol/parameters.py``).
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from snowflake.web.parser import Parser
from snowflake.web.transport import Together

#: Bytes of the request line with all headers, and of what follows a body. The longest that we ask
#: anybody to send is a token, of half that size at most.
MAX_HEAD: Final = 65_536
#: Seconds for all headers to arrive, from the first byte on, or from the connection.
PATIENCE: Final = 10.0

TOO_LARGE: Final = (431, b"The request headers are too large.")
TOO_SLOW: Final = (408, b"The request headers did not arrive in time.")


class HeadTooLarge(Exception):
    """The headers are longer than ``MAX_HEAD``."""


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol, with limits on what comes before a request is one, and after it."""

    # By what Uvicorn asks of its own.
    parser: Parser  # type: ignore[assignment]
    transport: Together

    # Whatever Uvicorn hands to its own.
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser = Parser(self)
        self._deadline: asyncio.TimerHandle | None = None
        # Whether a request has begun, and whether that is all there is of it: its headers are not
        # complete.
        self._is_open = self._is_beginning = False
        # Bytes of its headers, and bytes that have come to nothing yet: neither headers nor a body.
        self._head = self._undigested = 0
        self._too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the client some time to ask for something."""
        super().connection_made(Together(transport, self.loop))
        self._deadline = self.loop.call_later(PATIENCE, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what has come, and hang up if it is too much."""
        self._undigested += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._undigested > MAX_HEAD:
            self._refuse(TOO_LARGE)
        elif self._deadline is None:
            self._expect_more()
            self._expect_something()

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._is_open = self._is_beginning = True
        self._head = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; or a trailer, which comes after a body and counts as one."""
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin with the request."""
        if self.parser.is_offer():
            return
        self._is_beginning, self._undigested = False, 0
        self._expect_nothing()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._undigested = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect no more of this request."""
        if self.parser.is_offer():
            return
        self._is_open, self._undigested = False, 0
        self._expect_nothing()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request, which may have begun; or wait for the rest of this one."""
        self.transport.flush()
        super().on_response_complete()
        self._expect_more()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read as a request."""
        if self._too_large:
            self._refuse(TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > MAX_HEAD:
            # The parser stops at an error, and Uvicorn answers it.
            self._too_large = True
            raise HeadTooLarge

    def _is_idle(self) -> bool:
        # Uvicorn begins with None, whatever it says of the type.
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]

    def _expect_more(self) -> None:
        """Give the client some time for what nobody waits for, if a request is not all there."""
        if self._is_open and self._is_idle():
            self._expect_nothing()
            # Of Uvicorn's, which is for a connection on which nothing comes.
            self._unset_keepalive_if_required()
            self._deadline = self.loop.call_later(PATIENCE, self._give_up)

    def _expect_something(self) -> None:
        """Give the client some time to begin a request, if what has come began none.

        Uvicorn keeps a connection without end on which anything comes, be it a blank line.
        """
        if self._deadline is None and self._is_idle() and self.timeout_keep_alive_task is None:
            self._deadline = self.loop.call_later(PATIENCE, self._give_up)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self._is_beginning:
            self._refuse(TOO_SLOW)
        else:
            # Browsers open connections on the chance that they need one, and take no answer well.
            self.transport.close()

    def _refuse(self, refusal: tuple[int, bytes]) -> None:
        status, reason = refusal
        # Into the middle of another answer it would be taken for a part of it.
        if self._is_idle():
            head = (
                b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
                b"connection: close\r\n\r\n" % len(reason)
            )
            self.transport.write(STATUS_LINE[status] + head + reason)
        self.transport.close()
