"""What a registered client gets for itself, without any person (RFC 6749, section 4.4)."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from snowflake.settings.tables.clients.responses import DEVICE_CODE, ResponseKeys
from snowflake.uris.ascii import is_visible_ascii

#: The grant of a client for itself.
CLIENT_CREDENTIALS: Final = "client_credentials"
#: Keys that say something of those who sign in, and of what comes of it.
OF_PEOPLE: Final = (
    *("subject", "sector", "consent", "groups", "access", "webfinger"),
    *("post_logout_redirect_uris", "backchannel_logout_uri", "frontchannel_logout_uri"),
    *("backchannel_logout_session_required", "frontchannel_logout_session_required"),
    *("id_token_lifetime", "refresh_token_lifetime", "refresh_token_threshold"),
    *("include_claims_in_id_token", "signed_userinfo", "encryption_key"),
)
#: Keys that say something of a login by a browser.
OF_BROWSERS: Final = ("code_lifetime", "response_modes")
#: Characters of an audience.
MAX_AUDIENCE: Final = 512


def _audience(text: str) -> str:
    if not is_visible_ascii(text) or len(text) > MAX_AUDIENCE:
        raise ValueError(
            f"must be up to {MAX_AUDIENCE} visible ASCII characters without spaces, such as a URL"
        )
    return text


Audience = Annotated[str, AfterValidator(_audience)]


class MachineKeys(ResponseKeys):
    """What it gets for itself."""

    audience: Audience | None = Field(
        default=None,
        description=(
            "For `client_credentials`: whom its access tokens are for, their `aud`, such as the "
            "address of an API. By default the issuer."
        ),
    )

    @property
    def signs_in_people(self) -> bool:
        """Whether people sign in to it, by a browser or on a device."""
        return bool(self.requestable) or DEVICE_CODE in self.grant_types

    @model_validator(mode="after")
    def _of_somebody(self) -> "MachineKeys":
        """Refuse keys that mean nothing where nobody signs in."""
        without_people = () if self.signs_in_people else OF_PEOPLE
        without_browser = () if self.requestable else OF_BROWSERS
        fields = type(self).model_fields
        for name in (*without_people, *without_browser):
            # As a class of these keys alone, it has not got those of the others.
            if name in fields and getattr(self, name) != fields[name].default:
                how = "" if name in OF_PEOPLE else " by a browser"
                raise ValueError(f"{name} is for logins{how}, and its grant_types allow none")
        return self

    @model_validator(mode="after")
    def _for_itself(self) -> "MachineKeys":
        """Refuse what means nothing, and a client whose tokens could pass for a person's."""
        gets_tokens = CLIENT_CREDENTIALS in self.grant_types
        if self.audience is not None and not gets_tokens:
            raise ValueError("audience is for client_credentials in grant_types")
        if gets_tokens and self.id.isdigit():
            # RFC 9068, section 5: its ID stands where people have Discord's.
            raise ValueError("id: of digits alone, it could pass for a person's; add a letter")
        return self
