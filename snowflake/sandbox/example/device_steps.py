"""The steps of a login at a device, made fit to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from snowflake.sandbox.example.relying_party import SCOPE
from snowflake.sandbox.example.results import Step
from snowflake.sandbox.example.steps import answers_of_token, pretty, rest, without_secrets


@dataclass(frozen=True)
class Allowed:
    """What travelled during such a login, as it was."""

    begun_at: str
    answer: Mapping[str, object]
    token_url: str
    token_request: Mapping[str, str]
    token_response: Mapping[str, object]
    userinfo_url: str
    userinfo: Mapping[str, object]


def device_steps(allowed: Allowed) -> tuple[Step, ...]:
    """Return the steps of a login in their order."""
    answer = without_secrets(allowed.answer)
    return (
        Step(
            "The television asks for two codes",
            "One is shown to you. The other is its own secret, by which it asks what came of it.",
            f"POST {allowed.begun_at}",
            {"client_id": allowed.token_request["client_id"], "scope": SCOPE},
            {"Answer": pretty(answer)},
        ),
        Step(
            "You enter the code elsewhere",
            "In a browser, where you are signed in or sign in. The provider shows who asks, and "
            "lets you allow or deny it. Nothing comes back to the television by this way.",
            f"GET {answer['verification_uri']}",
            {"user_code": str(answer["user_code"])},
            {},
        ),
        Step(
            "The television is given tokens",
            "It has asked again and again, as often as it may, and was told to wait. It checks the "
            "ID token's signature, issuer, audience and time.",
            f"POST {allowed.token_url}",
            without_secrets(allowed.token_request),
            answers_of_token(allowed.token_response),
        ),
        rest(allowed.userinfo_url, allowed.token_response, allowed.userinfo, "The television"),
    )
