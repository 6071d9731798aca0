"""Answers on the wire that are packed, and how much of them is ever unpacked."""

import gzip
import tracemalloc
import zlib

import httpx
import pytest
from structlog.testing import capture_logs

from snowflake.discord.bounds import MAX_ANSWER
from snowflake.discord.client import DiscordClient
from snowflake.errors import TemporarilyUnavailable
from tests.discord.calls import CALLS, GOOD, route_of
from tests.discord.conftest import REPOSITORY
from tests.outbound.peers import Peer, answering, listening
from tests.running import Discord

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
    assert len(packed) < MAX_ANSWER
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


@pytest.mark.parametrize("name", CALLS)
async def test_every_call_is_refused_a_longer_answer(
    client: DiscordClient, discord: Discord, name: str
) -> None:
    route = route_of(discord, name)
    route.mock(return_value=httpx.Response(200, json=[GOOD[name], "x" * MAX_ANSWER]))
    with pytest.raises(TemporarilyUnavailable) as refused:
        await CALLS[name](client)
    assert refused.value.answered
    assert route.call_count == 1
