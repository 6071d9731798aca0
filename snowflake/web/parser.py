"""Requests that offer another protocol, read as the ones that they also are."""

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: What says that there is an offer. Without it the parser goes by HTTP/1.1.
OFFER: Final = b"upgrade"


class Parser:
    """Httptools' parser, which takes what follows an offered protocol for bytes of that protocol.

    A server may go on with the old one (RFC 9110, section 7.8), and there is no other here. But
    Java's HTTP client offers HTTP/2 with each request over plain HTTP; the body of its request
    would be lost, and be read as the next request on the connection.

    So a head with an offer is read twice, the second time without it. ``is_offer`` is true as long
    as it is read for the first time.
    """

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol
        self._parser = self._begin()

    def feed_data(self, data: bytes) -> None:
        """Read what has come.

        Raises:
            HttpParserError: it cannot be read.
            HttpParserUpgrade: it asks for a tunnel, after which comes whatever is in it.
        """
        # Several requests may have come at once.
        rest = memoryview(data)
        while True:
            try:
                self._parser.feed_data(rest)
            except httptools.HttpParserUpgrade as offer:
                if not self.is_offer():
                    raise
                rest = rest[offer.args[0] :]
                head = self._head()
                self._parser = self._begin()
                self._parser.feed_data(head)
            else:
                return

    def is_offer(self) -> bool:
        """Whether the request offers another protocol, and is to be read without."""
        return self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT"

    def should_upgrade(self) -> bool:
        """Whether the request asks for a tunnel."""
        return self._parser.should_upgrade()

    def should_keep_alive(self) -> bool:
        """Whether the client wants to go on with the connection."""
        return self._parser.should_keep_alive()

    def get_method(self) -> bytes:
        """Answer the request's method."""
        return self._parser.get_method()

    def get_http_version(self) -> str:
        """Answer the request's version of HTTP."""
        return self._parser.get_http_version()

    def _begin(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self._protocol)
        # As Uvicorn's own: a client may send more after it has asked to close the connection.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def _head(self) -> bytes:
        """Write the head anew, without the offer."""
        method, version = self.get_method(), self.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self._protocol.url, version)]
        lines += [b"%b: %b" % pair for pair in self._protocol.headers if pair[0] != OFFER]
        return b"\r\n".join(lines) + b"\r\n\r\n"
