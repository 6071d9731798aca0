"""Nobody has our address banned at Discord, and nobody good is stopped for it."""

import pytest

from snowflake.protocol.pkce import challenge_of
from snowflake.state.limiter import SPENT_FOR
from snowflake.state.quota import UNPROVEN
from snowflake.store.attempts import WINDOW
from tests.login import CLIENT_ID, code_for, redeem, sign_in
from tests.quotas import allow
from tests.running import TOKENS, USER, Clock, Discord, Snowflake

VERIFIER = "a-verifier-of-forty-three-characters-or-more"


def refuse_the_client(discord: Discord) -> None:
    discord.token.respond(401, json={"error": "invalid_client"})


async def test_a_secret_that_discord_refused_is_not_asked_about_again(
    snowflake: Snowflake,
) -> None:
    refuse_the_client(snowflake.discord)
    code = await code_for(snowflake.browser)
    answers = [await redeem(snowflake.browser, code, client_secret="wrong") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert snowflake.discord.token.call_count == 1


async def test_a_code_whose_client_has_to_wait_is_as_good_afterwards(
    snowflake: Snowflake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await code_for(snowflake.browser)
    with monkeypatch.context() as patch:
        allow(patch, UNPROVEN, client=1)
        refuse_the_client(snowflake.discord)
        await redeem(snowflake.browser, code, client_secret="wrong")
        for _ in range(2):
            answer = await redeem(snowflake.browser, code)
            assert answer.status_code == 429
            assert answer.json()["error"] == "temporarily_unavailable"
            assert answer.headers["retry-after"] == str(WINDOW)
        assert snowflake.discord.token.call_count == 1
    snowflake.discord.grants("identify")
    clock.pass_by(SPENT_FOR)
    assert (await redeem(snowflake.browser, code)).status_code == 200


async def test_one_made_up_login_locks_no_public_client_out(snowflake: Snowflake) -> None:
    public = {"client_secret": None, "code_verifier": VERIFIER}
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    codes = [await code_for(snowflake.browser, **challenge) for _ in range(4)]
    good = snowflake.discord.token.return_value
    for refused, right in (codes[:2], codes[2:]):
        refuse_the_client(snowflake.discord)
        assert (await redeem(snowflake.browser, refused, **public)).status_code == 401
        snowflake.discord.token.mock(return_value=good)
        assert (await redeem(snowflake.browser, right, **public)).status_code == 200


async def test_a_client_in_good_standing_does_not_notice_the_attack(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, UNPROVEN, everybody=1)
    await sign_in(snowflake.browser)
    refuse_the_client(snowflake.discord)
    code = await code_for(snowflake.browser)
    answers = [await redeem(snowflake.browser, code, client_secret=f"{n}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [401, 429, 429]
    snowflake.discord.grants("identify")
    assert (await redeem(snowflake.browser, code)).status_code == 200


@pytest.mark.parametrize("retry_after", [0.001, 60])
async def test_a_limited_token_route_gives_no_attempt_back(
    snowflake: Snowflake, monkeypatch: pytest.MonkeyPatch, retry_after: float
) -> None:
    allow(monkeypatch, UNPROVEN, caller=2)
    limited = {"message": "slow down", "retry_after": retry_after, "global": False}
    snowflake.discord.token.respond(429, json=limited)
    statuses = []
    for client_id in ("1", "2", "3"):
        code = await code_for(snowflake.browser, client_id=client_id)
        statuses.append((await redeem(snowflake.browser, code, client_id=client_id)).status_code)
    assert statuses == [503, 503, 429]


async def test_a_new_pair_is_kept_before_anything_else_is_written(
    snowflake: Snowflake, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await sign_in(snowflake.browser)
    state = snowflake.state
    old = await state.store.discord_tokens.find(CLIENT_ID, str(USER["id"]))
    assert old is not None

    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    # A secret that was reset: Discord is to prove it, and then it is put in good standing.
    monkeypatch.setattr("snowflake.store.reputation.Reputations.accept", dies)
    snowflake.discord.token.respond(
        json={**TOKENS, "access_token": "new", "refresh_token": "newer"}
    )
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    await redeem(snowflake.browser, None, redirect_uri=None, client_secret="another secret", **form)
    kept = await state.store.discord_tokens.find(CLIENT_ID, str(USER["id"]))
    assert kept is not None
    assert kept.refresh_token is not None
    assert kept.refresh_token.get_secret_value() == "newer"
