import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from snowflake.sandbox.serving import _origin, serving


async def hello(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.client.host if request.client else ''}")


APP = Starlette(routes=[Route("/", hello)])


def test_the_application_answers_at_the_origin() -> None:
    with serving(APP) as origin:
        assert urlsplit(origin).hostname == "localhost"
        assert httpx.get(origin, trust_env=False).text == "hello 127.0.0.1"


def test_an_application_without_lifespan_is_served() -> None:
    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await PlainTextResponse("bare")(scope, receive, send)

    with serving(bare) as origin:
        assert httpx.get(origin, trust_env=False).text == "bare"


def test_nothing_listens_after_the_block() -> None:
    with serving(APP) as origin:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(origin, trust_env=False)


def test_the_thread_ends_with_the_block() -> None:
    before = threading.active_count()
    with serving(APP):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_a_port_in_use_is_named_in_the_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port}.*in use"), serving(APP, port):
            pass


def test_an_application_that_does_not_start_raises_its_own_error() -> None:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        raise LookupError("no key")
        yield

    with pytest.raises(LookupError, match="no key"), serving(Starlette(lifespan=lifespan)):
        pass


def test_the_lifespan_ends_with_the_block() -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        seen.append("begun")
        yield
        seen.append("ended")

    with serving(Starlette(lifespan=lifespan)):
        assert seen == ["begun"]
    assert seen == ["begun", "ended"]


def test_a_request_that_never_ends_is_cut_off() -> None:
    arrived = threading.Event()
    errors: list[httpx.HTTPError] = []

    async def forever(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            arrived.set()
            await asyncio.Event().wait()

    def ask(origin: str) -> None:
        try:
            httpx.get(origin, trust_env=False, timeout=30)
        except httpx.HTTPError as error:
            errors.append(error)

    with serving(forever) as origin:
        asking = threading.Thread(target=ask, args=(origin,))
        asking.start()
        assert arrived.wait(30)
    asking.join(30)
    assert [type(error) for error in errors] == [httpx.RemoteProtocolError]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://localhost:80"),
        ("::1", "http://localhost:80"),
        ("0.0.0.0", "http://localhost:80"),  # noqa: S104 - nothing is bound
        ("192.0.2.1", "http://192.0.2.1:80"),
        ("2001:db8::1", "http://[2001:db8::1]:80"),
    ],
)
def test_the_origin_is_where_a_browser_reaches_the_address(host: str, origin: str) -> None:
    assert _origin(host, 80) == origin


def test_an_application_that_fails_says_so_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: Request) -> Response:
        raise LookupError("no such thing")

    with serving(Starlette(routes=[Route("/", broken)])) as origin:
        assert httpx.get(origin, trust_env=False).status_code == 500
    assert "no such thing" in caplog.text


def test_serving_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(APP) as origin:
        httpx.get(f"{origin}/missing", trust_env=False)
    assert capfd.readouterr() == ("", "")
