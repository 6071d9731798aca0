import json

import pytest

from snowflake.sandbox.example.results import Step
from snowflake.sandbox.example.steps import Exchanged, steps


def login(id_token: str = "e30.e30.x") -> tuple[Step, ...]:
    return steps(
        Exchanged(
            authorization_url="https://op.test/authorize?state=s&empty=&redirect_uri=https%3A%2F%2Fa",
            callback_url="https://app.test/callback?code=0123456789abcdef&state=s",
            token_url="https://op.test/token",
            token_request={"code": "0123456789abcdef", "grant_type": "authorization_code"},
            token_response={"access_token": "short", "id_token": id_token, "expires_in": 5},
            userinfo_url="https://op.test/userinfo",
            userinfo={"sub": "1", "name": "نور"},
        )
    )


def test_the_steps_are_in_the_order_of_the_login() -> None:
    assert [step.request for step in login()] == [
        "GET https://op.test/authorize",
        "GET https://app.test/callback",
        "POST https://op.test/token",
        "GET https://op.test/userinfo",
    ]


def test_parameters_are_decoded() -> None:
    assert login()[0].parameters == {"state": "s", "empty": "", "redirect_uri": "https://a"}


def test_secrets_are_shortened_and_short_ones_hidden() -> None:
    _, callback, token, userinfo = login()
    assert callback.parameters["code"] == "0123456789… (16 characters)"
    assert token.parameters["code"] == "0123456789… (16 characters)"
    assert json.loads(token.answers["Answer"])["access_token"] == "…"
    assert userinfo.parameters == {"Authorization": "Bearer …"}


def test_the_id_token_is_shown_decoded() -> None:
    answers = login("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.signature")[2].answers
    assert json.loads(answers["ID token, header"]) == {"alg": "RS256"}
    assert json.loads(answers["ID token, claims"]) == {"sub": "1"}


@pytest.mark.parametrize("id_token", ["", "no token", "ü.ü.ü", "e30.e3.x"])
def test_an_id_token_that_is_none_is_shown_as_nothing(id_token: str) -> None:
    assert login(id_token)[2].answers["ID token, claims"] == "null"


def test_letters_stay_letters() -> None:
    assert "نور" in login()[3].answers["Answer"]
