"""What the provider says of a person, and by what it will say it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from snowflake.errors import UpstreamDown


@dataclass(frozen=True, slots=True)
class Answer:
    """Claims, and the refresh token that holds from now on, None if there is none.

    ``claims`` are those of the ID token and of UserInfo, which wins; ``sub`` is always there.
    """

    claims: Mapping[str, Any] = field(repr=False)  # of every type that JSON has
    refresh_token: SecretStr | None

    @property
    def subject(self) -> str:
        """By which the provider knows the person, for ever (OpenID Connect Core 1.0, 2)."""
        return str(self.claims["sub"])


class Tokens(BaseModel):
    """The answer of the token endpoint (RFC 6749, section 5.1)."""

    model_config = ConfigDict(frozen=True)

    access_token: SecretStr
    token_type: str
    refresh_token: SecretStr | None = None
    id_token: SecretStr | None = None
    scope: str | None = None


def read_tokens(document: dict[str, Any]) -> Tokens:
    """Read the answer of the token endpoint.

    Raises:
        UpstreamDown: it has no bearer token, or one that no header can hold.
    """
    try:
        tokens = Tokens.model_validate(document)
    except ValidationError as error:
        # Not the error itself: it quotes what it has read.
        names = sorted({str(fault["loc"][0]) for fault in error.errors(include_input=False)})
        raise UpstreamDown("token", f"unusable {', '.join(names)}") from None
    access_token = tokens.access_token.get_secret_value()
    is_plain = access_token.isascii() and access_token.isprintable() and " " not in access_token
    if tokens.token_type.lower() != "bearer" or not access_token or not is_plain:
        raise UpstreamDown("token", "gives no bearer token")
    return tokens
