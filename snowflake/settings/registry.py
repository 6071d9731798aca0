"""Who is known as a client here, and what holds for each.

There are two kinds: a Discord application, of which nothing is configured and whose secret Discord
checks, and a registered client, which signs people in through Snowflake's own Discord application.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache, partial
from typing import Final, NamedTuple

from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.settings.offers import Offers
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable

#: The settings that hold for clients, and that a changed file may change while Snowflake runs.
OF_CLIENTS = frozenset(
    {
        *("access", "allowed_clients", "avatar_size", "clients", "groups", "token_lifetime"),
        "code_lifetime",
        *("discord_client_id", "discord_client_secret", "name_from_guild", "picture_from_guild"),
        *("linked_roles_at_login", "refresh_token_lifetime", "grant_lifetime"),
        *("access_token_claims", "userinfo_fresh", "scopes"),
    }
)

#: The client by which people sign in to Snowflake's own page; no table has an ID with a colon.
ACCOUNT: Final = ":account"
#: Discord applications of which it is remembered what holds for them.
MAX_CLIENTS: Final = 1024


class ClientIds(NamedTuple):
    """Some clients, by their IDs: those ``listed``, or ``all_but`` those."""

    listed: frozenset[str]
    all_but: bool = False


class Registry:
    """The clients of one configuration, which may be changed for another while it is in use."""

    def __init__(self, settings: Settings) -> None:
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Go by these settings from now on. Only what they say of clients is looked at."""
        self._settings = settings
        # Anybody can name one, and the same ones come again and again.
        self._of_discord = lru_cache(MAX_CLIENTS)(partial(_client, settings=settings))
        self._registered = {table.id: _registered(table, settings) for table in settings.clients}
        #: The client of Snowflake's own page, to which everybody may sign in.
        self.account = _account(settings)
        #: What any client may use.
        self.offers = Offers(self._clients(), keeps_sessions=self.keeps_sessions)
        #: What each client may use that has an issuer to itself, by its ID.
        self.offers_of = {
            client.id: Offers([client], keeps_sessions=self.keeps_sessions, owner=client)
            for client in self._registered.values()
            if client.has_own_issuer
        }
        named = (client for client in self._registered.values() if client.is_named_by_webfinger)
        #: The client whose issuer WebFinger answers, if it is not that of everybody.
        self.webfinger = next(named, None)
        #: At whose people a bot looks again, by how often it does.
        self.watches = _watches(self._registered.values(), _client("", settings))

    @property
    def application(self) -> str | None:
        """The client ID of Snowflake's own Discord application, if it has one."""
        return self._settings.discord_client_id

    def _clients(self) -> list[Client]:
        """Answer the clients; a Discord application stands for all, if any may come."""
        of_discord = [_client("", self._settings)] if self._settings.allowed_clients else []
        return [*of_discord, *self._registered.values()]

    @property
    def keeps_sessions(self) -> bool:
        """Whether there are sessions: there is a client that they serve, and they are wanted."""
        return bool(self._registered and self._settings.session_lifetime)

    @property
    def told_of_logouts(self) -> frozenset[str]:
        """The IDs of the clients whose servers are told that somebody has signed out."""
        return frozenset(
            client.id for client in self._registered.values() if client.backchannel_logout_uri
        )

    def shares_refusal(self, client: Client, failed: Collection[str]) -> bool:
        """Whether it is the common ``[access]`` that refuses somebody at a registered client.

        ``failed`` are the conditions that do not hold. One of them may be the client's own, where
        people are known by their address.
        """
        return client.shares_access and any(getattr(self._settings.access, name) for name in failed)

    @property
    def sharing_access(self) -> list[Client]:
        """The registered clients that a person loses whom the common ``[access]`` refuses."""
        return [one for one in self._registered.values() if one.shares_access]

    def find(self, client_id: str) -> Client | None:
        """Answer a client; None if it is not registered, nor any Discord application allowed."""
        registered = self._registered.get(client_id)
        if registered is not None:
            return registered
        if not self._settings.allows_client(client_id):
            return None
        # Discord's are digits. Anything else is a slip of somebody who has clients registered.
        is_slip = self._registered and not (client_id.isascii() and client_id.isdigit())
        return self._of_discord(client_id) if not is_slip else None


def _watches(
    registered: Collection[Client], discord_application: Client
) -> Mapping[timedelta, ClientIds]:
    """Answer which clients are watched, those together whose people are looked at as often.

    What holds for one ``discord_application`` holds for all: they are whoever is not registered.
    """
    watched = [client for client in registered if client.is_watched]
    intervals = {client.access.watch for client in watched}
    watches = {
        every: ClientIds(frozenset(one.id for one in watched if one.access.watch == every))
        for every in intervals
    }
    if discord_application.is_watched:
        every = discord_application.access.watch
        listed = watches[every].listed if every in watches else frozenset[str]()
        others = frozenset(client.id for client in registered) - listed
        watches[every] = ClientIds(others, all_but=True)
    return dict(sorted(watches.items()))


def _client(client_id: str, settings: Settings) -> Client:
    """Answer a Discord application, whichever it is."""
    return Client(
        id=client_id,
        application=client_id,
        groups=settings.groups,
        access=settings.access,
        token_lifetime=settings.token_lifetime,
        id_token_lifetime=settings.token_lifetime,
        code_lifetime=settings.code_lifetime,
        refresh_token_lifetime=settings.refresh_token_lifetime,
        grant_lifetime=settings.grant_lifetime,
        has_bot=settings.discord_bot_token is not None,
        links_roles=settings.linked_roles_at_login and client_id == settings.discord_client_id,
        name_from_guild=settings.name_from_guild,
        picture_from_guild=settings.picture_from_guild,
        avatar_size=settings.avatar_size,
        userinfo_fresh=settings.userinfo_fresh,
        claims_in_access_token=settings.puts_claims_into_access_tokens,
        own_scopes=settings.scopes,
    )


def _account(settings: Settings) -> Client:
    """Answer the client of our own page.

    Somebody whom ``[access]`` turns away may still see, and erase, what is kept of them.
    """
    # Its ID is none that a table may have, and its redirect URI is not compared.
    table = ClientTable.model_construct(id=ACCOUNT, name="Snowflake", public=True)
    client = _registered(table, settings)
    return replace(client, access=AccessTable(), links_roles=False, own_scopes=())


def _access(table: ClientTable, settings: Settings) -> AccessTable:
    common, own = settings.access, table.access
    access = common if own is None else own.watching_as(common)
    # Whoever has no verified address has no name there.
    is_named_by_email = table.subject == "email"
    return access.model_copy(update={"verified_email": True}) if is_named_by_email else access


def _registered(table: ClientTable, settings: Settings) -> Client:
    """Answer a registered client: as our own application is, but for what its table changes."""
    token_lifetime = table.token_lifetime or settings.token_lifetime
    return replace(
        _client(settings.discord_client_id or "", settings),
        id=table.id,
        application_secret=settings.discord_client_secret,
        groups=settings.groups.changed_by(table.groups),
        access=_access(table, settings),
        token_lifetime=token_lifetime,
        id_token_lifetime=table.id_token_lifetime or token_lifetime,
        code_lifetime=table.code_lifetime or settings.code_lifetime,
        refresh_token_lifetime=table.refresh_token_lifetime or settings.refresh_token_lifetime,
        registered=table,
    )
