"""Who a registered client is, and the secret that it has if it can keep one."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr

from snowflake.settings.phc import HASH, check_hash
from snowflake.settings.tables.table import Table
from snowflake.settings.values import check_line

#: Characters. Discord's own IDs and secrets have 20 and 32.
MAX_CLIENT_ID: Final = 256
MAX_CLIENT_SECRET: Final = 256

# HTTP Basic separates ID and secret by a colon.
_CLIENT_ID = re.compile(rf"[!-9;-~]{{1,{MAX_CLIENT_ID}}}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def _client_id(text: str) -> str:
    if not _CLIENT_ID.fullmatch(text):
        raise ValueError(f"must be up to {MAX_CLIENT_ID} visible ASCII characters, and no colon")
    return text


def _secret(secret: SecretStr | None) -> SecretStr | None:
    """Refuse what no client could present: nothing, too much, a hash that no secret matches."""
    if secret is None:
        return None
    text = secret.get_secret_value()
    if not text:
        raise ValueError("is empty")
    if text.startswith(HASH):
        check_hash(text)
    else:
        check_secret(text)
    return secret


def check_secret(secret: str) -> None:
    """Pass, if a client can present a secret in whichever way.

    Raises:
        ValueError: it is longer than endpoints read, or holds what no form may hold.
    """
    if len(secret) > MAX_CLIENT_SECRET:
        raise ValueError(f"must have at most {MAX_CLIENT_SECRET} characters")
    if _CONTROLS.search(secret):
        raise ValueError("holds control characters, such as a line break")


ClientId = Annotated[str, AfterValidator(_client_id)]


class CredentialKeys(Table):
    """Who the client is, and its secret."""

    id: ClientId = Field(description="The client ID: up to 256 visible characters, but no colon.")
    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(check_line)] | None = (
        Field(default=None, description="What people know the application by.")
    )
    secret: Annotated[SecretStr | None, AfterValidator(_secret)] = Field(
        default=None,
        description=(
            "The client secret, up to 256 characters: a hash that `snowflake clients hash` prints, "
            "or as it is."
        ),
    )
    public: bool = Field(
        default=False,
        description="The application can keep no secret, and has none. It must use PKCE.",
    )
