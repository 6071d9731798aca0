"""How a registered client proves who it is (OpenID Connect Core 1.0, section 9)."""

import json
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from snowflake.settings.phc import HASH
from snowflake.settings.public_keys import PublicKey, parse_key_set, parse_public_key
from snowflake.settings.tables.clients.signatures import MIN_SECRET
from snowflake.settings.tables.clients.trusts import TrustKeys
from snowflake.settings.tables.table import STANDS_IN_FILE
from snowflake.settings.values import SecureUrl

Method = Literal["client_secret", "private_key_jwt", "client_secret_jwt", "none"]
#: What an application signs with that proves itself by a key of its own.
_KEYS: Final = ("jwks", "jwks_uri", "public_key")


# A table of TOML, or the text of a file.
def _as_text(value: Any) -> Any:
    return json.dumps(value, default=str) if isinstance(value, dict) else value


def _key_set(text: str) -> str:
    if not parse_key_set(text):
        raise ValueError("holds no key")
    return text


def _public_key(text: str) -> str:
    parse_public_key(text, "sig")
    return text


class AuthenticationKeys(TrustKeys):
    """How it proves who it is."""

    authentication: Method | None = Field(
        default=None,
        description=(
            "`client_secret` by its secret, `private_key_jwt` by a JWT that it signs with a key of "
            "its own, `client_secret_jwt` by one that it signs with the secret, `none` for a "
            "public client. By default `client_secret` or `none`, and for a client without a "
            "secret just what its `trusts` are."
        ),
    )
    jwks: Annotated[str, BeforeValidator(_as_text), AfterValidator(_key_set)] | None = Field(
        default=None,
        json_schema_extra=STANDS_IN_FILE,
        description="For `private_key_jwt`: the application's public keys, a JSON Web Key Set.",
    )
    jwks_uri: SecureUrl | None = Field(
        default=None,
        description="For `private_key_jwt`: where the application publishes its keys.",
    )
    public_key: Annotated[str, AfterValidator(_public_key)] | None = Field(
        default=None,
        json_schema_extra=STANDS_IN_FILE,
        description=(
            "For `private_key_jwt`: the application's public key, a PEM public key or certificate, "
            "or a JSON Web Key."
        ),
    )

    @model_validator(mode="after")
    def _provable(self) -> "AuthenticationKeys":
        """Refuse a client that could not prove who it is, or in two ways."""
        if self.public and self.secret is not None:
            raise ValueError("is public and has a secret; choose one")
        if self.public and self.authentication not in {None, "none"}:
            raise ValueError("is public, and authentication says that it proves who it is")
        if not self.public and self.authentication == "none":
            raise ValueError('authentication = "none" is for a client with public = true')
        given = [name for name in _KEYS if getattr(self, name) is not None]
        if self.authentication == "private_key_jwt":
            if len(given) != 1:
                raise ValueError(f"private_key_jwt needs one of {', '.join(_KEYS)}")
            return self
        if given:
            raise ValueError(f'{given[0]} is for authentication = "private_key_jwt"')
        proves_nothing = not self.public and self.secret is None
        if proves_nothing and (self.authentication is not None or not self.trusts_others):
            raise ValueError(
                "needs a secret or a secret_file, or public = true; a key of its own with "
                "private_key_jwt, or trusts, would do too"
            )
        if self.authentication == "client_secret_jwt" and not _may_sign(self.plain_secret):
            raise ValueError(
                f"client_secret_jwt needs the secret itself, of at least {MIN_SECRET} bytes"
            )
        return self

    @property
    def method(self) -> Method | None:
        """How it proves who it is, if it has anything of its own to prove it by."""
        if self.authentication is not None:
            return self.authentication
        if self.public:
            return "none"
        return "client_secret" if self.secret is not None else None

    @property
    def plain_secret(self) -> str | None:
        """Its secret, unless there is none, or only a hash."""
        text = self.secret.get_secret_value() if self.secret is not None else None
        return text if text is not None and not text.startswith(HASH) else None

    @property
    def verification_keys(self) -> tuple[PublicKey, ...]:
        """The keys of its own that stand in the configuration."""
        if self.public_key is not None:
            return (parse_public_key(self.public_key, "sig"),)
        return parse_key_set(self.jwks) if self.jwks is not None else ()


def _may_sign(secret: str | None) -> bool:
    return secret is not None and len(secret.encode()) >= MIN_SECRET
