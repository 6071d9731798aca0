from collections.abc import AsyncIterator

import pytest
from starlette.routing import Route

from snowflake.settings import Settings
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from snowflake.web import audiences
from snowflake.web.routes import routes
from tests.linked_roles.world import with_linked_roles
from tests.oidc.signed_in import GRAFANA
from tests.oidc.test_registered_clients import registering
from tests.raw import send_raw
from tests.running import Clock, Discord, Snowflake, running

# Every path of the contract, the methods that it answers, and whether its errors are JSON.
CONTRACT = {
    "/": ({"GET", "HEAD"}, False),
    "/authorize": ({"GET", "HEAD", "POST"}, False),
    "/r/{redirect_uri:path}": ({"GET", "HEAD"}, False),
    "/callback": ({"GET", "HEAD"}, False),
    "/logout": ({"GET", "HEAD", "POST"}, False),
    "/account": ({"GET", "HEAD", "POST"}, False),
    "/consent": ({"GET", "HEAD", "POST"}, False),
    "/device": ({"GET", "HEAD", "POST"}, False),
    "/device_authorization": ({"POST"}, True),
    "/token": ({"POST"}, True),
    "/userinfo": ({"GET", "HEAD", "POST"}, True),
    "/.well-known/openid-configuration": ({"GET", "HEAD"}, True),
    "/.well-known/oauth-authorization-server": ({"GET", "HEAD"}, True),
    "/.well-known/jwks.json": ({"GET", "HEAD"}, True),
    "/clients/{client_id}/.well-known/openid-configuration": ({"GET", "HEAD"}, True),
    "/clients/{client_id}/.well-known/oauth-authorization-server": ({"GET", "HEAD"}, True),
    "/clients/{client_id}/.well-known/jwks.json": ({"GET", "HEAD"}, True),
    "/.well-known/oauth-authorization-server/clients/{client_id}": ({"GET", "HEAD"}, True),
    "/.well-known/webfinger": ({"GET", "HEAD"}, True),
    "/revoke": ({"POST"}, True),
    "/introspect": ({"POST"}, True),
    "/health": ({"GET", "HEAD"}, True),
    "/ready": ({"GET", "HEAD"}, True),
}
# With linked roles, a hook and Discord's public key.
LINKED_ROLES = {
    "/linked-role": ({"GET", "HEAD"}, False),
    "/linked-role/discord": ({"GET", "HEAD"}, False),
    "/linked-role/upstream": ({"GET", "HEAD"}, False),
    "/linked-role/unlink": ({"GET", "HEAD", "POST"}, False),
    "/linked-roles/hook": ({"POST"}, True),
    "/discord/events": ({"POST"}, True),
}
EVERYTHING = CONTRACT | LINKED_ROLES
#: A client that has an issuer to itself, and signs in on devices too.
OF_ALL_KINDS = GRAFANA.model_copy(
    update={
        "issuer_mode": "per_client",
        "grant_types": ("authorization_code", "refresh_token", DEVICE_CODE),
    }
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


@pytest.fixture
def everything(settings: Settings) -> Settings:
    with_key = with_linked_roles(settings).model_copy(update={"discord_public_key": "ab" * 32})
    return registering(with_key, OF_ALL_KINDS)


@pytest.fixture
async def snowflake(
    everything: Settings, clock: Clock, discord: Discord
) -> AsyncIterator[Snowflake]:
    async with running(everything, clock, discord) as snowflake:
        yield snowflake


def listed(settings: Settings) -> dict[str, set[str] | None]:
    found = [route for route in routes(settings) if isinstance(route, Route)]
    return {route.path: route.methods for route in found}


def test_the_paths_are_those_of_the_contract(settings: Settings, everything: Settings) -> None:
    assert listed(settings) == {path: methods for path, (methods, _) in CONTRACT.items()}
    assert listed(everything) == {path: methods for path, (methods, _) in EVERYTHING.items()}


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("method", METHODS)
async def test_another_method_is_refused_with_those_that_are_allowed(
    snowflake: Snowflake, path: str, method: str
) -> None:
    methods, is_json = EVERYTHING[path]
    response = await send_raw(
        snowflake.app,
        path.replace(":path", "").format(redirect_uri="https://a.example/", client_id=GRAFANA.id),
        method=method,
    )
    if method in methods:
        # The page that belongs to sessions says that there are none.
        assert response.status not in ({405} if path == "/account" else {404, 405})
        return
    assert response.status == 405
    assert {name.strip() for name in response.headers["allow"].split(",")} == methods
    kind = "application/json" if is_json else "text/html; charset=utf-8"
    assert response.headers["content-type"] == kind


@pytest.mark.parametrize(
    "path", [path for path in EVERYTHING if path.count("{") == 0 and path != "/"]
)
async def test_a_slash_at_the_end_is_another_path_and_no_redirect(
    snowflake: Snowflake, path: str
) -> None:
    response = await snowflake.browser.get(f"{path}/")
    assert response.status_code == 404
    assert "location" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/r",
        "/docs",
        "/openapi.json",
        "/redoc",
        "/.well-known",
        "/Authorize",
        "//nowhere",
    ],
)
async def test_an_unknown_path_is_a_page_that_leads_nowhere(
    snowflake: Snowflake, path: str
) -> None:
    response = await send_raw(snowflake.app, path)
    assert response.status == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert b"There is nothing here" in response.body
    assert b"href" not in response.body


