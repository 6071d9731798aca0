"""Whether the tokens of a registered client are encrypted, so that it alone can read them."""

from typing import Annotated, Final, Literal, NamedTuple

from joserfc.jwk import RSAKey
from pydantic import AfterValidator, Field, model_validator

from snowflake.settings.public_keys import PublicKey, parse_public_key
from snowflake.settings.tables.table import STANDS_IN_FILE, Table

#: How the content's key is encrypted (RFC 7518, section 4.1): for RSA keys, and for EC keys.
FOR_RSA: Final = "RSA-OAEP-256"
FOR_EC: Final = "ECDH-ES+A256KW"
#: How the content is encrypted where nothing else is said (RFC 7518, section 5.1).
DEFAULT_ENC: Final = "A256CBC-HS512"


class Encryption(NamedTuple):
    """How something is encrypted: for which key, and by what (RFC 7518, sections 4.1 and 5.1)."""

    key: PublicKey
    alg: str
    enc: str


def _public_key(text: str) -> str:
    parse_public_key(text, "enc")
    return text


class EncryptionKeys(Table):
    """Whether its tokens are encrypted."""

    encryption_key: Annotated[str, AfterValidator(_public_key)] | None = Field(
        default=None,
        json_schema_extra=STANDS_IN_FILE,
        description=(
            "The application's public key: a PEM public key or certificate, or a JSON Web Key, RSA "
            "or EC. ID tokens, logout tokens and signed UserInfo are then encrypted for it, and "
            "access tokens are opaque."
        ),
    )
    encryption_alg: Literal["RSA-OAEP-256", "ECDH-ES+A256KW"] | None = Field(
        default=None,
        description=f"How the key is used. By default `{FOR_RSA}` for RSA, `{FOR_EC}` for EC keys.",
    )
    encryption_enc: Literal["A256CBC-HS512", "A128CBC-HS256", "A256GCM", "A128GCM"] = Field(
        default=DEFAULT_ENC, description="How the content is encrypted."
    )

    @model_validator(mode="after")
    def _algorithm_of_key(self) -> "EncryptionKeys":
        """Refuse an algorithm for which there is no key, or not one of its kind."""
        if self.encryption is None:
            if self.encryption_alg is not None:
                raise ValueError("encryption_alg needs encryption_key")
            if self.encryption_enc != DEFAULT_ENC:
                raise ValueError("encryption_enc needs encryption_key")
            return self
        if self.encryption_alg is None:
            return self
        needed = _algorithm(self.encryption.key)
        if self.encryption_alg != needed:
            raise ValueError(f'encryption_alg must be "{needed}" with this encryption_key')
        return self

    @property
    def encryption(self) -> Encryption | None:
        """How its tokens are encrypted, if they are."""
        if self.encryption_key is None:
            return None
        key = parse_public_key(self.encryption_key, "enc")
        return Encryption(key, _algorithm(key), self.encryption_enc)


def _algorithm(key: PublicKey) -> str:
    return FOR_RSA if isinstance(key, RSAKey) else FOR_EC
