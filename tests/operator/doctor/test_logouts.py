from datetime import timedelta

import httpx
import pytest

from snowflake.operator.doctor.finding import Status
from snowflake.operator.doctor.logouts import logouts
from snowflake.settings import Settings
from tests.oidc.backchannel_logout.telling import TOLD_GRAFANA, TOLD_WIKI, WIKI_HEARS
from tests.oidc.signed_in import GRAFANA
from tests.operator.doctor.cases import found

SETTINGS = Settings().model_copy(update={"clients": (GRAFANA, TOLD_WIKI)})


async def test_a_server_that_refuses_what_is_no_token_can_be_told() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(400)

    [finding] = await found(logouts, SETTINGS, answer)
    assert (finding.status, finding.subject) == (Status.OK, "client wiki")
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", WIKI_HEARS)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    # Nobody could take it for a token, and sign somebody out.
    assert request.content.startswith(b"logout_token=")
    assert b"." not in request.content


@pytest.mark.parametrize("status", [200, 204, 302, 401, 404, 405, 500])
async def test_any_other_answer_is_a_warning(status: int) -> None:
    [finding] = await found(logouts, SETTINGS, lambda _: httpx.Response(status))
    assert finding.status is Status.WARNING
    assert f"status {status}" in finding.text
    assert "backchannel_logout_uri" in finding.cure


async def test_silence_is_a_warning_for_each_that_is_silent() -> None:
    both = SETTINGS.model_copy(update={"clients": (TOLD_GRAFANA, TOLD_WIKI)})
    findings = await found(logouts, both)
    assert [finding.subject for finding in findings] == ["client grafana", "client wiki"]
    assert {finding.status for finding in findings} == {Status.WARNING}


@pytest.mark.parametrize("changes", [{"clients": (GRAFANA,)}, {"session_lifetime": timedelta(0)}])
async def test_where_nobody_is_told_nobody_is_asked(changes: dict[str, object]) -> None:
    assert await found(logouts, SETTINGS.model_copy(update=changes)) == []
