"""What is written to a client, sent together.

Uvicorn writes the head of an answer, then the body, and event loops send each at once: two system
calls, two packets, and a client that is woken for half an answer.
"""

import asyncio
from typing import Any, Final

#: Pieces that are sent together: the head of an answer and its body, or of a longer one two parts.
MOST: Final = 2


class Together(asyncio.Transport):
    """A transport that sends at once what is written in one turn of the event loop.

    Whoever knows that no more follows calls ``flush``, and nothing waits.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport, self._loop = transport, loop
        self._written: list[bytes] = []

    # As wide as the method of the library that this stands in for.
    def write(self, data: Any) -> None:
        """Send something, soon."""
        if not self._written:
            self._loop.call_soon(self.flush)
        self._written.append(data)
        if len(self._written) == MOST:
            # Or an answer of many pieces would be gathered whole, however slowly it is read.
            self.flush()

    def flush(self) -> None:
        """Send what has been written, unless nobody is there any more."""
        written, self._written = self._written, []
        if written and not self._transport.is_closing():
            self._transport.write(b"".join(written))

    def close(self) -> None:
        """Send what has been written, and hang up."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Take nothing from the client for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the client what it sends."""
        self._transport.resume_reading()

    # Whatever a transport knows of its socket.
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Answer what is known of the connection."""
        return self._transport.get_extra_info(name, default)
