import json
import re

import pytest
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from snowflake.errors import Busy, StoreDown, TemporarilyUnavailable, TooManyRequests
from snowflake.protocol import paths
from snowflake.settings import Settings
from snowflake.telemetry.audit import EVENTS
from snowflake.web import audiences
from snowflake.web.pages import SECURITY_HEADERS
from tests.raw import HOST, send_raw
from tests.running import Clock, Discord, Snowflake, running

CONFIGURATION = "/.well-known/openid-configuration"
ORIGIN = (b"origin", b"https://spa.example.com")


@pytest.fixture
def _fresh_logs() -> None:
    structlog.reset_defaults()


async def explode(request: Request) -> Response:
    raise RuntimeError("a secret detail")


def add_bomb(snowflake: Snowflake, path: str) -> None:
    snowflake.app.router.routes.insert(0, Route(path, explode, methods=["GET", "POST"]))


@pytest.mark.parametrize("slashes", ["//", "///"])
@pytest.mark.parametrize("path", [paths.OPENID_CONFIGURATION, paths.JWKS, paths.HEALTH])
async def test_an_issuer_may_be_typed_with_a_slash_at_its_end(
    snowflake: Snowflake, path: str, slashes: str
) -> None:
    plain = await send_raw(snowflake.app, path)
    typed = await send_raw(snowflake.app, slashes + path[1:])
    assert typed.status == plain.status == 200
    assert typed.body == plain.body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/id/.well-known/openid-configuration", 200),
        ("/id//.well-known/openid-configuration", 200),
        ("//.well-known/openid-configuration", 200),
        ("/.well-known/oauth-authorization-server/id", 200),
        ("/id/", 302),
        ("/id", 302),
        ("//", 302),
        ("/identity/health", 404),
    ],
)
async def test_below_a_base_path_too(
    settings: Settings, clock: Clock, discord: Discord, *, path: str, status: int
) -> None:
    configured = settings.model_copy(update={"base_path": "/id"})
    async with running(configured, clock, discord) as snowflake:
        assert (await send_raw(snowflake.app, path)).status == status


