from urllib.parse import parse_qs, urlsplit

import pytest

from snowflake.errors import InvalidRequest
from snowflake.protocol import pkce
from snowflake.protocol.discord import Question, check_discord, discord_page
from snowflake.protocol.parameters import Parameters
from snowflake.settings import Settings

QUESTION = Question(
    client_id="1056005449054429204",
    redirect_uri="https://snowflake.example.com/r/https://app.example.com/cb?a=b&c",
    scopes={"identify", "email", "guilds"},
    verifier="a-verifier",
)


def test_the_page_is_told_what_is_asked_and_no_more(settings: Settings) -> None:
    page = urlsplit(discord_page(settings, QUESTION, "sealed", "none"))
    assert page._replace(query="").geturl() == settings.discord_authorize_url
    assert parse_qs(page.query, strict_parsing=True) == {
        "client_id": [QUESTION.client_id],
        "redirect_uri": [QUESTION.redirect_uri],
        "response_type": ["code"],
        "scope": ["email guilds identify"],
        "state": ["sealed"],
        "prompt": ["none"],
        "code_challenge": [pkce.challenge_of("a-verifier")],
        "code_challenge_method": ["S256"],
    }


@pytest.mark.parametrize("issuer", ["https://discord.com", None])
def test_an_answer_is_discords_if_it_says_so_or_nothing(
    settings: Settings, issuer: str | None
) -> None:
    check_discord(Parameters([] if issuer is None else [("iss", issuer)]), settings)


def test_an_answer_of_another_provider_is_refused(settings: Settings) -> None:
    with pytest.raises(InvalidRequest, match="another provider"):
        check_discord(Parameters([("iss", "https://evil.example.com")]), settings)
