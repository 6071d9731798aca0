from collections.abc import Iterable

import pytest
from starlette.requests import Request
from starlette.responses import Response

from snowflake.crypto.sealing import Sealer
from snowflake.protocol.known_browser import (
    KNOWN_FOR,
    MOST_LOGINS,
    KnownBrowser,
    hash_of,
    known_browser,
    remember,
    remember_person,
)
from tests.running import Snowflake

PERSON = "80351110224678912"


def request_with(*cookies: str) -> Request:
    headers = [(b"cookie", cookie.encode()) for cookie in cookies]
    return Request({"type": "http", "headers": headers})


def cookie_of(response: Response) -> str:
    value, *attributes = response.headers["set-cookie"].split("; ")
    assert attributes == [f"Max-Age={KNOWN_FOR}", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"]
    assert value.startswith("__Host-snowflake-known=")
    return value


def sealing(snowflake: Snowflake) -> tuple[Sealer, float]:
    return snowflake.state.sealer, snowflake.state.clock()


def read(snowflake: Snowflake, *cookies: str) -> KnownBrowser:
    return known_browser(request_with(*cookies), *sealing(snowflake), secure=True)


async def who(known: KnownBrowser, snowflake: Snowflake) -> str | None:
    return await known.who(snowflake.state.store.grants, snowflake.state.sealer)


async def remembered(snowflake: Snowflake, logins: Iterable[str]) -> str:
    cookie = ""
    for login in logins:
        response = Response()
        known = read(snowflake, cookie)
        remember(response, known.after(login), *sealing(snowflake), secure=True)
        cookie = cookie_of(response)
    return cookie


async def test_a_browser_is_known_by_the_person_for_whom_discord_vouched(
    snowflake: Snowflake,
) -> None:
    response = Response()
    remember_person(response, PERSON, *sealing(snowflake), secure=True)
    cookie = cookie_of(response)
    assert PERSON not in cookie
    known = read(snowflake, cookie)
    assert await who(known, snowflake) == hash_of(PERSON, snowflake.state.sealer)
    snowflake.clock.pass_by(KNOWN_FOR + 1)
    assert await who(read(snowflake, cookie), snowflake) is None


async def test_a_login_counts_once_there_is_a_grant_of_it(snowflake: Snowflake) -> None:
    cookie = await remembered(snowflake, ["one", "two", "three", "four"])
    known = read(snowflake, cookie)
    assert list(known.logins) == ["four", "three", "two"][:MOST_LOGINS]
    assert await who(known, snowflake) is None


async def test_a_login_at_a_discord_application_forgets_no_person(snowflake: Snowflake) -> None:
    response = Response()
    remember_person(response, PERSON, *sealing(snowflake), secure=True)
    later = Response()
    known = read(snowflake, cookie_of(response))
    remember(later, known.after("a login"), *sealing(snowflake), secure=True)
    assert read(snowflake, cookie_of(later)).person == known.person


@pytest.mark.parametrize("value", ["", "x", "x" * 100])
async def test_a_cookie_that_we_have_not_made_tells_nothing(
    snowflake: Snowflake, value: str
) -> None:
    assert read(snowflake, f"__Host-snowflake-known={value}") == KnownBrowser()
    assert read(snowflake) == KnownBrowser()


async def test_of_two_cookies_none_counts(snowflake: Snowflake) -> None:
    cookie = await remembered(snowflake, ["one"])
    assert read(snowflake, cookie, cookie) == KnownBrowser()


async def test_over_plain_http_the_cookie_has_another_name(snowflake: Snowflake) -> None:
    response = Response()
    remember(response, KnownBrowser().after("one"), *sealing(snowflake), secure=False)
    assert response.headers["set-cookie"].startswith("snowflake-known=")
    assert "Secure" not in response.headers["set-cookie"]
