"""Reading an answer to its end, which has to come soon.

httpx unpacks a piece of an answer as a whole, and one of 16 KB may hold a thousand times as much.
So what is packed is unpacked here, and no further than to the largest size that is read.
"""

import zlib
from collections.abc import AsyncIterator
from typing import Final

import httpx
import structlog

from snowflake.errors import TemporarilyUnavailable

#: Bytes of an answer, unpacked. A list of 200 guilds with a kilobyte for each has a fifth of it.
MAX_BODY: Final = 1_000_000
#: The only packing that is asked for.
PACKING: Final = "gzip"
#: Tells zlib to expect a header and a sum of gzip.
_GZIP: Final = zlib.MAX_WBITS | 16

_log = structlog.get_logger(__name__)


async def read_body(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Answer the response with its body, unpacked if it is packed as it was asked to be.

    Raises:
        TemporarilyUnavailable: there is more of it than is read.
        httpx.HTTPError: it ends early, or is damaged.
    """
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - the transport is asynchronous
    body = bytearray()
    async for piece in _unpacked(request, stream) if packing == PACKING else stream:
        body += piece
        if len(body) > MAX_BODY:
            raise _too_long(request)
    headers = [
        (name, value)
        for name, value in response.headers.raw
        if name.lower() not in {b"content-encoding", b"content-length", b"transfer-encoding"}
    ]
    return httpx.Response(
        response.status_code, headers=headers, content=bytes(body), request=request
    )


async def _unpacked(request: httpx.Request, stream: httpx.AsyncByteStream) -> AsyncIterator[bytes]:
    unpacker, packed = zlib.decompressobj(_GZIP), 0
    async for piece in stream:
        packed += len(piece)
        if packed > MAX_BODY:
            raise _too_long(request)
        try:
            # One byte more than may be there: whoever gets it knows that it is too much.
            yield unpacker.decompress(piece, MAX_BODY + 1)
        except zlib.error:
            raise httpx.DecodingError("the answer is damaged") from None
    if packed and not unpacker.eof:
        raise httpx.DecodingError("the answer ends early")


def _too_long(request: httpx.Request) -> TemporarilyUnavailable:
    _log.warning("discord_answer_too_long", path=request.url.path, most=MAX_BODY)
    return TemporarilyUnavailable(
        "Discord gave no usable answer; try again", cause="it is too long", answered=True
    )
