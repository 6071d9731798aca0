"""Libraries that nobody here wrote, and what each algorithm has signed for them."""

import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, get_args

import jwt as pyjwt
import pytest
from authlib.deprecate import AuthlibDeprecationWarning

from snowflake.settings.tables.clients.signatures import SigningAlgorithm
from tests.clients.test_openid_client import node, printed, signed_in
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.relying_party import Json, RelyingParty, Secrets, tokens_of
from tests.journeys.world import ADA, CLIENT_SECRET, World, world

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.jose import JsonWebKey, JsonWebToken
    from authlib.oidc.core import CodeIDToken

__all__ = ["node"]

SECRET = "a client secret of more than thirty-two bytes: /+%&~"
ALGORITHMS = get_args(SigningAlgorithm)
algorithms = pytest.mark.parametrize("algorithm", ALGORITHMS)


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Snowflake with a client for each algorithm, which gets UserInfo signed, too."""
    clients = [
        client(name, f"signing_alg = '{name}'\nsigned_userinfo = true") for name in ALGORITHMS
    ]
    file = "".join(clients).replace(json.dumps(CLIENT_SECRET), json.dumps(SECRET))
    with world(tmp_path_factory.mktemp("signing"), file=file) as made:
        yield made


Answer = tuple[RelyingParty, Json, str]


@pytest.fixture(scope="module")
def answered(signing: World) -> Callable[[str], Answer]:
    """Log somebody in once for each algorithm: the tokens, and what UserInfo says."""

    @cache
    def answered(algorithm: str) -> Answer:
        party, login = party_of(signing, algorithm), Secrets()
        with Browser() as browser:
            code = party.code(login, browser.sign_in(party.begin(login), ADA))
        tokens = tokens_of(party.redeem(login, code))
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        userinfo = party.http.get(f"{party.issuer}/userinfo", headers=headers)
        assert userinfo.headers["content-type"] == "application/jwt"
        return party, tokens, userinfo.text

    return answered


def party_of(signing: World, algorithm: str) -> RelyingParty:
    return replace(signing.client(algorithm), client_secret=SECRET)


def jwks_uri(party: RelyingParty) -> str:
    document = party.http.get(f"{party.issuer}/.well-known/openid-configuration").json()
    return str(document["jwks_uri"])


@algorithms
def test_openid_client(algorithm: str, node: str, signing: World, browser: Browser) -> None:
    ended = signed_in(
        node,
        party_of(signing, algorithm),
        lambda begins: browser.sign_in(begins, ADA),
        signed_by=algorithm,
    )
    assert ended["claims"]["sub"] == ended["userinfo"]["sub"] == ADA
    assert ended["userinfo"]["aud"] == algorithm


@algorithms
def test_jose(algorithm: str, node: str, answered: Callable[[str], Answer]) -> None:
    party, tokens, userinfo = answered(algorithm)
    by_key = "RS256" if algorithm == "HS256" else algorithm
    for token, name, typ, audience in (
        (tokens["id_token"], algorithm, "JWT", algorithm),
        (userinfo, algorithm, "JWT", algorithm),
        (tokens["access_token"], by_key, "at+jwt", f"{party.issuer}/userinfo"),
    ):
        wanted = {"token": token, "algorithm": name, "typ": typ, "audience": audience}
        wanted |= {"secret": SECRET} if name == "HS256" else {"jwks_uri": jwks_uri(party)}
        verified = printed(node, "verify.mjs", {**wanted, "issuer": party.issuer})
        assert verified["claims"]["sub"] == ADA


@algorithms
def test_pyjwt(algorithm: str, answered: Callable[[str], Answer]) -> None:
    party, tokens, userinfo = answered(algorithm)
    for token in (tokens["id_token"], userinfo):
        key: Any = SECRET
        if algorithm != "HS256":
            key = pyjwt.PyJWKClient(jwks_uri(party)).get_signing_key_from_jwt(token)
        claims = pyjwt.decode(
            token, key, algorithms=[algorithm], audience=algorithm, issuer=party.issuer
        )
        assert claims["sub"] == ADA


@algorithms
def test_authlib(algorithm: str, answered: Callable[[str], Answer]) -> None:
    party, tokens, _ = answered(algorithm)
    if algorithm == "HS256":
        key = JsonWebKey.import_key(SECRET, {"kty": "oct"})
    else:
        key = JsonWebKey.import_key_set(party.http.get(jwks_uri(party)).json())
    claims = JsonWebToken([algorithm]).decode(
        tokens["id_token"],
        key,
        claims_cls=CodeIDToken,
        claims_options={"iss": {"value": party.issuer}, "aud": {"value": algorithm}},
        claims_params={"access_token": tokens["access_token"], "client_id": algorithm},
    )
    # It compares at_hash by its own idea of the hash that goes with the algorithm.
    claims.validate()
    assert claims["sub"] == ADA