async def test_every_response_has_the_security_headers(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    documented = settings.model_copy(update={"enable_docs": True})
    async with running(documented, clock, discord) as snowflake:
        add_bomb(snowflake, "/bomb")
        responses = [
            await send_raw(snowflake.app, path, headers=[(b"host", host)])
            for host in (HOST[1], b"evil.example.com")
            for path in (
                "/",
                "/authorize",
                "/r/x",
                "/token",
                "/userinfo",
                CONFIGURATION,
                "/health",
                "/nowhere",
                "/bomb",
                "/docs",
                "/docs/assets/swagger-ui.css",
                "/openapi.json",
            )
        ]
    assert {response.status for response in responses} >= {200, 302, 400, 401, 404, 405, 500}
    for response in responses:
        # A redirect shows nothing that could be framed, and may be followed in a frame.
        framing = (
            {"x-frame-options", "content-security-policy"}
            if "location" in response.headers
            else set()
        )
        assert set(map(str.lower, SECURITY_HEADERS)) - framing <= set(response.headers)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        if not framing:
            assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert re.fullmatch(r"[0-9a-f]{16}", response.headers["x-request-id"])
        assert len(response.headers.getlist("cache-control")) == 1


@pytest.mark.parametrize("path", sorted(audiences.CROSS_ORIGIN))
async def test_scripts_of_other_origins_may_ask_first(snowflake: Snowflake, path: str) -> None:
    for method in (b"GET", b"POST"):
        response = await send_raw(
            snowflake.app,
            path,
            method="OPTIONS",
            headers=[
                ORIGIN,
                (b"access-control-request-method", method),
                (
                    b"access-control-request-headers",
                    b"authorization, content-type, x-requested-with, traceparent",
                ),
            ],
        )
        assert response.status == 200
        assert response.headers["access-control-allow-origin"] == "*"
        assert method.decode() in response.headers["access-control-allow-methods"]
        allowed = response.headers["access-control-allow-headers"].lower()
        for name in ("authorization", "content-type", "x-requested-with", "traceparent"):
            assert name in allowed
        assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("path", sorted(audiences.CROSS_ORIGIN))
async def test_scripts_of_other_origins_may_read_errors_too(
    snowflake: Snowflake, path: str
) -> None:
    for method in ("GET", "POST", "DELETE"):
        response = await send_raw(snowflake.app, path, method=method, headers=[ORIGIN])
        assert response.headers["access-control-allow-origin"] == "*"
        assert "WWW-Authenticate" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("why", ["an unknown host", "plain HTTP", "a fault of ours"])
async def test_they_may_even_read_that_snowflake_cannot_be_used(
    snowflake: Snowflake, why: str
) -> None:
    headers, scope = [ORIGIN], {}
    if why == "an unknown host":
        headers.append((b"host", b"evil.example.com"))
    elif why == "plain HTTP":
        scope = {"scheme": "http"}
    else:
        add_bomb(snowflake, "/token")
    response = await send_raw(snowflake.app, "/token", headers=headers, scope=scope)
    assert response.status in {400, 500}
    assert response.headers.get("access-control-allow-origin") == "*"


async def test_scripts_may_read_what_a_cache_kept_for_somebody_else(snowflake: Snowflake) -> None:
    response = await send_raw(snowflake.app, paths.JWKS)
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/authorize", "/r/https://a.example/", "/", "/health"])
async def test_other_paths_are_not_for_scripts(snowflake: Snowflake, path: str) -> None:
    response = await send_raw(snowflake.app, path, headers=[ORIGIN])
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/token", "/authorize"])
@pytest.mark.usefixtures("_fresh_logs")
async def test_a_fault_of_ours_is_logged_and_not_told(snowflake: Snowflake, path: str) -> None:
    add_bomb(snowflake, path)
    with capture_logs() as logs:
        response = await send_raw(snowflake.app, path)
    assert response.status == 500
    assert b"secret detail" not in response.body
    if path == "/token":
        assert json.loads(response.body) == {
            "error": "server_error",
            "error_description": "something went wrong in Snowflake",
        }
    else:
        assert b"Something went wrong on our side" in response.body
    assert [entry["event"] for entry in logs] == ["unexpected_error", "login", "request"]
    assert logs[-1]["status"] == 500


async def break_off(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("half way")


async def test_a_response_that_breaks_off_is_not_answered_twice(snowflake: Snowflake) -> None:
    snowflake.app.router.routes.insert(0, Mount("/half", break_off))
    with pytest.raises(RuntimeError, match="half way"):
        await send_raw(snowflake.app, "/half/way")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/authorize", "/authorize"),
        ("/r/https://a.example/secret", "/r/{redirect_uri:path}"),
        ("/nowhere/secret", "unknown"),
        ("/token", "/token"),
    ],
)
@pytest.mark.usefixtures("_fresh_logs")
async def test_a_request_is_one_line_with_its_route_and_reference(
    snowflake: Snowflake, path: str, route: str
) -> None:
    contexts = []

    def note(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        contexts.append(structlog.contextvars.get_contextvars())
        return event

    with capture_logs(processors=[note]) as logs:
        response = await send_raw(snowflake.app, path, b"secret=secret")
    # The audit log has a line of its own of what was refused.
    [line] = [line for line in logs if line["event"] not in EVENTS]
    assert line["route"] == route
    assert line["status"] == response.status
    assert line["client"] == "192.0.2.7"
    assert "secret" not in str(line)
    assert contexts[0]["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize("path", sorted(audiences.POLLED))
@pytest.mark.usefixtures("_fresh_logs")
async def test_what_is_asked_for_all_the_time_is_logged_for_those_who_debug(
    snowflake: Snowflake, path: str
) -> None:
    with capture_logs() as logs:
        await send_raw(snowflake.app, path)
        await send_raw(snowflake.app, path, method="DELETE")
    assert [line["log_level"] for line in logs] == ["debug", "warning"]


@pytest.mark.parametrize(
    ("error", "level"), [(Busy, "warning"), (StoreDown, "error"), (TooManyRequests, "warning")]
)
@pytest.mark.usefixtures("_fresh_logs")
async def test_only_what_is_out_of_order_is_an_error(
    snowflake: Snowflake, error: type[TemporarilyUnavailable], level: str
) -> None:
    """Two who do the same at once are not: nobody has to get up at night for them."""

    async def refuse(_: Request) -> Response:
        raise error("not now")

    snowflake.app.router.routes.insert(0, Route("/token", refuse))
    with capture_logs() as logs:
        await send_raw(snowflake.app, "/token")
    assert [line["log_level"] for line in logs if line["event"] == "request"] == [level]


@pytest.mark.usefixtures("_fresh_logs")
async def test_one_requests_log_line_tells_nothing_of_another(snowflake: Snowflake) -> None:
    contexts = []

    def note(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        contexts.append(structlog.contextvars.get_contextvars())
        return event

    with capture_logs(processors=[note]):
        await send_raw(snowflake.app, "/authorize", b"client_id=12345")
        await send_raw(snowflake.app, "/health")
    assert contexts[0]["client_id"] == "12345"
    assert set(contexts[-1]) == {"request_id"}


async def test_a_websocket_is_refused(snowflake: Snowflake) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/token", "headers": [], "scheme": "wss"}
    await snowflake.app(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]
