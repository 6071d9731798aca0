"""A device and the person who lets it sign in, for the tests of both."""

from collections.abc import Mapping
from typing import Final

import httpx
from pydantic import SecretStr

from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from tests.login import Json, query_of
from tests.running import ORIGIN
from tests.web.forms import form_in

#: What an application in the living room says of itself.
SECRET: Final = "the television's secret"
TELEVISION: Final = ClientTable(
    id="television",
    name="Television",
    secret=SecretStr(SECRET),
    grant_types=(DEVICE_CODE, "refresh_token"),
)
TOOL: Final = ClientTable(
    id="tool", name="Command-line tool", public=True, grant_types=(DEVICE_CODE, "refresh_token")
)
#: One that signs people in by a browser too, and would like to come by their codes.
BOTH: Final = ClientTable(
    id="both",
    secret=SecretStr(SECRET),
    redirect_uris=(f"{ORIGIN}/device",),
    grant_types=("authorization_code", DEVICE_CODE),
)
AS_TELEVISION: Final[Mapping[str, str]] = {"client_id": "television", "client_secret": SECRET}
AS_BOTH: Final[Mapping[str, str]] = {**AS_TELEVISION, "client_id": "both"}
AS_TOOL: Final[Mapping[str, str]] = {"client_id": "tool"}
#: The device, which is in no browser.
HEADERS: Final[Mapping[str, str]] = {"User-Agent": "Telly/4.2 (<b>living room</b>)"}


async def begin(
    device: httpx.AsyncClient, client: Mapping[str, str] = AS_TELEVISION, **form: str
) -> Json:
    """Have a device ask for its codes."""
    answer = await device.post(
        "/device_authorization", data={**client, **form}, headers=dict(HEADERS)
    )
    assert answer.status_code == 200, answer.text
    codes: Json = answer.json()
    return codes


async def poll(
    device: httpx.AsyncClient, codes: Json, client: Mapping[str, str] = AS_TELEVISION, **form: str
) -> httpx.Response:
    """Have a device ask for its tokens."""
    asked = {"grant_type": DEVICE_CODE, "device_code": codes["device_code"], **form}
    return await device.post("/token", data={**client, **asked})


async def heard(
    device: httpx.AsyncClient, codes: Json, client: Mapping[str, str] = AS_TELEVISION
) -> str:
    """Have a device ask for its tokens, and answer the error that it hears."""
    answer = await poll(device, codes, client)
    assert answer.status_code == 400, answer.text
    error: str = answer.json()["error"]
    return error


async def enter(browser: httpx.AsyncClient, user_code: str) -> httpx.Response:
    """Enter a code on the page."""
    return await browser.post("/device", data={"user_code": user_code})


async def sign_in(browser: httpx.AsyncClient, user_code: str) -> httpx.Response:
    """Enter a code and go where that leads: to Discord, if nobody is signed in; answer the last."""
    answer = await enter(browser, user_code)
    assert answer.status_code == 302, answer.text
    location = answer.headers["location"]
    if location.startswith("https://discord.com/"):
        answer = await back(browser, location)
        if answer.status_code != 302:
            return answer
        location = answer.headers["location"]
    return await browser.get(location)


async def back(browser: httpx.AsyncClient, discord: str, **answered: str) -> httpx.Response:
    """Come back from Discord's page."""
    sent = {"code": "discord-code", **answered}
    return await browser.get("/callback", params={"state": query_of(discord)["state"], **sent})


async def press(browser: httpx.AsyncClient, page: httpx.Response, button: str) -> httpx.Response:
    """Press a button of the page that asks."""
    action, fields = form_in(page)
    return await browser.post(action, data={**fields, "answer": button})


async def allow(browser: httpx.AsyncClient, codes: Json) -> None:
    """Enter the code of a device, sign in, and allow it."""
    page = await sign_in(browser, codes["user_code"])
    assert page.status_code == 200, page.text
    answer = await press(browser, page, "allow")
    assert "The device may sign in" in answer.text
