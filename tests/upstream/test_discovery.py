import pytest

from snowflake.errors import UpstreamMisconfigured
from snowflake.upstream.client import Upstream
from snowflake.upstream.discovery import document_url, read_document
from tests.running import Clock
from tests.upstream.provider import (
    CHALLENGE,
    DOCUMENT,
    ISSUER,
    NONCE,
    REDIRECT_URI,
    Provider,
    the_state,
)

ENDPOINTS = [name for name in DOCUMENT if name.endswith(("_endpoint", "_uri"))]


async def where(upstream: Upstream) -> str:
    return await upstream.authorization_url(REDIRECT_URI, the_state, NONCE, CHALLENGE)


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://id.example.com", "https://id.example.com/.well-known/openid-configuration"),
        ("https://id.example.com/a/", "https://id.example.com/a/.well-known/openid-configuration"),
    ],
)
def test_the_document_is_below_the_issuer(issuer: str, url: str) -> None:
    assert document_url(issuer) == url


@pytest.mark.parametrize(
    "issuer", [ISSUER.removesuffix("/"), ISSUER + "/", ISSUER.upper(), "https://evil.example.com/"]
)
def test_a_document_of_another_issuer_is_refused(issuer: str) -> None:
    with pytest.raises(UpstreamMisconfigured, match="calls itself"):
        read_document({**DOCUMENT, "issuer": issuer}, ISSUER)


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.com/",
        "https://user:password@id.example.com/",
        "https://id.example.com/#fragment",
        "https://id.example.com:99999/",
        "https://[id.example.com/",
        "https:///path",
        "https://id.example.com/a b",
        "https://id.example.com/\n",
        "https://idé.example.com/",
        "javascript:alert(1)",
        "/token",
        7,
    ],
)
def test_an_endpoint_where_no_secret_may_go_is_refused(name: str, url: object) -> None:
    with pytest.raises(UpstreamMisconfigured, match=name):
        read_document({**DOCUMENT, name: url}, ISSUER)


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:9000"])
def test_a_provider_on_this_machine_needs_no_https(host: str) -> None:
    issuer, endpoint = f"http://{host}/", f"http://{host}/token"
    document = {**DOCUMENT, "issuer": issuer, "token_endpoint": endpoint}
    assert read_document(document, issuer).token_endpoint == endpoint


@pytest.mark.parametrize("host", ["127.1:9000", "0.0.0.0:9000", "2130706433"])
def test_without_https_this_machine_has_to_be_called_what_it_is(host: str) -> None:
    issuer = "http://localhost:9000/"
    document = {**DOCUMENT, "issuer": issuer, "token_endpoint": f"http://{host}/token"}
    with pytest.raises(UpstreamMisconfigured, match="token_endpoint"):
        read_document(document, issuer)


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:9000"])
def test_a_provider_elsewhere_has_no_endpoint_on_this_machine(name: str, host: str) -> None:
    with pytest.raises(UpstreamMisconfigured, match=name):
        read_document({**DOCUMENT, name: f"http://{host}/"}, ISSUER)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_what_a_login_needs_has_to_be_there(name: str) -> None:
    document = {known: DOCUMENT[known] for known in DOCUMENT if known != name}
    with pytest.raises(UpstreamMisconfigured, match=name):
        read_document(document, ISSUER)


def test_only_asymmetric_algorithms_are_taken() -> None:
    assert read_document(DOCUMENT, ISSUER).algorithms == {"RS256", "ES256"}


def test_a_provider_without_a_signing_key_is_told_so() -> None:
    # Authentik without one signs with the client's secret.
    with pytest.raises(UpstreamMisconfigured, match="signing key"):
        read_document({**DOCUMENT, "id_token_signing_alg_values_supported": ["HS256"]}, ISSUER)


async def test_the_document_is_kept_for_an_hour(
    upstream: Upstream, provider: Provider, clock: Clock
) -> None:
    await where(upstream)
    clock.pass_by(3599)
    await where(upstream)
    assert provider.discovery.call_count == 1
    clock.pass_by(1)
    await where(upstream)
    assert provider.discovery.call_count == 2


async def test_a_bad_document_is_not_kept(upstream: Upstream, provider: Provider) -> None:
    provider.says(issuer="https://evil.example.com/")
    with pytest.raises(UpstreamMisconfigured):
        await where(upstream)
    provider.says()
    assert await where(upstream)
