"""Snowflake behind a reverse proxy, at https://snowflake.example.com."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.journeys.browser import Browser, arrival
from tests.journeys.relying_party import Secrets, tokens_of
from tests.journeys.reverse_proxy import ReverseProxy
from tests.journeys.world import ADA, World, sign_in, world

HOST = "snowflake.example.com"
ORIGIN = f"https://{HOST}"
TRUSTING = {"UVICORN_FORWARDED_ALLOW_IPS": "127.0.0.0/8", "SNOWFLAKE_ALLOWED_HOSTS": HOST}


@contextmanager
def proxied(world: World, strip: str = "") -> Iterator[tuple[Browser, httpx.Client]]:
    """Answer a browser and an application's HTTP client that come through the proxy."""
    mounts = {ORIGIN: ReverseProxy(world.snowflake.origin, strip)}
    with Browser(mounts) as browser, httpx.Client(trust_env=False, mounts=mounts) as http:
        yield browser, http


@pytest.fixture(scope="module")
def at_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("proxy"), TRUSTING) as running:
        yield running


@pytest.fixture(scope="module")
def below_a_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {**TRUSTING, "SNOWFLAKE_BASE_PATH": "/id/snowflake"}
    with world(tmp_path_factory.mktemp("path"), settings) as running:
        yield running


def test_the_issuer_is_what_the_browser_sees(at_root: World) -> None:
    with proxied(at_root) as (browser, http):
        party = replace(at_root.party(ORIGIN), http=http)
        claims, _ = sign_in(party, browser)
        assert claims["iss"] == ORIGIN


def test_over_https_the_cookie_cannot_be_planted(at_root: World) -> None:
    with proxied(at_root) as (browser, _):
        answer = browser.http.get(at_root.party(ORIGIN).begin(Secrets()))
    pair, *attributes = answer.headers["set-cookie"].split("; ")
    assert pair.startswith("__Host-snowflake-login=")
    assert {attribute.lower() for attribute in attributes} == {
        "httponly",
        "max-age=86400",
        "path=/",
        "samesite=lax",
        "secure",
    }


@pytest.mark.parametrize("strip", ["", "/id/snowflake"], ids=["kept", "stripped"])
def test_the_base_path_may_be_stripped_or_kept(strip: str, below_a_path: World) -> None:
    issuer = f"{ORIGIN}/id/snowflake"
    with proxied(below_a_path, strip) as (browser, http):
        found = http.get(f"{issuer}/.well-known/openid-configuration").json()
        assert found["issuer"] == issuer
        assert found["token_endpoint"] == f"{issuer}/token"
        party = replace(below_a_path.party(issuer), http=http)
        claims, _ = sign_in(party, browser)
        assert claims["iss"] == issuer


def test_rfc_8414_puts_the_path_behind_the_well_known_name(below_a_path: World) -> None:
    with proxied(below_a_path) as (_, http):
        address = f"{ORIGIN}/.well-known/oauth-authorization-server/id/snowflake"
        assert http.get(address).json()["issuer"] == f"{ORIGIN}/id/snowflake"


def test_a_host_that_is_not_allowed_is_refused(at_root: World) -> None:
    response = at_root.http.get(
        f"{at_root.snowflake.origin}/.well-known/openid-configuration",
        headers={"Host": "evil.example.com", "X-Forwarded-Proto": "https"},
    )
    assert response.status_code == 400
    assert "SNOWFLAKE_ALLOWED_HOSTS" in response.json()["error_description"]


def test_a_proxy_that_is_not_trusted_cannot_say_https(tmp_path: Path) -> None:
    settings = {**TRUSTING, "UVICORN_FORWARDED_ALLOW_IPS": "192.0.2.1"}
    with world(tmp_path, settings) as suspicious, proxied(suspicious) as (_, http):
        refused = http.get(f"{ORIGIN}/.well-known/openid-configuration")
        assert refused.status_code == 400
        assert "UVICORN_FORWARDED_ALLOW_IPS" in refused.json()["error_description"]
        assert http.get(f"{ORIGIN}/health").status_code == 200


def test_everybody_sees_the_issuer_that_was_set(tmp_path: Path) -> None:
    # The browser comes by the proxy, the application's server by an internal name.
    settings = {**TRUSTING, "SNOWFLAKE_ISSUER": ORIGIN}
    with world(tmp_path, settings) as running, proxied(running) as (browser, http):
        party, login = replace(running.party(ORIGIN), http=http), Secrets()
        code = party.code(login, arrival(browser.allow(browser.open(party.begin(login)), ADA)))
        internal = replace(party, issuer=running.snowflake.origin)
        tokens = tokens_of(internal.redeem(login, code))
        assert party.claims(tokens)["iss"] == ORIGIN
        assert internal.userinfo(tokens)["sub"] == ADA
        found = http.get(f"{internal.issuer}/.well-known/openid-configuration").json()
        assert found["issuer"] == ORIGIN
