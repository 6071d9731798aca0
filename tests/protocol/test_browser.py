from http.cookies import SimpleCookie

import pytest

from snowflake.protocol.browser import COOKIE_LIFETIME
from snowflake.settings import Settings
from tests.login import ask, come_back, depart
from tests.running import ORIGIN, Clock, Discord, Snowflake, running

PLANTED = "A" * 43


def cookie_of(header: str) -> tuple[str, str, dict[str, str]]:
    [(name, morsel)] = SimpleCookie(header).items()
    return name, morsel.value, {key: str(value) for key, value in morsel.items() if value}


async def test_over_https_the_cookie_is_this_hosts_alone(snowflake: Snowflake) -> None:
    name, value, attributes = cookie_of((await ask(snowflake.browser)).headers["set-cookie"])
    assert name == "__Host-snowflake-login"
    assert len(value) == 43
    assert attributes == {
        "path": "/",
        "max-age": str(COOKIE_LIFETIME),
        "secure": "True",
        "httponly": "True",
        "samesite": "Lax",
    }


async def test_on_the_machine_itself_it_travels_without_https(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with running(settings, clock, discord, "http://localhost:8000") as snowflake:
        name, _, attributes = cookie_of((await ask(snowflake.browser)).headers["set-cookie"])
        assert name == "snowflake-login"
        assert "secure" not in attributes
        assert (await come_back(snowflake.browser, await depart(snowflake.browser))).is_redirect


async def test_logins_in_two_tabs_do_not_end_each_other(snowflake: Snowflake) -> None:
    first, second = await depart(snowflake.browser), await depart(snowflake.browser)
    assert (await come_back(snowflake.browser, first)).status_code == 302
    assert (await come_back(snowflake.browser, second)).status_code == 302


async def test_another_browser_gets_another_cookie(snowflake: Snowflake) -> None:
    one = cookie_of((await ask(snowflake.browser)).headers["set-cookie"])
    other = cookie_of((await ask(snowflake.another_browser())).headers["set-cookie"])
    assert one[1] != other[1]


@pytest.mark.parametrize("value", ["", "short", "A" * 44, "A" * 42 + "!", "A" * 5000])
async def test_a_cookie_that_is_none_of_ours_is_replaced(snowflake: Snowflake, value: str) -> None:
    headers = {"cookie": f"__Host-snowflake-login={value}"}
    response = await ask(snowflake.another_browser(), headers)
    assert len(cookie_of(response.headers["set-cookie"])[1]) == 43


async def test_over_https_a_cookie_that_another_host_could_plant_does_not_bind(
    snowflake: Snowflake,
) -> None:
    # Any host below example.com can set this name, and with it send a person into its own login.
    headers = {"cookie": f"snowflake-login={PLANTED}"}
    attacker, victim = snowflake.another_browser(), snowflake.another_browser()
    departure = await depart(attacker, headers)
    victim.cookies.set("snowflake-login", PLANTED)
    assert (await come_back(victim, departure)).status_code == 400


async def test_over_https_such_a_cookie_is_not_taken_over(snowflake: Snowflake) -> None:
    headers = {"cookie": f"snowflake-login={PLANTED}"}
    response = await ask(snowflake.another_browser(ORIGIN), headers)
    assert cookie_of(response.headers["set-cookie"])[1] != PLANTED


@pytest.mark.parametrize("stray", [b"\xa0", b"\x85", b"\x1c", b"\x0b"])
@pytest.mark.parametrize("where", ["before", "behind"])
async def test_a_name_with_a_stray_byte_is_not_our_cookie(
    snowflake: Snowflake, stray: bytes, where: str
) -> None:
    # No browser protects such a name by its prefix; the usual parsers trim the byte away.
    attacker, victim = snowflake.another_browser(), snowflake.another_browser()
    departure = await depart(attacker)
    [(name, value)] = attacker.cookies.items()
    planted = stray + name.encode() if where == "before" else name.encode() + stray
    headers = [(b"cookie", planted + b"=" + value.encode())]
    answer = await victim.get(
        departure.redirect_uri, params={"code": "c", "state": departure.state}, headers=headers
    )
    assert answer.status_code == 400


async def test_of_two_cookies_none_counts(snowflake: Snowflake) -> None:
    departure = await depart(snowflake.browser)
    [(name, value)] = snowflake.browser.cookies.items()
    for pair in (f"{name}={PLANTED}; {name}={value}", f"{name}={value}; {name}={PLANTED}"):
        answer = await snowflake.another_browser().get(
            departure.redirect_uri,
            params={"code": "c", "state": departure.state},
            headers={"cookie": pair},
        )
        assert answer.status_code == 400
