from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from snowflake.settings import Settings
from snowflake.settings.client import Client
from snowflake.settings.registry import OF_CLIENTS, ClientIds, Registry
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.groups import GroupsTable

TABLE = ClientTable(id="app", secret=SecretStr("s"), redirect_uris=("https://app.example.com/cb",))


def with_client(**values: object) -> Settings:
    """Answer settings with one registered client that has these values."""
    return Settings(
        allowed_clients=("1",),
        discord_client_id="2",
        discord_client_secret=SecretStr("of-discord"),
        groups=GroupsTable(guilds=("7",), shape="name"),
        access=AccessTable(any_guild=("7",), two_factor=True),
        clients=(TABLE.model_copy(update=values),),
    )


def find(client_id: str, settings: Settings) -> Client:
    client = Registry(settings).find(client_id)
    assert client is not None
    return client


def test_a_discord_application_is_what_is_configured_for_everybody() -> None:
    settings = with_client()
    client = find("1", settings)
    assert (client.application, client.registered, client.name) == ("1", None, None)
    assert (client.groups, client.access) == (settings.groups, settings.access)
    assert client.token_lifetime == settings.token_lifetime
    assert client.application_secret is None
    assert client.includes_claims
    assert client.allows_scope("groups")


def test_a_registered_client_signs_in_through_our_own_application() -> None:
    client = find("app", with_client(name="An app"))
    assert (client.id, client.application, client.name) == ("app", "2", "An app")
    assert client.application_secret == SecretStr("of-discord")
    assert client.includes_claims
    assert client.allows_scope("groups")


def test_what_no_table_changes_is_that_of_our_own_application() -> None:
    changes = {"linked_roles_at_login": True, "avatar_size": 64, "picture_from_guild": "7"}
    settings = with_client().model_copy(update={**changes, "allowed_clients": ("1", "2")})
    registered, own, another = (find(client_id, settings) for client_id in ("app", "2", "1"))
    assert registered.links_roles
    assert own.links_roles
    assert not another.links_roles
    for client in (registered, own, another):
        assert (client.avatar_size, client.picture_from_guild) == (64, "7")


def test_who_is_neither_is_not_found() -> None:
    assert Registry(with_client()).find("3") is None


def test_a_client_may_have_lifetimes_scopes_and_claims_of_its_own() -> None:
    client = find(
        "app",
        with_client(
            token_lifetime=timedelta(minutes=5),
            refresh_token_lifetime=timedelta(hours=5),
            scopes=("profile",),
            include_claims_in_id_token=False,
        ),
    )
    assert client.token_lifetime == timedelta(minutes=5)
    assert client.refresh_token_lifetime == timedelta(hours=5)
    assert [client.allows_scope(name) for name in ("openid", "profile", "email")] == [
        True,
        True,
        False,
    ]
    assert not client.includes_claims


def test_groups_of_a_client_change_those_of_all_key_by_key() -> None:
    client = find("app", with_client(groups=GroupsTable(shape="id")))
    assert client.groups == GroupsTable(guilds=("7",), shape="id")


def test_what_may_be_used_is_what_any_client_may() -> None:
    narrow, names = with_client(scopes=("email",)), ("email", "groups")
    closed = narrow.model_copy(update={"allowed_clients": ()})
    assert Registry(closed).offers.among(names, Client.allows_scope) == ["email"]
    assert Registry(narrow).offers.among(names, Client.allows_scope) == ["email", "groups"]


def test_access_of_a_client_replaces_that_of_all_as_a_whole() -> None:
    client = find("app", with_client(access=AccessTable(people=("9",))))
    assert client.access == AccessTable(people=("9",))


def test_a_discord_application_is_made_once_for_each_configuration() -> None:
    registry = Registry(with_client())
    first = registry.find("1")
    assert registry.find("1") is first
    registry.use(with_client().model_copy(update={"avatar_size": 64}))
    second = registry.find("1")
    assert second is not None
    assert second.avatar_size == 64


