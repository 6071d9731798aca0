"""Clients of other people sign in without a browser of their own (RFC 8628)."""

import json
import subprocess
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from authlib.deprecate import AuthlibDeprecationWarning

from tests.clients.programs import go_program
from tests.clients.test_openid_client import HERE, node
from tests.journeys.browser import Browser
from tests.journeys.devices import allow, deny
from tests.journeys.relying_party import SCOPE, Json
from tests.journeys.world import ADA, CLIENT_SECRET, World, world
from tests.serving import PATIENCE, environment

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.httpx_client import OAuth2Client

__all__ = ["node"]

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
FILE = f"""
[[clients]]
id = "public"
public = true
grant_types = ["{DEVICE_CODE}", "refresh_token"]

[[clients]]
id = "confidential"
secret = {json.dumps(CLIENT_SECRET)}
grant_types = ["{DEVICE_CODE}"]
"""
#: What proves each of the clients.
SECRETS = {"public": {}, "confidential": {"client_secret": CLIENT_SECRET}}


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("devices"), file=FILE) as made:
        yield made


def signed_in(command: Sequence[str], wanted: Json, decide: Callable[[str], None]) -> Json:
    """Run a program that signs in; ``decide`` goes to where the login is allowed or denied."""
    with subprocess.Popen(  # noqa: S603 - the tests' own program
        [*command, json.dumps(wanted)],
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as login:
        assert login.stdout is not None
        begun = json.loads(login.stdout.readline())
        assert begun["verification_uri_complete"].startswith(begun["verification_uri"])
        decide(begun["verification_uri_complete"])
        out, err = login.communicate(timeout=PATIENCE)
    assert login.returncode == 0, err
    ended: Json = json.loads(out)
    return ended


@pytest.mark.parametrize("client_id", SECRETS)
def test_openid_client_signs_people_in(
    client_id: str, node: str, devices: World, browser: Browser
) -> None:
    wanted = {"issuer": devices.snowflake.origin, "client_id": client_id, "scope": SCOPE}
    command = [node, str(HERE / "device.mjs")]
    wanted |= SECRETS[client_id]
    ended = signed_in(command, wanted, lambda address: allow(browser, address, ADA))
    assert ended["claims"]["sub"] == ended["userinfo"]["sub"] == ADA
    assert ended["userinfo"]["email"] == "ada@example.com"
    assert "nonce" not in ended["claims"]
    if client_id == "public":
        assert ended["refreshed"]["sub"] == ADA
    else:
        assert "refreshed" not in ended


def test_openid_client_understands_a_refusal(node: str, devices: World, browser: Browser) -> None:
    wanted = {"issuer": devices.snowflake.origin, "client_id": "public", "scope": SCOPE}
    command = [node, str(HERE / "device.mjs")]
    ended = signed_in(command, wanted, lambda address: deny(browser, address, ADA))
    assert ended == {"error": "access_denied"}


@pytest.mark.parametrize("client_id", SECRETS)
def test_go_signs_people_in(client_id: str, devices: World, browser: Browser) -> None:
    found = discovery(devices)
    wanted = {**found, "client_id": client_id, "scopes": SCOPE.split(), **SECRETS[client_id]}
    ended = signed_in([go_program("device")], wanted, lambda address: allow(browser, address, ADA))
    headers = {"Authorization": f"Bearer {ended['access_token']}"}
    assert devices.http.get(found["userinfo_endpoint"], headers=headers).json()["sub"] == ADA
    assert ended["id_token"].count(".") == 2
    assert ("refreshed" in ended) == (client_id == "public")


def test_go_understands_a_refusal(devices: World, browser: Browser) -> None:
    wanted = {**discovery(devices), "client_id": "public", "scopes": ["openid"]}
    command = [go_program("device")]
    ended = signed_in(command, wanted, lambda address: deny(browser, address, ADA))
    assert ended == {"error": "access_denied"}


def test_authlib_signs_people_in(devices: World, browser: Browser) -> None:
    found = discovery(devices)
    # Authlib has no types.
    client: Any = OAuth2Client("confidential", CLIENT_SECRET, trust_env=False)
    with client:
        # It does not know the endpoint, nor that one has to ask again; its token request does.
        def begin() -> Json:
            answer: Json = client.request(
                "POST",
                found["device_authorization_endpoint"],
                data={"scope": SCOPE},
                auth=client.client_auth(client.token_endpoint_auth_method),
                withhold_token=True,
            ).json()
            return answer

        def ask(begun: Json) -> None:
            client.fetch_token(
                found["token_endpoint"], grant_type=DEVICE_CODE, device_code=begun["device_code"]
            )

        nobody = begin()
        for error in ("authorization_pending", "slow_down"):
            with pytest.raises(OAuthError) as refused:
                ask(nobody)
            assert refused.value.error == error
        begun = begin()
        allow(browser, begun["verification_uri_complete"], ADA)
        ask(begun)
        assert client.get(found["userinfo_endpoint"]).json()["sub"] == ADA


def discovery(devices: World) -> Json:
    where = f"{devices.snowflake.origin}/.well-known/openid-configuration"
    found: Json = devices.http.get(where).json()
    return found
