"""What another site posts comes without cookies, and is asked for again."""

from tests.login import query_of
from tests.oidc.signed_in import AS_WIKI
from tests.running import Clock, Snowflake
from tests.web.end_session.leaving import GOODBYE, is_signed_in, signed_in


async def test_what_another_site_posts_is_seen_with_the_cookies(snowflake: Snowflake) -> None:
    hint = await signed_in(snowflake)
    # No cookie comes with it.
    elsewhere = snowflake.another_browser()
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE, "state": "s"}
    answer = await elsewhere.post("/logout", data=asked)
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith("/logout?posted=")
    answer = await snowflake.browser.get(location)
    assert (answer.status_code, answer.headers["location"]) == (302, f"{GOODBYE}?state=s")
    assert not await is_signed_in(snowflake)


async def test_a_login_that_another_site_posts_is_seen_with_the_cookies(
    snowflake: Snowflake,
) -> None:
    await signed_in(snowflake)
    form = {
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "prompt": "none",
        **AS_WIKI,
    }
    answer = await snowflake.another_browser().post("/authorize", data=form)
    assert answer.status_code == 303
    answer = await snowflake.browser.get(answer.headers["location"])
    assert query_of(answer.headers["location"]).keys() == {"code", "state", "iss"}


async def test_what_was_posted_to_one_endpoint_is_nothing_to_another(
    snowflake: Snowflake, clock: Clock
) -> None:
    answer = await snowflake.browser.post("/logout", data={"client_id": "grafana"})
    note = answer.headers["location"].partition("?")[2]
    assert (await snowflake.browser.get(f"/authorize?{note}")).status_code == 400
    clock.pass_by(61)
    assert (await snowflake.browser.get(f"/logout?{note}")).status_code == 400
    assert (await snowflake.browser.get("/logout?posted=x")).status_code == 400


async def test_a_field_that_was_posted_twice_stays_twice(snowflake: Snowflake) -> None:
    content = "client_id=grafana&client_id=wiki&post_logout_redirect_uri=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await snowflake.browser.post("/logout", content=content, headers=headers)
    answer = await snowflake.browser.get(answer.headers["location"])
    assert answer.status_code == 400
    assert "more than once" in answer.text
