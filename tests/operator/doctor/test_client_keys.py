"""The doctor fetches what clients publish, and reads it as it is read when they sign."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey

from snowflake.operator.doctor.client_keys import client_keys
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from tests.oidc.signed_in import GRAFANA
from tests.operator.doctor.cases import found
from tests.public_keys import EC, RSA
from tests.resolving import lead_here

URI = "https://ci.example.com/jwks.json"
PUBLIC = EC.as_dict(private=False)
#: 1024 bits; what they are does not matter.
SHORT = {"kty": "RSA", "e": "AQAB", "n": "w" * 171}


def publishing(uri: str = URI, client_id: str = "ci") -> ClientTable:
    return ClientTable.model_validate(
        {
            "id": client_id,
            "redirect_uris": ["https://ci.example.com/cb"],
            "authentication": "private_key_jwt",
            "jwks_uri": uri,
        }
    )


def settings_of(*clients: ClientTable) -> Settings:
    return Settings().model_copy(update={"clients": clients})


async def looked_at(answer: httpx.Response) -> list[Finding]:
    return await found(client_keys, settings_of(publishing()), lambda _: answer)


def keys(*values: object) -> httpx.Response:
    return httpx.Response(200, json={"keys": values})


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), "1 of 1"),
        ((RSA.as_dict(private=False),), "2 of 2"),
        ((SHORT, {"kty": "new"}), "1 of 3"),
        (({**PUBLIC, "use": "sig", "alg": "ES256", "key_ops": ["verify"]},), "2 of 2"),
    ],
)
async def test_keys_that_verify_signatures_are_counted(others: tuple[Any, ...], told: str) -> None:
    [finding] = await looked_at(keys(PUBLIC, *others))
    assert (finding.status, finding.subject) == (Status.OK, "client ci")
    assert f"{URI} has keys that verify its signatures: {told}" in finding.text


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "it is empty"),
        ([SHORT], "key 1 has 1024 bits"),
        ([{**PUBLIC, "use": "enc"}], "key 1 is for something else"),
        ([{**PUBLIC, "use": ["sig"]}], "key 1 is for something else"),
        ([{**PUBLIC, "alg": "ECDH-ES"}], "key 1 is for something else"),
        ([{**PUBLIC, "key_ops": ["deriveKey"]}], "key 1 is for something else"),
        ([ECKey.generate_key("secp256k1").as_dict(private=False)], "key 1 is for something else"),
        ([7, {"kty": "EC"}], "key 1 is no JSON Web Key of a known kind; key 2 is no"),
    ],
)
async def test_where_none_does_each_is_told_why(values: list[object], reason: str) -> None:
    [finding] = await looked_at(keys(*values))
    assert finding.status is Status.FAULT
    assert reason in finding.text
    assert "ES256" in finding.cure


@pytest.mark.parametrize("private", [EC, RSA, OctKey.generate_key(256)], ids=["ec", "rsa", "oct"])
async def test_a_private_key_there_is_a_fault_and_of_no_use(private: Any) -> None:
    value = private.as_dict(private=True)
    told, useless = await looked_at(keys(value))
    assert {told.status, useless.status} == {Status.FAULT}
    assert "shows everybody a key" in told.text
    assert "new key" in told.cure
    beside, good = await looked_at(keys(PUBLIC, value))
    assert "number 2" in beside.text
    assert good.status is Status.OK
    said = json.dumps([finding.text for finding in (told, useless, beside, good)])
    assert value.get("d", value.get("k")) not in said


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(404), "answered 404"),
        (httpx.Response(503), "answered 503"),
        (httpx.Response(200, html="<!doctype html>"), "'text/html; charset=utf-8' that is no JSON"),
        (httpx.Response(200, json=[PUBLIC]), "no JSON object"),
        (httpx.Response(200, json=PUBLIC), "is no set of keys"),
        (httpx.Response(200, content=b"x" * 1_000_001), "longer than 1000000 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_key_set_is_a_warning(answer: httpx.Response, reason: str) -> None:
    [finding] = await looked_at(answer)
    assert finding.status is Status.WARNING
    assert f"its keys at {URI} cannot be fetched" in finding.text
    assert reason in finding.text


async def test_a_redirect_is_a_fault_since_none_is_followed() -> None:
    [finding] = await looked_at(httpx.Response(302, headers={"location": "https://a.example"}))
    assert finding.status is Status.FAULT
    assert "redirects are not followed" in finding.text


async def test_silence_is_a_warning_for_each_that_is_silent() -> None:
    both = settings_of(publishing(), GRAFANA, publishing(client_id="cd"))
    findings = await found(client_keys, both)
    assert [finding.subject for finding in findings] == ["client ci", "client cd"]
    assert {finding.status for finding in findings} == {Status.WARNING}


async def test_where_nobody_publishes_nobody_is_asked() -> None:
    assert await found(client_keys, settings_of(GRAFANA)) == []


async def test_a_name_that_leads_to_this_machine_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead_here(monkeypatch)
    async with await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0
    ) as server:
        port = server.sockets[0].getsockname()[1]
        settings = settings_of(publishing(f"https://ci.example.com:{port}/jwks.json"))
        async with Connections.open(settings) as connections:
            [finding] = [finding async for finding in client_keys(connections)]
    assert finding.status is Status.FAULT
    assert "leads to a loopback address, as its name does not say" in finding.text


def trusting(*trusts: dict[str, str]) -> Settings:
    client = ClientTable.model_validate(
        {
            "id": "deploy",
            "grant_types": ["client_credentials"],
            "trusts": [{"subject": "x", **trust} for trust in trusts],
        }
    )
    return settings_of(client)


GITHUB = "https://token.actions.githubusercontent.com"
DOCUMENT = {"issuer": GITHUB, "jwks_uri": f"{GITHUB}/.well-known/jwks"}


def of_github(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/.well-known/openid-configuration":
        return httpx.Response(200, json=DOCUMENT)
    assert str(request.url) == DOCUMENT["jwks_uri"]
    # An algorithm that no client of ours signs by, but others do.
    return keys({**RSA.as_dict(private=False), "alg": "RS512"})


async def test_the_keys_of_an_issuer_are_found_by_discovery_once() -> None:
    twice = trusting({"issuer": GITHUB}, {"issuer": GITHUB, "claims": "ref"})
    [finding] = await found(client_keys, twice, of_github)
    assert (finding.status, finding.subject) == (Status.OK, "client deploy")
    assert f"{GITHUB} has keys that verify its signatures: 1 of 1" in finding.text


@pytest.mark.parametrize(
    ("answer", "status", "told", "cure"),
    [
        (httpx.Response(503), Status.WARNING, "discovery: answered 503", "Mend issuer of trusts"),
        (httpx.Response(302), Status.FAULT, "redirects are not followed", "Mend issuer of trusts"),
        (
            httpx.Response(200, json={**DOCUMENT, "issuer": f"{GITHUB}/"}),
            Status.FAULT,
            "calls itself",
            "Mend issuer of trusts",
        ),
        (httpx.Response(200, json={"issuer": GITHUB}), Status.FAULT, "unusable jwks_uri", "Mend"),
    ],
)
async def test_an_issuer_that_cannot_be_gone_by_is_told(
    answer: httpx.Response, status: Status, told: str, cure: str
) -> None:
    [finding] = await found(client_keys, trusting({"issuer": GITHUB}), lambda _: answer)
    assert finding.status is status
    assert told in finding.text
    assert cure in finding.cure


async def test_keys_beside_an_issuer_are_looked_at_where_they_are() -> None:
    settings = trusting({"issuer": "https://kubernetes.default.svc", "jwks_uri": URI})
    [finding] = await found(client_keys, settings, lambda _: keys(PUBLIC))
    assert finding.status is Status.OK
    [finding] = await found(client_keys, settings)
    assert finding.status is Status.WARNING
    assert "Mend jwks_uri of trusts" in finding.cure
