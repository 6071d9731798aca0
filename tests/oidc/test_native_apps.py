"""Programs and apps on a person's device: private-use schemes, and ports of the moment."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from html import escape

import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from tests.login import ask, code_for, come_back, depart, login, query_of, redeem
from tests.oidc.test_registered_clients import CHALLENGE, VERIFIER, registering
from tests.running import ORIGIN, Clock, Discord, Snowflake, running

PRIVATE = (
    "app.immich:///oauth-callback",
    "oc://android.opencloud.eu",
    "audiobookshelf://oauth",
    "com.example.app:/cb?tenant=1",
)
LOOPBACK = ("http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost:8250/cb")
OF_THE_MOMENT = ("http://127.0.0.1:49152/cb", "http://[::1]:49153/cb", "http://localhost/cb")
CLIENT = ClientTable(
    id="phone",
    name="The phone",
    public=True,
    redirect_uris=(*PRIVATE, *LOOPBACK),
    post_logout_redirect_uris=("app.immich:///bye", "http://127.0.0.1/bye"),
)
ASKED: Mapping[str, str] = {
    "client_id": "phone",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
own = partial(redeem, client_id="phone", client_secret=None, code_verifier=VERIFIER)


@pytest.fixture
async def phone(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Run a Snowflake that has such a client."""
    async with running(registering(settings, CLIENT), clock, discord) as snowflake:
        yield snowflake


@pytest.mark.parametrize("uri", [*PRIVATE, *LOOPBACK, *OF_THE_MOMENT])
async def test_a_login_ends_at_the_apps_own_uri_byte_for_byte(phone: Snowflake, uri: str) -> None:
    location = await login(phone.browser, redirect_uri=uri, **ASKED)
    added = location.removeprefix(uri)
    assert added.startswith("&code=" if "?" in uri else "?code=")
    code = query_of(f"?{added[1:]}")["code"]
    assert (await own(phone.browser, code, redirect_uri=uri)).status_code == 200


@pytest.mark.parametrize("uri", [*PRIVATE, *OF_THE_MOMENT])
async def test_an_app_must_use_pkce_and_hears_so_at_its_own_uri(phone: Snowflake, uri: str) -> None:
    answer = await ask(phone.browser, client_id="phone", redirect_uri=uri)
    assert answer.status_code == 302
    location = answer.headers["location"]
    assert location.startswith(f"{uri}{'&' if '?' in uri else '?'}error=invalid_request")
    assert "PKCE" in location


async def test_a_code_is_of_no_use_to_another_app_that_claims_the_scheme(phone: Snowflake) -> None:
    uri = PRIVATE[0]
    code = await code_for(phone.browser, redirect_uri=uri, **ASKED)
    for verifier in (None, "another-verifier-of-forty-three-characters-x"):
        stolen = await own(phone.browser, code, redirect_uri=uri, code_verifier=verifier)
        assert stolen.json()["error"] == "invalid_grant"
    assert (await own(phone.browser, code, redirect_uri=uri)).status_code == 200


async def test_the_port_of_a_login_is_the_same_to_its_end(phone: Snowflake) -> None:
    code = await code_for(phone.browser, redirect_uri="http://127.0.0.1:49152/cb", **ASKED)
    for other in ("http://127.0.0.1:49153/cb", "http://127.0.0.1/cb"):
        answer = await own(phone.browser, code, redirect_uri=other)
        assert answer.json()["error"] == "invalid_grant"
    answer = await own(phone.browser, code, redirect_uri="http://127.0.0.1:49152/cb")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "uri",
    [
        "app.immich:/oauth-callback",
        "app.immich://oauth-callback",
        "App.Immich:///oauth-callback",
        "app.immich:///oauth-callback/",
        "oc://android.opencloud.eu/",
        "com.example.app:/cb",
        "com.example.app:/cb?tenant=2",
        "com.example.other:/cb?tenant=1",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.2/cb",
        "http://127.0.0.1:49152/other",
        "https://127.0.0.1/cb",
        "javascript:alert(1)",
    ],
)
async def test_no_other_uri_gets_a_redirect(phone: Snowflake, uri: str) -> None:
    answer = await ask(phone.browser, redirect_uri=uri, **ASKED)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_discord_application_has_no_such_uris(phone: Snowflake) -> None:
    for uri in PRIVATE:
        assert (await ask(phone.browser, redirect_uri=uri)).status_code == 400
        assert (await ask(phone.browser, redirect_uri=f"{ORIGIN}/r/{uri}")).status_code == 400


@pytest.mark.parametrize("uri", [*PRIVATE, OF_THE_MOMENT[0]])
async def test_whoever_refuses_is_led_back_into_the_app(phone: Snowflake, uri: str) -> None:
    departure = await depart(phone.browser, redirect_uri=uri, **ASKED)
    answer = await come_back(phone.browser, departure, code=None, error="access_denied")
    assert answer.headers["location"].startswith(f"{uri}{'&' if '?' in uri else '?'}error=access_d")


@pytest.mark.parametrize("uri", [*PRIVATE, OF_THE_MOMENT[0]])
async def test_the_page_of_whoever_is_not_let_in_has_a_link_back_into_the_app(
    settings: Settings, clock: Clock, discord: Discord, uri: str
) -> None:
    gated = CLIENT.model_copy(update={"access": AccessTable(any_guild=("111",))})
    async with running(registering(settings, gated), clock, discord) as snowflake:
        page = await come_back(
            snowflake.browser, await depart(snowflake.browser, redirect_uri=uri, **ASKED)
        )
    assert page.status_code == 403
    back = escape(f"{uri}{'&' if '?' in uri else '?'}error=access_denied")
    assert f'href="{back}' in page.text


@pytest.mark.parametrize("uri", ["app.immich:///bye", "http://127.0.0.1:5000/bye"])
async def test_after_a_logout_the_browser_goes_back_into_the_app(
    phone: Snowflake, uri: str
) -> None:
    asked = {"client_id": "phone", "post_logout_redirect_uri": uri, "state": "s"}
    answer = await phone.browser.get("/logout", params=asked)
    assert answer.headers["location"] == f"{uri}?state=s"


async def test_without_loopback_an_apps_own_scheme_still_counts(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    strict = settings.model_copy(update={"treat_loopback_as_secure": False})
    async with running(registering(strict, CLIENT), clock, discord) as snowflake:
        for uri in OF_THE_MOMENT:
            assert (await ask(snowflake.browser, redirect_uri=uri, **ASKED)).status_code == 400
        assert await login(snowflake.browser, redirect_uri=PRIVATE[0], **ASKED)


@pytest.mark.parametrize("uri", [PRIVATE[0], OF_THE_MOMENT[0]])
async def test_the_page_of_a_login_that_is_over_has_a_link_back_into_the_app(
    phone: Snowflake, uri: str
) -> None:
    departure = await depart(phone.browser, redirect_uri=uri, **ASKED)
    location = (await come_back(phone.browser, departure)).headers["location"]
    code = query_of(location)["code"]
    assert (await own(phone.browser, code, redirect_uri=uri)).status_code == 200
    phone.clock.pass_by(120)
    page = await come_back(phone.browser, departure)
    assert page.status_code == 400
    assert f'href="{escape(uri)}?error=login_required' in page.text
