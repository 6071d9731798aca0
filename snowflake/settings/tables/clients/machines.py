"""What a registered client gets for itself, without any person (RFC 6749, section 4.4)."""

from typing import Annotated, Final

from pydantic import Field, model_validator

from snowflake.settings.tables.clients.responses import ResponseKeys

#: The grant of a client for itself.
CLIENT_CREDENTIALS: Final = "client_credentials"
#: A URI or a name, of visible ASCII.
Audience = Annotated[str, Field(pattern=r"^[!-~]{1,512}$")]


class MachineKeys(ResponseKeys):
    """What it gets for itself."""

    audience: Audience | None = Field(
        default=None,
        description=(
            "For `client_credentials`: whom its access tokens are for, their `aud`, such as the "
            "address of an API. By default the issuer."
        ),
    )

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
