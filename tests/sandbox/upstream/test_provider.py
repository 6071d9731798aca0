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
    UpstreamRefused,
    UpstreamUntrusted,
)
from snowflake.protocol.pkce import challenge_of
from snowflake.sandbox.serving import serving
from snowflake.sandbox.upstream import Failure, Lie, Route, SimulatedProvider
from snowflake.upstream import calls
from snowflake.upstream.answer import Answer
from snowflake.upstream.client import Upstream
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
        ("openid", "profile", "offline_access"),
        clock,
    ) as upstream:
        yield upstream


async def sign_in(upstream: Upstream, party: Party) -> Answer:
    url = await upstream.authorization_url(REDIRECT_URI, "state", "nonce", challenge_of(VERIFIER))
    page = party.browser.post(url, data={"person": ADA.sub, "decision": "continue"})
    answer = returned(page)
    assert answer["iss"] == upstream.issuer
    return await upstream.redeem(answer["code"], REDIRECT_URI, VERIFIER, "nonce")


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
