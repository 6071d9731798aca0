"""Where devices begin: which may, and what they and their clients are told."""

import httpx
import pytest

from snowflake.settings import Settings
from snowflake.state.quota import DEVICES
from tests.oidc.signed_in import keeping_sessions
from tests.quotas import allow as allowing
from tests.running import USER, Clock, Discord, Snowflake
from tests.web.device.television import (
    AS_TELEVISION,
    AS_TOOL,
    TELEVISION,
    allow,
    begin,
    enter,
    poll,
)

WRONG = "BBBB-BBBB"


async def test_public_clients_do_not_fill_the_store(
    snowflake: Snowflake, device: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowing(monkeypatch, DEVICES, caller=2)
    for _ in range(2):
        await begin(device, AS_TOOL)
    answer = await device.post("/device_authorization", data=dict(AS_TOOL))
    assert answer.status_code == 429
    assert answer.json()["error"] == "temporarily_unavailable"
    # Who has proven itself may.
    for _ in range(3):
        await begin(device)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "openid"}, "invalid_client"),
        ({**AS_TELEVISION, "client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "television"}, "invalid_client"),
        ({"client_id": "unheard of"}, "invalid_client"),
        ({"client_id": "1056005449054429204", "client_secret": "x" * 32}, "unauthorized_client"),
        ({"client_id": "grafana", "client_secret": "grafana's secret"}, "unauthorized_client"),
        ({**AS_TELEVISION, "scope": "email"}, "invalid_scope"),
        ({**AS_TELEVISION, "scope": "x" * 3000}, "invalid_request"),
    ],
)
async def test_a_device_that_may_not_hears_why(
    snowflake: Snowflake, device: httpx.AsyncClient, form: dict[str, str], error: str
) -> None:
    answer = await device.post("/device_authorization", data=form)
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"device_code": ""}, "invalid_request"),
        ({"device_code": "x" * 600}, "invalid_request"),
        ({"device_code": "made up"}, "invalid_grant"),
        ({"include_refresh_token": "false"}, "invalid_request"),
    ],
)
async def test_a_bad_request_costs_the_device_nothing(
    snowflake: Snowflake, device: httpx.AsyncClient, form: dict[str, str], error: str
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    assert (await poll(device, codes, AS_TELEVISION, **form)).json()["error"] == error
    assert (await poll(device, codes)).status_code == 200


async def test_a_device_that_proves_itself_by_basic_may_say_no_more(
    device: httpx.AsyncClient, snowflake: Snowflake
) -> None:
    """It is then about who somebody is (RFC 8628, section 3.1: ``scope`` is optional)."""
    basic = (AS_TELEVISION["client_id"], AS_TELEVISION["client_secret"])
    answer = await device.post("/device_authorization", auth=basic)
    assert "content-type" not in answer.request.headers
    assert answer.status_code == 200, answer.text
    await allow(snowflake.browser, answer.json())
    assert (await poll(device, answer.json())).json()["scope"] == "openid"
    # What needs parameters says which.
    for path, lacks in (("/token", "grant_type"), ("/revoke", "token"), ("/introspect", "token")):
        refused = await device.post(path, auth=basic)
        assert refused.json()["error_description"] == f"{lacks} is missing"


async def test_where_no_client_is_for_devices_there_is_no_page(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with keeping_sessions(settings, clock, discord) as snowflake:
        assert (await snowflake.browser.get("/device")).status_code == 404
        assert (await enter(snowflake.browser, WRONG)).status_code == 404
        document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
        assert "device_authorization_endpoint" not in document


async def test_discovery_names_the_endpoint(snowflake: Snowflake) -> None:
    document = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    assert document["device_authorization_endpoint"].endswith("/device_authorization")
    assert "urn:ietf:params:oauth:grant-type:device_code" in document["grant_types_supported"]


async def test_scripts_of_other_origins_may_begin(device: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://tool.example", "Access-Control-Request-Method": "POST"}
    preflight = await device.options("/device_authorization", headers=headers)
    assert preflight.headers["access-control-allow-origin"] == "*"
    answer = await device.post("/device_authorization", data=dict(AS_TOOL), headers=headers)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"


async def test_what_was_allowed_here_counts_where_consent_is_asked_once(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    once = TELEVISION.model_copy(update={"consent": "once"})
    async with keeping_sessions(settings, clock, discord, once) as snowflake:
        async with snowflake.another_browser() as device:
            for _ in range(2):
                codes = await begin(device, scope="openid email")
                await allow(snowflake.browser, codes)
                assert (await poll(device, codes)).status_code == 200
        consents = snowflake.state.store.consents
        given = await consents.scopes(str(USER["id"]), "television")
        assert given == {"openid", "email"}


async def test_a_client_with_an_issuer_of_its_own_gets_tokens_of_that(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    own = TELEVISION.model_copy(update={"issuer_mode": "per_client"})
    async with keeping_sessions(settings, clock, discord, own) as snowflake:
        base = str(snowflake.browser.base_url)
        document = (
            await snowflake.browser.get("/clients/television/.well-known/openid-configuration")
        ).json()
        assert document["device_authorization_endpoint"] == f"{base}/device_authorization"
        async with snowflake.another_browser() as device:
            codes = await begin(device)
            assert codes["verification_uri"] == f"{base}/device"
            await allow(snowflake.browser, codes)
            tokens = (await poll(device, codes)).json()
            form = {**AS_TELEVISION, "token": tokens["access_token"]}
            told = (await device.post("/introspect", data=form)).json()
        assert told["iss"] == document["issuer"] == f"{base}/clients/television"
