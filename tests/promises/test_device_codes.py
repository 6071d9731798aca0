"""A device code is redeemed once, whichever process it comes to; its pace is that of all."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest

from snowflake.settings.tables.clients.responses import DEVICE_CODE
from tests.journeys.world import ADA, CLIENT_SECRET, OWN_ID, OWN_SECRET
from tests.login import query_of
from tests.promises.processes import Processes, processes
from tests.promises.visitor import Visitor, register
from tests.store.places import ENGINES, place_on
from tests.web.device.television import poll
from tests.web.forms import form_in

AT_ONCE = 20
AS_CLIENT = {"client_id": "television", "client_secret": CLIENT_SECRET}
TELEVISION = f"""
[[clients]]
id = "television"
secret = {json.dumps(CLIENT_SECRET)}
grant_types = [{json.dumps(DEVICE_CODE)}, "refresh_token"]
"""


@pytest.fixture(scope="module", params=ENGINES)
def two(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """Start two processes on a new store of each engine, with a client of devices."""
    directory = tmp_path_factory.mktemp("two")
    file = directory / "snowflake.toml"
    file.write_text(TELEVISION, "utf-8")
    further = {
        "SNOWFLAKE_CONFIG": str(file),
        "SNOWFLAKE_DISCORD_CLIENT_ID": OWN_ID,
        "SNOWFLAKE_DISCORD_CLIENT_SECRET": OWN_SECRET,
    }
    with processes(place_on(request.param, directory), directory, 2, further=further) as running:
        register(running.discord, running.origins[0])
        yield running


async def allow(visitor: Visitor, browser: httpx.AsyncClient, user_code: str) -> None:
    """Enter a code, sign in, and allow the device."""
    answer = await visitor.post(browser, "/device", {"user_code": user_code})
    assert answer.status_code == 302, answer.text
    sent = query_of(answer.headers["location"])
    scopes = frozenset(sent["scope"].split())
    code = visitor.discord.grants.approve(
        OWN_ID, ADA, scopes, sent["redirect_uri"], sent["code_challenge"]
    )
    answer = await visitor.get(browser, "/callback", {"code": code, "state": sent["state"]})
    page = await visitor.get(browser, "/device", query_of(answer.headers["location"]))
    action, fields = form_in(page)
    answer = await visitor.post(browser, action, {**fields, "answer": "allow"})
    assert "The device may sign in" in answer.text


async def test_of_many_at_once_at_two_processes_one_gets_tokens(two: Processes) -> None:
    async with two.browsers() as browsers:
        one, other = browsers
        codes = (await one.post("/device_authorization", data=AS_CLIENT)).json()
        heard = [(await poll(http, codes, AS_CLIENT)).json()["error"] for http in browsers]
        assert heard == ["authorization_pending", "slow_down"]
        await allow(Visitor(two.discord), one, codes["user_code"])
        answers = await asyncio.gather(
            *(poll(browsers[number % 2], codes, AS_CLIENT) for number in range(AT_ONCE))
        )
        [winner] = [answer for answer in answers if answer.status_code == 200]
        refused = {answer.json()["error"] for answer in answers if answer is not winner}
        # Those who came while it was under way may come again; those who came after it may not.
        assert refused <= {"temporarily_unavailable", "invalid_grant"}
        for http in browsers:
            assert (await poll(http, codes, AS_CLIENT)).json()["error"] == "invalid_grant"
        bearer = {"Authorization": f"Bearer {winner.json()['access_token']}"}
        assert (await other.get("/userinfo", headers=bearer)).status_code == 200
