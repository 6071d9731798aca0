"""Requests that are pushed to the provider (RFC 9126), and the way there."""

import base64
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from snowflake.errors import UpstreamDown, UpstreamError, UpstreamMisconfigured
from snowflake.upstream.client import Upstream
from tests.upstream.provider import (
    CHALLENGE,
    CLIENT_ID,
    NONCE,
    REDIRECT_URI,
    SECRET,
    Provider,
    the_state,
)

PAR = "https://id.example.com/par/"
REQUEST_URI = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c"


async def way(upstream: Upstream) -> str:
    return await upstream.authorization_url(REDIRECT_URI, the_state, NONCE, CHALLENGE)


async def test_a_provider_that_takes_pushed_requests_hears_of_it_from_us(
    upstream: Upstream, provider: Provider
) -> None:
    provider.says(pushed_authorization_request_endpoint=PAR)
    provider.par.respond(201, json={"request_uri": REQUEST_URI, "expires_in": 60})
    url = await way(upstream)
    assert parse_qs(urlsplit(url).query) == {
        "client_id": [CLIENT_ID],
        "request_uri": [REQUEST_URI],
    }
    request = provider.par.calls.last.request
    assert dict(httpx.QueryParams(request.content.decode())) == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile offline_access",
        "state": "pushed",
        "nonce": NONCE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    sent = base64.b64decode(request.headers["authorization"].split()[1]).decode()
    assert sent == f"{CLIENT_ID}:{SECRET.get_secret_value()}"


async def test_one_that_takes_none_is_pushed_none(upstream: Upstream, provider: Provider) -> None:
    assert "state=the+state&" in await way(upstream)
    assert not provider.par.called


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), UpstreamMisconfigured),
        (httpx.Response(400, json={"error": "invalid_request"}), UpstreamMisconfigured),
        (httpx.Response(400, json={"error": "invalid_scope"}), UpstreamMisconfigured),
        (httpx.Response(302), UpstreamMisconfigured),
        (httpx.Response(503), UpstreamDown),
        (httpx.Response(404), UpstreamDown),
        (httpx.Response(201, text="<html>"), UpstreamDown),
        (httpx.Response(201, json={}), UpstreamDown),
        (httpx.Response(201, json={"request_uri": ""}), UpstreamDown),
        (httpx.Response(201, json={"request_uri": 7}), UpstreamDown),
        (httpx.Response(201, json={"request_uri": "u" * 2049}), UpstreamDown),
        # A page in place of an answer, as something that stands before it may send.
        (httpx.Response(200, json={"request_uri": REQUEST_URI}), UpstreamDown),
    ],
)
async def test_a_request_that_it_does_not_take_is_not_sent_by_the_browser_instead(
    upstream: Upstream, provider: Provider, answer: httpx.Response, expected: type[UpstreamError]
) -> None:
    provider.says(pushed_authorization_request_endpoint=PAR)
    provider.par.mock(return_value=answer)
    with pytest.raises(expected):
        await way(upstream)
