from datetime import timedelta
from typing import Final

import httpx
import pytest
from structlog.testing import capture_logs

from snowflake.oidc.freshness import OLDEST_CLAIMS
from snowflake.protocol.pkce import challenge_of
from snowflake.settings import Settings
from snowflake.store.housekeeping import SLACK
from tests.login import (
    CLIENT_ID,
    CLIENT_SECRET,
    Json,
    changed,
    code_for,
    read_token,
    redeem,
    sign_in,
)
from tests.running import Clock, Discord, Snowflake, running

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PKCE = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
PUBLIC = {"client_secret": None, "code_verifier": VERIFIER}
WEEK = 604_800
OUT = (503, "temporarily_unavailable")
#: What says nothing, and is not asked again.
UNUSABLE: Final = httpx.Response(404, json={"message": "404: Not Found", "code": 0})
REFUSED: Final = httpx.Response(401, json={"message": "401: Unauthorized", "code": 0})


async def refresh(snowflake: Snowflake, token: str | None, **changes: str | None) -> httpx.Response:
    form = {
        "grant_type": "refresh_token",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **({"refresh_token": token} if token is not None else {}),
    }
    return await snowflake.browser.post("/token", data=changed(form, changes))


async def public_login(snowflake: Snowflake, **changes: str | None) -> httpx.Response:
    code = await code_for(snowflake.browser, **PKCE)
    return await redeem(snowflake.browser, code, **{**PUBLIC, **changes})


def answer_of(response: httpx.Response) -> Json:
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


async def test_the_answer_has_fresh_tokens_of_every_kind(snowflake: Snowflake) -> None:
    login = await sign_in(snowflake.browser, nonce="n")
    answer = answer_of(await refresh(snowflake, login["refresh_token"]))
    assert answer.keys() == login.keys()
    for kind in ("access_token", "id_token", "refresh_token"):
        assert answer[kind] != login[kind]
    assert answer["scope"] == login["scope"]
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)


