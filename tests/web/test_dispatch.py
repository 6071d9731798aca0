"""Which route serves a request, whichever way it is found."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from snowflake.web.dispatch import Dispatch


async def first(request: Request) -> Response:
    scope = request.scope
    return PlainTextResponse(f"first {scope['route'].path} {scope['path_params']}")


async def second(request: Request) -> Response:
    return PlainTextResponse(f"second {request.scope['route'].path} {request.path_params}")


ROUTES = [
    Route("/a", first),
    Route("/a", second, methods=["GET", "POST"]),
    Route("/clients/{client_id}/keys", first),
    Mount("/below", routes=[Route("/a", second)]),
]


class Untried(Router):
    """A router that nobody should need to ask."""

    async def app(self, *_: object) -> None:
        pytest.fail("the routes were tried in turn")


async def asked(
    app: ASGIApp, path: str, method: str = "GET", root_path: str = ""
) -> tuple[int, str]:
    transport = httpx.ASGITransport(app, root_path=root_path)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.request(method, path)
    return answer.status_code, answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/a", "/a/", "/clients/1/keys", "/below/a", "/nowhere"])
async def test_it_is_the_route_that_starlette_would_choose(method: str, path: str) -> None:
    plain = Router(ROUTES, redirect_slashes=False)
    assert await asked(Dispatch(plain), path, method) == await asked(plain, path, method)


async def test_a_path_that_is_written_out_is_found_without_trying_others() -> None:
    assert await asked(Dispatch(Untried(ROUTES)), "/a") == (200, "first /a {}")


async def test_a_route_may_be_added_before_the_first_request() -> None:
    router = Router(ROUTES)
    dispatch = Dispatch(router)
    router.routes.insert(0, Route("/a", second))
    assert await asked(dispatch, "/a") == (200, "second /a {}")


@pytest.mark.parametrize(("root_path", "path"), [("/auth", "/auth/a"), ("/a", "/a/a")])
async def test_below_a_root_path_it_is_the_rest_that_counts(root_path: str, path: str) -> None:
    router = Router([Route("/auth/a", second), *ROUTES])
    assert await asked(Dispatch(router), path, root_path=root_path) == (200, "first /a {}")
