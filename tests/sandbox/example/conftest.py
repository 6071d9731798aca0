"""The example application for each test, and a scripted provider for it."""

from collections.abc import Iterator

import httpx
import pytest
from joserfc.jwk import RSAKey

from snowflake.sandbox.example import create_example
from snowflake.sandbox.serving import serving
from tests.sandbox.conftest import Switch
from tests.sandbox.provider import CLIENT_ID, CLIENT_SECRET, Provider


@pytest.fixture(scope="session")
def provider_switch() -> Switch:
    return Switch()


@pytest.fixture(scope="session")
def issuer(provider_switch: Switch) -> Iterator[str]:
    with serving(provider_switch) as issuer:
        yield issuer


@pytest.fixture(scope="session")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "first"})


@pytest.fixture
def provider(issuer: str, provider_switch: Switch, key: RSAKey) -> Provider:
    provider = Provider(issuer, key)
    provider_switch.target = provider.app
    return provider


@pytest.fixture
def example(browser: httpx.Client, switch: Switch, provider: Provider) -> httpx.Client:
    """A browser at the example application, which follows every redirect."""
    switch.target = create_example(provider.issuer, CLIENT_ID, CLIENT_SECRET, "key")
    browser.follow_redirects = True
    return browser
