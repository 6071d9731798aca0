"""Schemathesis, which asks every endpoint what the OpenAPI document says, and what it does not."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.browser import Browser
from tests.journeys.linked import HOOK_SECRET, table
from tests.journeys.registered import client
from tests.journeys.relying_party import Json, Secrets, tokens_of
from tests.journeys.world import ADA, CALLBACK, CLIENT_SECRET, World
from tests.journeys.world import world as running_world
from tests.serving import environment

#: An issuer that answers nobody: as far as to it, strangers do not come.
UPSTREAM = "http://localhost:9"
#: Whom it signs in as, so that it does not stop at the door.
CONFIGURATION = """
seed = 12
max-redirects = 0
warnings = false
{further}
[generation]
deterministic = true
max-examples = {examples}
[phases.stateful]
enabled = false
[phases.fuzzing.extra-data-sources]
responses = false
[checks.positive_data_acceptance]
# No code, token or note that somebody makes up is accepted.
enabled = false
[auth.openapi.client]
username = "confidential"
password = {secret}
[auth.openapi.access_token]
bearer = {token}
[auth.openapi.hook_secret]
bearer = {hook}
# What is posted without a cookie is looked at after a redirect, with the cookies.
[[operations]]
include-path-regex = "^/(authorize|logout)$"
include-method = "POST"
checks.negative_data_rejection.enabled = false
"""
#: What brings a request past the first checks. What is wrong with it then is told by redirect.
OUR_CLIENT = f"""
[parameters]
client_id = "confidential"
redirect_uri = {json.dumps(CALLBACK)}
[[operations]]
include-path = "/authorize"
checks.negative_data_rejection.enabled = false
"""
EXAMPLES = 15


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All endpoints, documented."""
    settings = {
        "SNOWFLAKE_ENABLE_DOCS": "true",
        "SNOWFLAKE_DISCORD_PUBLIC_KEY": "0" * 64,
        "SNOWFLAKE_ALLOWED_WEBFINGER_HOSTS": "example.com",
    }
    directory = tmp_path_factory.mktemp("documented")
    file = client("confidential") + client("public", public=True) + table(UPSTREAM)
    with running_world(directory, settings, file=file) as world:
        yield world.registering


@pytest.fixture(scope="module")
def tokens(documented: World) -> Json:
    party, login = documented.party(), Secrets()
    with Browser() as browser:
        code = party.code(login, browser.sign_in(party.begin(login), ADA))
    return tokens_of(party.redeem(login, code))


@pytest.mark.parametrize("further", ["", OUR_CLIENT], ids=["a stranger", "a client of ours"])
def test_schemathesis_finds_nothing_that_the_document_does_not_say(
    further: str, documented: World, tokens: Json, tmp_path: Path
) -> None:
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(
        CONFIGURATION.format(
            further=further,
            examples=EXAMPLES,
            secret=json.dumps(CLIENT_SECRET),
            token=json.dumps(tokens["access_token"]),
            hook=json.dumps(HOOK_SECRET),
        )
    )
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)]
    ended = subprocess.run(  # noqa: S603 - the tests' own program
        [*command, "run", f"{documented.snowflake.origin}/openapi.json"],
        env=environment({"NO_COLOR": "1"}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # Not all of it stopped at a door. The tokens took one login.
    answered = [json.loads(line) for line in documented.snowflake.log.splitlines()]
    seen = Counter((one.get("route"), one.get("status")) for one in answered)
    assert all(seen[route, 200] for route in ("/userinfo", "/introspect", "/.well-known/webfinger"))
    assert seen["/authorize", 302] > 1 or not further
