import base64
from datetime import timedelta
from hashlib import sha256

import pytest

from snowflake.settings import Settings
from tests.login import CLIENT_ID, Json, read_header, read_token, sign_in
from tests.running import GUILDS, NOW, ORIGIN, Clock, Discord, Snowflake, running

PERSON = {
    "sub": "80351110224678912",
    "name": "Nelly the Owl",
    "preferred_username": "nelly",
    "nickname": "nelly",
    "locale": "en-GB",
    "picture": "https://cdn.discordapp.com/avatars/80351110224678912/"
    "8342729096ea3675442027381ff50dfe.png",
    "email": "nelly@example.com",
    "email_verified": True,
    "groups": sorted((guild["id"] for guild in GUILDS), key=int),
}


async def both(snowflake: Snowflake, **changes: str | None) -> tuple[Json, Json]:
    answer = await sign_in(snowflake.browser, **changes)
    return tuple(read_token(snowflake, answer[name]) for name in ("id_token", "access_token"))  # type: ignore[return-value]


async def test_the_id_token_says_what_the_specification_demands(snowflake: Snowflake) -> None:
    answer = await sign_in(snowflake.browser, nonce="n-0S6_WzA2Mj")
    claims = read_token(snowflake, answer["id_token"])
    digest = sha256(answer["access_token"].encode()).digest()[:16]
    assert len(claims.pop("jti")) >= 20
    assert claims == {
        "iss": ORIGIN,
        "aud": CLIENT_ID,
        "iat": NOW,
        "exp": NOW + 3600,
        "auth_time": NOW,
        "nonce": "n-0S6_WzA2Mj",
        "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        **PERSON,
    }


async def test_the_access_token_is_for_userinfo_alone(snowflake: Snowflake) -> None:
    answer = await sign_in(snowflake.browser, nonce="n")
    claims = read_token(snowflake, answer["access_token"])
    assert len(claims.pop("jti")) >= 20
    assert claims.pop("grant")
    assert claims == {
        "iss": ORIGIN,
        "aud": f"{ORIGIN}/userinfo",
        "iat": NOW,
        "exp": NOW + 3600,
        "client_id": CLIENT_ID,
        "scope": "openid profile email groups",
        **PERSON,
    }


async def test_each_token_says_of_which_type_it_is(snowflake: Snowflake) -> None:
    answer = await sign_in(snowflake.browser)
    [key] = snowflake.state.keys.published()["keys"]
    for name, typ in (("id_token", "JWT"), ("access_token", "at+jwt")):
        header = read_header(snowflake, answer[name])
        assert header == {"alg": "RS256", "typ": typ, "kid": key["kid"]}


@pytest.mark.parametrize("nonce", [None, ""])
async def test_there_is_a_nonce_only_if_one_was_sent(
    snowflake: Snowflake, nonce: str | None
) -> None:
    id_token, access_token = await both(snowflake, nonce=nonce)
    assert "nonce" not in id_token
    assert "nonce" not in access_token


@pytest.mark.parametrize("nonce", ["a b+c/=%\u00e9\U0001f511", "0", "null"])
async def test_a_nonce_comes_back_as_it_was_sent(snowflake: Snowflake, nonce: str) -> None:
    assert (await both(snowflake, nonce=nonce))[0]["nonce"] == nonce


async def test_times_are_whole_numbers_although_the_clock_is_not(snowflake: Snowflake) -> None:
    snowflake.clock.pass_by(0.75)
    for claims in await both(snowflake):
        for name in {"iat", "exp", "auth_time"} & set(claims):
            assert type(claims[name]) is int


async def test_tokens_live_as_long_as_configured(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    longer = settings.model_copy(update={"token_lifetime": timedelta(days=2)})
    async with running(longer, clock, discord) as snowflake:
        answer = await sign_in(snowflake.browser)
        claims = read_token(snowflake, answer["id_token"])
    assert answer["expires_in"] == claims["exp"] - claims["iat"] == 2 * 24 * 60 * 60


async def test_no_two_tokens_are_the_same(snowflake: Snowflake) -> None:
    tokens = [await both(snowflake) for _ in range(2)]
    assert len({claims["jti"] for pair in tokens for claims in pair}) == 4


async def test_nothing_is_null_or_empty(snowflake: Snowflake, discord: Discord) -> None:
    discord.knows(global_name=None, avatar=None, locale=None, email=None, verified=False)
    discord.guilds.respond(json=[])
    answer = await sign_in(snowflake.browser)
    for values in (answer, *(await both(snowflake))):
        assert all(value is not None and value != "" for value in values.values())
