"""What a registered client may ask for, and how it is answered."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from snowflake.settings.tables.clients.credentials import CredentialKeys
from snowflake.settings.tables.clients.redirects import RedirectKeys
from snowflake.uris.private_use import is_private_use

#: The words of response types, in the order in which standards write them.
WORDS: Final = ("code", "id_token", "token")
#: The response types that there are (OAuth 2.0 Multiple Response Types 1.0, section 5). ``token``
#: alone says nothing of who it is for, and is none of OpenID Connect.
RESPONSE_TYPES: Final = (
    *("code", "id_token", "id_token token"),
    *("code id_token", "code token", "code id_token token"),
)
RESPONSE_MODES: Final = ("query", "fragment", "form_post")
Mode = Literal["query", "fragment", "form_post"]
#: The grant of devices that have no browser (RFC 8628, section 3.4).
DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
GrantType = Literal[
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "client_credentials",
]
#: Grant types that come to something only after another one, or the response types that go along.
_NEEDING_ANOTHER: Final = frozenset({"authorization_code", "refresh_token"})
#: Grant types that bring a refresh token.
_REFRESHABLE: Final = frozenset({"authorization_code", DEVICE_CODE})


def in_order(response_type: str) -> str:
    """Answer a response type as it stands in ``RESPONSE_TYPES``: the order of its words is free."""
    words = response_type.split(" ")
    return " ".join(sorted(words, key=lambda word: WORDS.index(word) if word in WORDS else -1))


def _response_type(text: str) -> str:
    if in_order(text) not in RESPONSE_TYPES:
        raise ValueError(f"must be one of {', '.join(RESPONSE_TYPES)}")
    return in_order(text)


def _some(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if values is not None and not values:
        raise ValueError("must have at least one")
    return values


class ResponseKeys(RedirectKeys, CredentialKeys):
    """What it may ask for, and how it is answered."""

    grant_types: tuple[GrantType, ...] = Field(
        default=("authorization_code", "refresh_token"),
        description=(
            "What it may bring to the token endpoint: `authorization_code`, `refresh_token`, "
            f"`{DEVICE_CODE}`, `client_credentials`. Without `refresh_token`, it gets none."
        ),
    )
    response_types: Annotated[
        tuple[Annotated[str, AfterValidator(_response_type)], ...] | None, AfterValidator(_some)
    ] = Field(
        default=None,
        description=(
            "What it may ask for by a browser: `code`, `id_token`, `id_token token`, "
            "`code id_token`, `code token`, `code id_token token`; the order of words is free. "
            "Those with `token` need sessions. By default `code`, if `authorization_code` is in "
            "`grant_types`."
        ),
    )
    response_modes: Annotated[tuple[Mode, ...] | None, AfterValidator(_some)] = Field(
        default=None,
        description=(
            "How it may be answered: `query`, `fragment`, `form_post`. By default all that fit the "
            "response types: a query holds no tokens."
        ),
    )

    @model_validator(mode="after")
    def _of_use(self) -> "ResponseKeys":
        """Refuse a client that could get nothing, or nobody could be led back to."""
        if not self.requestable and not {*self.grant_types} - _NEEDING_ANOTHER:
            raise ValueError("grant_types: by these alone it would get nothing")
        if self.asks_for("code") and "authorization_code" not in self.grant_types:
            raise ValueError("response_types with code need authorization_code in grant_types")
        if self.requestable and not self.redirect_uris:
            raise ValueError("needs redirect_uris, to which people are led back")
        if self.redirect_uris and not self.requestable:
            raise ValueError("has redirect_uris, which its grant_types do not need")
        has_more = bool(_REFRESHABLE & {*self.grant_types}) or self.asks_for("code")
        if "refresh_token" in self.grant_types and not has_more:
            raise ValueError(
                "grant_types: refresh_token goes with authorization_code or the device code; no "
                "other grant has refresh tokens"
            )
        if self.public and "client_credentials" in self.grant_types:
            raise ValueError(
                "grant_types: client_credentials is for clients that prove who they are, and a "
                "public one does not"
            )
        return self

    @model_validator(mode="after")
    def _answerable(self) -> "ResponseKeys":
        """Refuse what could never be answered."""
        modes = self.response_modes
        if modes is None:
            return self
        if "query" in modes and "code" not in self.requestable:
            raise ValueError("response_modes: query is for the response type code alone")
        if modes == ("query",) and self.requestable != ("code",):
            raise ValueError("response_modes: tokens need fragment or form_post")
        if "form_post" in modes and all(map(is_private_use, self.redirect_uris)):
            raise ValueError(
                "response_modes: form_post needs http, for nothing is posted to an app"
            )
        return self

    @property
    def requestable(self) -> tuple[str, ...]:
        """The response types that it may ask for; none, if it has no part in a browser."""
        if self.response_types is not None:
            return self.response_types
        return ("code",) if "authorization_code" in self.grant_types else ()

    def asks_for(self, word: str) -> bool:
        """Whether a word is in any of the response types."""
        return any(word in response_type.split() for response_type in self.requestable)
