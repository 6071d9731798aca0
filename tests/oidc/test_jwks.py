from snowflake.settings import Settings
from tests.login import read_header, sign_in
from tests.running import Clock, Discord, Snowflake, running


async def test_the_public_part_of_the_key_is_published(snowflake: Snowflake) -> None:
    response = await snowflake.browser.get("/.well-known/jwks.json")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert "max-age" in response.headers["cache-control"]
    [key] = response.json()["keys"]
    assert set(key) == {"kty", "kid", "use", "alg", "n", "e"}
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")


async def test_a_new_key_shows_at_once(settings: Settings, clock: Clock, discord: Discord) -> None:
    async with running(settings, clock, discord) as snowflake:
        before = (await snowflake.browser.get("/.well-known/jwks.json")).json()["keys"]
        key = await snowflake.state.keys.rotate()
        after = (await snowflake.browser.get("/.well-known/jwks.json")).json()["keys"]
    assert {entry["kid"] for entry in after} == {key.key.kid, before[0]["kid"]}


async def test_tokens_name_the_published_key(snowflake: Snowflake) -> None:
    [key] = (await snowflake.browser.get("/.well-known/jwks.json")).json()["keys"]
    answer = await sign_in(snowflake.browser)
    assert read_header(snowflake, answer["id_token"])["kid"] == key["kid"]
