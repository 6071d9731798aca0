"""Under which name Snowflake signs for a registered client."""

from typing import Final, Literal

from pydantic import Field, model_validator

from snowflake.settings.tables.clients.credentials import CredentialKeys

#: Characters that end a segment of a path, or begin another one wherever somebody decodes it.
_UNFIT: Final = frozenset("/?#%")
#: Segments that every URL library takes away (RFC 3986, section 5.2.4).
_DOTS: Final = frozenset({".", ".."})


class IssuerKeys(CredentialKeys):
    """Under which name Snowflake signs for it."""

    issuer_mode: Literal["global", "per_client"] = Field(
        default="global",
        description=(
            "The issuer that its tokens name: `global` for that of all clients, `per_client` for "
            "one of its own, `{issuer}/clients/{id}`."
        ),
    )

    webfinger: bool = Field(
        default=False,
        description=(
            "Whether WebFinger answers with this client's issuer, for the domains of "
            "`SNOWFLAKE_ALLOWED_WEBFINGER_HOSTS`. One client may have it."
        ),
    )

    @model_validator(mode="after")
    def _id_fit_for_a_path(self) -> "IssuerKeys":
        """Refuse an ID with which there would be two ways to spell the issuer, or none."""
        if self.issuer_mode == "per_client" and (self.id in _DOTS or _UNFIT & {*self.id}):
            raise ValueError(
                'issuer_mode = "per_client" puts the id into a URL: it may hold none of / ? # %, '
                "and not be a dot or two"
            )
        return self
