"""What holds for one client. Endpoints ask it, and never its table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import SecretStr

from snowflake.settings.issuers import issuer_of_client
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.encryption import Encryption
from snowflake.settings.tables.clients.machines import CLIENT_CREDENTIALS
from snowflake.settings.tables.clients.trusts import TrustTable
from snowflake.settings.tables.groups import GroupsTable
from snowflake.settings.tables.scopes import ScopeTable


# Two of them are never equal, not even of one ID: each is of one configuration.
@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """What holds for a client, made once of each configuration.

    What follows from it may be kept by the object itself, for as long as anybody asks.

    ``application`` is the client ID of the Discord application through which people sign in to it,
    ``application_secret`` its secret, if it is Snowflake's own; ``registered`` is the client's own
    table, None for a Discord application. ``userinfo_fresh`` is the age from which UserInfo brings
    claims up to date, nought for never. ``has_bot`` tells whether the bot says who is in which
    guild, ``links_roles`` whether a login is to spare the person a second consent page for linked
    roles. ``own_scopes`` are the scopes that the operator has made or added to.
    """

    id: str
    application: str
    groups: GroupsTable
    access: AccessTable
    token_lifetime: timedelta
    id_token_lifetime: timedelta
    code_lifetime: timedelta
    refresh_token_lifetime: timedelta
    grant_lifetime: timedelta
    application_secret: SecretStr | None = None
    has_bot: bool = False
    links_roles: bool = False
    name_from_guild: str | None = None
    picture_from_guild: str | None = None
    avatar_size: int | None = None
    userinfo_fresh: timedelta = timedelta(0)
    claims_in_access_token: bool = True
    own_scopes: tuple[ScopeTable, ...] = ()
    registered: ClientTable | None = None

    def allows_scope(self, name: str) -> bool:
        """Whether the client may ask for a scope. ``openid`` is always allowed."""
        table = self.registered
        return table is None or table.scopes is None or name in {"openid", *table.scopes}

    @property
    def claims(self) -> Mapping[str, str]:
        """The claims that it is told whatever the scopes, each with its expression."""
        return self.registered.claims if self.registered is not None else {}

    def authenticates_by(self, method: str) -> bool:
        """Whether the client may prove who it is by a method (OpenID Connect Core 1.0, section 9).

        Of a Discord application Discord alone knows whether it has a secret.
        """
        if self.registered is None:
            return method in {"client_secret_basic", "client_secret_post", "none"}
        table = self.registered
        # The JWT of somebody else comes as a client's own would, or as its secret.
        if table.trusts_others and method == "private_key_jwt":
            return True
        if method in {"client_secret_basic", "client_secret_post"}:
            return table.method == "client_secret" or table.trusts_others
        return method == table.method

    @property
    def trusts(self) -> tuple[TrustTable, ...]:
        """Those whose JWTs prove that somebody is this client."""
        return self.registered.trusts if self.registered is not None else ()

    @property
    def federated_clients(self) -> tuple[str, ...]:
        """The IDs of other clients that may be this one too."""
        return self.registered.federated_clients if self.registered is not None else ()

    @property
    def trusts_others(self) -> bool:
        """Whether somebody else may say who is this client."""
        return self.registered is not None and self.registered.trusts_others

    @property
    def has_own_issuer(self) -> bool:
        """Whether its tokens name an issuer that no other client has."""
        return self.registered is not None and self.registered.issuer_mode == "per_client"

    @property
    def is_named_by_webfinger(self) -> bool:
        """Whether its issuer is where an e-mail address leads to."""
        return self.registered is not None and self.registered.webfinger

    def issuer_below(self, base: str) -> str:
        """Answer the issuer that its tokens name, where that of everybody is ``base``."""
        return issuer_of_client(base, self.id) if self.has_own_issuer else base

    @property
    def leads_back_after_logout(self) -> bool:
        """Whether people may be sent back to it after they have signed out."""
        return self.registered is not None and bool(self.registered.post_logout_redirect_uris)

    @property
    def name(self) -> str | None:
        """What people know the client by, if somebody has said so."""
        return self.registered.name if self.registered is not None else None

    @property
    def consent(self) -> Literal["never", "once", "always"]:
        """Whether a page of ours asks what the client may learn."""
        return self.registered.consent if self.registered is not None else "never"

    @property
    def subject(self) -> str:
        """By which name it knows people: a mode of ``people/subjects``."""
        return self.registered.subject if self.registered is not None else "id"

    @property
    def sector(self) -> str | None:
        """Where people have one name, if it is another one elsewhere (``pairwise``)."""
        return self.registered.sector_or_host if self.registered is not None else None

    @property
    def shares_access(self) -> bool:
        """Whether it goes by the common ``[access]``, and is a registered client."""
        return self.registered is not None and self.registered.access is None

    @property
    def backchannel_logout_uri(self) -> str | None:
        """Where the client's server is told that somebody has signed out, if it wants to be."""
        return self.registered.backchannel_logout_uri if self.registered is not None else None

    @property
    def wants_sid_at_logout(self) -> bool:
        """Whether its server is told which session has ended, and not only whose."""
        return self.registered is None or self.registered.backchannel_logout_session_required

    @property
    def is_watched(self) -> bool:
        """Whether a bot looks again at its people, between their logins and refreshes."""
        return self.has_bot and bool(self.access.watch) and self.access.shows_to_bot

    @property
    def has_opaque_access_tokens(self) -> bool:
        """Whether access tokens say nothing by themselves.

        Those of a client whose tokens are encrypted do not either: no claim travels in the clear.
        """
        table = self.registered
        if table is None:
            return False
        return table.access_token_format == "opaque" or table.encryption is not None  # noqa: S105

    @property
    def encryption(self) -> Encryption | None:
        """How its ID tokens, logout tokens and signed UserInfo are encrypted, if they are."""
        return self.registered.encryption if self.registered is not None else None

    def renews_refresh_token(self, left: float) -> bool:
        """Whether a refresh renews a refresh token that has so many seconds left to live."""
        table = self.registered
        threshold = table.refresh_token_threshold if table is not None else timedelta(0)
        return not threshold or left < threshold.total_seconds()

    @property
    def signing_alg(self) -> str:
        """The algorithm by which ID and logout tokens are signed, and UserInfo if it is."""
        return self.registered.signing_alg if self.registered is not None else "RS256"

    @property
    def signing_secret(self) -> str | None:
        """The client secret, if it is what signs; None if that is a key of ours."""
        table = self.registered
        return table.plain_secret if table is not None and table.signing_alg == "HS256" else None

    @property
    def wants_signed_userinfo(self) -> bool:
        """Whether UserInfo answers a signed token."""
        return self.registered is not None and self.registered.signed_userinfo

    @property
    def response_types(self) -> tuple[str, ...]:
        """What it may ask the authorization endpoint for."""
        return self.registered.requestable if self.registered is not None else ("code",)

    def may_ask_for(self, response_type: str) -> bool:
        """Whether it may ask for this."""
        return response_type in self.response_types

    def gets(self, *words: str) -> bool:
        """Whether it may get all these from the authorization endpoint at once."""
        return any({*words} <= {*each.split()} for each in self.response_types)

    def may_be_answered_by(self, mode: str) -> bool:
        """Whether a response mode is one of its own."""
        table = self.registered
        if table is None:
            return mode == "query"
        if table.response_modes is not None:
            return mode in table.response_modes
        return bool(table.requestable) and (mode != "query" or "code" in table.requestable)

    def may_bring(self, grant_type: str) -> bool:
        """Whether it may bring a grant type to the token endpoint."""
        if self.registered is None:
            return grant_type in {"authorization_code", "refresh_token"}
        return grant_type in self.registered.grant_types

    @property
    def gets_own_tokens(self) -> bool:
        """Whether it may get access tokens for itself (RFC 6749, section 4.4)."""
        return self.may_bring(CLIENT_CREDENTIALS)

    @property
    def signs_in_people(self) -> bool:
        """Whether people sign in to it, by a browser or on a device."""
        return self.registered is None or self.registered.signs_in_people

    @property
    def audience(self) -> str | None:
        """Whom the access tokens are for that it gets for itself; None for the issuer."""
        return self.registered.audience if self.registered is not None else None

    @property
    def includes_claims(self) -> bool:
        """Whether the ID token holds the claims that UserInfo answers."""
        return self.registered is None or self.registered.include_claims_in_id_token
