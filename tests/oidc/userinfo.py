"""UserInfo as an application asks it, and what it does when that says no."""

from typing import Final

import httpx

from tests.login import CLIENT_ID, CLIENT_SECRET, Json
from tests.running import USER, Snowflake

#: Seconds after which claims are brought up to date, unless it is configured.
FRESH: Final = 300
WEEK: Final = 604_800
PERSON: Final = str(USER["id"])
#: What says nothing, and is not asked again.
UNUSABLE: Final = httpx.Response(404, json={"message": "404: Not Found", "code": 0})
REFUSED: Final = httpx.Response(401, json={"message": "401: Unauthorized", "code": 0})


async def ask(snowflake: Snowflake, tokens: Json) -> httpx.Response:
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    return await snowflake.browser.get("/userinfo", headers=headers)


async def claims(snowflake: Snowflake, tokens: Json) -> Json:
    response = await ask(snowflake, tokens)
    assert response.status_code == 200, response.text
    told: Json = response.json()
    return told


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


async def refresh(snowflake: Snowflake, tokens: Json) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return await snowflake.browser.post("/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))


async def lives(snowflake: Snowflake) -> bool:
    return bool(await snowflake.state.store.grants.of_person(PERSON))
