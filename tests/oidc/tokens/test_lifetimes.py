"""``id_token_lifetime`` and ``code_lifetime`` of a client, beside those of all."""

from datetime import timedelta
from typing import Final

import pytest

from snowflake.settings import Settings
from tests.login import come_back, depart, query_of, read_token, redeem
from tests.oidc.signed_in import (
    AS_GRAFANA,
    AS_WIKI,
    GRAFANA,
    SECRETS,
    WIKI,
    enter,
    keeping_sessions,
)
from tests.oidc.test_issuers import sign_in
from tests.running import NOW, Clock, Discord, Snowflake

HALF_AN_HOUR: Final = timedelta(minutes=30)
WITH_BOTH: Final = WIKI.model_copy(
    update={"token_lifetime": timedelta(minutes=5), "id_token_lifetime": HALF_AN_HOUR}
)


async def test_an_id_token_lives_as_long_as_its_client_says(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with keeping_sessions(settings, clock, discord, GRAFANA, WITH_BOTH) as snowflake:
        _, wiki = await sign_in(snowflake, {**AS_WIKI})
        assert read_token(snowflake, wiki["id_token"])["exp"] == NOW + 1800
        assert read_token(snowflake, wiki["access_token"])["exp"] == NOW + 300
        assert wiki["expires_in"] == 300
        grafana = await enter(snowflake.browser, AS_GRAFANA)
        assert read_token(snowflake, grafana["id_token"])["exp"] == NOW + 3600


async def test_by_default_it_lives_as_long_as_the_client_s_access_tokens(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    plain = WIKI.model_copy(update={"token_lifetime": timedelta(minutes=5)})
    async with keeping_sessions(settings, clock, discord, plain) as snowflake:
        _, wiki = await sign_in(snowflake, {**AS_WIKI})
        assert read_token(snowflake, wiki["id_token"])["exp"] == NOW + 300


async def test_it_may_outlive_every_other_token_but_neither_session_nor_login(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    year = WITH_BOTH.model_copy(
        update={
            "id_token_lifetime": timedelta(days=365),
            "refresh_token_lifetime": timedelta(minutes=10),
        }
    )
    changes: dict[str, object] = {"grant_lifetime": timedelta(days=3)}
    async with keeping_sessions(settings, clock, discord, year, **changes) as snowflake:
        _, tokens = await sign_in(snowflake, {**AS_WIKI})
        assert read_token(snowflake, tokens["id_token"])["exp"] == NOW + 12 * 3600
    none: dict[str, object] = {**changes, "session_lifetime": timedelta(0)}
    async with keeping_sessions(settings, clock, discord, year, **none) as snowflake:
        _, tokens = await sign_in(snowflake, {**AS_WIKI})
        assert read_token(snowflake, tokens["id_token"])["exp"] == NOW + 3 * 86_400


@pytest.mark.parametrize("by_session", [False, True])
async def test_a_code_lives_as_long_as_its_client_says(
    settings: Settings, clock: Clock, discord: Discord, *, by_session: bool
) -> None:
    long = WIKI.model_copy(update={"code_lifetime": timedelta(minutes=5)})
    async with keeping_sessions(settings, clock, discord, GRAFANA, long) as snowflake:
        if by_session:
            await sign_in(snowflake, {**AS_GRAFANA})
        # Nothing of it is swept out before.
        assert await redeemed_after(snowflake, 299, by_session=by_session) == 200
        assert await redeemed_after(snowflake, 301, by_session=by_session) == 400


async def redeemed_after(snowflake: Snowflake, seconds: float, *, by_session: bool) -> int:
    """Redeem a code of the wiki after some time, and answer the status."""
    if by_session:
        request = {**AS_WIKI, "response_type": "code", "scope": "openid"}
        heard = await snowflake.browser.get("/authorize", params=request)
    else:
        departure = await depart(snowflake.browser, **AS_WIKI, prompt="login")
        heard = await come_back(snowflake.browser, departure)
    code = query_of(heard.headers["location"])["code"]
    snowflake.clock.pass_by(seconds)
    await snowflake.state.store.housekeeping.delete_expired()
    secret = SECRETS["wiki"]
    answer = await redeem(snowflake.browser, code, **{**AS_WIKI, "client_secret": secret})
    return answer.status_code


@pytest.mark.parametrize("own", [None, timedelta(minutes=5), timedelta(hours=5)])
def test_keys_are_published_for_as_long_as_any_token_lives(own: timedelta | None) -> None:
    client = WIKI.model_copy(update={"id_token_lifetime": own})
    longest = Settings(clients=(client,)).longest_token_lifetime
    assert longest == max(timedelta(hours=1), own or timedelta(0))
