"""Whatever the provider does, a call ends soon, and small."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from snowflake.errors import UpstreamDown, UpstreamMisconfigured
from snowflake.upstream import calls
from snowflake.upstream.bounds import MAX_ANSWER
from snowflake.upstream.client import Upstream
from tests.upstream.provider import DOCUMENT, SECRETS, Provider, redeem

ROUTES = ["discovery", "jwks", "token", "userinfo"]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "answer",
    [
        {"html": "<html>Just a moment</html>"},
        {"text": ""},
        {"text": '{"keys": [{"kty": "EC"'},
        {"json": ["a", "list"]},
        {"text": '{"exp": NaN}'},
        {"text": '{"number": 1e999}'},
        {"text": '{"name": "\\ud800"}'},
        {"content": b'{"name": "\xff"}'},
        {"text": '{"a":' * 5000 + "1" + "}" * 5000},
        {"text": '{"number": ' + "9" * 5000 + "}"},
        {"content": gzip.compress(b"{}", mtime=0), "headers": {"content-encoding": "gzip"}},
        {"json": {"long": "x" * MAX_ANSWER}},
        {"status_code": 204},
        {"status_code": 404, "html": "<html></html>"},
        {"status_code": 500, "json": {"error": "invalid_grant"}},
        {"status_code": 502, "html": "<html></html>"},
        {"status_code": 503},
    ],
    ids=lambda answer: str(answer)[:40],
)
async def test_an_answer_of_no_use_is_an_outage(
    upstream: Upstream, provider: Provider, route: str, answer: dict[str, Any]
) -> None:
    getattr(provider, route).respond(**answer)
    with pytest.raises(UpstreamDown) as raised:
        await redeem(upstream)
    assert not [secret for secret in SECRETS if secret in raised.value.cause]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx.ConnectError("upstream-client-secret"), "ConnectError"),
        (httpx.ReadError("upstream-client-secret"), "ReadError"),
        (httpx.RemoteProtocolError("upstream-client-secret"), "RemoteProtocolError"),
        (httpx.ReadTimeout("upstream-client-secret"), "it takes too long"),
        (httpx.PoolTimeout("upstream-client-secret"), "PoolTimeout"),
    ],
)
async def test_no_answer_is_an_outage(
    upstream: Upstream, provider: Provider, route: str, error: httpx.HTTPError, told: str
) -> None:
    getattr(provider, route).side_effect = error
    with pytest.raises(UpstreamDown) as raised:
        await redeem(upstream)
    assert raised.value.cause == f"{route}: no answer ({told})"


@pytest.mark.parametrize("host", ["xn--", "xn--a.example.com", "[v1.x]"])
async def test_a_host_that_there_cannot_be_is_an_outage(
    upstream: Upstream, provider: Provider, host: str
) -> None:
    document = {**DOCUMENT, "token_endpoint": f"https://{host}/token"}
    provider.discovery.respond(json=document)
    with pytest.raises(UpstreamDown, match="token: its URL is none"):
        await redeem(upstream)


@pytest.mark.parametrize("route", ROUTES)
async def test_a_redirect_is_not_followed(
    upstream: Upstream, provider: Provider, route: str
) -> None:
    elsewhere = provider.router.route(host="evil.example.com").respond(json={})
    getattr(provider, route).respond(307, headers={"location": "https://evil.example.com/"})
    with pytest.raises(UpstreamMisconfigured, match="307"):
        await redeem(upstream)
    assert not elsewhere.called


class Drip(httpx.AsyncByteStream):
    """A body that never ends: fast, or so slowly that no single read takes too long."""

    def __init__(self, *, fast: bool) -> None:
        self._fast = fast
        self.chunks = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.chunks += 1
            yield b"x" * 65_536 if self._fast else b"x"
            await asyncio.sleep(0)


async def test_an_answer_without_end_is_cut_off_in_time(
    upstream: Upstream, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SECONDS", 0.01)
    provider.discovery.return_value = httpx.Response(200, stream=Drip(fast=False))
    with pytest.raises(UpstreamDown, match="it takes too long"):
        await redeem(upstream)


async def test_an_answer_without_end_is_cut_off_at_its_size(
    upstream: Upstream, provider: Provider
) -> None:
    body = Drip(fast=True)
    provider.discovery.return_value = httpx.Response(200, stream=body)
    with pytest.raises(UpstreamDown, match="longer than 1000000 bytes"):
        await redeem(upstream)
    assert body.chunks == MAX_ANSWER // 65_536 + 1


async def test_no_packed_answer_is_asked_for(upstream: Upstream, provider: Provider) -> None:
    await redeem(upstream)
    sent = provider.discovery.calls.last.request.headers
    assert sent["accept-encoding"] == "identity"
    assert sent["user-agent"].startswith("Snowflake/")


def counted(route: str, status: str) -> float:
    labels = {"route": route, "status": status}
    return REGISTRY.get_sample_value("snowflake_upstream_calls_total", labels) or 0.0


async def test_calls_are_counted_by_route_and_status(
    upstream: Upstream, provider: Provider
) -> None:
    good, none = counted("token", "200"), counted("userinfo", "none")
    provider.userinfo.side_effect = httpx.ConnectError("why")
    with pytest.raises(UpstreamDown):
        await redeem(upstream)
    assert (counted("token", "200"), counted("userinfo", "none")) == (good + 1, none + 1)
