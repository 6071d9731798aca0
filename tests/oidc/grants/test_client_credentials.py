"""The client credentials grant (RFC 6749, section 4.4): what clients get for themselves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import jwt
import pytest
from pydantic import SecretStr

from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.scopes import ScopeTable
from tests.login import APPLICATION, Json, code_for, redeem
from tests.oidc.signed_in import keeping_sessions
from tests.running import NOW, ORIGIN, Clock, Discord, Snowflake

SECRET: Final = "the secret of a machine"
GRANT: Final = {"grant_type": "client_credentials"}
SCOPES: Final = (
    ScopeTable(name="deploy", description="To deploy.", claims={"who": "client.name"}),
    ScopeTable(name="read", description="To read."),
    ScopeTable(name="build", description="Builds.", claims={"repository": "assertion.repository"}),
    ScopeTable(name="nick", description="Nicknames.", claims={"nick": "username"}),
    ScopeTable(name="mixed", description="Both.", claims={"by": "client.id || username"}),
)


def machine(client_id: str = "ci", **keys: object) -> ClientTable:
    table = {"id": client_id, "name": "CI", "secret": SECRET, "grant_types": ["client_credentials"]}
    return ClientTable.model_validate({**table, **keys})


@asynccontextmanager
async def serving_machines(
    settings: Settings, clock: Clock, discord: Discord, *clients: ClientTable
) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, *clients, scopes=SCOPES) as snowflake:
        yield snowflake


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    clients = [
        machine(),
        machine("opaque", access_token_format="opaque"),
        machine("api", audience="https://api.example.com", scopes=["read", "nick"]),
        machine("own", issuer_mode="per_client"),
        ClientTable(id="people", secret=SecretStr(SECRET), redirect_uris=(APPLICATION,)),
    ]
    async with serving_machines(settings, clock, discord, *clients) as snowflake:
        yield snowflake


async def ask_for_token(
    browser: httpx.AsyncClient, client_id: str = "ci", **form: str
) -> httpx.Response:
    return await browser.post("/token", data={**GRANT, **form}, auth=(client_id, SECRET))


async def token_of(browser: httpx.AsyncClient, client_id: str = "ci", **form: str) -> Json:
    response = await ask_for_token(browser, client_id, **form)
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


async def claims_in(browser: httpx.AsyncClient, token: str) -> Mapping[str, Any]:
    """Check a token as a resource server does that has never heard of Snowflake."""
    keys = jwt.PyJWKSet.from_dict((await browser.get("/.well-known/jwks.json")).json())
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "at+jwt"
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    return jwt.decode(token, keys[header["kid"]], algorithms=["RS256"], options=options)


async def about(browser: httpx.AsyncClient, token: str, client_id: str = "ci") -> Json:
    response = await browser.post("/introspect", data={"token": token}, auth=(client_id, SECRET))
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


async def test_a_client_gets_a_token_for_itself_and_no_other_token(snowflake: Snowflake) -> None:
    answer = await token_of(snowflake.browser)
    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert answer["scope"] == "deploy read build"
    claims = await claims_in(snowflake.browser, answer["access_token"])
    jti = claims["jti"]
    assert claims == {
        "iss": ORIGIN,
        "sub": "ci",
        "aud": ORIGIN,
        "client_id": "ci",
        "scope": "deploy read build",
        "who": "CI",
        "iat": NOW,
        "exp": NOW + answer["expires_in"],
        "jti": jti,
    }
    again = await claims_in(snowflake.browser, (await token_of(snowflake.browser))["access_token"])
    assert again["jti"] != jti


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("read", "read"),
        ("read deploy", "deploy read"),
        # Out of habit, and about a person.
        ("openid read", "read"),
        ("openid offline_access", "deploy read build"),
        # What it may not have is left out.
        ("read nick mixed email admin", "read"),
    ],
)
async def test_it_gets_those_of_the_scopes_that_need_no_person(
    snowflake: Snowflake, asked: str, given: str
) -> None:
    assert (await token_of(snowflake.browser, scope=asked))["scope"] == given


@pytest.mark.parametrize("scope", ["nick", "mixed", "profile email", "admin"])
async def test_nothing_of_what_it_asks_for_is_told_to_it(snowflake: Snowflake, scope: str) -> None:
    response = await ask_for_token(snowflake.browser, scope=scope)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


async def test_it_has_its_own_scopes_audience_and_issuer(snowflake: Snowflake) -> None:
    answer = await token_of(snowflake.browser, "api")
    assert answer["scope"] == "read"
    claims = await claims_in(snowflake.browser, answer["access_token"])
    assert (claims["iss"], claims["aud"]) == (ORIGIN, "https://api.example.com")
    own = (await token_of(snowflake.browser, "own"))["access_token"]
    claims = await claims_in(snowflake.browser, own)
    assert claims["iss"] == claims["aud"] == f"{ORIGIN}/clients/own"
    assert (await about(snowflake.browser, own, "own"))["iss"] == claims["iss"]


@pytest.mark.parametrize("client_id", ["ci", "opaque"])
async def test_it_may_be_asked_about_until_it_is_revoked(
    snowflake: Snowflake, client_id: str
) -> None:
    browser, answer = snowflake.browser, await token_of(snowflake.browser, client_id, scope="read")
    token = answer["access_token"]
    assert ("." in token) is (client_id == "ci")
    told = await about(browser, token, client_id)
    times = {"iat": NOW, "exp": NOW + answer["expires_in"]}
    of_client = {"iss": ORIGIN, "aud": ORIGIN, "sub": client_id, "client_id": client_id}
    jti = {"jti": (await claims_in(browser, token))["jti"]} if client_id == "ci" else {}
    expected = {"active": True, "scope": "read", "token_type": "Bearer", **of_client, **times}
    assert told == {**expected, **jti}
    # Of another client it says nothing, and ends nothing for it.
    assert await about(browser, token, "api") == {"active": False}
    others = await browser.post("/revoke", data={"token": token}, auth=("api", SECRET))
    assert others.status_code == 200
    assert (await about(browser, token, client_id))["active"]
    own = await browser.post("/revoke", data={"token": token}, auth=(client_id, SECRET))
    assert own.status_code == 200
    assert await about(browser, token, client_id) == {"active": False}


async def test_it_is_over_when_it_has_expired(snowflake: Snowflake, clock: Clock) -> None:
    answer = await token_of(snowflake.browser)
    clock.pass_by(answer["expires_in"])
    assert await about(snowflake.browser, answer["access_token"]) == {"active": False}


async def test_the_name_of_a_token_opens_nothing(snowflake: Snowflake) -> None:
    token = (await token_of(snowflake.browser))["access_token"]
    jti = (await claims_in(snowflake.browser, token))["jti"]
    assert await about(snowflake.browser, jti) == {"active": False}


@pytest.mark.parametrize("client_id", ["ci", "opaque"])
async def test_it_is_of_no_person(snowflake: Snowflake, client_id: str) -> None:
    token = (await token_of(snowflake.browser, client_id))["access_token"]
    response = await snowflake.browser.get(
        "/userinfo", headers={"Authorization": f"Bearer {token}"}
    )
    assert response.status_code == 403
    assert response.json()["error"] == "insufficient_scope"
    assert 'error="insufficient_scope"' in response.headers["www-authenticate"]
    await snowflake.browser.post("/revoke", data={"token": token}, auth=(client_id, SECRET))
    response = await snowflake.browser.get(
        "/userinfo", headers={"Authorization": f"Bearer {token}"}
    )
    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


async def test_it_is_good_for_nothing_once_the_client_may_have_none(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    grant_types = ["authorization_code", "client_credentials"]
    with_people = machine(redirect_uris=[APPLICATION], grant_types=grant_types)
    async with serving_machines(settings, clock, discord, with_people, machine("api")) as snowflake:
        token = (await token_of(snowflake.browser))["access_token"]
        assert (await about(snowflake.browser, token))["active"]
        without = with_people.model_copy(update={"grant_types": ("authorization_code",)})
        changed = snowflake.state.settings.model_copy(update={"clients": (without,)})
        snowflake.state.registry.use(changed)
        assert await about(snowflake.browser, token) == {"active": False}
        response = await ask_for_token(snowflake.browser)
        assert (response.status_code, response.json()["error"]) == (400, "unauthorized_client")


async def test_a_persons_token_is_no_clients_token(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    grant_types = ["authorization_code", "refresh_token", "client_credentials"]
    both = machine(redirect_uris=[APPLICATION], grant_types=grant_types)
    async with serving_machines(settings, clock, discord, both) as snowflake:
        code = await code_for(snowflake.browser, client_id="ci")
        answer = await redeem(snowflake.browser, code, client_id="ci", client_secret=SECRET)
        tokens: Json = answer.json()
        person, own = tokens["access_token"], (await token_of(snowflake.browser))["access_token"]
        assert (await about(snowflake.browser, person))["sub"] != "ci"
        assert (await about(snowflake.browser, own))["sub"] == "ci"
        await snowflake.browser.post("/revoke", data={"token": own}, auth=("ci", SECRET))
        assert (await about(snowflake.browser, person))["active"]
        assert (await about(snowflake.browser, tokens["refresh_token"]))["active"]


async def test_only_who_has_proven_who_it_is_gets_one(snowflake: Snowflake) -> None:
    wrong = await snowflake.browser.post("/token", data=GRANT, auth=("ci", "wrong"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    missing = await snowflake.browser.post("/token", data={**GRANT, "client_id": "ci"})
    assert (missing.status_code, missing.json()["error"]) == (401, "invalid_client")
    people = await ask_for_token(snowflake.browser, "people")
    assert (people.status_code, people.json()["error"]) == (400, "unauthorized_client")
    discords = await ask_for_token(snowflake.browser, "1056005449054429299")
    assert discords.status_code in {400, 401}


async def test_what_a_token_says_is_told_of_it_whatever_holds_by_now(snowflake: Snowflake) -> None:
    token = (await token_of(snowflake.browser, "api"))["access_token"]
    elsewhere = machine("api", audience="https://other.example.com", issuer_mode="per_client")
    changed = snowflake.state.settings.model_copy(update={"clients": (elsewhere,)})
    snowflake.state.registry.use(changed)
    told = await about(snowflake.browser, token, "api")
    claims = await claims_in(snowflake.browser, token)
    names = ("iss", "aud", "jti", "scope", "exp")
    assert {name: told[name] for name in names} == {name: claims[name] for name in names}
