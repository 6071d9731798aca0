"""Reading an answer to its end, which has to come soon.

httpx unpacks a piece of an answer as a whole, and one of 16 KB may hold a thousand times as much.
So what is packed is unpacked here, and no further than to the largest size that is read.
"""

import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Final

import httpx

from snowflake.outbound.answer import Answer
from snowflake.outbound.failures import TooLarge, Truncated, Undecodable

#: The only packing that is unpacked, and only where the request has asked for it.
PACKING: Final = "gzip"
#: Tells zlib to expect a header and a sum of gzip.
_GZIP: Final = zlib.MAX_WBITS | 16


async def read_whole(request: httpx.Request, response: httpx.Response, size: int) -> Answer:
    """Read a response's body of at most ``size`` bytes, and let go of its connection.

    One that is packed in another way than was asked for stays as it is.

    Raises:
        TooLarge: there is more of it, as it came or unpacked.
        Truncated: it ends early.
        httpx.TimeoutException: a piece of it does not come.
        Undecodable: it cannot be unpacked.
    """
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - the transport is asynchronous
    # httpx looks through all of them, and for how they are encoded, at each that is asked for.
    headers = dict(response.headers.items())
    body = bytearray()
    try:
        async for piece in _unpacked(stream, size) if _is_packed(request, headers) else stream:
            body += piece
            _check(len(body), size)
    except httpx.TimeoutException:
        raise
    except httpx.HTTPError:
        raise Truncated("its answer ends early") from None
    finally:
        await stream.aclose()
    return Answer(request, response.status_code, headers, bytes(body))


def _is_packed(request: httpx.Request, headers: Mapping[str, str]) -> bool:
    packing = headers.get("content-encoding", "").strip().lower()
    return bool(packing == PACKING == request.headers.get("accept-encoding"))


async def _unpacked(stream: httpx.AsyncByteStream, size: int) -> AsyncIterator[bytes]:
    unpacker, packed = zlib.decompressobj(_GZIP), 0
    async for piece in stream:
        packed += len(piece)
        _check(packed, size)
        try:
            # One byte more than may be there: whoever gets it knows that it is too much.
            yield unpacker.decompress(piece, size + 1)
        except zlib.error:
            raise Undecodable("its answer is damaged") from None
    if packed and not unpacker.eof:
        raise Truncated("its answer ends early")


def _check(length: int, size: int) -> None:
    if length > size:
        raise TooLarge(f"its answer is longer than {size} bytes")
