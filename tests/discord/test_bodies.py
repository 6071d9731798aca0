"""Answers on the wire that are packed, and how much of them is ever unpacked."""

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from structlog.testing import capture_logs

from snowflake.discord.bodies import MAX_BODY, read_body
from snowflake.discord.client import DiscordClient
from snowflake.errors import TemporarilyUnavailable
from tests.discord.calls import CALLS, GOOD, route_of
from tests.discord.conftest import REPOSITORY
from tests.discord.test_transport import Peer, answering, listening
from tests.running import Discord

REQUEST = httpx.Request("GET", "https://discord.example/api/v10/users/@me")
#: What a bomb becomes, in bytes.
UNPACKED = 100_000_000
SMALL = b'{"id": "80351110224678912", "username": "nelly"}'


def bomb() -> bytes:
    """Pack 100 MB of nothing into a tenth of what may be read."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    piece = b" " * 1_000_000
    packed = b"".join(packer.compress(piece) for _ in range(UNPACKED // len(piece)))
    return packed + packer.flush()


def head(body: bytes, encoding: str = "gzip") -> bytes:
    fields = f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"HTTP/1.1 200 OK\r\n{fields}".encode() + body


async def ask(answer: bytes) -> tuple[str, list[str]]:
    """Ask who somebody is; answer their name, and what was sent."""
    heads: list[str] = []
    peer: Peer = answering(answer, heads)
    async with listening(peer) as origin, DiscordClient.open(origin, REPOSITORY) as client:
        user = await CALLS["user"](client)
    return str(getattr(user, "username", "")), heads


async def test_a_packed_answer_is_unpacked() -> None:
    name, [sent] = await ask(head(gzip.compress(SMALL, mtime=0)))
    assert name == "nelly"
    assert "accept-encoding: gzip\r\n" in sent.lower()


async def test_a_bomb_is_not_unpacked_and_not_asked_for_again() -> None:
    packed = bomb()
    assert len(packed) < MAX_BODY
    tracemalloc.start()
    try:
        with pytest.raises(TemporarilyUnavailable) as refused, capture_logs() as logs:
            await ask(head(packed))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.answered
    assert [line["event"] for line in logs] == ["discord_answer_too_long"]
    assert most < UNPACKED / 10


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "compress"])
async def test_what_was_not_asked_for_is_not_unpacked_at_all(encoding: str) -> None:
    packed = gzip.compress(gzip.compress(SMALL, mtime=0), mtime=0)
    with pytest.raises(TemporarilyUnavailable):
        await ask(head(packed, encoding))


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_an_answer_may_be_as_long_as_that(encoding: str) -> None:
    whole = SMALL + b" " * (MAX_BODY - len(SMALL))
    longer = whole + b" "
    for body, fits in ((whole, True), (longer, False)):
        content = gzip.compress(body, mtime=0) if encoding == "gzip" else body
        answer = httpx.Response(
            200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(content)
        )
        if fits:
            assert (await read_body(REQUEST, answer)).content == body
        else:
            with pytest.raises(TemporarilyUnavailable):
                await read_body(REQUEST, answer)


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
    with pytest.raises(TemporarilyUnavailable):
        await read_body(REQUEST, answer)
    assert stream.pieces <= MAX_BODY // 16_384 + 1


@pytest.mark.parametrize("content", [b"no", gzip.compress(SMALL, mtime=0)[:-9]])
async def test_a_damaged_answer_is_none(content: bytes) -> None:
    answer = httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(content)
    )
    with pytest.raises(httpx.DecodingError):
        await read_body(REQUEST, answer)


async def test_nothing_is_nothing_however_it_is_packed() -> None:
    answer = httpx.Response(
        204, headers={"content-encoding": "gzip", "x-a": "b"}, stream=httpx.ByteStream(b"")
    )
    read = await read_body(REQUEST, answer)
    assert (read.status_code, read.content, read.headers["x-a"]) == (204, b"", "b")


@pytest.mark.parametrize("name", CALLS)
async def test_every_call_is_refused_a_longer_answer(
    client: DiscordClient, discord: Discord, name: str
) -> None:
    route = route_of(discord, name)
    route.mock(return_value=httpx.Response(200, json=[GOOD[name], "x" * MAX_BODY]))
    with pytest.raises(TemporarilyUnavailable) as refused:
        await CALLS[name](client)
    assert refused.value.answered
    assert route.call_count == 1
