"""Discovery held against what is served: each list is tried to its end, and past it.

Each client has an issuer to itself, and so a document that lists what it alone may use.
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.util import urlsafe_b64decode
from pydantic import SecretStr

from snowflake.oidc.authorize import PROMPTS
from snowflake.oidc.grants import GRANTS
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.responses import RESPONSE_MODES, RESPONSE_TYPES
from snowflake.settings.tables.groups import GroupsTable
from snowflake.settings.tables.scopes import ScopeTable
from tests.login import APPLICATION, Json, ask, come_back, depart
from tests.oidc.response_types.answers import answered
from tests.oidc.signed_in import keeping_sessions
from tests.oidc.test_client_assertion import BY_KEY, assertion, signed
from tests.oidc.test_registered_clients import CHALLENGE, VERIFIER
from tests.oidc.tokens.test_encryption import opened
from tests.public_keys import EC, RSA, pem
from tests.running import ORIGIN, USER, Clock, Discord, Snowflake

SECRET: Final = "a secret that is long enough to sign by"
PKCE: Final = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
WORK: Final = ScopeTable.model_validate(
    {"name": "work", "description": "Where you work.", "claims": {"company": "'ACME'"}}
)
#: Each client by its ID: what it may use.
CLIENTS: Final[Mapping[str, Mapping[str, object]]] = {
    "plain": {},
    "public": {"public": True, "secret": None},
    "narrow": {"scopes": ("email",)},
    "names": {"groups": GroupsTable(names_claim=True)},
    "told": {"claims": WORK.claims, "scopes": ("email",)},
    "implicit": {"response_types": ("id_token",)},
    "front": {"response_types": ("id_token token",), "response_modes": ("form_post",)},
    "hybrid": {"response_types": RESPONSE_TYPES},
    "posted": {"response_modes": ("form_post",)},
    "both": {"grant_types": ("authorization_code", "refresh_token", "client_credentials")},
    "once": {"grant_types": ("authorization_code",)},
    "es256": {"signing_alg": "ES256", "signed_userinfo": True},
    "hs256": {"signing_alg": "HS256", "signed_userinfo": True},
    "keyed": {"authentication": "private_key_jwt", "secret": None, "jwks": BY_KEY.jwks},
    "asserting": {"authentication": "client_secret_jwt"},
    "pairwise": {"subject": "pairwise"},
    "rsa": {"encryption_key": pem(RSA)},
    "ec": {"encryption_key": pem(EC), "encryption_enc": "A256GCM", "signed_userinfo": True},
}
#: Clients that sign in nobody by a browser.
MACHINES: Final[Mapping[str, Mapping[str, object]]] = {
    "machine": {"grant_types": ("client_credentials",), "redirect_uris": ()},
}
KEYS: Final[Mapping[str, RSAKey | ECKey]] = {"rsa": RSA, "ec": EC}
every_client = pytest.mark.parametrize("client_id", CLIENTS)


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    plain = ClientTable(
        id="plain",
        secret=SecretStr(SECRET),
        redirect_uris=(APPLICATION,),
        issuer_mode="per_client",
    )
    clients = [
        plain.model_copy(update={"id": name, **has})
        for name, has in {**CLIENTS, **MACHINES}.items()
    ]
    more: dict[str, object] = {"allowed_clients": (), "scopes": (WORK,)}
    async with keeping_sessions(settings, clock, discord, *clients, **more) as snowflake:
        yield snowflake


async def document_of(snowflake: Snowflake, client_id: str | None = None) -> Json:
    issuer = f"/clients/{client_id}" if client_id else ""
    answer = await snowflake.browser.get(f"{issuer}/.well-known/openid-configuration")
    document: Json = answer.json()
    return document


def proof(client_id: str) -> dict[str, str]:
    """Answer what a client proves itself by, in a form."""
    if client_id == "keyed":
        return signed(assertion(EC, "ES256", iss=client_id, sub=client_id))
    if client_id == "asserting":
        key = OctKey.import_key(SECRET)
        return signed(assertion(key, "HS256", iss=client_id, sub=client_id))
    return {} if client_id == "public" else {"client_secret": SECRET}


def mode_for(client_id: str) -> str | None:
    """Answer what a client has to say of how it is answered: nothing, if it has the default."""
    return "form_post" if CLIENTS[client_id].get("response_modes") else None


async def asked(snowflake: Snowflake, client_id: str, **changes: str | None) -> str | None:
    """Ask for something, and answer the error that comes of it; None if Discord is asked."""
    snowflake.browser.cookies.clear()
    changes = {"response_mode": mode_for(client_id), **changes}
    response = await ask(
        snowflake.browser, **{"client_id": client_id, "nonce": "n", **PKCE, **changes}
    )
    if response.status_code == 302 and "discord.com" in response.headers["location"]:
        return None
    return answered(response)[2]["error"]


@every_client
async def test_a_response_type_is_listed_if_it_is_answered(
    snowflake: Snowflake, client_id: str
) -> None:
    listed = (await document_of(snowflake, client_id))["response_types_supported"]
    for response_type in (*RESPONSE_TYPES, "token", "none", "code none"):
        error = await asked(snowflake, client_id, response_type=response_type)
        assert (error is None) is (response_type in listed), response_type


@every_client
async def test_a_response_mode_is_listed_if_anything_is_answered_by_it(
    snowflake: Snowflake, client_id: str
) -> None:
    document = await document_of(snowflake, client_id)
    for mode in (*RESPONSE_MODES, "jwt", "web_message"):
        errors = [
            await asked(snowflake, client_id, response_type=each, response_mode=mode)
            for each in document["response_types_supported"]
        ]
        assert (None in errors) is (mode in document["response_modes_supported"]), mode


@every_client
async def test_a_parameter_is_listed_if_it_is_heeded(snowflake: Snowflake, client_id: str) -> None:
    document = await document_of(snowflake, client_id)
    first = {"response_type": document["response_types_supported"][0]}
    for prompt in (*PROMPTS, "create"):
        error = await asked(snowflake, client_id, **first, prompt=prompt)
        known = prompt in document["prompt_values_supported"]
        assert (error != "invalid_request") is known, prompt
    for name in ("request", "request_uri"):
        error = await asked(snowflake, client_id, **first, **{name: "https://app.example.com/x"})
        assert error == f"{name}_not_supported"
        assert document[f"{name}_parameter_supported"] is False
    error = await asked(snowflake, client_id, **first, claims="no JSON")
    assert (error == "invalid_request") is document["claims_parameter_supported"]
    methods = document.get("code_challenge_methods_supported", [])
    assert methods == (["S256"] if "code" in str(document["response_types_supported"]) else [])
    # RFC 8414, section 3.2.
    assert [] not in document.values()
    for method in ("S256", "plain"):
        error = await asked(snowflake, client_id, **first, code_challenge_method=method)
        assert error is None or method not in methods


@every_client
async def test_a_grant_type_is_listed_if_it_can_be_brought(
    snowflake: Snowflake, client_id: str
) -> None:
    listed = (await document_of(snowflake, client_id))["grant_types_supported"]
    codes = [each for each in RESPONSE_TYPES if "code" in each.split()]
    has_code = None in [await asked(snowflake, client_id, response_type=each) for each in codes]
    assert ("implicit" in listed) is (client_id in {"implicit", "front", "hybrid"})
    for grant_type in (*GRANTS, "password"):
        error = await brought(snowflake, client_id, grant_type=grant_type)
        known = error not in {"unsupported_grant_type", "unauthorized_client"}
        needs_code = grant_type in {"authorization_code", "refresh_token"}
        assert (known and (has_code or not needs_code)) is (grant_type in listed), grant_type


async def brought(snowflake: Snowflake, client_id: str, **form: str) -> str:
    """Bring to the token endpoint what is worth nothing of itself, and answer the error if any."""
    form |= {"client_id": client_id, "code": "x", "refresh_token": "x", "redirect_uri": APPLICATION}
    form |= proof(client_id)
    error: str = (await snowflake.browser.post("/token", data=form)).json().get("error", "")
    return error


@every_client
@pytest.mark.parametrize("endpoint", ["revocation", "introspection"])
async def test_a_way_of_authentication_is_listed_if_it_is_taken(
    snowflake: Snowflake, client_id: str, endpoint: str
) -> None:
    document = await document_of(snowflake, client_id)
    listed = document.get(f"{endpoint}_endpoint_auth_methods_supported", [])
    url = {"revocation": "/revoke", "introspection": "/introspect"}[endpoint]
    assert document.get(f"{endpoint}_endpoint") == (f"{ORIGIN}{url}" if listed else None)
    form = {"token": "x", "client_id": client_id}
    ways: dict[str, dict[str, Any]] = {
        "client_secret_basic": {"data": {"token": "x"}, "auth": (client_id, SECRET)},
        "client_secret_post": {"data": {**form, "client_secret": SECRET}},
        "private_key_jwt": {"data": {**form, **proof("keyed")}},
        "client_secret_jwt": {"data": {**form, **proof("asserting")}},
        "none": {"data": form},
    }
    for way, request in ways.items():
        response = await snowflake.browser.post(url, **request)
        assert (response.status_code == 200) is (way in listed), way
        if endpoint == "revocation":
            assert (way in document["token_endpoint_auth_methods_supported"]) is (way in listed)


@every_client
async def test_tokens_and_userinfo_are_what_is_listed_and_all_of_it(
    snowflake: Snowflake, client_id: str
) -> None:
    document = await document_of(snowflake, client_id)
    seen: dict[str, set[str]] = {}

    def see(name: str, *values: str) -> None:
        seen.setdefault(f"{name}_supported", set()).update(values)

    for response_type in document["response_types_supported"]:
        for said in await signed_in(snowflake, client_id, response_type, document):
            if "scope" in said:
                see("scopes", *said["scope"].split())
            if "id_token" in said:
                claims = read("id_token", said["id_token"], client_id, see)
                see("claims", *claims)
                see("subject_types", "public" if claims["sub"] == USER["id"] else "pairwise")
            if "access_token" in said:
                await look_at_userinfo(snowflake, client_id, said["access_token"], see)
    algorithms = document["id_token_signing_alg_values_supported"]
    assert "RS256" in algorithms
    see("id_token_signing_alg_values", "RS256")
    if document["response_types_supported"] == ["id_token"]:
        # Its answer says nothing of scopes.
        see("scopes", *document["scopes_supported"])
    for name, values in seen.items():
        assert values == set(document[name]), name
    about_tokens = ("id_token_", "userinfo_", "scopes", "claims_s", "subject_types")
    listed = {name for name in document if name.startswith(about_tokens) and "endpoint" not in name}
    assert listed == seen.keys()


async def signed_in(
    snowflake: Snowflake, client_id: str, response_type: str, document: Json
) -> list[Json]:
    """Sign in for everything that there is, and answer what comes of it: at each endpoint."""
    browser = snowflake.browser
    browser.cookies.clear()
    scope = " ".join(document["scopes_supported"])
    request = {"client_id": client_id, "response_type": response_type, "scope": scope, **PKCE}
    departure = await depart(browser, **request, nonce="n", response_mode=mode_for(client_id))
    mode, _, front = answered(await come_back(browser, departure))
    assert mode in document["response_modes_supported"]
    if "code" not in front:
        return [front]
    form = {"grant_type": "authorization_code", "code": front["code"], "code_verifier": VERIFIER}
    form |= {"client_id": client_id, "redirect_uri": APPLICATION, **proof(client_id)}
    return [front, (await browser.post("/token", data=form)).json()]


def read(what: str, token: str, client_id: str, see: Any) -> Json:
    """Note how a token is signed and encrypted, and answer its claims."""
    if client_id in KEYS:
        header, token = opened(token, KEYS[client_id])
        see(f"{what}_encryption_alg_values", header["alg"])
        see(f"{what}_encryption_enc_values", header["enc"])
    header, claims = (json.loads(urlsafe_b64decode(part.encode())) for part in token.split(".")[:2])
    see(f"{what}_signing_alg_values", header["alg"])
    return dict(claims)


async def look_at_userinfo(
    snowflake: Snowflake, client_id: str, access_token: str, see: Any
) -> None:
    headers = {"Authorization": f"Bearer {access_token}"}
    answer = await snowflake.browser.get("/userinfo", headers=headers)
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == "application/jwt":
        read("userinfo", answer.text, client_id, see)


async def test_the_document_of_all_lists_what_any_of_them_does(snowflake: Snowflake) -> None:
    own = [await document_of(snowflake, client_id) for client_id in CLIENTS]
    for name, value in (await document_of(snowflake)).items():
        if isinstance(value, list):
            listed = {each for document in own for each in document.get(name, [])}
            assert set(value) == listed, name
            assert len(value) == len(listed), name
    assert {name for document in own for name in document} == (await document_of(snowflake)).keys()


async def test_what_is_listed_for_a_machine_has_no_person_and_no_browser(
    snowflake: Snowflake,
) -> None:
    document = await document_of(snowflake, "machine")
    assert document["grant_types_supported"] == ["client_credentials"]
    assert document["scopes_supported"] == [WORK.name]
    for name in ("authorization_endpoint", "response_types_supported", "response_modes_supported"):
        assert name not in document
    assert await brought(snowflake, "machine", grant_type="authorization_code", scope="x") == (
        "unauthorized_client"
    )
    form = {"grant_type": "client_credentials", "client_id": "machine", **proof("machine")}
    answer = await snowflake.browser.post("/token", data=form)
    assert answer.json()["scope"] == WORK.name
