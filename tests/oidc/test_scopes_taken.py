"""A scope that is taken from a client is gone from every answer, and given back where it was."""

from collections.abc import Iterable

from snowflake.settings import Settings
from tests.login import Json, code_for, read_token
from tests.oidc.test_registered_clients import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONFIDENTIAL,
    registering,
    sign_in_registered,
    with_secret,
)
from tests.running import Clock, Discord, Snowflake, running

CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def allow(snowflake: Snowflake, scopes: Iterable[str] | None) -> None:
    """Configure which scopes the client may have from now on."""
    client = CONFIDENTIAL.model_copy(update={"scopes": scopes})
    snowflake.state.use(registering(snowflake.settings, client))


async def userinfo(snowflake: Snowflake, tokens: Json) -> Json:
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    claims: Json = (await snowflake.browser.get("/userinfo", headers=headers)).json()
    return claims


async def scopes_of(snowflake: Snowflake, tokens: Json, kind: str) -> set[str]:
    answer = await snowflake.browser.post("/introspect", data={**CLIENT, "token": tokens[kind]})
    return set(answer.json()["scope"].split())


async def refresh(snowflake: Snowflake, tokens: Json) -> Json:
    form = {**CLIENT, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer: Json = (await snowflake.browser.post("/token", data=form)).json()
    return answer


async def test_it_is_gone_at_once_and_comes_back(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with running(registering(settings, CONFIDENTIAL), clock, discord) as snowflake:
        first = await sign_in_registered(snowflake)
        assert {"email", "groups"} <= (await userinfo(snowflake, first)).keys()

        allow(snowflake, ("profile", "groups"))
        told = await userinfo(snowflake, first)
        assert "groups" in told
        assert not {"email", "email_verified"} & told.keys()
        for kind in ("access_token", "refresh_token"):
            assert await scopes_of(snowflake, first, kind) == {"openid", "profile", "groups"}
        second = await refresh(snowflake, first)
        assert second["scope"] == "openid profile groups"
        for kind in ("id_token", "access_token"):
            assert "email" not in read_token(snowflake, second[kind])
        again = await refresh(snowflake, first)
        assert again["scope"] == "openid profile groups"
        assert "email" not in read_token(snowflake, again["id_token"])

        allow(snowflake, ())
        assert (await userinfo(snowflake, second)).keys() == {"sub"}
        assert await scopes_of(snowflake, second, "refresh_token") == {"openid"}

        allow(snowflake, None)
        third = await refresh(snowflake, second)
        assert third["scope"] == first["scope"]
        assert "email" in await userinfo(snowflake, third)


async def test_between_authorize_and_token_it_is_gone_too(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    async with running(registering(settings, CONFIDENTIAL), clock, discord) as snowflake:
        code = await code_for(snowflake.browser, client_id=CLIENT_ID)
        allow(snowflake, ("profile",))
        tokens = (await with_secret(snowflake.browser, code)).json()
        assert tokens["scope"] == "openid profile"
        assert "email" not in read_token(snowflake, tokens["id_token"])
