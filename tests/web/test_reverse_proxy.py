"""What a reverse proxy may say of a request, and what it is told when that is not enough."""

import json

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from snowflake.web.reverse_proxy import ReverseProxy
from tests.raw import Pairs, send_raw
from tests.running import Snowflake

CONFIGURATION = "/.well-known/openid-configuration"
PROXY = ("10.0.0.9", 40000)
PROTO = b"x-forwarded-proto"


async def seen(
    headers: Pairs, *, trusted: str = "10.0.0.0/8", client: tuple[str, int] | None = PROXY
) -> Scope:
    """Answer how a request looks to the application behind."""
    scopes: list[Scope] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await Response()(scope, receive, send)

    scope = {"scheme": "http", "client": client}
    await send_raw(ReverseProxy(note, trusted), "/", headers=headers, scope=scope)
    return scopes[0]


@pytest.mark.parametrize(
    ("sent", "scheme"),
    [
        ([b"https"], "https"),
        ([b"HTTPS"], "https"),
        ([b"https, https"], "https"),
        ([b"https,http"], "https"),
        ([b" Https , http"], "https"),
        ([b"https", b"http"], "https"),
        ([b"http, https"], "http"),
        ([b"http", b"https"], "http"),
        ([b"on"], "http"),
        ([b""], "http"),
        ([b",https"], "http"),
        ([], "http"),
    ],
)
async def test_the_first_proxy_says_by_which_scheme_people_come(
    sent: list[bytes], scheme: str
) -> None:
    scope = await seen([(PROTO, value) for value in sent])
    assert scope["scheme"] == scheme


@pytest.mark.parametrize(
    ("trusted", "client", "scheme"),
    [
        ("10.0.0.9", PROXY, "https"),
        ("10.0.0.0/8", ("::ffff:10.0.0.9", 1), "https"),
        ("fd00::/8", ("fd00::7", 1), "https"),
        ("*", ("203.0.113.1", 1), "https"),
        ("*", None, "https"),
        ("10.0.0.8", PROXY, "http"),
        ("10.0.0.0/8", ("::ffff:11.0.0.9", 1), "http"),
        ("10.0.0.0/8", None, "http"),
        ("", PROXY, "http"),
        ("", None, "http"),
    ],
)
async def test_only_a_trusted_proxy_is_believed(
    trusted: str, client: tuple[str, int] | None, scheme: str
) -> None:
    scope = await seen([(PROTO, b"https")], trusted=trusted, client=client)
    assert scope["scheme"] == scheme


async def test_the_callers_address_is_that_before_the_last_proxy() -> None:
    scope = await seen([(b"x-forwarded-for", b"198.51.100.1, 203.0.113.7, 10.0.0.2")])
    assert scope["client"] == ("203.0.113.7", 0)
    assert scope["peer"] == ("10.0.0.9", True)


@pytest.mark.parametrize(
    ("trusted", "headers", "told"),
    [
        ("", [(PROTO, b"https")], "10.0.0.9 is not among UVICORN_FORWARDED_ALLOW_IPS; it sent X-F"),
        ("", [(PROTO, b"https")], "; it sent X-Forwarded-Proto: https."),
        ("", [], "; it has sent no X-Forwarded-Proto."),
        ("*", [], "10.0.0.9 is trusted as a reverse proxy, but has sent no X-Forwarded-Proto."),
        ("*", [(PROTO, b"HTTP,https")], "trusted as a reverse proxy, has sent X-Forwarded-Proto: "),
        ("*", [(PROTO, b"HTTP,https")], "has sent X-Forwarded-Proto: http."),
        ("*", [(PROTO, b"<script>")], "has sent X-Forwarded-Proto: something else."),
    ],
)
async def test_without_https_the_answer_says_what_was_seen(
    snowflake: Snowflake, trusted: str, headers: Pairs, told: str
) -> None:
    app = ReverseProxy(snowflake.app, trusted)
    scope = {"scheme": "http", "client": PROXY}
    response = await send_raw(app, CONFIGURATION, headers=headers, scope=scope)
    assert response.status == 400
    described = json.loads(response.body)["error_description"]
    assert told in described
    assert "set UVICORN_FORWARDED_ALLOW_IPS to its address" in described


async def test_at_a_unix_socket_nobody_has_an_address(snowflake: Snowflake) -> None:
    scope = {"scheme": "http", "client": None}
    response = await send_raw(ReverseProxy(snowflake.app, "127.0.0.1"), CONFIGURATION, scope=scope)
    assert b"whoever is at the socket is not among" in response.body


async def test_behind_a_trusted_proxy_it_is_served(snowflake: Snowflake) -> None:
    app = ReverseProxy(snowflake.app, "10.0.0.0/8")
    scope = {"scheme": "http", "client": PROXY}
    response = await send_raw(app, CONFIGURATION, headers=[(PROTO, b"https, http")], scope=scope)
    assert json.loads(response.body)["issuer"] == "https://snowflake.example.com"
