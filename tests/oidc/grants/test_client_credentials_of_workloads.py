"""The client credentials grant of clients that prove themselves by the JWT of somebody else."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest

from snowflake.sandbox.serving import serving
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.scopes import ScopeTable
from tests.login import Json
from tests.oidc.federation.cases import CLIENT_ID, signed
from tests.oidc.grants.test_client_credentials import GRANT, claims_in
from tests.oidc.signed_in import keeping_sessions
from tests.running import NOW, ORIGIN, Clock, Discord, Snowflake
from tests.workloads import GITHUB, Issuer

SCOPES: Final = (
    ScopeTable(
        name="deploy",
        description="To deploy.",
        claims={
            "where": "join('/', [client.id, assertion.environment])",
            "may_deploy": "starts_with(assertion.ref, 'refs/heads/')",
            "run": "{id: assertion.run_id, by: assertion.actor}",
            "staging": "assertion.environment == 'staging'",
        },
    ),
    ScopeTable(name="who", description="Who.", claims={"who": "join('', [username])"}),
    *(ScopeTable(name=f"{'s' * 97}{at}", description="Long.") for at in range(100, 200)),
)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer(now=NOW)
    with serving(issuer.app) as issuer.url:
        yield issuer


def workload(issuer: Issuer, client_id: str = CLIENT_ID, **keys: object) -> ClientTable:
    trust = {"issuer": issuer.url, "claims": "repository == 'octo-org/octo-repo'"}
    table = {"id": client_id, "grant_types": ["client_credentials"], "trusts": [trust]}
    return ClientTable.model_validate({**table, **keys})


@pytest.fixture
async def snowflake(
    settings: Settings, clock: Clock, discord: Discord, issuer: Issuer
) -> AsyncIterator[Snowflake]:
    clients = [
        workload(issuer, scopes=["deploy"], claims={"team": "assertion.repository_owner"}),
        workload(issuer, "opaque", access_token_format="opaque"),
        workload(issuer, "all"),
    ]
    here = settings.model_copy(update={"issuer": ORIGIN})
    async with keeping_sessions(here, clock, discord, *clients, scopes=SCOPES) as snowflake:
        yield snowflake


async def asked(snowflake: Snowflake, path: str, proof: str, /, **form: str) -> Json:
    answer = await snowflake.browser.post(path, data=signed(proof, **form))
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_its_claims_are_drawn_from_what_the_platform_says(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    answer = await asked(snowflake, "/token", token, **GRANT)
    claims = await claims_in(snowflake.browser, answer["access_token"])
    assert answer["scope"] == "deploy"
    assert claims["sub"] == f"{CLIENT_ID}:{GITHUB['sub']}"
    assert {name: claims[name] for name in ("where", "may_deploy", "run", "staging", "team")} == {
        "where": "deploy/prod",
        "may_deploy": True,
        "run": {"id": "9134567890", "by": "octocat"},
        "staging": False,
        "team": "octo-org",
    }
    told = await asked(snowflake, "/introspect", token, token=answer["access_token"])
    assert told["sub"] == claims["sub"]


@pytest.mark.parametrize("client_id", ["all", "opaque"])
@pytest.mark.parametrize("subject", ["x" * 1000, "\U0001f600" * 600], ids=["ASCII", "emoji"])
async def test_no_token_is_too_long_for_what_has_issued_it(
    snowflake: Snowflake, issuer: Issuer, client_id: str, subject: str
) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN, sub=subject)
    of = {"client_id": client_id}
    issued = (await asked(snowflake, "/token", token, **GRANT, **of))["access_token"]
    told = await asked(snowflake, "/introspect", token, token=issued, **of)
    assert (told["active"], told["sub"]) == (True, f"{client_id}:{subject}")
    await snowflake.browser.post("/revoke", data=signed(token, token=issued, **of))
    told = await asked(snowflake, "/introspect", token, token=issued, **of)
    assert told == {"active": False}


@pytest.mark.parametrize(
    "subject", ["a\0b", "a\nb", "\u202egnp", "", 7, True, ["a"], {"a": "b"}, None], ids=range(9)
)
async def test_what_is_no_subject_gets_no_token(
    snowflake: Snowflake, issuer: Issuer, subject: object
) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN, sub=subject)
    answer = await snowflake.browser.post("/token", data=signed(token, **GRANT))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