def test_another_configuration_can_be_used_from_now_on() -> None:
    registry = Registry(with_client())
    registry.use(Settings(allowed_clients=("3",)))
    assert registry.find("app") is None
    assert registry.find("1") is None
    assert registry.find("3") is not None


@pytest.mark.parametrize("client_id", ["1", "app"])
def test_nothing_is_looked_at_but_what_can_change(client_id: str) -> None:
    looked_at: set[str] = set()

    class Watched(Settings):
        # As many types as there are settings.
        def __getattribute__(self, name: str) -> Any:
            if name in Settings.model_fields:
                looked_at.add(name)
            return super().__getattribute__(name)

    settings = Watched.model_construct(**dict(with_client()))
    looked_at.clear()
    find(client_id, settings)
    # That there is a bot, and whether there are sessions, is found out at the start.
    assert looked_at <= OF_CLIENTS | {"discord_bot_token", "session_lifetime"}


@pytest.mark.parametrize(
    ("named", "watch"),
    [({}, 60), ({"watch": "5m"}, 300), ({"watch": "0"}, 0)],
)
def test_a_table_of_a_client_that_does_not_name_it_looks_again_as_often_as_the_common_one(
    named: dict[str, str], watch: int
) -> None:
    table = AccessTable.model_validate({"people": ["9"], **named})
    common = AccessTable(any_guild=("7",), watch=timedelta(minutes=1))
    settings = with_client(access=table).model_copy(update={"access": common})
    access = find("app", settings).access
    assert access.watch == timedelta(seconds=watch)
    # All else is its own.
    assert access == table.model_copy(update={"watch": access.watch})


def watches(
    access: Mapping[str, object], *clients: ClientTable, bot: bool = True
) -> dict[int, Any]:
    """Answer which clients are watched, by the seconds."""
    settings = with_client().model_copy(
        update={
            "access": AccessTable.model_validate(access),
            "clients": clients,
            "discord_bot_token": SecretStr("bot-token") if bot else None,
        }
    )
    found = Registry(settings).watches
    return {int(every.total_seconds()): clients for every, clients in found.items()}


def named(client_id: str, **access: object) -> ClientTable:
    """Answer a client with a gate of its own."""
    return TABLE.model_copy(update={"id": client_id, "access": AccessTable.model_validate(access)})


def test_a_gate_is_watched_if_a_bot_can_look() -> None:
    gate = {"any_guild": ["7"], "watch": "1m"}
    everybody = ClientIds(frozenset(), all_but=True)
    assert watches(gate) == {60: everybody}
    assert watches(gate, TABLE) == {60: everybody}
    assert watches(gate, bot=False) == {}
    assert watches({**gate, "watch": "0"}) == {}


@pytest.mark.parametrize(
    ("gate", "is_watched"),
    [
        ({}, False),
        ({"verified_email": True, "two_factor": True}, False),
        ({"all_guilds": ["7"]}, True),
        ({"no_role": ["7"]}, True),
        ({"screened": True}, True),
        ({"not_timed_out": True}, True),
        ({"people": ["7"]}, True),
        ({"no_people": ["7"]}, True),
        ({"min_account_age": "1d"}, True),
    ],
)
def test_only_what_shows_without_their_own_token_is_watched(
    gate: Mapping[str, object], is_watched: bool
) -> None:
    assert bool(watches(gate)) == is_watched
    assert watches({}, named("app", **gate)) == (
        {300: ClientIds(frozenset({"app"}))} if is_watched else {}
    )


def test_clients_are_watched_together_whose_people_are_looked_at_as_often() -> None:
    gate = {"any_guild": ["7"]}
    clients = (
        TABLE,
        named("often", watch="5s", **gate),
        named("often too", watch="5s", **gate),
        named("never", watch="0", **gate),
        named("open"),
        named("likewise", **gate),
    )
    assert watches({**gate, "watch": "10m"}, *clients) == {
        5: ClientIds(frozenset({"often", "often too"})),
        # All Discord applications with them, which nobody has registered.
        600: ClientIds(frozenset({"often", "often too", "never", "open"}), all_but=True),
    }