async def test_however_often_it_is_refreshed_a_login_ends_with_its_lifetime(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    year = settings.model_copy(
        update={
            "grant_lifetime": timedelta(days=1),
            "refresh_token_lifetime": timedelta(hours=20),
        }
    )
    async with running(year, clock, discord) as snowflake:
        token = (await sign_in(snowflake.browser))["refresh_token"]
        clock.pass_by(15 * 3600)
        token = answer_of(await refresh(snowflake, token))["refresh_token"]
        clock.pass_by(9 * 3600 - 60)
        answer = answer_of(await refresh(snowflake, token))
        # No access token outlives it either.
        assert answer["expires_in"] == 60
        claims = read_token(snowflake, answer["access_token"])
        assert claims["exp"] == clock() + 60
        clock.pass_by(60)
        refused = await refresh(snowflake, answer["refresh_token"])
        assert error_of(refused) == (400, "invalid_grant")


async def test_a_shorter_lifetime_holds_for_logins_of_before(
    settings: Settings, clock: Clock, discord: Discord, snowflake: Snowflake
) -> None:
    login = await sign_in(snowflake.browser)
    clock.pass_by(3600)
    shorter = settings.model_copy(update={"grant_lifetime": timedelta(hours=1)})
    async with running(shorter, clock, discord) as other:
        refused = await refresh(other, login["refresh_token"])
        assert error_of(refused) == (400, "invalid_grant")
        assert "sign in again" in refused.json()["error_description"]
    assert error_of(await refresh(snowflake, login["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("scope", ["openid offline_access", "openid profile offline_access"])
async def test_offline_access_is_accepted(snowflake: Snowflake, scope: str) -> None:
    assert (await sign_in(snowflake.browser, scope=scope))["refresh_token"]


async def test_the_client_may_authenticate_with_basic(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    answer = await snowflake.browser.post("/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
    assert answer_of(answer)["refresh_token"]


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 512, "\u00e9"])
async def test_what_is_no_token_of_ours_is_refused(snowflake: Snowflake, token: str) -> None:
    assert error_of(await refresh(snowflake, token)) == (400, "invalid_grant")
    assert not snowflake.discord.calls


@pytest.mark.parametrize("token", [None, "", "a" * 513])
async def test_a_token_is_needed_and_has_a_limit(snowflake: Snowflake, token: str | None) -> None:
    assert error_of(await refresh(snowflake, token)) == (400, "invalid_request")


async def test_another_kind_of_token_is_refused(snowflake: Snowflake) -> None:
    login = await sign_in(snowflake.browser)
    for kind in ("access_token", "id_token"):
        assert (await refresh(snowflake, login[kind])).status_code == 400


async def test_another_client_s_token_is_refused_and_stays_good(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    refused = await refresh(snowflake, token, client_id="81384788765712384")
    assert error_of(refused) == (400, "invalid_grant")
    answer_of(await refresh(snowflake, token))


async def test_less_may_be_asked_for_and_everything_again_later(snowflake: Snowflake) -> None:
    login = await sign_in(snowflake.browser)
    less = answer_of(await refresh(snowflake, login["refresh_token"], scope="openid email"))
    assert set(less["scope"].split()) == {"openid", "email"}
    headers = {"authorization": f"Bearer {less['access_token']}"}
    userinfo = await snowflake.browser.get("/userinfo", headers=headers)
    assert set(userinfo.json()) == {"sub", "email", "email_verified"}
    claims = await snowflake.state.keys.verify(less["id_token"], "JWT")
    assert "email" in claims
    assert not {"name", "groups"} & claims.keys()
    everything = answer_of(await refresh(snowflake, less["refresh_token"]))
    assert everything["scope"] == login["scope"]


async def test_more_than_was_granted_is_refused_and_the_token_stays_good(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser, scope="openid profile"))["refresh_token"]
    refused = await refresh(snowflake, token, scope="openid profile email")
    assert error_of(refused) == (400, "invalid_scope")
    answer_of(await refresh(snowflake, token, scope="openid profile unheard-of"))


async def test_a_public_client_refreshes_without_a_secret(snowflake: Snowflake) -> None:
    token = answer_of(await public_login(snowflake))["refresh_token"]
    answer_of(await refresh(snowflake, token, client_secret=None))


async def test_a_client_with_a_secret_must_send_it(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    refused = await refresh(snowflake, token, client_secret=None)
    assert error_of(refused) == (401, "invalid_client")
    answer_of(await refresh(snowflake, token))


@pytest.mark.parametrize("value", ["false", "False", "FALSE"])
async def test_a_public_client_may_do_without_a_refresh_token(
    snowflake: Snowflake, value: str
) -> None:
    answer = answer_of(await public_login(snowflake, include_refresh_token=value))
    assert "refresh_token" not in answer
    # The grant ends with its tokens.
    snowflake.clock.pass_by(3601 + SLACK)
    await snowflake.state.store.housekeeping.run()
    assert await snowflake.state.store.grants.of_person("80351110224678912") == []


async def test_a_public_client_may_ask_for_one_in_so_many_words(snowflake: Snowflake) -> None:
    assert answer_of(await public_login(snowflake, include_refresh_token="true"))["refresh_token"]


@pytest.mark.parametrize("value", ["false", "no", "0"])
async def test_a_client_with_a_secret_may_not_do_without(snowflake: Snowflake, value: str) -> None:
    code = await code_for(snowflake.browser)
    refused = await redeem(snowflake.browser, code, include_refresh_token=value)
    assert error_of(refused) == (400, "invalid_request")
    answer_of(await redeem(snowflake.browser, code))


@pytest.mark.parametrize("value", ["no", "0", "null"])
async def test_what_is_neither_true_nor_false_is_refused(snowflake: Snowflake, value: str) -> None:
    refused = await public_login(snowflake, include_refresh_token=value)
    assert error_of(refused) == (400, "invalid_request")


async def test_discords_refusal_of_a_rotated_token_is_no_end_while_its_access_token_lives(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.clock.pass_by(604_800 - 1800)
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    answer_of(await refresh(snowflake, token))


async def test_a_token_for_which_discord_names_another_person_is_refused(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.discord.knows(id="197038439483310086")
    assert error_of(await refresh(snowflake, token)) == (400, "invalid_grant")


async def test_a_scope_that_discord_no_longer_grants_is_not_in_the_answer(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.clock.pass_by(604_800 - 1800)
    snowflake.discord.grants("identify guilds")
    answer = answer_of(await refresh(snowflake, token))
    assert "email" not in answer["scope"].split()
    assert "email" not in await snowflake.state.keys.verify(answer["id_token"], "JWT")


async def test_discord_need_not_send_a_new_refresh_token(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.clock.pass_by(604_800 - 1800)
    pair = {"access_token": "a", "token_type": "Bearer", "expires_in": 604_800}
    snowflake.discord.token.respond(json={**pair, "scope": "identify email guilds"})
    answer_of(await refresh(snowflake, token))
    [stored] = await snowflake.state.store.discord_tokens.of_person("80351110224678912")
    assert stored.refresh_token is not None
    assert stored.refresh_token.get_secret_value() == "discord-refresh-token"


def lose_discord(snowflake: Snowflake) -> None:
    """Let Discord answer nothing of use."""
    for route in (snowflake.discord.token, snowflake.discord.user, snowflake.discord.guilds):
        route.mock(return_value=UNUSABLE)


async def claims_of(snowflake: Snowflake, answer: Json) -> Json:
    claims: Json = await snowflake.state.keys.verify(answer["id_token"], "JWT")
    return {name: claims[name] for name in ("name", "email", "groups", "auth_time")}


async def test_a_fresh_list_of_guilds_is_not_asked_for_again(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.discord.guilds.respond(json=[])
    snowflake.clock.pass_by(59)
    answer = answer_of(await refresh(snowflake, token))
    assert len((await claims_of(snowflake, answer))["groups"]) == 2
    assert (snowflake.discord.user.call_count, snowflake.discord.guilds.call_count) == (2, 1)
    snowflake.clock.pass_by(1)
    answer = answer_of(await refresh(snowflake, answer["refresh_token"]))
    assert (await claims_of(snowflake, answer))["groups"] == []


async def test_without_groups_no_guilds_are_asked_for(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser, scope="openid profile"))["refresh_token"]
    answer_of(await refresh(snowflake, token))
    assert not snowflake.discord.guilds.called


async def test_while_discord_is_out_the_claims_serve_for_an_hour_and_the_log_says_so(
    snowflake: Snowflake,
) -> None:
    login = await sign_in(snowflake.browser)
    lose_discord(snowflake)
    token, ages = login["refresh_token"], []
    for _ in range(2):
        snowflake.clock.pass_by(OLDEST_CLAIMS / 2)
        with capture_logs() as logs:
            answer = answer_of(await refresh(snowflake, token))
        assert await claims_of(snowflake, answer) == await claims_of(snowflake, login)
        assert answer["scope"] == login["scope"]
        assert answer["refresh_token"] != token
        token = answer["refresh_token"]
        ages += [line["age"] for line in logs if line.get("of") == "grant"]
    assert ages == [OLDEST_CLAIMS / 2, OLDEST_CLAIMS]
    snowflake.clock.pass_by(1)
    for _ in range(2):
        assert error_of(await refresh(snowflake, token)) == OUT
    snowflake.discord.knows(global_name="Somebody new")
    snowflake.discord.guilds.respond(json=[])
    fresh = answer_of(await refresh(snowflake, token))
    assert (await claims_of(snowflake, fresh))["name"] == "Somebody new"


async def test_a_public_client_gets_its_claims_again_too(snowflake: Snowflake) -> None:
    token = answer_of(await public_login(snowflake))["refresh_token"]
    lose_discord(snowflake)
    answer_of(await refresh(snowflake, token, client_secret=None))


async def test_claims_are_as_old_as_the_oldest_of_them(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.discord.guilds.mock(return_value=UNUSABLE)
    snowflake.clock.pass_by(3000)
    token = answer_of(await refresh(snowflake, token))["refresh_token"]
    lose_discord(snowflake)
    snowflake.clock.pass_by(600)
    token = answer_of(await refresh(snowflake, token))["refresh_token"]
    snowflake.clock.pass_by(1)
    assert error_of(await refresh(snowflake, token)) == OUT


async def test_a_secret_that_only_discord_can_prove_gets_no_claims_without_it(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    lose_discord(snowflake)
    assert error_of(await refresh(snowflake, token, client_secret="another secret")) == OUT
    answer_of(await refresh(snowflake, token))


async def test_claims_serve_too_when_discords_tokens_cannot_be_renewed(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.clock.pass_by(WEEK - 3600)
    token = answer_of(await refresh(snowflake, token))["refresh_token"]
    snowflake.clock.pass_by(600)
    snowflake.discord.token.mock(return_value=UNUSABLE)
    answer_of(await refresh(snowflake, token))


async def test_claims_do_not_serve_once_discord_has_refused_the_person_s_token(
    snowflake: Snowflake,
) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.discord.user.mock(return_value=REFUSED)
    snowflake.discord.token.mock(return_value=UNUSABLE)
    assert error_of(await refresh(snowflake, token)) == OUT
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    assert error_of(await refresh(snowflake, token)) == (400, "invalid_grant")


async def test_a_refusal_says_more_than_an_outage_beside_it(snowflake: Snowflake) -> None:
    token = (await sign_in(snowflake.browser))["refresh_token"]
    snowflake.clock.pass_by(60)
    snowflake.discord.user.mock(return_value=UNUSABLE)
    snowflake.discord.guilds.mock(return_value=REFUSED)
    snowflake.discord.token.respond(400, json={"error": "invalid_grant"})
    assert error_of(await refresh(snowflake, token)) == (400, "invalid_grant")
