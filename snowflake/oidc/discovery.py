"""The discovery document (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2)."""

from functools import lru_cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.crypto.algorithms import ALGORITHMS, HS256, RS256
from snowflake.oidc import authorize
from snowflake.oidc.client_assertion import METHODS
from snowflake.oidc.clients import issuer_owner
from snowflake.oidc.grants import GRANTS
from snowflake.oidc.response_types.requested import CODE
from snowflake.oidc.scopes import (
    GROUP_NAMES,
    Claims,
    allowed,
    for_machines,
    scopes_of,
    scopes_of_all,
)
from snowflake.oidc.tokens.access_token import userinfo_url
from snowflake.protocol import paths, pkce
from snowflake.protocol.issuer import issuer_of
from snowflake.settings.client import Client
from snowflake.settings.offers import Offers
from snowflake.settings.tables.clients.responses import DEVICE_CODE, RESPONSE_MODES, RESPONSE_TYPES
from snowflake.state import state_of

#: How clients authenticate; ``oidc/credentials.py`` reads them.
AUTHENTICATION_METHODS: Final = ("client_secret_basic", "client_secret_post", *METHODS, "none")
#: Claims of the ID token that say what it is, whatever the scopes.
OF_TOKEN: Final = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "c_hash", "jti")
#: Whether people have one name everywhere (OpenID Connect Core 1.0, section 8).
PAIRWISE: Final = "pairwise"
SUBJECT_TYPES: Final = ("public", PAIRWISE)
#: How clients hear of a logout, where there are sessions: their servers (Back-Channel Logout 1.0,
#: section 2.1), and in the browser (Front-Channel Logout 1.0, section 3).
LOGOUT: Final = (
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
)
#: What the discovery document calls tokens of the authorization endpoint (OpenID Connect Dynamic
#: Client Registration 1.0, section 2).
IMPLICIT: Final = "implicit"
#: Documents that are kept: for each name by which Snowflake is reached, and for each client with
#: an issuer to itself. To write one takes less time than to redeem a code.
KEPT: Final = 64


async def discovery(request: Request) -> Response:
    """Say what is spoken here. Only what works is listed; what is not there is left out."""
    return _document(issuer_of(request), state_of(request).registry.offers)


async def discovery_of_client(request: Request) -> Response:
    """Say what is spoken with a client that has an issuer to itself.

    Raises:
        NotFound: no client of that ID has one.
    """
    return _document(issuer_of(request), issuer_owner(request, state_of(request).registry))


# A changed configuration makes other offers, and with them another document.
@lru_cache(KEPT)
def _document(base: str, offers: Offers) -> Response:
    document = metadata(base, offers)
    return JSONResponse(document, headers={"Cache-Control": "public, max-age=3600"})


# Whatever JSON has.
def metadata(base: str, offers: Offers) -> dict[str, Any]:
    """Answer what an issuer says of itself, where that of everybody is ``base``.

    A list of nothing is left out (RFC 8414, section 3.2).
    """
    said = {
        "issuer": offers.issuer_below(base),
        **_endpoints(base, offers),
        **_authentication(offers),
        **_requests(offers),
        **_tokens(offers),
        **dict.fromkeys(LOGOUT if offers.keeps_sessions else (), True),
    }
    return {name: value for name, value in said.items() if value != []}


def _endpoints(base: str, offers: Offers) -> Claims:
    """Answer where everything is: the keys below each issuer, all else in one place."""
    has_browser = offers.some(lambda client: bool(client.response_types))
    endpoints: Claims = {
        **({"authorization_endpoint": base + paths.AUTHORIZE} if has_browser else {}),
        "token_endpoint": base + paths.TOKEN,
        "userinfo_endpoint": userinfo_url(base),
        "revocation_endpoint": base + paths.REVOKE,
        "jwks_uri": offers.issuer_below(base) + paths.JWKS,
    }
    if offers.some(_begins_on_devices):
        endpoints["device_authorization_endpoint"] = base + paths.DEVICE_AUTHORIZATION
    if offers.among(AUTHENTICATION_METHODS, _introspects_by):
        endpoints["introspection_endpoint"] = base + paths.INTROSPECT
    # Where it cannot lead back to the application, logging out is better left to that.
    if offers.ends_sessions:
        endpoints["end_session_endpoint"] = base + paths.END_SESSION
    return endpoints


def _begins_on_devices(client: Client) -> bool:
    return client.may_bring(DEVICE_CODE)


def _authentication(offers: Offers) -> Claims:
    methods = offers.among(AUTHENTICATION_METHODS, Client.authenticates_by)
    introspection = offers.among(AUTHENTICATION_METHODS, _introspects_by)
    algorithms = offers.among(ALGORITHMS, _asserts_by)
    return {
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": introspection,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
    }


