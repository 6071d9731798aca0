"""openid-client and Authlib, and ID tokens that come with the browser."""

import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jwt
from joserfc.errors import InvalidClaimError
from joserfc.jwk import KeySet

from tests.clients.test_openid_client import node, run
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.relying_party import SCOPE, Json, Secrets
from tests.journeys.world import ADA, CLIENT_SECRET, World, world
from tests.oidc.response_types.answers import answered

with warnings.catch_warnings():
    # It would rather use a library that is not installed here.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.oidc.core.claims import get_claim_cls_by_response_type

__all__ = ["node"]

ASKED = [
    (response_type, mode)
    for response_type in ("id_token", "code id_token")
    for mode in ("fragment", "form_post")
]
#: By the algorithm of its ID tokens. The longest hash has a longer ``c_hash``.
CLIENTS = {"RS256": "members", "ES512": "curve"}
WITH_ID_TOKEN = ("id_token", "id_token token", "code id_token", "code id_token token")
TYPES = f"response_types = {json.dumps(['code', *WITH_ID_TOKEN])}"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A Snowflake with clients that may ask for ID tokens of the browser."""
    file = "".join(
        client(client_id, f'{TYPES}\nsigning_alg = "{alg}"') for alg, client_id in CLIENTS.items()
    )
    with world(tmp_path_factory.mktemp("front"), file=file) as made:
        yield made


def asked(
    node: str,
    there: World,
    browse: Callable[[str], httpx.Response],
    how: tuple[str, str],
    alg: str = "RS256",
) -> Json:
    """Log somebody in, and answer what openid-client makes of the answer to ``how``."""
    party = there.client(CLIENTS[alg])
    wanted = {
        "issuer": party.issuer,
        "client_id": party.client_id,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": party.redirect_uri,
        "scope": SCOPE,
        "response_type": how[0],
        "response_mode": how[1],
        "signed_by": alg,
    }

    def arrived(begins: str) -> str:
        response = browse(begins)
        mode, place, sent = answered(response)
        assert mode == how[1]
        if mode == "form_post":
            return json.dumps({"url": place, "body": urlencode(sent)})
        return json.dumps({"url": response.headers["location"]})

    return run(node, "front.mjs", wanted, arrived)


@pytest.mark.parametrize("alg", CLIENTS)
@pytest.mark.parametrize("how", ASKED, ids=" by ".join)
def test_openid_client_takes_an_id_token_from_the_browser(
    node: str, front: World, browser: Browser, how: tuple[str, str], alg: str
) -> None:
    ended = asked(node, front, lambda begins: browser.allow(browser.open(begins), ADA), how, alg)
    assert ended["claims"]["sub"] == ADA
    assert ended["claims"]["email"] == "ada@example.com"
    if how[0] != "id_token":
        assert ended["userinfo"]["sub"] == ADA


@pytest.mark.parametrize("how", ASKED, ids=" by ".join)
def test_openid_client_understands_a_refusal(
    node: str, front: World, browser: Browser, how: tuple[str, str]
) -> None:
    ended = asked(node, front, lambda begins: browser.refuse(browser.open(begins)), how)
    assert ended == {"error": "access_denied"}


@pytest.mark.parametrize("alg", CLIENTS)
@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
def test_authlib_finds_the_id_token_tied_to_what_came_with_it(
    front: World, browser: Browser, response_type: str, alg: str
) -> None:
    party, login = front.client(CLIENTS[alg]), Secrets()
    begins = party.begin(login, response_type=response_type)
    _, _, sent = answered(browser.allow(browser.open(begins), ADA))
    keys = KeySet.import_key_set(party.http.get(f"{party.issuer}/.well-known/jwks.json").json())
    token = jwt.decode(sent["id_token"], keys, [alg])
    expected = {
        "iss": {"essential": True, "value": party.issuer},
        "aud": {"essential": True, "value": party.client_id},
    }

    def check(**changed: str) -> None:
        came = {name: sent[name] for name in ("code", "access_token") if name in sent}
        params = {"nonce": login.nonce, "client_id": party.client_id, **came, **changed}
        # Authlib has no types.
        kind: Any = get_claim_cls_by_response_type(response_type)
        kind(token.claims, token.header, expected, params).validate()

    check()
    for another in ("nonce", *({"code", "access_token"} & sent.keys())):
        with pytest.raises(InvalidClaimError):
            check(**{another: "of somebody else"})
