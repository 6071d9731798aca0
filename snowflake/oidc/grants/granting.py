"""What somebody allows a client by a login, as a grant."""

from hashlib import sha256

from snowflake.oidc import scopes
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.requested_claims import claims_for
from snowflake.people.person import Person
from snowflake.settings.client import Client
from snowflake.store.grants import Grant


def grant_of_login(
    note: CodeNote, person: Person, client: Client, discord: frozenset[str], now: float
) -> tuple[Grant, tuple[str, ...]]:
    """Answer the grant of a login, which expires now unless it is told otherwise, and its scopes.

    ``discord`` are the scopes that Discord granted. The scopes are those that the client is given.

    Raises:
        InvalidGrant: Discord does not let us know who it is.
    """
    asked = tuple(note.scope.split())
    granted = tuple(scopes.granted(asked, discord, client))
    grant = Grant(
        id=note.id,
        client_id=client.id,
        application=client.application,
        person=person.user.id,
        issuer=note.iss,
        scopes=asked,
        claims={
            **claims_for(person, granted, note.requested, client, discord),
            "sub": note.subject,
        },
        auth_time=note.auth_time,
        expires_at=int(now),
        secret_hash=None,
        claims_at=int(now - person.age),
        discord_scopes=discord,
        session=note.session,
        session_ends=note.session_ends,
        offline="offline_access" in granted,
        requested=note.requested,
    )
    return grant, granted


def front_grant_of(code_id: str) -> str:
    """Answer the ID of the grant of tokens that come with a code.

    Each code has its own, also where the browser loads the page again that makes it: else a token
    that has been revoked would be good again.
    """
    return sha256(f"front {code_id}".encode()).hexdigest()
