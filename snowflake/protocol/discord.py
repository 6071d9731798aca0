"""Sending a browser to Discord, and what it brings back (RFC 6749, section 4.1; RFC 9207)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from snowflake.errors import InvalidRequest
from snowflake.protocol import pkce
from snowflake.protocol.parameters import Parameters
from snowflake.settings import Settings
from snowflake.uris import with_parameters
from snowflake.uris.hosts import origin_of

#: The issuer that Discord names in its answers.
DISCORD_ISSUER: Final = "https://discord.com"


@dataclass(frozen=True, slots=True)
class Question:
    """What Discord's page asks a person: to let an application have scopes.

    Discord sends them back to the ``redirect_uri``, with a code that whoever has the PKCE
    ``verifier`` can use.
    """

    client_id: str
    redirect_uri: str
    scopes: Iterable[str]
    verifier: str


def discord_page(settings: Settings, question: Question, state: str, prompt: str) -> str:
    """Answer the URL of Discord's authorization page, with our sealed note as its ``state``."""
    return with_parameters(
        settings.discord_authorize_url,
        {
            "client_id": question.client_id,
            "redirect_uri": question.redirect_uri,
            "response_type": "code",
            "scope": " ".join(sorted(question.scopes)),
            "state": state,
            "prompt": prompt,
            "code_challenge": pkce.challenge_of(question.verifier),
            "code_challenge_method": pkce.METHOD,
        },
    )


def check_discord(params: Parameters, settings: Settings) -> None:
    """Pass, unless an answer names another issuer than Discord (RFC 9207, section 2.4).

    Raises:
        InvalidRequest: it does.
    """
    discord = origin_of(settings.discord_authorize_url)
    if params.get("iss", DISCORD_ISSUER) not in {DISCORD_ISSUER, discord}:
        raise InvalidRequest("the answer comes from another provider than Discord")
