"""What Snowflake reads of Discord's answers. What else they hold is passed over."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    SecretStr,
    StringConstraints,
)

from snowflake.visible import is_visible_ascii

#: How long Discord's access tokens live, in seconds, unless it says otherwise.
WEEK = 604_800


def _visible(token: SecretStr) -> SecretStr:
    # Anything else could not be sent in a header, or would end it early.
    if not is_visible_ascii(token.get_secret_value()):
        raise ValueError("is no token")
    return token


Snowflake = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,19})$")]

Token = Annotated[SecretStr, AfterValidator(_visible)]
Discriminator = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")]


class _Answer(BaseModel):
    # Validation errors must not repeat what Discord sent: it holds tokens and addresses.
    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)


class Tokens(_Answer):
    """The answer to a token request (RFC 6749, section 5.1). ``expires_in`` is in seconds.

    ``scope`` is what the person has granted to this Discord application, now or earlier; None means
    just what was asked for.
    """

    access_token: Token
    refresh_token: Token | None = None
    expires_in: int = WEEK
    scope: str | None = None


class User(_Answer):
    """The person (``GET /users/@me``). The address needs the scope ``email``."""

    id: Snowflake
    username: str
    discriminator: Discriminator | None = None
    global_name: str | None = None
    avatar: str | None = None
    banner: str | None = None
    accent_color: int | None = None
    mfa_enabled: bool | None = None
    locale: str | None = None
    email: str | None = None
    verified: bool | None = None


class Guild(_Answer):
    """A guild of the person, or of the bot (``GET /users/@me/guilds``)."""

    id: Snowflake
    name: str = ""


class Role(_Answer):
    """A role of a guild, as the bot sees it (``GET /guilds/{guild}/roles``).

    One that is ``managed`` belongs to a bot or an integration.
    """

    id: Snowflake
    name: str
    managed: bool = False


class Member(_Answer):
    """The person as a member of one guild (``GET /users/@me/guilds/{guild}/member``).

    ``pending`` until they have passed the guild's screening; no member in good standing before
    ``communication_disabled_until``, a time-out that may be over already.
    """

    roles: frozenset[Snowflake]
    nick: str | None = None
    avatar: str | None = None
    pending: bool = False
    communication_disabled_until: AwareDatetime | None = None
    joined_at: AwareDatetime | None = None


class RoleConnection(_Answer):
    """What Discord was told of a person for linked roles (``…/role-connection``)."""

    platform_name: str | None = None
    platform_username: str | None = None
    metadata: Mapping[str, str] = {}


class RoleConnectionMetadata(_Answer):
    """A condition that guilds can set for a linked role (``…/role-connections/metadata``).

    ``type`` is a number, 1 to 8. Localizations are texts by the name of their language.
    """

    type: int
    key: str
    name: str
    description: str
    name_localizations: Mapping[str, str] | None = None
    description_localizations: Mapping[str, str] | None = None
