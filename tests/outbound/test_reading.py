"""How an answer is read to its end, and how much of it is ever unpacked."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from snowflake.outbound.failures import TooLarge, Truncated, Undecodable
from snowflake.outbound.reading import read_whole

REQUEST = httpx.Request("GET", "https://discord.example/", headers={"accept-encoding": "gzip"})
SIZE = 100_000
SMALL = b'{"id": "80351110224678912", "username": "nelly"}'


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_an_answer_may_be_as_long_as_that(encoding: str) -> None:
    whole = SMALL + b" " * (SIZE - len(SMALL))
    longer = whole + b" "
    for body, fits in ((whole, True), (longer, False)):
        content = gzip.compress(body, mtime=0) if encoding == "gzip" else body
        answer = httpx.Response(
            200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(content)
        )
        if fits:
            assert (await read_whole(REQUEST, answer, SIZE)).content == body
        else:
            with pytest.raises(TooLarge):
                await read_whole(REQUEST, answer, SIZE)


class Endless(httpx.AsyncByteStream):
    """Something that never ends, packed or not."""

    def __init__(self, first: bytes) -> None:
        self._first, self.pieces = first, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._first
        while True:
            self.pieces += 1
            yield b"\0" * 16_384


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_what_does_not_end_is_read_no_further(encoding: str) -> None:
    # After its end, a packed answer unpacks to nothing for ever.
    stream = Endless(gzip.compress(b"{}", mtime=0))
    answer = httpx.Response(200, headers={"content-encoding": encoding}, stream=stream)
    with pytest.raises(TooLarge):
        await read_whole(REQUEST, answer, SIZE)
    assert stream.pieces <= SIZE // 16_384 + 1


@pytest.mark.parametrize(
    ("content", "failure"),
    [(b"no", Undecodable), (gzip.compress(SMALL, mtime=0)[:-9], Truncated)],
)
async def test_a_damaged_answer_is_none(content: bytes, failure: type[Exception]) -> None:
    answer = httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(content)
    )
    with pytest.raises(failure):
        await read_whole(REQUEST, answer, SIZE)


async def test_nothing_is_nothing_however_it_is_packed() -> None:
    answer = httpx.Response(
        204, headers={"content-encoding": "gzip", "x-a": "b"}, stream=httpx.ByteStream(b"")
    )
    read = await read_whole(REQUEST, answer, SIZE)
    assert (read.status_code, read.content, read.headers["x-a"]) == (204, b"", "b")
