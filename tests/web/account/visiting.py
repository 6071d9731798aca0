"""Somebody at their own page."""

import httpx

from tests.login import query_of
from tests.running import USER, Snowflake
from tests.web.forms import form_in

PERSON = str(USER["id"])
OTHER = "80351110224678913"
SCOPE = "openid email offline_access"
COOKIE = "__Host-snowflake-session"


async def sign_in(snowflake: Snowflake, browser: httpx.AsyncClient | None = None) -> httpx.Response:
    """Go to the page, by way of Discord, and answer it."""
    browser = browser or snowflake.browser
    answer = await browser.get("/account")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://discord.com/")
    sent = query_of(answer.headers["location"])
    assert sent["scope"] == "identify"
    back = {"code": "x", "state": sent["state"], "iss": "https://discord.com"}
    answer = await browser.get("/callback", params=back)
    assert answer.headers["location"] == "https://snowflake.example.com/account"
    return await browser.get("/account")


async def press(
    browser: httpx.AsyncClient, page: httpx.Response, action: str, **fields: str
) -> httpx.Response:
    _, known = form_in(page)
    sent = {"note": known["note"], "action": action, **fields}
    return await browser.post("/account", data=sent)
