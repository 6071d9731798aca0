from functools import partial

import httpx
import pytest

from snowflake.operator.doctor.finding import Status
from snowflake.operator.doctor.issuer import issuer
from snowflake.settings import Settings
from tests.oidc.signed_in import GRAFANA, WIKI
from tests.oidc.test_registered_clients import registering
from tests.operator.doctor.cases import Answer, found

ISSUER = "https://snowflake.example.com"
SETTINGS = Settings(issuer=ISSUER)


def answering(response: httpx.Response) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url == f"{ISSUER}/.well-known/openid-configuration"
        return response

    return answer


async def test_a_snowflake_that_knows_its_name() -> None:
    good = answering(httpx.Response(200, json={"issuer": ISSUER}))
    [finding] = await found(issuer, SETTINGS, good)
    assert finding.status is Status.OK


async def test_without_an_issuer_there_is_only_a_hint() -> None:
    [finding] = await found(issuer, Settings())
    assert finding.status is Status.NOTE
    assert "SNOWFLAKE_ISSUER" in finding.cure


async def test_silence_is_a_warning_since_it_may_not_be_heard_from_here() -> None:
    [finding] = await found(issuer, SETTINGS)
    assert finding.status is Status.WARNING


@pytest.mark.parametrize(
    ("response", "text", "cure"),
    [
        (httpx.Response(308, headers={"location": "/"}), "leads somewhere else", "SNOWFLAKE_ISS"),
        (
            httpx.Response(200, json={"issuer": "http://snowflake:8000"}),
            "calls itself http://snowflake:8000",
            "SNOWFLAKE_ISSUER",
        ),
        (
            httpx.Response(400, json={"error_description": "not served over plain HTTP"}),
            "(status 400): not served over plain HTTP",
            "UVICORN_FORWARDED_ALLOW_IPS",
        ),
        (httpx.Response(502, text="<html>"), "is no Snowflake (status 502)", "proxy"),
        (httpx.Response(200, json=["issuer"]), "is no Snowflake (status 200)", "proxy"),
    ],
)
async def test_another_answer_is_a_fault_with_its_cure(
    response: httpx.Response, text: str, cure: str
) -> None:
    [finding] = await found(issuer, SETTINGS, answering(response))
    assert finding.status is Status.FAULT
    assert text in finding.text
    assert cure in finding.cure


OWN = f"{ISSUER}/clients/wiki"
WITH_OWN = registering(SETTINGS, GRAFANA, WIKI.model_copy(update={"issuer_mode": "per_client"}))


def serving_own(request: httpx.Request, own: httpx.Response) -> httpx.Response:
    """Answer as the Snowflake that knows its name does, and below a client's own issuer this."""
    if "/clients/" not in request.url.path:
        return httpx.Response(200, json={"issuer": ISSUER})
    assert request.url == f"{OWN}/.well-known/openid-configuration"
    return own


@pytest.mark.parametrize(
    ("own", "status"),
    [
        (httpx.Response(200, json={"issuer": OWN}), Status.OK),
        (httpx.Response(200, json={"issuer": ISSUER}), Status.FAULT),
        (httpx.Response(404, json={"error": "invalid_request"}), Status.FAULT),
        (httpx.Response(404, text="<html>"), Status.FAULT),
    ],
)
async def test_a_client_s_own_issuer_is_looked_for_too(own: httpx.Response, status: Status) -> None:
    first, second = await found(issuer, WITH_OWN, partial(serving_own, own=own))
    assert first.status is Status.OK
    assert second.status is status
    assert OWN in second.text


async def test_silence_below_a_client_s_issuer_is_a_warning_too() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        if "/clients/" in request.url.path:
            raise httpx.ConnectError("nobody listens", request=request)
        return httpx.Response(200, json={"issuer": ISSUER})

    _, second = await found(issuer, WITH_OWN, silent)
    assert second.status is Status.WARNING


async def test_where_not_even_snowflake_is_found_nothing_below_it_is_looked_for() -> None:
    assert len(await found(issuer, WITH_OWN)) == 1