def _asserts_by(client: Client, algorithm: str) -> bool:
    """Whether a client may sign a JWT by an algorithm, to prove who it is."""
    if algorithm == HS256.name:
        return client.authenticates_by("client_secret_jwt")
    return client.authenticates_by("private_key_jwt")


def _introspects_by(client: Client, method: str) -> bool:
    # A public client cannot prove that a token is its own.
    return method != "none" and client.authenticates_by(method)


def _requests(offers: Offers) -> Claims:
    """Answer what an authorization request, or one for tokens, may hold."""
    return {
        "scopes_supported": offers.among(scopes_of_all(offers.clients), _may_have),
        "response_types_supported": offers.among(RESPONSE_TYPES, Client.may_ask_for),
        "response_modes_supported": offers.among(RESPONSE_MODES, Client.may_be_answered_by),
        "grant_types_supported": offers.among((*GRANTS, IMPLICIT), _may_use),
        # Discord shows its page to somebody new, so that without sessions none is no promise.
        "prompt_values_supported": [
            name for name in authorize.PROMPTS if offers.keeps_sessions or name != "none"
        ],
        "code_challenge_methods_supported": offers.among((pkce.METHOD,), _may_challenge),
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": offers.some(lambda client: client.registered is not None),
        "request_parameter_supported": False,
        # Its default is true (OpenID Connect Discovery 1.0, section 3).
        "request_uri_parameter_supported": False,
    }


def _may_use(client: Client, grant_type: str) -> bool:
    if grant_type == IMPLICIT:
        return any(response_type != CODE for response_type in client.response_types)
    if grant_type == "authorization_code":
        return client.gets("code")
    if grant_type == "refresh_token":
        return client.may_bring(grant_type) and (
            client.gets("code") or client.may_bring(DEVICE_CODE)
        )
    return client.may_bring(grant_type)


def _may_challenge(client: Client, _: str) -> bool:
    return client.gets("code")


def _tokens(offers: Offers) -> Claims:
    """Answer what tokens and UserInfo are like."""
    scopes = (scope for client in offers.clients for scope in scopes_of(client).values())
    names = dict.fromkeys(claim for scope in scopes for claim in scope.names)
    of_token = offers.among(OF_TOKEN, _is_of_token)
    of_session = ["sid"] if offers.keeps_sessions else []
    # Always (OpenID Connect Discovery 1.0, section 3).
    algorithms = {RS256.name: None, **dict.fromkeys(offers.among(ALGORITHMS, _signs_by))}
    return {
        "claims_supported": [*of_token, *of_session, *offers.among(names, _may_be_told)],
        "subject_types_supported": offers.among(SUBJECT_TYPES, _has_subject_type),
        "id_token_signing_alg_values_supported": [*algorithms],
        "userinfo_signing_alg_values_supported": offers.among(ALGORITHMS, _signs_userinfo_by),
        **_encryption(offers),
    }


def _is_of_token(client: Client, claim: str) -> bool:
    """Whether an ID token of a client may have a claim that ties it to what comes with it."""
    if claim == "at_hash":
        return client.gets("code") or client.gets("id_token", "token")
    return claim != "c_hash" or client.gets("code", "id_token")


def _signs_by(client: Client, algorithm: str) -> bool:
    return algorithm == client.signing_alg


def _signs_userinfo_by(client: Client, algorithm: str) -> bool:
    return client.wants_signed_userinfo and algorithm == client.signing_alg


def _encryption(offers: Offers) -> Claims:
    """Answer how ID tokens are encrypted for those who want it, and UserInfo if it is signed."""
    encrypting = [client for client in offers.clients if client.encryption is not None]
    encrypted = {
        "id_token": encrypting,
        "userinfo": [client for client in encrypting if client.wants_signed_userinfo],
    }
    return {
        f"{what}_encryption_{part}_values_supported": sorted(
            {getattr(client.encryption, part) for client in clients}
        )
        for what, clients in encrypted.items()
        for part in ("alg", "enc")
    }


def _may_have(client: Client, scope: str) -> bool:
    if client.signs_in_people:
        return bool(allowed([scope], client))
    return scope in for_machines(client)


def _has_subject_type(client: Client, subject_type: str) -> bool:
    return (client.subject == PAIRWISE) is (subject_type == PAIRWISE)


def _may_be_told(client: Client, claim: str) -> bool:
    scopes = scopes_of(client)
    is_given = any(claim in scopes[name].names for name in allowed(scopes, client))
    return is_given and (claim not in GROUP_NAMES or client.groups.names_claim)
