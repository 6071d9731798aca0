"""Clients with an issuer of their own (``issuer_mode = "per_client"``), beside those without."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from tests.login import CLIENT_ID, Json, ask, come_back, depart, query_of, read_token
from tests.oidc.response_types.answers import answered
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    SECRETS,
    WIKI,
    enter,
    is_alive,
    keeping_sessions,
    refresh,
    refused,
    tokens_for,
)
from tests.running import ORIGIN, Clock, Discord, Snowflake

OWN: Final = f"{ORIGIN}/clients/wiki"
WITH_OWN: Final = WIKI.model_copy(update={"issuer_mode": "per_client"})
DOCUMENTS: Final = (
    "/clients/wiki/.well-known/openid-configuration",
    "/clients/wiki/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/clients/wiki",
)


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    async with keeping_sessions(settings, clock, discord, GRAFANA, WITH_OWN) as snowflake:
        yield snowflake


async def sign_in(snowflake: Snowflake, client: dict[str, str]) -> tuple[dict[str, str], Json]:
    """Sign in by way of Discord. Answers what the client heard, and what ``/token`` says."""
    returned = await come_back(snowflake.browser, await depart(snowflake.browser, **client))
    heard = query_of(returned.headers["location"])
    return heard, await tokens_for(snowflake.browser, client, heard["code"])


async def introspected(snowflake: Snowflake, client: dict[str, str], token: str) -> Json:
    secret = SECRETS[client["client_id"]]
    form = {"token": token, "client_id": client["client_id"], "client_secret": secret}
    answer: Json = (await snowflake.browser.post("/introspect", data=form)).json()
    return answer


def use(snowflake: Snowflake, *clients: ClientTable) -> None:
    """Reload a configuration with these clients."""
    snowflake.state.use(snowflake.settings.model_copy(update={"clients": clients}))


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_client_finds_its_own_issuer_where_libraries_look(
    snowflake: Snowflake, path: str
) -> None:
    document: Json = (await snowflake.browser.get(path)).json()
    assert document["issuer"] == OWN
    assert document["jwks_uri"] == f"{OWN}/.well-known/jwks.json"
    everybodys: Json = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    same = [name for name in document if name.endswith("_endpoint")]
    assert [document[name] for name in same] == [everybodys[name] for name in same]
    own = await snowflake.browser.get(document["jwks_uri"])
    assert own.json() == (await snowflake.browser.get(everybodys["jwks_uri"])).json()


async def test_its_document_lists_what_it_may_use_and_that_of_all_what_any_may(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    public = WITH_OWN.model_copy(update={"public": True, "secret": None, "scopes": ("email",)})
    async with keeping_sessions(settings, clock, discord, GRAFANA, public) as snowflake:
        own: Json = (await snowflake.browser.get(DOCUMENTS[0])).json()
        use(snowflake, GRAFANA.model_copy(update={"scopes": ()}), public)
        everybodys: Json = (await snowflake.browser.get("/.well-known/openid-configuration")).json()
    assert own["scopes_supported"] == ["openid", "email"]
    assert own["token_endpoint_auth_methods_supported"] == ["none"]
    assert "introspection_endpoint" not in own
    assert "email" in everybodys["scopes_supported"]
    assert "client_secret_basic" in everybodys["token_endpoint_auth_methods_supported"]


async def test_everything_that_it_hears_and_gets_names_its_own_issuer(snowflake: Snowflake) -> None:
    heard, tokens = await sign_in(snowflake, {**AS_WIKI})
    assert heard["iss"] == OWN
    refreshed = await refresh(snowflake.browser, AS_WIKI, tokens)
    for each in (tokens, refreshed):
        assert read_token(snowflake, each["id_token"])["iss"] == OWN
        access = read_token(snowflake, each["access_token"])
        assert (access["iss"], access["aud"]) == (OWN, f"{ORIGIN}/userinfo")
        assert await is_alive(snowflake.browser, each)
        assert (await introspected(snowflake, {**AS_WIKI}, each["access_token"]))["iss"] == OWN
    by_session = await enter(snowflake.browser, AS_WIKI)
    assert read_token(snowflake, by_session["id_token"])["iss"] == OWN


async def test_other_clients_know_the_issuer_of_everybody(snowflake: Snowflake) -> None:
    heard, tokens = await sign_in(snowflake, {**AS_GRAFANA})
    assert heard["iss"] == read_token(snowflake, tokens["id_token"])["iss"] == ORIGIN


async def test_errors_name_its_own_issuer(snowflake: Snowflake) -> None:
    answers = [
        await ask(snowflake.browser, **AS_WIKI, response_type="nonsense"),
        await ask(snowflake.browser, **AS_WIKI, prompt="none"),
        await ask(snowflake.browser, **AS_WIKI, scope="email"),
        await come_back(
            snowflake.browser,
            await depart(snowflake.browser, **AS_WIKI),
            code=None,
            error="access_denied",
        ),
    ]
    for answer in answers:
        told = query_of(answer.headers["location"])
        assert told["error"]
        assert told["iss"] == OWN


@pytest.mark.parametrize("mode", ["fragment", "form_post"])
async def test_tokens_of_the_authorization_endpoint_name_it_as_those_of_their_code_do(
    settings: Settings, clock: Clock, discord: Discord, mode: str
) -> None:
    hybrid = WITH_OWN.model_copy(update={"response_types": ("code id_token token",)})
    wanted = {"response_type": "code id_token token", "response_mode": mode, "nonce": "n"}
    async with keeping_sessions(settings, clock, discord, hybrid) as snowflake:
        departure = await depart(snowflake.browser, **AS_WIKI, **wanted)
        _, _, heard = answered(await come_back(snowflake.browser, departure))
        tokens = await tokens_for(snowflake.browser, AS_WIKI, heard["code"])
        refused = await ask(snowflake.browser, **AS_WIKI, **wanted, prompt="nonsense")
        assert await is_alive(snowflake.browser, heard)
        named = [read_token(snowflake, each["id_token"])["iss"] for each in (heard, tokens)]
        named.append(read_token(snowflake, heard["access_token"])["iss"])
    told = answered(refused)[2]
    assert told["error"] == "invalid_request"
    assert {*named, heard["iss"], told["iss"]} == {OWN}


@pytest.mark.parametrize("answer", ["allow", "deny"])
async def test_what_people_answer_on_our_page_names_it_too(
    settings: Settings, clock: Clock, discord: Discord, answer: str
) -> None:
    asking = WITH_OWN.model_copy(update={"consent": "once"})
    async with keeping_sessions(settings, clock, discord, asking) as snowflake:
        returned = await come_back(snowflake.browser, await depart(snowflake.browser, **AS_WIKI))
        form = {"note": query_of(returned.headers["location"])["note"], "answer": answer}
        onward = await snowflake.browser.post("/consent", data=form)
        assert query_of(onward.headers["location"])["iss"] == OWN


async def test_a_session_serves_clients_of_both_kinds(snowflake: Snowflake) -> None:
    _, first = await sign_in(snowflake, {**AS_WIKI})
    second = await enter(snowflake.browser, AS_GRAFANA)
    assert read_token(snowflake, second["id_token"])["iss"] == ORIGIN
    assert read_token(snowflake, first["id_token"])["iss"] == OWN


@pytest.mark.parametrize(
    "path",
    [
        "/clients/grafana/.well-known/openid-configuration",
        "/clients/grafana/.well-known/jwks.json",
        "/clients/nobody/.well-known/openid-configuration",
        f"/clients/{CLIENT_ID}/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/clients/grafana",
        "/.well-known/oauth-authorization-server/clients/",
        "/.well-known/oauth-authorization-server/wiki",
        "/clients/wiki",
        "/clients/wiki/",
        "/clients/wiki/token",
        "/clients/WIKI/.well-known/openid-configuration",
        "/clients/wiki%00/.well-known/openid-configuration",
        "/clients/wiki%2F/.well-known/webfinger",
        "/clients/wi%2Fki/.well-known/openid-configuration",
        "/clients/%F0%9F%A6%89/.well-known/openid-configuration",
        f"/clients/{'a' * 5000}/.well-known/openid-configuration",
    ],
)
async def test_there_is_no_other_issuer(snowflake: Snowflake, path: str) -> None:
    answer = await snowflake.browser.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"] == "invalid_request"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("slashes", ["//", "///"])
async def test_a_slash_that_somebody_typed_behind_it_does_no_harm(
    snowflake: Snowflake, slashes: str
) -> None:
    answer = await snowflake.browser.get(f"/clients/wiki{slashes}.well-known/openid-configuration")
    assert answer.json()["issuer"] == OWN


async def test_scripts_of_other_origins_may_read_it(snowflake: Snowflake) -> None:
    headers = {"Origin": "https://spa.example.com", "Access-Control-Request-Method": "GET"}
    for path in (*DOCUMENTS, "/clients/wiki/.well-known/jwks.json"):
        asked = await snowflake.browser.options(path, headers=headers)
        answered = await snowflake.browser.get(path)
        assert asked.headers["access-control-allow-origin"] == "*"
        assert answered.headers["access-control-allow-origin"] == "*"
        assert "max-age" in answered.headers["cache-control"]


@pytest.mark.parametrize(
    "client_id", ["a|b", "<i>&'\"", "x@y;z=1", "it's~(a)*b!$+,", r"a\b", "{{id}}"]
)
async def test_an_unusual_id_is_spelt_in_one_way_everywhere(
    settings: Settings, clock: Clock, discord: Discord, client_id: str
) -> None:
    odd = WITH_OWN.model_copy(update={"id": client_id})
    async with keeping_sessions(settings, clock, discord, odd) as snowflake:
        [offers] = snowflake.state.registry.offers_of.values()
        issuer = offers.issuer_below(ORIGIN)
        document: Json = (
            await snowflake.browser.get(f"{issuer}/.well-known/openid-configuration")
        ).json()
        answer = await ask(snowflake.browser, **{**AS_WIKI, "client_id": client_id}, prompt="none")
        told = query_of(answer.headers["location"])["iss"]
    assert document["issuer"] == told == issuer
    assert issuer.isascii()
    assert not set(issuer) & set('"<>\\^`{|} ')


@pytest.mark.parametrize("base_path", ["/auth", "/deep/down"])
@pytest.mark.parametrize("stripped", [False, True])
async def test_below_a_path_the_issuer_is_too(
    settings: Settings, clock: Clock, discord: Discord, base_path: str, *, stripped: bool
) -> None:
    async with keeping_sessions(
        settings, clock, discord, WITH_OWN, base_path=base_path
    ) as snowflake:
        paths = [
            f"{'' if stripped else base_path}{DOCUMENTS[0]}",
            f"{'' if stripped else base_path}{DOCUMENTS[1]}",
            f"/.well-known/oauth-authorization-server{base_path}/clients/wiki",
        ]
        documents = [(await snowflake.browser.get(path)).json() for path in paths]
        answer = await ask(snowflake.browser, **AS_WIKI, prompt="none")
    assert documents[0]["issuer"] == f"{ORIGIN}{base_path}/clients/wiki"
    assert documents[0]["token_endpoint"] == f"{ORIGIN}{base_path}/token"
    assert documents[0] == documents[1] == documents[2]
    assert query_of(answer.headers["location"])["iss"] == documents[0]["issuer"]


async def test_a_token_of_one_issuer_is_none_of_another(snowflake: Snowflake) -> None:
    _, tokens = await sign_in(snowflake, {**AS_WIKI})
    claims = read_token(snowflake, tokens["access_token"])
    sign = snowflake.state.keys.current.sign
    for other in (ORIGIN, f"{ORIGIN}/clients/grafana", f"{OWN}/", "https://evil.example.com"):
        forged = {"access_token": sign({**claims, "iss": other}, "at+jwt")}
        assert not await is_alive(snowflake.browser, forged), other
        found = await introspected(snowflake, {**AS_WIKI}, forged["access_token"])
        assert found == {"active": False}


async def test_a_hint_of_another_issuer_names_nobody(snowflake: Snowflake) -> None:
    _, wiki = await sign_in(snowflake, {**AS_WIKI})
    grafana = await enter(snowflake.browser, AS_GRAFANA)
    hints = {"wiki": wiki["id_token"], "grafana": grafana["id_token"]}
    for client, other in ((AS_WIKI, "grafana"), (AS_GRAFANA, "wiki")):
        error = await refused(snowflake.browser, client, id_token_hint=hints[other])
        assert error == "login_required"
        own = hints[client["client_id"]]
        await enter(snowflake.browser, client, prompt="none", id_token_hint=own)


async def test_without_issuers_of_their_own_a_hint_of_another_client_names_the_person(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with keeping_sessions(settings, clock, discord) as snowflake:
        _, wiki = await sign_in(snowflake, {**AS_WIKI})
        await enter(snowflake.browser, AS_GRAFANA, prompt="none", id_token_hint=wiki["id_token"])


@pytest.mark.parametrize(("before", "after"), [(WIKI, WITH_OWN), (WITH_OWN, WIKI)])
async def test_who_is_signed_in_stays_so_under_the_issuer_of_then(
    settings: Settings, clock: Clock, discord: Discord, before: ClientTable, after: ClientTable
) -> None:
    async with keeping_sessions(settings, clock, discord, before) as snowflake:
        _, tokens = await sign_in(snowflake, {**AS_WIKI})
        then = read_token(snowflake, tokens["id_token"])["iss"]
        use(snowflake, after)
        assert await is_alive(snowflake.browser, tokens)
        refreshed = await refresh(snowflake.browser, AS_WIKI, tokens)
        for name in ("id_token", "access_token"):
            # OpenID Connect Core 1.0, section 12.2: the same as at the login.
            assert read_token(snowflake, refreshed[name])["iss"] == then
        assert await is_alive(snowflake.browser, refreshed)
        anew = await enter(snowflake.browser, AS_WIKI, id_token_hint=tokens["id_token"])
        now = read_token(snowflake, anew["id_token"])["iss"]
        assert {then, now} == {ORIGIN, OWN}
        assert now == after.issuer_mode.replace("global", ORIGIN).replace("per_client", OWN)


async def test_a_login_under_way_keeps_the_issuer_with_which_it_began(
    snowflake: Snowflake,
) -> None:
    departure = await depart(snowflake.browser, **AS_WIKI)
    use(snowflake, GRAFANA, WIKI)
    heard = query_of((await come_back(snowflake.browser, departure)).headers["location"])
    use(snowflake, GRAFANA, WITH_OWN.model_copy(update={"issuer_mode": "global"}))
    tokens = await tokens_for(snowflake.browser, AS_WIKI, heard["code"])
    assert heard["iss"] == read_token(snowflake, tokens["id_token"])["iss"] == OWN


@pytest.mark.parametrize(("mode", "issuer"), [("global", ORIGIN), ("per_client", OWN)])
async def test_an_address_leads_to_the_issuer_of_the_client_that_is_named_by_it(
    settings: Settings, clock: Clock, discord: Discord, mode: str, issuer: str
) -> None:
    named = WIKI.model_copy(update={"issuer_mode": mode, "webfinger": True})
    async with keeping_sessions(settings, clock, discord, GRAFANA, named) as snowflake:
        resource = {"resource": "acct:nelly@example.com"}
        answer: Json = (
            await snowflake.browser.get("/.well-known/webfinger", params=resource)
        ).json()
        [link] = answer["links"]
        found: Json = (
            await snowflake.browser.get(f"{link['href']}/.well-known/openid-configuration")
        ).json()
    assert link["href"] == found["issuer"] == issuer
