"""How long a connection is kept."""

from types import SimpleNamespace

import pytest

from snowflake.outbound.connections import KEEP_ALIVE
from tests.outbound.connections.asking import Ask
from tests.tls import server_context, serving_tls


@pytest.mark.parametrize(("idle", "connections"), [(KEEP_ALIVE - 0.5, 1), (3.9, 2)])
@pytest.mark.usefixtures("trusted")
async def test_an_idle_connection_is_given_up_before_servers_give_it_up(
    ask: Ask, idle: float, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each library reads the clock by a name of its own.
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("aiohttp.connector.monotonic", clock.monotonic)
    monkeypatch.setattr("httpcore._async.http11.time", clock)

    def wait() -> None:
        now[0] += idle

    async with serving_tls(server_context()) as (address, server):
        assert await ask(f"https://{address}/", f"https://{address}/", between=wait) is None
    assert (server.requests, server.connections) == (2, connections)
