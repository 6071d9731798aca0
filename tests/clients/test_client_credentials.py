"""Machines that get a token for themselves, by libraries that others have written."""

import json
import subprocess
import warnings
from collections.abc import Iterator
from typing import Any, Final

import pytest
from authlib.deprecate import AuthlibDeprecationWarning

from tests.clients.programs import go_program
from tests.clients.test_openid_client import node, printed
from tests.journeys.world import World, world

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

__all__ = ["node"]

SECRET: Final = "the secret of a machine"
AUDIENCE: Final = "https://files.example.com"
FILE: Final = f"""
[[clients]]
id = "backup"
secret = "{SECRET}"
grant_types = ["client_credentials"]
audience = "{AUDIENCE}"

[[scopes]]
name = "files:read"
description = "Read files."
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Snowflake with a machine and nobody else."""
    with world(tmp_path_factory.mktemp("machines"), file=FILE) as made:
        yield made


@pytest.mark.parametrize("library", ["openid-client", "oauth4webapi"])
def test_libraries_of_node_get_a_token_ask_about_it_and_revoke_it(
    node: str, machines: World, library: str
) -> None:
    wanted = {
        "library": library,
        "issuer": machines.snowflake.origin,
        "client_id": "backup",
        "client_secret": SECRET,
        "scope": "files:read",
    }
    ended = printed(node, "machine.mjs", wanted)
    assert ended["tokens"]["scope"] == "files:read"
    assert ended["living"]["active"] is True
    assert ended["living"]["sub"] == "backup"
    assert ended["revoked"] == {"active": False}


def test_jose_lets_a_service_take_it(node: str, machines: World) -> None:
    issuer = machines.snowflake.origin
    form = {"grant_type": "client_credentials"}
    answer = machines.http.post(f"{issuer}/token", data=form, auth=("backup", SECRET)).json()
    wanted = {
        "token": answer["access_token"],
        "issuer": issuer,
        "audience": AUDIENCE,
        "algorithm": "RS256",
        "typ": "at+jwt",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
    }
    assert printed(node, "verify.mjs", wanted)["claims"]["sub"] == "backup"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_a_token(machines: World, method: str) -> None:
    # Authlib has no types.
    client: Any = OAuth2Client(
        "backup",
        SECRET,
        token_endpoint_auth_method=method,
        scope="files:read",
        trust_env=False,
    )
    with client:
        token = client.fetch_token(
            f"{machines.snowflake.origin}/token", grant_type="client_credentials"
        )
        assert token["scope"] == "files:read"
        # It holds it out, though it is about no person.
        answer = client.get(f"{machines.snowflake.origin}/userinfo")
        assert answer.status_code == 403


def test_go_gets_a_token_and_understands_a_refusal(machines: World) -> None:
    issuer = machines.snowflake.origin
    wanted = {
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "client_id": "backup",
        "client_secret": SECRET,
        "scope": "files:read",
    }
    told = subprocess.run(  # noqa: S603 - the tests' own program
        [go_program("machine"), json.dumps(wanted)], capture_output=True, text=True, check=True
    )
    got = {
        "scope": "files:read",
        "token_type": "Bearer",
        "userinfo": 403,
        "refused": "invalid_scope",
    }
    assert json.loads(told.stdout) == dict.fromkeys(("auto", "header", "form"), got)
