"""A device signs in by the device authorization grant (RFC 8628), from start to end."""

from html import unescape

import httpx
import pytest

from snowflake.oidc.devices import DeviceNote
from snowflake.store.device_codes import GRACE, LIFETIME
from tests.login import query_of, read_token
from tests.running import USER, Snowflake
from tests.web.device.television import (
    AS_BOTH,
    AS_TELEVISION,
    AS_TOOL,
    BOTH,
    TOOL,
    allow,
    begin,
    enter,
    heard,
    poll,
    press,
    sign_in,
)
from tests.web.forms import form_in


@pytest.mark.parametrize("client", [AS_TELEVISION, AS_TOOL], ids=["confidential", "public"])
async def test_it_signs_in_once_the_person_has_allowed_it(
    snowflake: Snowflake, device: httpx.AsyncClient, client: dict[str, str]
) -> None:
    codes = await begin(device, client, scope="openid profile email")
    assert await heard(device, codes, client) == "authorization_pending"
    await allow(snowflake.browser, codes)
    answer = await poll(device, codes, client)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    claims = read_token(snowflake, tokens["id_token"])
    assert (claims["aud"], claims["sub"]) == (client["client_id"], USER["id"])
    assert claims["auth_time"] == int(snowflake.clock())
    assert "nonce" not in claims
    assert ("sid" in claims) is bool(snowflake.settings.session_lifetime)
    assert tokens["scope"] == "openid profile email"
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = await device.get("/userinfo", headers=bearer)
    assert userinfo.json()["email"] == USER["email"]
    refreshing = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = await device.post("/token", data={**client, **refreshing})
    assert refreshed.status_code == 200, refreshed.text
    assert await heard(device, codes, client) == "invalid_grant"
    # It ends nothing.
    again = await device.get("/userinfo", headers=bearer)
    assert again.status_code == 200


async def test_the_page_says_which_application_on_which_device_and_what_it_will_learn(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device, scope="openid email")
    page = await sign_in(snowflake.browser, codes["user_code"])
    text = unescape(page.text)
    assert "Let a device sign in to <bdi>Television</bdi>?" in text
    assert codes["user_code"] in text
    assert "nelly" in text
    assert "127.0.0.1" in text
    assert "Telly/4.2 (&lt;b&gt;living room&lt;/b&gt;)" in page.text
    assert "Your e-mail address." in text
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_it_may_be_denied(snowflake: Snowflake, device: httpx.AsyncClient) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    answer = await press(snowflake.browser, page, "deny")
    assert "The device may not sign in" in answer.text
    for _ in range(2):
        assert await heard(device, codes) == "access_denied"
    # It holds for good.
    answer = await press(snowflake.browser, page, "allow")
    assert "does not wait any more" in answer.text
    assert await heard(device, codes) == "access_denied"


async def test_nobody_answers_in_time(snowflake: Snowflake, device: httpx.AsyncClient) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    snowflake.clock.pass_by(LIFETIME - 1)
    assert await heard(device, codes) == "authorization_pending"
    snowflake.clock.pass_by(1)
    assert await heard(device, codes) == "expired_token"
    for answer in (
        await press(snowflake.browser, page, "allow"),
        await enter(snowflake.browser, codes["user_code"]),
    ):
        assert "does not wait any more" in answer.text
    await snowflake.state.store.housekeeping.delete_expired()
    assert await heard(device, codes) == "expired_token"
    snowflake.clock.pass_by(3600)
    await snowflake.state.store.housekeeping.delete_expired()
    assert await heard(device, codes) == "invalid_grant"


