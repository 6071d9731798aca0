"""The tables. Times are Unix times in whole seconds; what is secret is sealed or hashed.

``sealed_by`` names the key under which a row is sealed, so that the key can be changed.

- ``logins``, ``devices``, ``sessions``, ``deployment``: the tables, by what they are about;
- ``metadata``: what they have in common.
"""

from snowflake.store.schema.deployment import (
    attempts,
    good_credentials,
    leases,
    links,
    signing_keys,
    subject_secret,
    used_assertions,
)
from snowflake.store.schema.devices import device_codes
from snowflake.store.schema.logins import (
    access_tokens,
    client_tokens,
    codes,
    discord_tokens,
    grants,
    memberships,
    refresh_tokens,
)
from snowflake.store.schema.metadata import NAMING, metadata
from snowflake.store.schema.sessions import (
    consents,
    logout_deliveries,
    session_clients,
    sessions,
    watched_people,
)

__all__ = [
    "NAMING",
    "access_tokens",
    "attempts",
    "client_tokens",
    "codes",
    "consents",
    "device_codes",
    "discord_tokens",
    "good_credentials",
    "grants",
    "leases",
    "links",
    "logout_deliveries",
    "memberships",
    "metadata",
    "refresh_tokens",
    "session_clients",
    "sessions",
    "signing_keys",
    "subject_secret",
    "used_assertions",
    "watched_people",
]
