"""Clients that are told in the browser, by frames of a page."""

import base64
import json
import re
from html import unescape
from typing import cast

import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from tests.login import ask, query_of
from tests.oidc.signed_in import AS_WIKI, GRAFANA, WIKI, enter, keeping_sessions
from tests.running import ORIGIN, Clock, Discord, Snowflake
from tests.web.end_session.leaving import GOODBYE, is_signed_in, signed_in
from tests.web.forms import form_in

FRAMED = WIKI.model_copy(update={"frontchannel_logout_uri": "https://wiki.example.com/logout?a=1"})


def claims_of(token: str) -> dict[str, str]:
    return cast(dict[str, str], json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")))


async def test_clients_are_told_in_the_browser(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with keeping_sessions(settings, clock, discord, GRAFANA, FRAMED) as snowflake:
        hint = await signed_in(snowflake)
        tokens = await enter(snowflake.browser, AS_WIKI)
        sid = claims_of(tokens["id_token"])["sid"]
        asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE}
        page = await snowflake.browser.get("/logout", params=asked)
        assert page.status_code == 200
        frames = [unescape(src) for src in re.findall(r'<iframe src="([^"]+)"', page.text)]
        assert len(frames) == 1
        assert frames[0].startswith("https://wiki.example.com/logout?a=1&")
        assert query_of(frames[0]) == {"a": "1", "iss": ORIGIN, "sid": sid}
        policy = page.headers["content-security-policy"]
        assert "frame-src https://wiki.example.com/logout;" in policy
        assert f'data-onward="{GOODBYE}"' in page.text
        assert f'href="{GOODBYE}"' in page.text
        assert not await is_signed_in(snowflake)


async def test_a_frame_is_told_of_its_client_s_own_issuer(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    own = FRAMED.model_copy(update={"issuer_mode": "per_client"})
    async with keeping_sessions(settings, clock, discord, GRAFANA, own) as snowflake:
        hint = await signed_in(snowflake)
        await enter(snowflake.browser, AS_WIKI)
        page = await snowflake.browser.get("/logout", params={"id_token_hint": hint})
        [frame] = [unescape(src) for src in re.findall(r'<iframe src="([^"]+)"', page.text)]
        assert query_of(frame)["iss"] == f"{ORIGIN}/clients/wiki"


async def test_a_frame_is_told_of_no_session_that_it_does_not_want(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    plain = FRAMED.model_copy(update={"frontchannel_logout_session_required": False})
    async with keeping_sessions(settings, clock, discord, GRAFANA, plain) as snowflake:
        await signed_in(snowflake)
        action, fields = form_in(await snowflake.browser.get("/logout"))
        page = await snowflake.browser.post(action, data=fields)
        assert '<iframe src="https://wiki.example.com/logout?a=1"' in page.text
        assert "data-onward" not in page.text
        assert "You can close this page" in page.text


@pytest.mark.parametrize(
    "uri", ["https://other.example.com/logout", "http://wiki.example.com/logout"]
)
def test_a_page_of_somebody_else_is_not_framed(uri: str) -> None:
    with pytest.raises(ValueError, match="scheme, host and port"):
        ClientTable(**{**FRAMED.model_dump(), "frontchannel_logout_uri": uri})


async def test_a_redirect_may_be_followed_in_a_frame_and_a_page_may_not(
    snowflake: Snowflake,
) -> None:
    await signed_in(snowflake)
    redirected = await ask(snowflake.browser, **AS_WIKI, prompt="none")
    assert redirected.status_code == 302
    assert "x-frame-options" not in redirected.headers
    assert "content-security-policy" not in redirected.headers
    page = await snowflake.browser.get("/logout")
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
