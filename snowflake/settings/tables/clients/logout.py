"""How a registered client hears that somebody has signed out."""

from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from snowflake.settings.tables.clients.credentials import CredentialKeys
from snowflake.settings.tables.clients.redirects import RedirectKeys
from snowflake.settings.values import Url
from snowflake.uris.hosts import origin_of


class LogoutKeys(RedirectKeys, CredentialKeys):
    """How it hears that somebody has signed out."""

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

    @field_validator("backchannel_logout_uri")
    @classmethod
    def _secure_if_public(cls, uri: str | None, others: ValidationInfo) -> str | None:
        """Refuse plain HTTP for a public client (Back-Channel Logout 1.0, section 2.2)."""
        if uri and urlsplit(uri).scheme == "http" and others.data.get("public"):
            raise ValueError("must begin with https://, since the client is public")
        return uri

    @model_validator(mode="after")
    def _at_an_origin_of_its_own(self) -> "LogoutKeys":
        """Refuse to load a page that is not the application's own."""
        page = self.frontchannel_logout_uri
        origins = {origin_of(uri) for uri in self.redirect_uris if uri.startswith(("http", "HTTP"))}
        if page is not None and origin_of(page) not in origins:
            raise ValueError(
                "frontchannel_logout_uri must have scheme, host and port of a redirect URI"
            )
        return self
