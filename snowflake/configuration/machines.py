"""What is wrong with what a client is to have of people, though nobody signs in to it."""

from collections.abc import Iterator

from snowflake.configuration.document import Keys
from snowflake.oidc.expressed import needs_person
from snowflake.oidc.scopes import BUILT_IN
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable

Faults = Iterator[tuple[Keys, str]]
NOBODY_SIGNS_IN = "is about people, and by its grant_types nobody signs in to this client"


def faults_of_machines(client: ClientTable, settings: Settings, keys: Keys) -> Faults:
    """Answer which scopes and claims such a client could never have."""
    if client.signs_in_people:
        return
    expressions = {table.name: table.claims.values() for table in settings.scopes}
    for at, scope in enumerate(client.scopes or ()):
        # That one counts whether it is listed or not.
        is_own = scope not in BUILT_IN and not any(map(needs_person, expressions.get(scope, ())))
        if scope != "openid" and not is_own:
            yield (*keys, "scopes", at), NOBODY_SIGNS_IN
    for claim, text in client.claims.items():
        if needs_person(text):
            yield (*keys, "claims", claim), NOBODY_SIGNS_IN
