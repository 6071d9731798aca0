"""``id_token_hint`` at ``/authorize``: nobody else gets tokens (Core 1.0, section 3.1.2.1)."""

import pytest

from snowflake.settings import Settings
from tests.login import ask, code_for, come_back, depart, query_of, sign_in
from tests.oidc.signed_in import AS_GRAFANA, AS_WIKI, GRAFANA, WIKI, keeping_sessions
from tests.oidc.test_registered_clients import CLIENT_ID, sign_in_registered, with_secret
from tests.running import ORIGIN, USER, Clock, Discord, Snowflake

OTHER = "197038439483310086"


async def hint(snowflake: Snowflake) -> str:
    return str((await sign_in_registered(snowflake))["id_token"])


async def test_the_person_of_the_hint_signs_in_as_ever_though_it_has_expired(
    registered: Snowflake,
) -> None:
    named = await hint(registered)
    registered.clock.pass_by(86_400)
    code = await code_for(registered.browser, client_id=CLIENT_ID, id_token_hint=named)
    assert (await with_secret(registered.browser, code)).status_code == 200


@pytest.mark.parametrize("prompt", [None, "none", "consent"])
async def test_anybody_else_is_sent_back_without_a_code(
    registered: Snowflake, prompt: str | None
) -> None:
    named = await hint(registered)
    departure = await depart(
        registered.browser, client_id=CLIENT_ID, id_token_hint=named, prompt=prompt, state="s"
    )
    registered.discord.knows(id=OTHER)
    for _ in range(2):  # Though they load the page again.
        answer = query_of((await come_back(registered.browser, departure)).headers["location"])
        assert (answer["error"], answer["state"], answer["iss"]) == ("login_required", "s", ORIGIN)
        assert "code" not in answer


@pytest.mark.parametrize("kind", ["nonsense", "access token", "altered"])
async def test_a_hint_that_names_nobody_gets_nobody_in(registered: Snowflake, kind: str) -> None:
    tokens = await sign_in_registered(registered)
    head, payload, signature = tokens["id_token"].split(".")
    bad = {
        "nonsense": "nonsense",
        "access token": tokens["access_token"],
        "altered": f"{head}.{payload[:-2]}AA.{signature}",
    }
    answer = await ask(registered.browser, client_id=CLIENT_ID, id_token_hint=bad[kind])
    assert query_of(answer.headers["location"])["error"] == "login_required"


async def test_with_a_discord_application_the_hint_is_not_looked_at(snowflake: Snowflake) -> None:
    tokens = await sign_in(snowflake.browser)
    snowflake.discord.knows(id=OTHER)
    assert await code_for(snowflake.browser, id_token_hint=tokens["id_token"])


@pytest.mark.parametrize("subject", ["pairwise", "hash", "uuid"])
@pytest.mark.parametrize(
    "login",
    [USER["id"], "1" * 18, USER["username"], "@somebody_else", USER["email"], "a@b.example"],
)
async def test_a_client_cannot_try_out_who_somebody_is(
    settings: Settings, clock: Clock, discord: Discord, subject: str, login: str
) -> None:
    hidden = GRAFANA.model_copy(update={"subject": subject, "scopes": ()})
    async with keeping_sessions(settings, clock, discord, hidden, WIKI) as snowflake:
        await code_for(snowflake.browser, **AS_WIKI)
        silent = {**AS_GRAFANA, "scope": "openid", "prompt": "none", "login_hint": login}
        answer = await ask(snowflake.browser, **silent)
        assert "code" in query_of(answer.headers["location"])
