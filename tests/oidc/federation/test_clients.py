"""Clients that another one may be too, by the access token that it got for itself."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from snowflake.oidc.federation import UNTRUSTED
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from tests.login import APPLICATION, Json, code_for
from tests.oidc.federation.cases import signed
from tests.oidc.grants.test_client_credentials import SECRET, machine, serving_machines, token_of
from tests.running import ORIGIN, Clock, Discord, Snowflake

RELEASE = "release"
OTHERS = ["ci", "opaque", "own"]


@pytest.fixture
async def snowflake(settings: Settings, clock: Clock, discord: Discord) -> AsyncIterator[Snowflake]:
    """Run one with a client that has no secret, and others that may be it."""
    release = machine(
        RELEASE,
        secret=None,
        grant_types=["client_credentials", "authorization_code", "refresh_token"],
        redirect_uris=[APPLICATION],
        federated_clients=[*OTHERS, "api"],
    )
    clients = [
        machine(),
        machine("opaque", access_token_format="opaque"),
        machine("own", issuer_mode="per_client"),
        # The start refuses that one; a changed file may make it so meanwhile.
        machine("api", audience="https://api.example.com"),
        machine("stranger"),
        release,
        ClientTable(id="people", secret=SecretStr(SECRET), redirect_uris=(APPLICATION,)),
    ]
    configured = settings.model_copy(update={"issuer": ORIGIN})
    async with serving_machines(configured, clock, discord, *clients) as snowflake:
        yield snowflake


async def token(snowflake: Snowflake, client_id: str) -> str:
    answer = await token_of(snowflake.browser, client_id)
    return str(answer["access_token"])


async def become(snowflake: Snowflake, form: dict[str, str]) -> httpx.Response:
    """Ask for a token as the client that others may be."""
    form = {"grant_type": "client_credentials", **form, "client_id": RELEASE}
    return await snowflake.browser.post("/token", data=form)


async def introspected(snowflake: Snowflake, sent: str, by: str = "ci") -> Json:
    answer = await snowflake.browser.post("/introspect", data={"token": sent}, auth=(by, SECRET))
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


@pytest.mark.parametrize("other", OTHERS)
async def test_one_is_another_by_its_access_token(snowflake: Snowflake, other: str) -> None:
    proof = await token(snowflake, other)
    for form in (signed(proof), {"client_secret": proof}):
        answer = await become(snowflake, form)
        assert answer.status_code == 200, answer.text
        told = await introspected(snowflake, answer.json()["access_token"], other)
        assert (told["client_id"], told["sub"]) == (RELEASE, f"{RELEASE}:{other}")
    basic = await snowflake.browser.post(
        "/token", data={"grant_type": "client_credentials"}, auth=(RELEASE, proof)
    )
    assert basic.status_code == 200, basic.text


@pytest.mark.parametrize("other", OTHERS)
async def test_one_that_was_revoked_or_has_expired_proves_nothing(
    snowflake: Snowflake, other: str
) -> None:
    revoked, expired = await token(snowflake, other), await token(snowflake, other)
    await snowflake.browser.post("/revoke", data={"token": revoked}, auth=(other, SECRET))
    assert (await become(snowflake, {"client_secret": revoked})).status_code == 401
    assert (await become(snowflake, {"client_secret": expired})).status_code == 200
    snowflake.clock.pass_by(3600)
    assert (await become(snowflake, {"client_secret": expired})).status_code == 401


async def test_who_is_not_named_or_has_tokens_for_somebody_else_proves_nothing(
    snowflake: Snowflake,
) -> None:
    for other in ("stranger", "api"):
        answer = await become(snowflake, signed(await token(snowflake, other)))
        assert answer.status_code == 401
        assert answer.json()["error_description"] == UNTRUSTED
    # Nor does its own, which it could renew for ever.
    own = (await become(snowflake, signed(await token(snowflake, "ci")))).json()["access_token"]
    assert (await become(snowflake, signed(own))).status_code == 401
    # And nobody is one who has not said so.
    form = {"grant_type": "client_credentials", **signed(own), "client_id": "stranger"}
    assert (await snowflake.browser.post("/token", data=form)).status_code == 401


async def test_what_people_sign_in_with_proves_nothing(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser, client_id="people")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION}
    tokens = (await snowflake.browser.post("/token", data=form, auth=("people", SECRET))).json()
    for name in ("access_token", "id_token", "refresh_token"):
        for proof in (signed(tokens[name]), {"client_secret": tokens[name]}):
            assert (await become(snowflake, proof)).status_code == 401


async def test_a_tampered_one_proves_nothing(snowflake: Snowflake) -> None:
    good = await token(snowflake, "ci")
    head, claims, signature = good.split(".")
    for bad in (f"{head}.{claims}.x", f"{head}.{claims}.{signature[::-1]}", good[:-9], "x" * 43):
        for proof in (signed(bad), {"client_secret": bad}):
            assert (await become(snowflake, proof)).status_code == 401


async def test_it_may_ask_about_the_tokens_of_the_other_and_end_them(snowflake: Snowflake) -> None:
    proof = await token(snowflake, "ci")
    code = await code_for(snowflake.browser, client_id=RELEASE)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION}
    login = (
        await snowflake.browser.post("/token", data={**form, **signed(proof, client_id=RELEASE)})
    ).json()
    machine_token = (await become(snowflake, signed(proof))).json()["access_token"]
    for sent in (login["access_token"], login["refresh_token"], machine_token):
        told = await introspected(snowflake, sent)
        assert (told["active"], told["client_id"]) == (True, RELEASE)
        # Whoever is not named learns nothing, and ends nothing.
        assert await introspected(snowflake, sent, "stranger") == {"active": False}
        data = {"token": sent}
        await snowflake.browser.post("/revoke", data=data, auth=("stranger", SECRET))
        assert (await introspected(snowflake, sent))["active"] is True
    for sent in (machine_token, login["refresh_token"]):
        answer = await snowflake.browser.post("/revoke", data={"token": sent}, auth=("ci", SECRET))
        assert answer.status_code == 200
        assert await introspected(snowflake, sent) == {"active": False}


async def test_the_other_may_not_ask_in_turn(snowflake: Snowflake) -> None:
    theirs = await token(snowflake, "ci")
    sent = {**signed(await token(snowflake, "own"), client_id=RELEASE), "token": theirs}
    assert (await snowflake.browser.post("/introspect", data=sent)).json() == {"active": False}


async def test_a_client_that_is_named_no_more_proves_nothing(snowflake: Snowflake) -> None:
    proof = await token(snowflake, "ci")
    clients = tuple(
        one.model_copy(update={"federated_clients": ("own",)}) if one.id == RELEASE else one
        for one in snowflake.settings.clients
    )
    snowflake.state.use(snowflake.settings.model_copy(update={"clients": clients}))
    assert (await become(snowflake, signed(proof))).status_code == 401


async def test_a_token_lives_as_long_as_any(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    short = machine(token_lifetime=timedelta(minutes=1))
    release = machine(RELEASE, federated_clients=["ci"])
    async with serving_machines(settings, clock, discord, short, release) as snowflake:
        proof = await token(snowflake, "ci")
        assert (await become(snowflake, signed(proof))).status_code == 200
        # Its own secret goes on to serve.
        assert (await become(snowflake, {"client_secret": SECRET})).status_code == 200
        clock.pass_by(61)
        assert (await become(snowflake, signed(proof))).status_code == 401
