"""What is wrong with the keys, and the issuers, by which clients prove who they are."""

from collections.abc import Iterator, Mapping

from snowflake.configuration.document import Keys
from snowflake.configuration.hints import guess
from snowflake.configuration.loopback import HTTPS, carries_secrets
from snowflake.settings import Settings
from snowflake.settings.issuers import is_issuer_below
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.machines import CLIENT_CREDENTIALS

CIRCLE = "leads back to this client: whoever has stolen a token could have it renewed for ever"
Faults = Iterator[tuple[Keys, str]]
OURS = "is Snowflake itself, whose tokens are of people; other clients are named in another way"
NO_AUDIENCE = (
    "is missing: it is SNOWFLAKE_ISSUER by default, which is not set, and tokens for somebody else "
    "would count"
)
#: A server that its clients send JWTs is not to be them here, by the name of its own. A secret by
#: which they sign it knows anyway.
NO_ISSUER = (
    "needs SNOWFLAKE_ISSUER, or SNOWFLAKE_ALLOWED_HOSTS without wildcards: else whoever is sent a "
    "JWT for another server could use it here by that server's name"
)


def faults_of_proofs(client: ClientTable, settings: Settings, keys: Keys) -> Faults:
    """Answer where keys would come from an unsafe place, and which trusts cannot be gone by."""
    for place, url in _urls(client, keys):
        if not carries_secrets(url, settings):
            yield place, HTTPS
    ours = settings.issuer
    if client.method == "private_key_jwt" and ours is None and settings.has_open_hosts:
        yield (*keys, "authentication"), NO_ISSUER
    for at, trust in enumerate(client.trusts):
        if ours is None and trust.audience is None:
            yield (*keys, "trusts", at, "audience"), NO_AUDIENCE
        if ours is not None and is_issuer_below(ours, trust.issuer):
            yield (*keys, "trusts", at, "issuer"), OURS


def faults_of_federation(settings: Settings) -> Faults:
    """Answer which clients cannot be other ones too."""
    known = {client.id: client for client in settings.clients}
    for at, client in enumerate(settings.clients):
        for number, name in enumerate(client.federated_clients):
            place: Keys = ("clients", at, "federated_clients", number)
            if reason := _reason(client, name, known, settings):
                yield place, reason


def _reason(
    client: ClientTable, name: str, known: Mapping[str, ClientTable], settings: Settings
) -> str | None:
    """Answer why a client cannot be ``client`` too, by its ``name``; None if it can."""
    other = known.get(name)
    if other is None:
        of_discord = "; Discord applications get no tokens for themselves"
        return f"is no registered client{of_discord if name.isdigit() else guess(name, known)}"
    if CLIENT_CREDENTIALS not in other.grant_types:
        return f"gets no tokens for itself, without {CLIENT_CREDENTIALS} in its grant_types"
    if other.audience not in {None, settings.issuer}:
        return "has an audience, for which its tokens are; they are not for Snowflake"
    is_circle = name == client.id or client.id in _reached(name, known)
    return CIRCLE if is_circle else None


def _reached(name: str, known: Mapping[str, ClientTable]) -> set[str]:
    """Answer all clients that may become the client of a name, by one step or several."""
    reached, waiting = set[str](), [name]
    while waiting:
        client = known.get(waiting.pop())
        new = {*client.federated_clients} - reached if client is not None else set[str]()
        reached |= new
        waiting.extend(new)
    return reached


def _urls(client: ClientTable, keys: Keys) -> Iterator[tuple[Keys, str]]:
    if client.jwks_uri is not None:
        yield (*keys, "jwks_uri"), client.jwks_uri
    for at, trust in enumerate(client.trusts):
        yield (*keys, "trusts", at, "issuer"), trust.issuer
        if trust.jwks_uri is not None:
            yield (*keys, "trusts", at, "jwks_uri"), trust.jwks_uri