async def test_it_is_allowed_in_the_last_second_and_asks_in_the_next(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    snowflake.clock.pass_by(LIFETIME - 1)
    await press(snowflake.browser, page, "allow")
    snowflake.clock.pass_by(GRACE)
    await snowflake.state.store.housekeeping.delete_expired()
    assert (await poll(device, codes)).status_code == 200


async def test_one_that_was_allowed_and_never_asks_expires(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    await allow(snowflake.browser, codes)
    snowflake.clock.pass_by(LIFETIME + GRACE)
    assert await heard(device, codes) == "expired_token"


async def test_who_asks_too_often_waits_longer_each_time(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    assert await heard(device, codes) == "authorization_pending"
    assert await heard(device, codes) == "slow_down"
    snowflake.clock.pass_by(5)
    assert await heard(device, codes) == "slow_down"
    snowflake.clock.pass_by(15)
    assert await heard(device, codes) == "authorization_pending"
    for _ in range(100):
        assert await heard(device, codes) == "slow_down"
    # It gets its tokens all the same.
    await allow(snowflake.browser, codes)
    assert (await poll(device, codes)).status_code == 200


async def test_another_client_cannot_redeem_it(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    for _ in range(3):
        assert await heard(device, codes, AS_TOOL) == "invalid_grant"
    assert await heard(device, codes) == "authorization_pending"
    await allow(snowflake.browser, codes)
    assert await heard(device, codes, AS_TOOL) == "invalid_grant"
    assert (await poll(device, codes)).status_code == 200


async def test_whoever_is_signed_in_is_asked_all_the_same(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    # Of a client that asks for no consent, by the link with the code in it.
    assert TOOL.consent == "never"
    for _ in range(2):
        codes = await begin(device, AS_TOOL)
        page = await snowflake.browser.get(codes["verification_uri_complete"])
        assert page.status_code == 200
        assert f'value="{codes["user_code"]}"' in page.text
        assert await heard(device, codes, AS_TOOL) == "authorization_pending"
        await allow(snowflake.browser, codes)


async def test_nobody_else_can_press_the_button(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    page = await sign_in(snowflake.browser, codes["user_code"])
    async with snowflake.another_browser() as theirs:
        answer = await press(theirs, page, "allow")
        assert answer.status_code == 400
        assert "can't be finished here" in unescape(answer.text)
    assert await heard(device, codes) == "authorization_pending"


@pytest.mark.parametrize("sent", [{"note": "forged", "answer": "allow"}, {"note": "x" * 40_000}])
async def test_a_forged_answer_is_none(
    snowflake: Snowflake, device: httpx.AsyncClient, sent: dict[str, str]
) -> None:
    answer = await snowflake.browser.post("/device", data=sent)
    assert answer.status_code == 400
    assert "Nothing has changed" in answer.text


async def test_the_code_of_the_browser_is_good_for_no_tokens(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    """It is in the note of the page, sealed; but the client must not get round the answer."""
    codes = await begin(device, AS_BOTH)
    page = await sign_in(snowflake.browser, codes["user_code"])
    note = snowflake.state.sealer.open(DeviceNote, form_in(page)[1]["note"])
    # Which has registered our page for its own.
    uri = BOTH.redirect_uris[0]
    form = {"grant_type": "authorization_code", "code": note.code, "redirect_uri": uri}
    answer = await device.post("/token", data={**AS_BOTH, **form})
    assert answer.json()["error_description"] == (
        "the code is for a device, which has a code of its own"
    )
    await press(snowflake.browser, page, "allow")
    assert (await poll(device, codes, AS_BOTH)).status_code == 200


async def test_whoever_does_not_allow_it_at_discord_may_try_again(
    snowflake: Snowflake, device: httpx.AsyncClient
) -> None:
    codes = await begin(device)
    answer = await enter(snowflake.browser, codes["user_code"].lower().replace("-", " "))
    refused = await snowflake.browser.get(
        "/callback",
        params={"state": query_of(answer.headers["location"])["state"], "error": "access_denied"},
    )
    page = await snowflake.browser.get(refused.headers["location"])
    assert "You have not signed in" in page.text
    assert f"/device?user_code={codes['user_code']}" in page.text
    assert await heard(device, codes) == "authorization_pending"
    await allow(snowflake.browser, codes)
    assert (await poll(device, codes)).status_code == 200