@pytest.mark.parametrize("path", sorted(audiences.FOR_APPLICATIONS))
async def test_errors_for_applications_are_json(snowflake: Snowflake, path: str) -> None:
    response = await snowflake.browser.request("DELETE", path)
    assert response.json() == {
        "error": "invalid_request",
        "error_description": "Method Not Allowed",
    }


@pytest.mark.parametrize("base_path", ["", "/auth", "/user", "/t", "/deep/down"])
@pytest.mark.parametrize("stripped", [False, True])
async def test_a_proxy_may_strip_the_base_path_or_not(
    settings: Settings, clock: Clock, discord: Discord, base_path: str, *, stripped: bool
) -> None:
    based = settings.model_copy(update={"base_path": base_path})
    prefix = "" if stripped else base_path
    origin = [(b"origin", b"https://spa.example.com")]
    async with running(based, clock, discord) as snowflake:
        app = snowflake.app
        home = await send_raw(app, f"{prefix}/")
        authorize = await send_raw(app, f"{prefix}/authorize")
        callback = await send_raw(app, f"{prefix}/r/https://a.example/")
        unknown = await send_raw(app, f"{prefix}/token", headers=origin)
        refused = await send_raw(app, f"{prefix}/userinfo", headers=origin)
        health = await send_raw(app, f"{prefix}/health", headers=[(b"host", b"10.0.0.1")])
        document = await send_raw(app, f"{prefix}/.well-known/openid-configuration", headers=origin)
    assert home.status == 302
    assert b"client_id is missing" in authorize.body
    assert b"recognise this login" in callback.body
    for response, status in ((unknown, 405), (refused, 401), (document, 200)):
        assert response.status == status
        assert response.headers["content-type"] == "application/json"
        assert response.headers["access-control-allow-origin"] == "*"
    assert health.status == 200


async def test_the_base_path_itself_is_the_root(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    based = settings.model_copy(update={"base_path": "/auth"})
    async with running(based, clock, discord) as snowflake:
        for path in ("/auth", "/auth/"):
            assert (await send_raw(snowflake.app, path)).status == 302, path


async def test_with_a_base_path_its_metadata_stands_behind_the_well_known_name(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    path = "/.well-known/oauth-authorization-server/auth"
    based = settings.model_copy(update={"base_path": "/auth"})
    origin = {"origin": "https://spa.example.com"}
    async with running(based, clock, discord) as snowflake:
        response = await snowflake.browser.get(path, headers=origin)
        refused = await snowflake.browser.post(path, headers=origin)
    assert response.json()["issuer"] == "https://snowflake.example.com/auth"
    assert response.headers["access-control-allow-origin"] == "*"
    assert refused.status_code == 405
    assert refused.headers["content-type"] == "application/json"
