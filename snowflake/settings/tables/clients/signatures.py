"""How what is issued to a registered client is signed."""

from typing import Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from snowflake.settings.phc import HASH
from snowflake.settings.tables.clients.credentials import CredentialKeys

SigningAlgorithm = Literal["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256"]
#: Bytes of a secret that signs: as many as the hash has (RFC 7518, section 3.2).
MIN_SECRET: Final = 32


class SignatureKeys(CredentialKeys):
    """How what is issued to it is signed."""

    signing_alg: SigningAlgorithm = Field(
        default="RS256",
        description=(
            "The algorithm by which its tokens are signed: `RS256`, which every application takes, "
            "`PS256`, `ES256`, `ES384`, `ES512`, `EdDSA` (Ed25519), or `HS256` by the client "
            "secret, which then has 32 bytes at least and stands as it is. Access tokens of "
            "`HS256` are signed by `RS256`."
        ),
    )
    signed_userinfo: bool = Field(
        default=False,
        description="Whether UserInfo answers a signed token (`application/jwt`) instead of JSON.",
    )

    @field_validator("signing_alg")
    @classmethod
    def _by_a_secret_that_is_known(cls, algorithm: str, others: ValidationInfo) -> str:
        """Refuse to sign by a secret that Snowflake does not know, or that could be guessed."""
        if algorithm != "HS256":
            return algorithm
        if others.data.get("public"):
            raise ValueError("needs a client secret for HS256, and the client is public")
        secret = others.data.get("secret")
        text = secret.get_secret_value() if secret is not None else None
        if text is not None and text.startswith(HASH):
            raise ValueError("needs the client secret itself for HS256, and there is only a hash")
        if text is not None and len(text.encode()) < MIN_SECRET:
            raise ValueError(f"needs a client secret of at least {MIN_SECRET} bytes for HS256")
        return algorithm
