from datetime import timedelta

import httpx
import pytest

from snowflake.oidc.authorize import PROMPTS
from snowflake.oidc.scopes import BUILT_IN
from snowflake.settings import Settings
from snowflake.settings.tables.groups import GroupsTable
from tests.login import (
    CLIENT_ID,
    CLIENT_SECRET,
    Json,
    code_for,
    login,
    query_of,
    read_token,
    redeem,
    sign_in,
)
from tests.oidc.signed_in import WIKI, keeping_sessions
from tests.running import ORIGIN, Clock, Discord, Snowflake, running

AUTHENTICATION_METHODS = ["client_secret_basic", "client_secret_post", "none"]
POSTED = {"token_endpoint", "revocation_endpoint", "introspection_endpoint"}
CONFIGURATION = "/.well-known/openid-configuration"


@pytest.fixture
async def document(snowflake: Snowflake) -> Json:
    answer: Json = (await snowflake.browser.get(CONFIGURATION)).json()
    return answer


async def test_what_is_there_is_published_and_nothing_else(document: Json) -> None:
    assert document == {
        "issuer": ORIGIN,
        "authorization_endpoint": f"{ORIGIN}/authorize",
        "token_endpoint": f"{ORIGIN}/token",
        "userinfo_endpoint": f"{ORIGIN}/userinfo",
        "revocation_endpoint": f"{ORIGIN}/revoke",
        "introspection_endpoint": f"{ORIGIN}/introspect",
        "jwks_uri": f"{ORIGIN}/.well-known/jwks.json",
        "scopes_supported": list(BUILT_IN),
        "claims_supported": document["claims_supported"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "prompt_values_supported": [name for name in PROMPTS if name != "none"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        "revocation_endpoint_auth_methods_supported": AUTHENTICATION_METHODS,
        "introspection_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
        ],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


async def test_it_is_json_that_may_be_kept_for_a_while(snowflake: Snowflake) -> None:
    response = await snowflake.browser.get(CONFIGURATION)
    assert response.headers["content-type"] == "application/json"
    assert "max-age" in response.headers["cache-control"]


async def test_both_well_known_names_say_the_same(snowflake: Snowflake, document: Json) -> None:
    response = await snowflake.browser.get("/.well-known/oauth-authorization-server")
    assert response.json() == document


async def test_every_listed_url_answers_directly(snowflake: Snowflake, document: Json) -> None:
    for name, url in document.items():
        if name.endswith(("_endpoint", "_uri")):
            response = await snowflake.browser.request("POST" if name in POSTED else "GET", url)
            assert response.status_code not in {301, 302, 307, 308, 404, 405}, name


@pytest.mark.parametrize("names_claim", [False, True])
async def test_every_listed_claim_is_given_and_every_given_one_listed(
    settings: Settings, clock: Clock, discord: Discord, *, names_claim: bool
) -> None:
    groups = GroupsTable(names_claim=names_claim)
    configured = settings.model_copy(update={"groups": groups})
    async with running(configured, clock, discord) as snowflake:
        document: Json = (await snowflake.browser.get(CONFIGURATION)).json()
        scope = " ".join(document["scopes_supported"])
        answer = await sign_in(snowflake.browser, scope=scope, nonce="n")
        claims = read_token(snowflake, answer["id_token"])
    assert ("group_names" in claims) is names_claim
    assert set(document["claims_supported"]) == set(claims)
    assert len(document["claims_supported"]) == len(claims)
    assert set(answer["scope"].split()) == set(document["scopes_supported"])


async def test_every_listed_way_of_authentication_works(
    snowflake: Snowflake, document: Json
) -> None:
    verifier = "a" * 43
    challenge = "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"
    pkce = {"code_challenge": challenge, "code_challenge_method": "S256"}
    ways: dict[str, dict[str, str | None]] = {
        "client_secret_basic": {"client_id": None, "client_secret": None},
        "client_secret_post": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
        "none": {"client_secret": None},
    }
    assert list(ways) == document["token_endpoint_auth_methods_supported"]
    for way, form in ways.items():
        code = await code_for(snowflake.browser, **pkce)
        request = snowflake.browser.build_request("POST", "/token")
        headers = {}
        if way == "client_secret_basic":
            credentials = (CLIENT_ID, CLIENT_SECRET)
            [headers] = [
                {"authorization": dict(signed.headers)["authorization"]}
                for signed in httpx.BasicAuth(*credentials).auth_flow(request)
            ]
        response = await redeem(snowflake.browser, code, headers, code_verifier=verifier, **form)
        assert response.status_code == 200, way


async def test_the_answer_names_the_issuer_as_promised(snowflake: Snowflake) -> None:
    assert query_of(await login(snowflake.browser))["iss"] == ORIGIN


@pytest.mark.parametrize(
    ("changes", "origin", "issuer"),
    [
        ({}, "https://SNOWFLAKE.example.com", ORIGIN),
        ({}, "https://snowflake.example.com:443", ORIGIN),
        ({}, "https://snowflake.example.com:8443", f"{ORIGIN}:8443"),
        ({}, "http://localhost:8000", "http://localhost:8000"),
        ({}, "http://localhost:80", "http://localhost"),
        ({}, "http://[::1]:8000", "http://[::1]:8000"),
        ({"base_path": "/auth"}, ORIGIN, f"{ORIGIN}/auth"),
        ({"issuer": "https://login.example.com/x"}, ORIGIN, "https://login.example.com/x"),
    ],
)
async def test_the_issuer_is_one_string_everywhere(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    *,
    changes: dict[str, object],
    origin: str,
    issuer: str,
) -> None:
    configured = settings.model_copy(update=changes)
    async with running(configured, clock, discord, origin) as snowflake:
        document = (await snowflake.browser.get(CONFIGURATION)).json()
        resource = {"resource": "acct:nelly@example.com"}
        webfinger = await snowflake.browser.get("/.well-known/webfinger", params=resource)
    assert document["issuer"] == issuer
    assert not issuer.endswith("/")
    assert document["token_endpoint"] == f"{issuer}/token"
    assert webfinger.json()["links"][0]["href"] == issuer


async def test_what_no_client_may_use_is_not_listed(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    narrow = WIKI.model_copy(update={"scopes": ("email",)})
    changes: dict[str, object] = {"allowed_clients": (), "session_lifetime": timedelta(0)}
    async with keeping_sessions(settings, clock, discord, narrow, **changes) as snowflake:
        document: Json = (await snowflake.browser.get(CONFIGURATION)).json()
    assert document["scopes_supported"] == ["openid", "email"]
    of_scopes = {"sub", "email", "email_verified"}
    assert {name for scope in BUILT_IN.values() for name in scope.claims} & {
        *document["claims_supported"]
    } == of_scopes
    for endpoint in ("token", "revocation", "introspection"):
        methods = document[f"{endpoint}_endpoint_auth_methods_supported"]
        assert methods == AUTHENTICATION_METHODS[:-1]


async def test_an_endpoint_that_no_client_may_use_is_not_listed(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    public = WIKI.model_copy(update={"secret": None, "public": True})
    changes: dict[str, object] = {"allowed_clients": (), "session_lifetime": timedelta(0)}
    async with keeping_sessions(settings, clock, discord, public, **changes) as snowflake:
        document: Json = (await snowflake.browser.get(CONFIGURATION)).json()
    assert document["token_endpoint_auth_methods_supported"] == ["none"]
    assert not [name for name in document if name.startswith(("introspection", "end_session"))]


async def test_it_is_written_anew_when_the_configuration_has_changed(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with keeping_sessions(settings, clock, discord, allowed_clients=()) as snowflake:
        before: Json = (await snowflake.browser.get(CONFIGURATION)).json()
        [*others, wiki] = snowflake.settings.clients
        public = wiki.model_copy(update={"secret": None, "public": True})
        changed = snowflake.settings.model_copy(update={"clients": (*others, public)})
        snowflake.state.use(changed)
        after: Json = (await snowflake.browser.get(CONFIGURATION)).json()
    assert "none" not in before["token_endpoint_auth_methods_supported"]
    assert "none" in after["token_endpoint_auth_methods_supported"]


@pytest.mark.parametrize("hours", [0, 12])
async def test_clients_are_told_of_logouts_where_there_are_sessions(
    settings: Settings, clock: Clock, discord: Discord, hours: int
) -> None:
    lifetime = timedelta(hours=hours)
    async with keeping_sessions(settings, clock, discord, session_lifetime=lifetime) as snowflake:
        document: Json = (await snowflake.browser.get(CONFIGURATION)).json()
    for channel in ("backchannel", "frontchannel"):
        promised = True if hours else None
        assert document.get(f"{channel}_logout_supported") is promised
        assert document.get(f"{channel}_logout_session_supported") is promised
