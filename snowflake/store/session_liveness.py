"""Whether a session lives, and with a client in it, held so until the end of a transaction."""

from sqlalchemy import Connection, bindparam, select

from snowflake.errors import InvalidGrant
from snowflake.store.prepared import Prepared
from snowflake.store.schema import session_clients, sessions

_EXPIRY = select(sessions.c.expires_at).where(sessions.c.id == bindparam("session_id"))
#: Others may look at the session meanwhile, or nobody else.
_LOCK = Prepared(_EXPIRY.with_for_update(read=True))
_LOCK_ALONE = Prepared(_EXPIRY.with_for_update())
_PART = Prepared(
    select(session_clients.c.sid).where(
        session_clients.c.session == bindparam("session_id"),
        session_clients.c.client_id == bindparam("client_id_"),
    )
)


def hold(connection: Connection, session_id: str, client_id: str, now: float) -> None:
    """Pass, if a session lives with a client in it, and keep that so for the transaction.

    Raises:
        InvalidGrant: the session has ended, or the person has signed out of the client alone.
    """
    _check_lives(connection, _LOCK, session_id, now)
    # Asked when nobody can change it any more: a statement that waits sees what was before.
    check_part(connection, session_id, client_id)


def hold_alone(connection: Connection, session_id: str, now: float) -> None:
    """Pass, if a session lives, and let nobody else look at it before the transaction ends.

    Raises:
        InvalidGrant: the session has ended.
    """
    _check_lives(connection, _LOCK_ALONE, session_id, now)


def check_part(connection: Connection, session_id: str, client_id: str) -> None:
    """Pass, if a client is part of a session, which the transaction holds already.

    Raises:
        InvalidGrant: the person has signed out of the client alone.
    """
    part = _PART(session_id=session_id, client_id_=client_id)
    if part.first(connection) is None:
        raise signed_out()


def signed_out() -> InvalidGrant:
    """Answer what is said where a session, or a client's part in it, has ended."""
    return InvalidGrant("the person has signed out, and has to sign in again")


def _check_lives(connection: Connection, lock: Prepared, session_id: str, now: float) -> None:
    row = lock(session_id=session_id).first(connection)
    if row is None or row["expires_at"] <= now:
        raise signed_out()
