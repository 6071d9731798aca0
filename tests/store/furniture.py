"""Rows to put into a store."""

from collections.abc import Mapping

from pydantic import SecretStr

from snowflake.store import Store
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.grants import Grant
from snowflake.store.link import Link
from snowflake.store.logins import Issued
from snowflake.store.memberships import ALL_GUILDS, Membership
from snowflake.store.refresh_tokens import new_token
from tests.running import NOW

APPLICATION = "1056005449054429204"
PERSON = "80351110224678912"
GUILD = "81384788765712384"
CLAIMS: Mapping[str, object] = {"sub": PERSON, "email": "nelly@example.com", "groups": ["1", "2"]}


def grant(person: str = PERSON, expires_at: int = NOW + 3600) -> Grant:
    return Grant(
        client_id=APPLICATION,
        application=APPLICATION,
        person=person,
        issuer="https://snowflake.example.com",
        scopes=("openid", "email", "groups"),
        claims={**CLAIMS, "sub": person},
        auth_time=NOW,
        expires_at=expires_at,
        secret_hash=None,
        claims_at=NOW,
    )


def tokens(person: str = PERSON, expires_at: int = NOW + 3600) -> StoredTokens:
    return StoredTokens(
        application=APPLICATION,
        person=person,
        access_token=SecretStr(f"discord-access-token-{person}"),
        refresh_token=SecretStr(f"discord-refresh-token-{person}"),
        scopes=frozenset({"identify", "email"}),
        expires_at=expires_at,
    )


def membership(person: str = PERSON) -> Membership:
    return Membership(person, ALL_GUILDS, f'[{{"id":"{GUILD}"}}]', NOW)


def link(person: str = PERSON, subject: str = "subject", synced_at: int = NOW) -> Link:
    return Link(
        person=person,
        application=APPLICATION,
        issuer="https://id.example.com/application/o/snowflake/",
        subject=subject,
        refresh_token=SecretStr(f"upstream-refresh-token-{person}"),
        claims={"sub": subject, "groups": ["upstream-group"]},
        values={"member": "1"},
        username="nelly-upstream",
        linked_at=NOW,
        synced_at=synced_at,
    )


async def put_login(
    store: Store, code_id: str, person: str = PERSON, expires_at: int = NOW + 3600
) -> tuple[Grant, str]:
    """Save a login; answer its grant and its refresh token."""
    made = grant(person, expires_at)
    code = await store.codes.reserve(code_id, NOW + 60)
    pair, learnt = tokens(person, expires_at), [membership(person)]
    token = new_token()
    await store.logins.save(code, made, pair, learnt, Issued(token))
    return made, token
