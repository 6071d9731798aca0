"""Cookies that a subdomain of somebody else's plants over HTTPS, in Chromium."""

import pytest

from tests.journeys.gates import HERMIT
from tests.journeys.world import ADA
from tests.proxies.documented import HOST
from tests.proxies.neighbours import ORIGIN, Site

COOKIE = "__Host-snowflake-session"
#: A space that some servers trim from a name, and no browser; as it stands in a header.
EN_QUAD = "\u2000".encode().decode("latin-1")
WHOLE = f"Domain={HOST}; Path=/; Secure"
NARROW = f"Domain={HOST}; Path=/authorize; Secure"
#: What the subdomain sets, and how many of that Chromium keeps for Snowflake.
PLANTED: dict[str, tuple[tuple[str, ...], int]] = {
    "of our name": ((f"{COOKIE}={{}}; {WHOLE}",), 0),
    "of our name in small letters": ((f"{COOKIE.lower()}={{}}; {WHOLE}",), 0),
    "of our name for itself": ((f"{COOKIE}={{}}; Path=/; Secure",), 0),
    "without a name": ((f"={COOKIE}={{}}; {WHOLE}",), 0),
    "without the prefix": ((f"snowflake-session={{}}; {WHOLE}",), 1),
    "of our name after an odd space": ((f"{EN_QUAD}{COOKIE}={{}}; {WHOLE}",), 1),
    "many times": (
        tuple(
            f"{name}={{}}; {where}"
            for name in (COOKIE, EN_QUAD + COOKIE, "snowflake-session")
            for where in (WHOLE, NARROW)
        ),
        4,
    ),
}


@pytest.fixture(scope="module")
def stolen(site: Site) -> str:
    """Answer the cookie of a living session of the hermit's, which is good in their browser."""
    with site.tab() as page:
        hermit = site.enter(page, "hermit")
        assert hermit == site.enter(page, prompt="none") == HERMIT
        [value] = [
            cookie.get("value", "")
            for cookie in page.context.cookies(ORIGIN)
            if cookie.get("name") == COOKIE
        ]
    return value


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_cookie_signs_nobody_in_and_nobody_out(
    site: Site, stolen: str, planted: str
) -> None:
    cookies, number = PLANTED[planted]
    with site.tab() as page:
        assert len(site.plant(page, cookies, stolen)) == number
        assert site.enter(page, prompt="none") is None
        # Nor does it stand in the way of a login.
        assert site.enter(page, "ada.lindqvist") == ADA
        assert site.enter(page, prompt="none") == ADA
        # Planted beside a session, it takes nobody's place.
        page.context.clear_cookies(domain=f".{HOST}")
        assert len(site.plant(page, cookies, stolen)) == number
        assert site.enter(page, prompt="none") == ADA
