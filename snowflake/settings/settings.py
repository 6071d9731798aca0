"""Every variable: its name, type, default and meaning.

A ``Settings`` never changes. ``configuration`` makes one of the environment and ``snowflake.toml``.
The table in the guide to the configuration is held equal to this file by a test.
"""

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.groups import GroupsTable
from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.settings.tables.pages import PagesTable
from snowflake.settings.tables.table import table_of
from snowflake.settings.values import (
    AvatarSize,
    BasePath,
    BaseUrl,
    DiscordId,
    Domains,
    Duration,
    HeaderSecret,
    Hosts,
    Issuer,
    Listen,
    LongSecrets,
    Names,
    PublicKey,
    Url,
    parts,
    within,
)
from snowflake.uris.hosts import HostPatterns, is_loopback, normalise
from snowflake.uris.secure import is_secure

REPOSITORY = "https://github.com/celsiusnarhwal/snowflake"
PREFIX = "SNOWFLAKE_"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Variables(EnvSettingsSource):
    """The variables. Tables stand in ``snowflake.toml`` alone."""

    # Whatever type a field has.
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        if table_of(field) is not None:
            return None, field_name, False
        return super().get_field_value(field, field_name)


class Settings(BaseSettings):
    """Snowflake's configuration. Each field is the variable ``SNOWFLAKE_`` plus its name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    allowed_hosts: Hosts = Field(
        default=LOOPBACK,
        description=(
            "Host names at which Snowflake may be reached, separated by commas. Wildcards "
            "(`*.example.com`) and IP addresses are fine; `*` allows every host and is not "
            "recommended. Loopback addresses and the host of `SNOWFLAKE_ISSUER` always count."
        ),
    )
    allowed_clients: Names = Field(
        default=("*",),
        description=(
            "Client IDs of the Discord applications that may use this Snowflake, separated by "
            "commas. `*` allows all."
        ),
    )
    base_path: BasePath = Field(
        default="/",
        validate_default=True,
        description=(
            "URL path at which Snowflake is served, for a reverse proxy that puts it below one. "
            "The proxy may strip the path or pass it on. By default the path of "
            "`SNOWFLAKE_ISSUER`."
        ),
    )
    fix_redirect_uris: bool = Field(
        default=True,
        description=(
            "Turn an application's own redirect URI into the one that Discord knows, "
            "`{issuer}/r/{redirect URI}`. When false, applications must send the long form "
            "themselves."
        ),
    )
    token_lifetime: Annotated[Duration, within(timedelta(minutes=1))] = Field(
        default=timedelta(hours=1),
        description="How long access and ID tokens live; at least 60 seconds.",
    )
    access_token_claims: Literal["all-that-fit", "none"] = Field(
        default="all-that-fit",
        description=(
            "`all-that-fit`: access tokens hold the claims too, as far as a token of at most 4,096 "
            "characters has room for them. `none`: UserInfo and the ID token alone hold them."
        ),
    )
    userinfo_fresh: Annotated[Duration, within(timedelta(seconds=1), or_zero=True)] = Field(
        default=timedelta(minutes=5),
        description=(
            "The age from which UserInfo brings claims up to date before it answers, at least a "
            "second. `0` leaves that to logins and refreshes."
        ),
    )
    root_redirect: Literal["repo", "settings", "docs", "off"] = Field(
        default="repo",
        description=(
            "Where `/` leads: `repo` to Snowflake's repository, `settings` to the person's "
            "Discord account settings, `docs` to `/docs` (and turns them on), `off` to a 404."
        ),
    )
    treat_loopback_as_secure: bool = Field(
        default=True,
        description="Accept plain HTTP on loopback addresses, ours and applications'.",
    )
    return_to_referrer: bool = Field(
        default=False,
        description=(
            "When a person refuses, send them back to the page on which they began (the `Referer` "
            "at the authorization endpoint) rather than answer the application with "
            "`access_denied`. Only if that page is on the same origin as the redirect URI."
        ),
    )
    allowed_webfinger_hosts: Domains = Field(
        default=(),
        description=(
            "Domains whose `acct:` addresses WebFinger answers for, separated by commas. "
            "Wildcards (`*.example.com`) are fine; a bare `*` is not."
        ),
    )
    private_key: SecretStr | None = Field(
        default=None,
        description=(
            "A private RS256 JSON Web Key to sign with, instead of the one that Snowflake makes "
            "and keeps in the data directory."
        ),
    )
    enable_docs: bool = Field(
        default=False,
        description="Serve interactive API documentation at `/docs` and `/openapi.json`.",
    )
    issuer: Issuer | None = Field(
        default=None,
        description=(
            "The issuer: one URL, without a slash at the end, at which everybody reaches "
            "Snowflake. When not set, it is the origin and base path of each request."
        ),
    )
    data_dir: Path = Field(
        default=Path("data"),
        description=(
            "Where the store, the keys and `snowflake.toml` are, unless told otherwise. "
            "`/app/snowflake/data` in the image."
        ),
    )
    config: Path | None = Field(
        default=None,
        description=(
            "The configuration file. By default `snowflake.toml` in the data directory, if it is "
            "there."
        ),
    )
    database_url: SecretStr | None = Field(
        default=None,
        description=(
            "The database: `postgresql://user:password@host/name` where several machines share "
            "one. By default an SQLite file in the data directory."
        ),
    )
    secret_key: LongSecrets = Field(
        default=None,
        description=(
            "What secrets in the database and logins under way are sealed with: at least 32 "
            "random characters. When not set, Snowflake makes one and keeps it in the data "
            "directory. Several Snowflakes on one database need the same. To change it, put the "
            "new one before the old one, separated by a comma."
        ),
    )
    code_lifetime: Annotated[Duration, within(timedelta(seconds=10), timedelta(minutes=10))] = (
        Field(
            default=timedelta(minutes=1),
            description="How long an authorization code lives; 10 seconds to 10 minutes.",
        )
    )
    refresh_token_lifetime: Annotated[Duration, within(timedelta(minutes=1))] = Field(
        default=timedelta(days=30),
        description="How long a refresh token lives if it is not used; at least 60 seconds.",
    )
    grant_lifetime: Annotated[Duration, within(timedelta(minutes=1))] = Field(
        default=timedelta(days=365),
        description=(
            "How long somebody stays signed in at most, however often a refresh token is used; at "
            "least 60 seconds, by default a year. Then they have to sign in again."
        ),
    )
    session_lifetime: Annotated[Duration, within(timedelta(minutes=1), or_zero=True)] = Field(
        default=timedelta(hours=12),
        description=(
            "How long somebody stays signed in here after Discord has vouched for them, so that "
            "the next registered client needs no trip to Discord; at least a minute. `0` keeps no "
            "sessions."
        ),
    )
    key_rotation: Annotated[Duration, within(timedelta(days=1), or_zero=True)] = Field(
        default=timedelta(0),
        description=(
            "The age at which the signing key is replaced, at least a day. `0` leaves it to "
            "`snowflake keys rotate`."
        ),
    )
    include_unverified_email: bool = Field(
        default=False,
        description=(
            "Hand out e-mail addresses that Discord has not verified, with `email_verified` "
            "false. Mind that many applications link accounts by address and never look at the "
            "flag."
        ),
    )
    discord_client_id: DiscordId | None = Field(
        default=None,
        description=(
            "Client ID of Snowflake's own Discord application, through which people sign in to "
            "the registered clients of `snowflake.toml`. Discord knows its redirect URI as "
            "`{issuer}/callback`."
        ),
    )
    discord_client_secret: SecretStr | None = Field(
        default=None, description="Client secret of that application."
    )
    discord_bot_token: HeaderSecret = Field(
        default=None,
        description=(
            "Token of a bot that is in your guilds. With it, the bot says who is in them and "
            "what their roles are called, and people are asked for less."
        ),
    )
    discord_public_key: PublicKey | None = Field(
        default=None,
        description=(
            "Public key of that application, with which Discord signs its events. With it, "
            "somebody who removes the application in Discord is signed out here too."
        ),
    )
    linked_roles_at_login: bool = Field(
        default=False,
        description=(
            "Ask for `role_connections.write` at each login, so that whoever goes on to "
            "`/linked-role` sees no second consent page."
        ),
    )
    avatar_size: AvatarSize | None = Field(
        default=None,
        description=(
            "Size of the avatar in `picture`, in pixels: a power of two from 16 to 4096. By "
            "default Discord chooses."
        ),
    )
    name_from_guild: DiscordId | None = Field(
        default=None,
        description="ID of a guild whose nicknames are given as `name` to those who have one.",
    )
    picture_from_guild: DiscordId | None = Field(
        default=None,
        description="ID of a guild whose avatars are given as `picture` to those who have one.",
    )
    discord_api_url: BaseUrl = Field(
        default="https://discord.com/api/v10",
        description="Base URL of Discord's API, with its version.",
    )
    discord_authorize_url: Url = Field(
        default="https://discord.com/oauth2/authorize",
        description="Discord's authorization page.",
    )
    discord_deadline: Annotated[Duration, within(timedelta(seconds=1), timedelta(minutes=1))] = (
        Field(
            default=timedelta(seconds=10),
            description=(
                "How long one request of an application may take for all that it asks of Discord, "
                "waits for Discord's limits included; 1 to 60 seconds."
            ),
        )
    )
    discord_cache: Annotated[Duration, within(timedelta(0), timedelta(hours=1))] = Field(
        default=timedelta(minutes=1),
        description=(
            "For how long a person's guilds are remembered before Discord is asked again, at "
            "most an hour; `0` remembers none. While Discord is out, what is remembered "
            "serves for an hour."
        ),
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="`debug`, `info`, `warning` or `error`."
    )
    log_format: Literal["pretty", "json"] | None = Field(
        default=None, description="`pretty` or `json`. By default `pretty` on a terminal."
    )
    log_people: bool = Field(
        default=False,
        description=(
            "Name people in the log, by their Discord user ID. At the level `debug` they are named "
            "in any case."
        ),
    )
    metrics: Listen = Field(
        default=None,
        description=(
            "Address at which `snowflake serve` shows metrics for Prometheus, at `/metrics`: "
            "`127.0.0.1:9100`, or `:9100` for all interfaces. `off`, the default, shows none. "
            "Keep it from the public: it has a port of its own, so that no reverse proxy "
            "publishes it by accident."
        ),
    )

    # Of ``snowflake.toml`` alone.
    groups: GroupsTable = Field(default=GroupsTable(), description="What is in `groups`.")
    access: AccessTable = Field(default=AccessTable(), description="Who may sign in.")
    clients: tuple[ClientTable, ...] = Field(default=(), description="The registered clients.")
    linked_roles: LinkedRolesTable | None = Field(
        default=None, description="What Discord is told of accounts at another provider."
    )
    pages: PagesTable = Field(default=PagesTable(), description="What pages look like.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments and variables. Whoever reads a file gives what it says as arguments."""
        return init_settings, _Variables(settings_cls)

    @field_validator("issuer")
    @classmethod
    def _one_path(cls, issuer: str | None, info: ValidationInfo) -> str | None:
        """Refuse an issuer whose path is not the one at which Snowflake is served."""
        base_path = info.data.get("base_path")
        if issuer and base_path and urlsplit(issuer).path != base_path:
            raise ValueError("must have the path of SNOWFLAKE_BASE_PATH")
        return issuer

    @property
    def path(self) -> str:
        """The path at which Snowflake is served: the base path, else the issuer's; or nothing."""
        return self.base_path or urlsplit(self.issuer or "").path

    @property
    def longest_token_lifetime(self) -> timedelta:
        """How long the access and ID tokens live that live longest, of whatever client."""
        own = (client.token_lifetime for client in self.clients)
        return max([self.token_lifetime, *(one for one in own if one is not None)])

    @property
    def puts_claims_into_access_tokens(self) -> bool:
        """Whether access tokens hold the claims that fit."""
        return self.access_token_claims != "none"  # noqa: S105 - no password

    @property
    def secret_keys(self) -> list[str]:
        """The secrets of ``SNOWFLAKE_SECRET_KEY``, the one that seals first."""
        return parts(self.secret_key)

    @cached_property
    def _hosts(self) -> HostPatterns:
        own = [normalise(urlsplit(self.issuer).hostname or "")] if self.issuer else []
        return HostPatterns.of((*self.allowed_hosts, *own))

    @cached_property
    def webfinger_hosts(self) -> HostPatterns:
        """Every domain for which WebFinger answers."""
        return HostPatterns.of(self.allowed_webfinger_hosts)

    @property
    def docs(self) -> bool:
        """Whether the API documentation is served."""
        return self.enable_docs or self.root_redirect == "docs"

    def serves(self, host: str) -> bool:
        """Whether Snowflake answers at a host: an allowed one, the issuer's, the machine's own."""
        return self._hosts.match(host) or is_loopback(host)

    def allows_client(self, client_id: str) -> bool:
        """Whether a client is on the list of those allowed."""
        return "*" in self.allowed_clients or client_id in self.allowed_clients

    def is_secure(self, scheme: str, host: str) -> bool:
        """Whether a URL may carry a login: HTTPS, or HTTP that stays on the machine."""
        return is_secure(scheme, host, loopback=self.treat_loopback_as_secure)
