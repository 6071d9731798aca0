"""The steps of a login, made fit to be shown."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

from snowflake.sandbox.example.results import Step

Value = TypeVar("Value")

SECRETS: Final = frozenset(
    {"access_token", "code", "code_verifier", "device_code", "id_token", "refresh_token"}
)
"""The parameters that open something. They are shown shortened."""

SHOWN: Final = 10
"""How many characters of a secret are shown."""


@dataclass(frozen=True)
class Exchanged:
    """What travelled during a login, as it was."""

    authorization_url: str
    callback_url: str
    token_url: str
    token_request: Mapping[str, str]
    token_response: Mapping[str, object]
    userinfo_url: str
    userinfo: Mapping[str, object]


def steps(exchanged: Exchanged) -> tuple[Step, ...]:
    """Return the steps of a login in their order."""
    return (
        Step(
            "The browser is sent to the provider",
            "The application asks who you are. It adds a state and a nonce, which have to come "
            "back, and the hash of a secret that only it knows.",
            f"GET {_address(exchanged.authorization_url)}",
            _parameters(exchanged.authorization_url),
            {},
        ),
        Step(
            "The browser comes back with a code",
            "The state is the one that was sent. The code is worth nothing to anybody who has no "
            "secret of the application.",
            f"GET {_address(exchanged.callback_url)}",
            _parameters(exchanged.callback_url),
            {},
        ),
        Step(
            "The code becomes tokens",
            "The application asks the provider directly. It checks the ID token's signature, "
            "issuer, audience, nonce and time. The access token is not its to read: it is for the "
            "UserInfo endpoint.",
            f"POST {exchanged.token_url}",
            without_secrets(exchanged.token_request),
            answers_of_token(exchanged.token_response),
        ),
        rest(exchanged.userinfo_url, exchanged.token_response, exchanged.userinfo),
    )


def answers_of_token(response: Mapping[str, object]) -> dict[str, str]:
    """Return what the token endpoint has answered, and what is in the tokens."""
    id_token, access_token = (str(response.get(name, "")) for name in ("id_token", "access_token"))
    return {
        "Answer": pretty(without_secrets(response)),
        "ID token, header": pretty(_part(id_token, 0)),
        "ID token, claims": pretty(_part(id_token, 1)),
        # Shown for the curious; an application must not look into it (RFC 9068, section 6).
        "Access token, header": pretty(_part(access_token, 0)),
        "Access token, claims": pretty(_part(access_token, 1)),
    }


def rest(
    url: str,
    token_response: Mapping[str, object],
    userinfo: Mapping[str, object],
    who: str = "The application",
) -> Step:
    """Return the last step, UserInfo."""
    return Step(
        f"{who} asks for the rest",
        "With the access token. The answer has to be about the same person.",
        f"GET {url}",
        {"Authorization": f"Bearer {_shorten(token_response.get('access_token'))}"},
        {"Answer": pretty(userinfo)},
    )


def _address(url: str) -> str:
    return url.partition("?")[0]


def _parameters(url: str) -> dict[str, str]:
    return without_secrets(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)))


def without_secrets(parameters: Mapping[str, Value]) -> dict[str, Value | str]:
    """Return what travelled, with all that opens something shortened."""
    return {
        name: _shorten(value) if name in SECRETS else value for name, value in parameters.items()
    }


def _shorten(value: object) -> str:
    text = str(value)
    return f"{text[:SHOWN]}… ({len(text)} characters)" if len(text) > SHOWN else "…"


def _part(token: str, part: int) -> object:
    try:
        encoded = token.split(".")[part]
        return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (IndexError, binascii.Error, ValueError):
        return None


def pretty(document: object) -> str:
    """Return a JSON document as people like to read it."""
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)
