"""``[[clients]]``: the registered clients."""

import re
from datetime import timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from snowflake.settings.phc import HASH, check_hash
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.groups import GroupsTable
from snowflake.settings.tables.table import Table
from snowflake.settings.values import Duration, Url, check_line, within
from snowflake.uris.hosts import origin_of
from snowflake.uris.registered import check_registered, is_one_of

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


def _at_least_one(uris: tuple[str, ...]) -> tuple[str, ...]:
    if not uris:
        raise ValueError("must have at least one")
    return uris


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
RedirectUri = Annotated[str, AfterValidator(check_registered)]
Lifetime = Annotated[Duration, within(timedelta(minutes=1))]


class ClientTable(Table):
    """A registered client (RFC 6749, section 2)."""

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
    redirect_uris: Annotated[tuple[RedirectUri, ...], AfterValidator(_at_least_one)] = Field(
        description=(
            "The application's own redirect URIs, to the letter, but for the port on `127.0.0.1`, "
            "`[::1]` and `localhost`. An app's may be in a scheme of its own, as in "
            "`com.example.app:/callback`. One that begins with `regex:` is a regular expression "
            r"for the whole, as in `'regex:https://.*\.example\.com/callback'`."
        )
    )
    post_logout_redirect_uris: tuple[RedirectUri, ...] = Field(
        default=(),
        description=(
            "Where people may be sent after they have signed out; written as `redirect_uris` are."
        ),
    )
    backchannel_logout_uri: Url | None = Field(
        default=None,
        description=(
            "Where Snowflake tells the application's server that somebody has signed out (OpenID "
            "Connect Back-Channel Logout): `https://`, or `http://` in a network of yours. A "
            "public client's has to be `https://`."
        ),
    )
    backchannel_logout_session_required: bool = Field(
        default=True,
        description=(
            "Whether that server is told which session has ended (`sid`). If false, it is told "
            "only whose, and ends all sessions that the person has there."
        ),
    )
    frontchannel_logout_uri: Url | None = Field(
        default=None,
        description=(
            "A page of the application that ends what it keeps in the browser; Snowflake has it "
            "loaded when somebody signs out (OpenID Connect Front-Channel Logout). It is at the "
            "origin of one of the redirect URIs."
        ),
    )
    frontchannel_logout_session_required: bool = Field(
        default=True,
        description="Whether that page is told which session has ended, by `iss` and `sid`.",
    )
    consent: Literal["never", "once", "always"] = Field(
        default="never",
        description=(
            "Whether a page of Snowflake asks people what the application may learn: `never`, "
            "`once` for each set of scopes, or `always`."
        ),
    )
    scopes: tuple[str, ...] | None = Field(
        default=None,
        description="The scopes that it may have. `openid` always counts. By default all.",
    )
    token_lifetime: Lifetime | None = Field(
        default=None, description="In place of `SNOWFLAKE_TOKEN_LIFETIME`."
    )
    refresh_token_lifetime: Lifetime | None = Field(
        default=None, description="In place of `SNOWFLAKE_REFRESH_TOKEN_LIFETIME`."
    )
    include_claims_in_id_token: bool = Field(
        default=True,
        description="Whether the claims stand in the ID token too, or in UserInfo alone.",
    )
    groups: GroupsTable | None = Field(
        default=None,
        description="`[clients.groups]`: keys of `[groups]` that differ for this client.",
    )
    access: AccessTable | None = Field(
        default=None, description="`[clients.access]`: replaces `[access]` as a whole."
    )

    @field_validator("backchannel_logout_uri")
    @classmethod
    def _secure_if_public(cls, uri: str | None, others: ValidationInfo) -> str | None:
        """Refuse plain HTTP for a public client (Back-Channel Logout 1.0, section 2.2)."""
        if uri and urlsplit(uri).scheme == "http" and others.data.get("public"):
            raise ValueError("must begin with https://, since the client is public")
        return uri

    @model_validator(mode="after")
    def _secret_or_public(self) -> "ClientTable":
        """Refuse a confidential client without a secret, and a public one that has one."""
        if self.public and self.secret is not None:
            raise ValueError("is public and has a secret; choose one")
        if not self.public and self.secret is None:
            raise ValueError("needs a secret or a secret_file, or public = true")
        return self

    @model_validator(mode="after")
    def _at_an_origin_of_its_own(self) -> "ClientTable":
        """Refuse to load a page that is not the application's own."""
        page = self.frontchannel_logout_uri
        origins = {origin_of(uri) for uri in self.redirect_uris if uri.startswith(("http", "HTTP"))}
        if page is not None and origin_of(page) not in origins:
            raise ValueError(
                "frontchannel_logout_uri must have scheme, host and port of a redirect URI"
            )
        return self

    def redirects_to(self, uri: str) -> bool:
        """Whether a URI is one of its redirect URIs."""
        return is_one_of(uri, self.redirect_uris)
