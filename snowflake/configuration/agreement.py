"""What settings need of each other, and of what Snowflake can do."""

from collections.abc import Iterable, Iterator

from pydantic import SecretStr

from snowflake.configuration.claims import BOT, faults_of_claims, faults_of_scopes
from snowflake.configuration.document import Keys
from snowflake.configuration.federation import faults_of_federation, faults_of_proofs
from snowflake.configuration.hints import guess
from snowflake.configuration.idle_keys import faults_of_idle_keys
from snowflake.configuration.loopback import HTTPS, carries_secrets
from snowflake.configuration.machines import faults_of_machines
from snowflake.crypto.keys import by_secret
from snowflake.oidc.scopes import BUILT_IN
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.groups import GroupsTable

Faults = Iterator[tuple[Keys, str]]
APPLICATION = ("discord_client_id", "discord_client_secret")


def disagreements(settings: Settings) -> Faults:
    """Answer where something is wrong that no value shows by itself, and what it is."""
    yield from _of_groups(settings.groups, settings, ("groups",))
    yield from _of_access(settings.access, settings.groups, ("access",))
    yield from _of_application(settings)
    yield from _of_linked_roles(settings)
    yield from _of_webfinger(settings)
    yield from faults_of_scopes(settings)
    yield from faults_of_federation(settings)
    known: set[str] = set()
    for at, client in enumerate(settings.clients):
        if client.id in known:
            yield ("clients", at, "id"), "is the ID of another client too"
        known.add(client.id)
        yield from _of_client(client, settings, ("clients", at))


def _of_application(settings: Settings) -> Faults:
    users = {"clients": "registered clients", "linked_roles": "linked roles"}
    for key, name in users.items():
        for missing in APPLICATION:
            if getattr(settings, key) and getattr(settings, missing) is None:
                variable = f"SNOWFLAKE_{missing.upper()}"
                yield (key,), f"{name} need {missing} ({variable})"


def _of_linked_roles(settings: Settings) -> Faults:
    table = settings.linked_roles
    if table is None:
        if settings.linked_roles_at_login:
            yield ("linked_roles_at_login",), "needs linked roles: the table [linked_roles]"
    elif not carries_secrets(table.issuer, settings):
        yield ("linked_roles", "issuer"), HTTPS


def _of_webfinger(settings: Settings) -> Faults:
    named = [at for at, client in enumerate(settings.clients) if client.webfinger]
    for at in named[1:]:
        yield ("clients", at, "webfinger"), "is true for another client too; choose one"


def _of_client(client: ClientTable, settings: Settings, keys: Keys) -> Faults:
    if not settings.session_lifetime:
        yield from _without_sessions(client, keys)
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        for at, uri in enumerate(getattr(client, name)):
            if not carries_secrets(uri, settings):
                yield (*keys, name, at), HTTPS
    if client.signing_alg == "HS256" and not _may_sign(client.secret):
        yield (
            (*keys, "signing_alg"),
            "needs a secret for HS256, and this one is a public key",
        )
    yield from faults_of_proofs(client, settings, keys)
    yield from faults_of_idle_keys(client, settings, keys)
    scopes = [*BUILT_IN, *(table.name for table in settings.scopes)]
    for at, scope in enumerate(client.scopes or ()):
        if scope not in scopes:
            yield (*keys, "scopes", at), f"is no scope of Snowflake{_scope_meant(scope, scopes)}"
    yield from faults_of_claims(client.claims, settings, (*keys, "claims"))
    yield from faults_of_machines(client, settings, keys)
    groups = settings.groups.changed_by(client.groups)
    if client.groups is not None:
        yield from _of_groups(groups, settings, (*keys, "groups"))
    # What holds for everybody has been looked at with the groups of everybody.
    if client.access is not None or client.groups is not None:
        access = settings.access if client.access is None else client.access
        yield from _of_access(access, groups, (*keys, "access"))


def _without_sessions(client: ClientTable, keys: Keys) -> Faults:
    if client.consent != "never":
        yield (*keys, "consent"), "needs sessions, and session_lifetime is 0"
    if client.asks_for("token"):
        yield (*keys, "response_types"), "token needs sessions, and session_lifetime is 0"


def _may_sign(secret: SecretStr | None) -> bool:
    """Whether a secret is not something that others know."""
    try:
        by_secret(secret.get_secret_value() if secret is not None else "")
    except ValueError:
        return False
    return True


def _scope_meant(scope: str, scopes: Iterable[str]) -> str:
    if scope in {"guild", "guilds", "role", "roles"}:
        return f"; the scope is groups, and include of [groups] says that {scope} count"
    return guess(scope, scopes)


def _of_groups(groups: GroupsTable, settings: Settings, keys: Keys) -> Faults:
    has_bot = settings.discord_bot_token is not None
    if groups.names_claim and groups.shape != "id":
        yield (*keys, "names_claim"), 'goes with shape = "id"; the other shapes hold names already'
    if groups.names_claim and not has_bot:
        yield (*keys, "names_claim"), f"needs {BOT}, which tells the names"
    if "roles" not in groups.include:
        return
    if not groups.guilds:
        yield (*keys, "include"), "roles need guilds: the IDs of the guilds whose roles count"
    if groups.shape != "id" and groups.names_needed and not has_bot:
        yield (*keys, "shape"), f"the names of roles need {BOT}"


def _of_access(access: AccessTable, groups: GroupsTable, keys: Keys) -> Faults:
    if access.looks_at_members and not (access.guilds or groups.guilds):
        gates = ("any_role", "all_roles", "no_role", "screened", "not_timed_out")
        gate = next(name for name in gates if getattr(access, name))
        yield (*keys, gate), "needs a guild: any_guild or all_guilds, or guilds of [groups]"
