"""What Snowflake reads of Discord's answers. What else they hold is passed over.

A field with a default may be unsaid: left out by Discord, or odd (``reading.py``). Who has to know
that asks ``says``; where the difference is kept, it is by leaving out what is unsaid.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from snowflake.uris.ascii import is_visible_ascii

#: How long Discord's access tokens live, in seconds, unless it says otherwise.
WEEK = 604_800
#: The flag of a member who came by a guest invite, for one voice channel, and leaves with it.
IS_GUEST: Final = 1 << 4


def _visible(token: SecretStr) -> SecretStr:
    # Anything else could not be sent in a header, or would end it early.
    if not is_visible_ascii(token.get_secret_value()):
        raise ValueError("is no token")
    return token


def _with_zone(time: datetime) -> datetime:
    # In Discord's documentation some have none.
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


Snowflake = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,19})$")]

Token = Annotated[SecretStr, AfterValidator(_visible)]
Discriminator = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")]
#: It becomes part of a URL.
Picture = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Color = Annotated[int, Field(ge=0, le=0xFFFFFF)]
Moment = Annotated[datetime, AfterValidator(_with_zone)]
#: Up to the largest number of 32 bits: it is added to the time of day and stored.
Seconds = Annotated[int, Field(ge=0, lt=2**31)]


class _Answer(BaseModel):
    # Validation errors must not repeat what Discord sent: it holds tokens and addresses.
    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)

    def says(self, field: str) -> bool:
        """Whether Discord said it, be it nothing (null)."""
        return field in self.model_fields_set


class Tokens(_Answer):
    """The answer to a token request (RFC 6749, section 5.1). ``expires_in`` is in seconds.

    ``scope`` is what the person has granted to this Discord application, now or earlier; None means
    just what was asked for. Nothing is believed of it that Discord does not look at itself.
    """

    access_token: Token
    refresh_token: Token | None = None
    expires_in: Seconds = WEEK
    scope: str | None = None


class User(_Answer):
    """The person (``GET /users/@me``). The address needs the scope ``email``."""

    id: Snowflake
    username: str = ""
    discriminator: Discriminator | None = None
    global_name: str | None = None
    avatar: Picture | None = None
    banner: Picture | None = None
    accent_color: Color | None = None
    mfa_enabled: bool | None = None
    locale: str | None = None
    email: str | None = None
    verified: bool | None = None

    @property
    def account(self) -> str:
        """What people know the account by: its username, or the ID if Discord does not say it."""
        return self.username or self.id


class Guild(_Answer):
    """A guild of the person, or of the bot (``GET /users/@me/guilds``).

    ``owner`` is whether it is they who own it.
    """

    id: Snowflake
    name: str = ""
    owner: bool | None = None


class Guilds(_Answer):
    """The guilds of a person, as far as Discord said which they are; ``are_all`` if of all."""

    known: tuple[Guild, ...]
    are_all: bool = True


class Role(_Answer):
    """A role of a guild, as the bot sees it (``GET /guilds/{guild}/roles``).

    One that is ``managed`` belongs to a bot or an integration; None if it is not known.
    """

    id: Snowflake
    name: str = ""
    managed: bool | None = None


class Member(_Answer):
    """The person as a member of one guild (``GET /users/@me/guilds/{guild}/member``).

    ``pending`` until they have passed the guild's screening; no member in good standing before
    ``communication_disabled_until``, a time-out that may be over already. They boost it since
    ``premium_since``.
    """

    roles: frozenset[Snowflake] = frozenset()
    nick: str | None = None
    avatar: Picture | None = None
    pending: bool = False
    communication_disabled_until: Moment | None = None
    joined_at: Moment | None = None
    premium_since: Moment | None = None
    flags: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        # Whoever is read here is in the guild. An answer that is quite another one must not say so.
        if not self.model_fields_set:
            raise ValueError("is no member")
        return self

    @property
    def is_guest(self) -> bool | None:
        """Whether they are there as a guest, and no member; None if Discord does not say it."""
        if self.flags & IS_GUEST or (self.says("joined_at") and self.joined_at is None):
            return True
        return False if self.says("flags") or self.says("joined_at") else None


class RoleConnection(_Answer):
    """What Discord was told of a person for linked roles (``…/role-connection``)."""

    platform_name: str | None = None
    platform_username: str | None = None
    metadata: Mapping[str, str] = {}


class RoleConnectionMetadata(_Answer):
    """A condition that guilds can set for a linked role (``…/role-connections/metadata``).

    ``type`` is a number, 1 to 8. Localizations are texts by the name of their language.
    """

    key: str
    type: int = 0
    name: str = ""
    description: str = ""
    name_localizations: Mapping[str, str] | None = None
    description_localizations: Mapping[str, str] | None = None
