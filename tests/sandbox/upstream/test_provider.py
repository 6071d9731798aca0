"""The simulated provider and Snowflake's client of one: what one fails, the other tells."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr
from starlette.types import Message

from snowflake.errors import (
    UpstreamDown,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamNarrowed,
    UpstreamRefused,
    UpstreamUntrusted,
)
from snowflake.protocol.pkce import challenge_of
from snowflake.sandbox.serving import serving
from snowflake.sandbox.upstream import Failure, Lie, Route, SimulatedProvider
from snowflake.upstream import calls
from snowflake.upstream.answer import Answer
from snowflake.upstream.client import Upstream
from snowflake.upstream.narrowing import Demands
from tests.running import Clock
from tests.sandbox.upstream.party import ADA, CLIENT, REDIRECT_URI, VERIFIER, Party, returned
from tests.upstream.provider import Saved

BACK: tuple[Route, ...] = ("discovery", "jwks", "token", "userinfo")


@pytest.fixture
async def upstream(
    provider: SimulatedProvider, origin: str, clock: Clock
) -> AsyncIterator[Upstream]:
    async with Upstream.open(
        provider.issuer_at(origin),
        CLIENT.id,
        SecretStr(CLIENT.secret),
        Demands(("openid", "profile", "offline_access")),
        clock,
    ) as upstream:
        yield upstream


async def sign_in(upstream: Upstream, party: Party, **changes: str) -> Answer:
    """Sign in as Ada, who changes this of the address before her."""
    made: list[bool] = []

    def state(pushed: bool) -> str:
        made.append(pushed)
        return "state"

    url = await upstream.authorization_url(REDIRECT_URI, state, "nonce", challenge_of(VERIFIER))
    page = party.browser.post(
        httpx.URL(url).copy_merge_params(changes), data={"person": ADA.sub, "decision": "continue"}
    )
    answer = returned(page)
    assert answer["iss"] == upstream.issuer
    return await upstream.redeem(answer["code"], REDIRECT_URI, VERIFIER, "nonce", pushed=made[0])


async def test_a_person_signs_in_is_asked_about_again_and_goes(
    upstream: Upstream, party: Party
) -> None:
    answer = await sign_in(upstream, party)
    assert answer.claims["society"] == {
        "chapter": {"name": "North", "number": 3},
        "fees_paid": True,
    }
    assert answer.refresh_token
    party.provider.change(ADA.sub, events_attended=42)
    saved = Saved()
    again = await upstream.refresh(answer.refresh_token, answer.subject, save=saved)
    assert again.claims["events_attended"] == 42
    assert again.refresh_token
    assert saved.tokens == [again.refresh_token.get_secret_value()]
    await upstream.revoke(again.refresh_token)
    with pytest.raises(UpstreamRefused):
        await upstream.refresh(again.refresh_token, answer.subject, save=saved)
    assert {route: party.provider.asked(route) for route in BACK} == {
        "discovery": 1,
        "jwks": 1,
        "token": 3,
        "userinfo": 2,
    }


async def test_a_disabled_person_is_refused(upstream: Upstream, party: Party) -> None:
    answer = await sign_in(upstream, party)
    assert answer.refresh_token
    party.provider.disable(ADA.sub)
    with pytest.raises(UpstreamRefused):
        await upstream.refresh(answer.refresh_token, answer.subject, save=Saved())


async def test_a_rotated_key_is_learnt(upstream: Upstream, party: Party) -> None:
    await sign_in(upstream, party)
    party.provider.rotate_key()
    await sign_in(upstream, party)
    assert party.provider.asked("jwks") == 2


@pytest.mark.parametrize("lie", list(Lie))
async def test_no_lie_of_an_id_token_is_believed(
    upstream: Upstream, party: Party, lie: Lie
) -> None:
    party.provider.lie(lie)
    expected = UpstreamMisconfigured if lie is Lie.MISSING else UpstreamUntrusted
    with pytest.raises(expected):
        await sign_in(upstream, party)
    await sign_in(upstream, party)


@pytest.mark.parametrize("route", BACK)
@pytest.mark.parametrize(
    "failure",
    [
        Failure.BAD_GATEWAY,
        Failure.UNAVAILABLE,
        Failure.PAGE,
        Failure.TRUNCATED,
        Failure.WRONG_SHAPE,
        Failure.MISSING_FIELDS,
        Failure.WRONG_TYPES,
        Failure.DROPPED_BEFORE,
        Failure.DROPPED_AFTER,
    ],
)
async def test_every_failure_is_told_and_over_at_the_next_try(
    upstream: Upstream, party: Party, route: Route, failure: Failure
) -> None:
    party.provider.fail(route, failure)
    with pytest.raises(UpstreamError) as raised:
        await sign_in(upstream, party)
    assert not isinstance(raised.value, UpstreamRefused)
    await sign_in(upstream, party)


async def test_a_provider_that_hangs_is_left(
    upstream: Upstream, party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SECONDS", 0.05)
    party.provider.fail("discovery", Failure.HANG, times=None)
    with pytest.raises(UpstreamDown, match="no answer"):
        await sign_in(upstream, party)
    party.provider.heal()


async def test_a_provider_that_is_down_comes_back(upstream: Upstream, party: Party) -> None:
    party.provider.go_down()
    with pytest.raises(UpstreamDown):
        await sign_in(upstream, party)
    party.provider.heal()
    assert (await sign_in(upstream, party)).subject == ADA.sub


def test_a_page_has_no_json_to_spoil(provider: SimulatedProvider) -> None:
    with pytest.raises(ValueError, match="pages"):
        provider.fail("authorize", Failure.WRONG_TYPES)


def test_a_server_starts_and_stops_it(provider: SimulatedProvider) -> None:
    with serving(provider.app) as origin:
        issuer = provider.issuer_at(origin)
        document = httpx.get(f"{issuer}.well-known/openid-configuration", trust_env=False).json()
    assert document["issuer"] == issuer


async def test_who_leaves_before_the_end_has_asked_nothing(provider: SimulatedProvider) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        raise AssertionError

    await provider({"type": "http"}, receive, send)
    assert not provider.requests


def test_what_was_asked_is_kept(party: Party) -> None:
    party.ask()
    assert [record.status for record in party.provider.requests] == [200]
    assert party.provider.asked("authorize") == 1


async def test_who_takes_a_scope_out_of_the_address_is_noticed_if_the_provider_says_so(
    upstream: Upstream, party: Party
) -> None:
    with pytest.raises(UpstreamNarrowed):
        await sign_in(upstream, party, scope="openid offline_access")


async def test_where_it_does_not_say_so_nobody_is_taken(upstream: Upstream, party: Party) -> None:
    party.provider.names_scopes = False
    with pytest.raises(UpstreamMisconfigured, match="required_claims"):
        await sign_in(upstream, party)


async def test_a_request_that_was_pushed_is_the_one_that_counts(
    upstream: Upstream, party: Party
) -> None:
    party.provider.takes_pushed, party.provider.names_scopes = True, False
    answer = await sign_in(upstream, party, scope="openid")
    assert answer.claims["events_attended"] == 41
    assert answer.refresh_token
    assert party.provider.asked("par") == 1


def test_a_pushed_request_is_of_its_client_and_good_once(party: Party, clock: Clock) -> None:
    assert party.post("par", **party.request()).status_code == 404
    party.provider.takes_pushed = True
    assert party.post("par", client_secret="wrong").status_code == 401
    refused = ({"redirect_uri": "https://evil.example.com/"}, {"request_uri": "urn:x"})
    for changes in refused:
        assert party.post("par", **party.request(**changes)).status_code == 400
    pushed = party.post("par", **party.request())
    assert (pushed.status_code, pushed.json()["expires_in"]) == (201, 60)
    query = {"client_id": CLIENT.id, "request_uri": pushed.json()["request_uri"]}
    place, form = "/application/o/authorize/", {"person": ADA.sub, "decision": "continue"}
    assert party.browser.get(place, params={**query, "client_id": "another"}).status_code == 400
    assert party.browser.get(place, params=query).status_code == 200
    clock.pass_by(60)
    assert party.browser.get(place, params=query).status_code == 400
    clock.pass_by(-60)
    assert "code" in returned(party.browser.post(place, params=query, data=form))
    assert party.browser.post(place, params=query, data=form).status_code == 400
