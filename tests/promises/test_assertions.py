"""A JWT by which a client proves who it is, is good once, whichever process it comes to."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from snowflake.oidc.client_assertion import ASSERTION_TYPE
from tests.journeys.registered import client
from tests.journeys.test_client_assertion import good
from tests.journeys.world import OWN_ID, OWN_SECRET
from tests.promises.processes import Processes, processes
from tests.public_keys import EC, jwk
from tests.store.places import ENGINES, place_on

AT_ONCE = 20


@pytest.fixture(scope="module", params=ENGINES)
def two(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """Start two processes on a new store of each engine, with clients of one name each."""
    directory = tmp_path_factory.mktemp("two")
    keys = f'authentication = "private_key_jwt"\npublic_key = {json.dumps(jwk(EC))}'
    file = directory / "snowflake.toml"
    file.write_text(client("ci", keys) + client("cd", keys), "utf-8")
    further = {
        "SNOWFLAKE_CONFIG": str(file),
        "SNOWFLAKE_DISCORD_CLIENT_ID": OWN_ID,
        "SNOWFLAKE_DISCORD_CLIENT_SECRET": OWN_SECRET,
    }
    with processes(place_on(request.param, directory), directory, 2, further=further) as running:
        yield running


async def test_of_many_at_once_at_two_processes_one_is_good(two: Processes) -> None:
    token = good(two.origins[0])
    form = {"token": "x", "client_assertion": token, "client_assertion_type": ASSERTION_TYPE}
    async with two.browsers() as browsers:
        answers = await asyncio.gather(
            *(browsers[number % 2].post("/introspect", data=form) for number in range(AT_ONCE))
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * (AT_ONCE - 1)
        # One of another client may have the same name.
        by_another = good(two.origins[0], jti="shared"), good(two.origins[0], "cd", jti="shared")
        for token, browser in zip(by_another, browsers, strict=True):
            answer = await browser.post("/introspect", data={**form, "client_assertion": token})
            assert answer.status_code == 200, answer.text
