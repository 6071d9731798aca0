"""A client's own access token, held out where another thing is wanted, and the other way round."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Final
from unittest.mock import AsyncMock

import httpx
import pytest

from snowflake.errors import InvalidClient
from snowflake.oidc.client_assertion import ASSERTION_TYPE
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.grants.client_credentials import client_credentials
from snowflake.protocol.parameters import Parameters
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from tests.login import APPLICATION, Json, ask, code_for, redeem
from tests.oidc.grants.test_client_credentials import (
    SECRET,
    about,
    ask_for_token,
    machine,
    serving_machines,
    token_of,
)
from tests.running import Clock, Discord, Snowflake

BOTH: Final = ["authorization_code", "refresh_token", "client_credentials"]


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    clients = [
        machine("ci", redirect_uris=[APPLICATION], grant_types=BOTH),
        machine(
            "opaque",
            redirect_uris=[APPLICATION],
            grant_types=BOTH,
            access_token_format="opaque",
        ),
        machine("alone"),
        ClientTable(id="public", public=True, redirect_uris=(APPLICATION,)),
    ]
    async with serving_machines(settings, clock, discord, *clients) as snowflake:
        yield snowflake


async def of_person(snowflake: Snowflake, client_id: str) -> Json:
    code = await code_for(snowflake.browser, client_id=client_id)
    answer = await redeem(snowflake.browser, code, client_id=client_id, client_secret=SECRET)
    tokens: Json = answer.json()
    return tokens


def named(token: str) -> str:
    """Answer the name of a token: what stands in the open in one that can be read."""
    if "." not in token:
        return token
    part = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["jti"])


@pytest.mark.parametrize("client_id", ["ci", "opaque"])
async def test_it_is_nothing_else(snowflake: Snowflake, client_id: str) -> None:
    browser, auth = snowflake.browser, (client_id, SECRET)
    token = (await token_of(browser, client_id))["access_token"]
    code = {"grant_type": "authorization_code", "redirect_uri": APPLICATION, "code": token}
    for form in (code, {"grant_type": "refresh_token", "refresh_token": token}):
        answer = await browser.post("/token", data=form, auth=auth)
        # A code has a length, beyond which none is looked at.
        assert answer.status_code == 400
        assert answer.json()["error"] in {"invalid_grant", "invalid_request"}
    proofs: list[Json] = [
        {"client_secret": token},
        {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token},
    ]
    for proof in proofs:
        form = {"grant_type": "client_credentials", "client_id": client_id, **proof}
        answer = await browser.post("/token", data=form)
        assert answer.status_code in {400, 401}, answer.text
    departure = await ask(browser, client_id=client_id, id_token_hint=token)
    assert "login_required" in departure.headers["location"]
    answer = await browser.get("/logout", params={"id_token_hint": token})
    assert answer.status_code < 500
    # It is none the worse for it.
    assert (await about(browser, token, client_id))["active"]


@pytest.mark.parametrize("client_id", ["ci", "opaque"])
async def test_nobody_else_asks_about_it_or_ends_it(snowflake: Snowflake, client_id: str) -> None:
    browser, token = snowflake.browser, (await token_of(snowflake.browser, client_id))
    sent = {"token": token["access_token"]}
    for other in ("alone", "opaque" if client_id == "ci" else "ci"):
        assert await about(browser, sent["token"], other) == {"active": False}
        await browser.post("/revoke", data=sent, auth=(other, SECRET))
    await browser.post("/revoke", data={**sent, "client_id": "public"})
    answer = await browser.post("/introspect", data={**sent, "client_id": "public"})
    assert answer.status_code == 401
    assert (await about(browser, sent["token"], client_id))["active"]


@pytest.mark.parametrize("client_id", ["ci", "opaque"])
async def test_a_persons_token_is_ended_without_the_clients_own(
    snowflake: Snowflake, client_id: str
) -> None:
    browser, auth = snowflake.browser, (client_id, SECRET)
    tokens = await of_person(snowflake, client_id)
    own = (await token_of(browser, client_id))["access_token"]
    for hint in ("access_token", "refresh_token", "nonsense"):
        sent = {"token": own, "token_type_hint": hint}
        answer = await browser.post("/introspect", data=sent, auth=auth)
        assert answer.json()["sub"] == client_id
    await browser.post("/revoke", data={"token": tokens["access_token"]}, auth=auth)
    assert await about(browser, tokens["refresh_token"], client_id) == {"active": False}
    assert (await about(browser, own, client_id))["active"]


async def test_a_token_is_verified_once_whosever_it_is(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, auth = snowflake.browser, ("ci", SECRET)
    of_ada = (await of_person(snowflake, "ci"))["access_token"]
    own = (await token_of(browser))["access_token"]
    verified = AsyncMock(side_effect=snowflake.state.keys.verify)
    monkeypatch.setattr(snowflake.state.keys, "verify", verified)
    for token in (of_ada, own, f"{own}A"):
        for asking in (
            browser.post("/introspect", data={"token": token}, auth=auth),
            bearing(browser, token),
            browser.post("/revoke", data={"token": token}, auth=auth),
        ):
            verified.reset_mock()
            await asking
            assert verified.await_count == 1


@pytest.mark.parametrize("client_id", ["ci", "opaque"])
async def test_what_is_nearly_one_is_none(snowflake: Snowflake, client_id: str) -> None:
    browser = snowflake.browser
    token = (await token_of(browser, client_id))["access_token"]
    head, _, tail = token.rpartition(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    odd = [
        *(f"{token}A", token[:-4], token.upper(), f"{token}.", f".{token}", f"{token} {token}"),
        *(f"{unsigned}.{head.partition('.')[2]}.", f"{head}.{tail[::-1]}", f"{token}\0", "\u2603"),
        *("jwt.", "jwt.x", "a.b.c", "." * 9, "x" * 9000, "x." * 9000),
        *([named(token)] if client_id == "ci" else []),
    ]
    for sent in odd:
        response = await browser.post("/introspect", data={"token": sent}, auth=(client_id, SECRET))
        assert response.status_code in {200, 400}, sent
        assert response.status_code == 400 or response.json() == {"active": False}, sent
        response = await browser.post("/revoke", data={"token": sent}, auth=(client_id, SECRET))
        assert response.status_code in {200, 400}, sent
        response = await bearing(browser, sent)
        assert response.status_code in {400, 401}, sent
    assert (await about(browser, token, client_id))["active"]


async def bearing(browser: httpx.AsyncClient, sent: str) -> httpx.Response:
    header = f"Bearer {sent}".encode().replace(b"\0", b"%00")
    return await browser.get("/userinfo", headers={b"Authorization": header})


@pytest.mark.parametrize(
    "form",
    [
        *({"scope": scope} for scope in ("x" * 5000, "\0", "\u2603", '"', "a" * 200, "deploy\0")),
        *({"grant_type": kind} for kind in ("CLIENT_CREDENTIALS", "client_credentials ", "")),
        {"scope": "read", "resource": "https://api.example.com", "audience": "x", "code": "y"},
    ],
    ids=range(10),
)
async def test_odd_requests_are_answered(snowflake: Snowflake, form: Json) -> None:
    response = await ask_for_token(snowflake.browser, "alone", **form)
    assert response.status_code in {200, 400}
    if response.status_code == 400:
        assert response.json()["error"] in {
            *("invalid_scope", "invalid_request", "unsupported_grant_type"),
        }


async def test_who_shows_nothing_gets_nothing_however_it_came_to_ask(snowflake: Snowflake) -> None:
    client = snowflake.state.registry.find("alone")
    assert client is not None
    with pytest.raises(InvalidClient):
        await client_credentials(Credentials(client, None, ""), Parameters(()), snowflake.state)
