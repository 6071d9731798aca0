import pytest

from snowflake.oidc.grants import GRANTS
from tests.login import TOKEN_REQUEST, code_for, redeem, sign_in
from tests.running import Snowflake


async def test_the_answer_is_what_the_specification_demands(snowflake: Snowflake) -> None:
    response = await redeem(snowflake.browser, await code_for(snowflake.browser))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert set(answer) == {
        *("access_token", "token_type", "expires_in", "id_token", "refresh_token", "scope"),
    }
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    assert type(answer["expires_in"]) is int
    assert answer["scope"] == "openid profile email groups"
    assert all(value is not None for value in answer.values())


@pytest.mark.parametrize("grant_type", ["password", "implicit", "Authorization_Code", "\u00e9"])
async def test_another_grant_type_is_refused(snowflake: Snowflake, grant_type: str) -> None:
    response = await redeem(snowflake.browser, "code", grant_type=grant_type)
    assert response.status_code == 400
    assert response.json()["error"] == "unsupported_grant_type"
    assert all(name in response.json()["error_description"] for name in GRANTS)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", None])
async def test_the_body_must_be_a_form(snowflake: Snowflake, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    response = await snowflake.browser.post("/token", content=b"{}", headers=headers)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert response.headers["cache-control"] == "no-store"


async def test_a_multipart_form_is_none(snowflake: Snowflake) -> None:
    response = await snowflake.browser.post("/token", data=dict(TOKEN_REQUEST), files={"f": b"x"})
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"


async def test_credentials_in_the_query_string_are_not_read(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser)
    response = await snowflake.browser.post(
        "/token", params={**TOKEN_REQUEST, "code": code}, data={"grant_type": "authorization_code"}
    )
    assert response.status_code == 401


@pytest.mark.parametrize("name", [*TOKEN_REQUEST, "code"])
async def test_a_parameter_may_not_be_repeated(snowflake: Snowflake, name: str) -> None:
    code = await code_for(snowflake.browser)
    form = {**TOKEN_REQUEST, "code": code}
    response = await snowflake.browser.post("/token", data={**form, name: [form[name]] * 2})
    assert response.status_code == 400
    assert response.json() == {
        "error": "invalid_request",
        "error_description": f"{name} was sent more than once",
    }


async def test_an_empty_body_is_answered(snowflake: Snowflake) -> None:
    response = await snowflake.browser.post("/token", data={})
    assert response.status_code in {400, 401}
    assert set(response.json()) == {"error", "error_description"}


async def test_no_cookie_is_needed(snowflake: Snowflake) -> None:
    code = await code_for(snowflake.browser)
    assert (await redeem(snowflake.another_browser(), code)).status_code == 200


async def test_the_discord_tokens_stay_here(snowflake: Snowflake) -> None:
    assert "discord-" not in str(await sign_in(snowflake.browser))
