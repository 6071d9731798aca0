"""What is wrong with the keys, and the issuers, by which clients prove who they are."""

from collections.abc import Iterator

from snowflake.configuration.document import Keys
from snowflake.configuration.loopback import HTTPS, carries_secrets
from snowflake.settings import Settings
from snowflake.settings.issuers import CLIENTS
from snowflake.settings.tables.clients import ClientTable

Faults = Iterator[tuple[Keys, str]]
OURS = "is Snowflake itself, whose tokens are of people; other clients are named in another way"
NO_AUDIENCE = (
    "is missing: it is SNOWFLAKE_ISSUER by default, which is not set, and tokens for somebody else "
    "would count"
)


def faults_of_proofs(client: ClientTable, settings: Settings, keys: Keys) -> Faults:
    """Answer where keys would come from an unsafe place, and which trusts cannot be gone by."""
    for place, url in _urls(client, keys):
        if not carries_secrets(url, settings):
            yield place, HTTPS
    ours = settings.issuer
    for at, trust in enumerate(client.trusts):
        if ours is None and trust.audience is None:
            yield (*keys, "trusts", at, "audience"), NO_AUDIENCE
        if ours is not None and (trust.issuer == ours or trust.issuer.startswith(ours + CLIENTS)):
            yield (*keys, "trusts", at, "issuer"), OURS


def _urls(client: ClientTable, keys: Keys) -> Iterator[tuple[Keys, str]]:
    if client.jwks_uri is not None:
        yield (*keys, "jwks_uri"), client.jwks_uri
    for at, trust in enumerate(client.trusts):
        yield (*keys, "trusts", at, "issuer"), trust.issuer
        if trust.jwks_uri is not None:
            yield (*keys, "trusts", at, "jwks_uri"), trust.jwks_uri
