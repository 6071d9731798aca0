"""Whether a session lives, and with a client in it, held so until the end of a transaction."""

from sqlalchemy import Connection, bindparam, select

from snowflake.errors import InvalidGrant
from snowflake.store.prepared import Prepared, Statement
from snowflake.store.schema import session_clients, sessions

_EXPIRY = select(sessions.c.expires_at).where(sessions.c.id == bindparam("session_id"))
_ALONE = Prepared(_EXPIRY.with_for_update())
_IS_PART = session_clients.c.client_id == bindparam("client_id_")
# Both are locked, the session first: a statement that waits sees what was before of all else.
_WITH_PART = Prepared(_EXPIRY.join(session_clients).where(_IS_PART).with_for_update(read=True))
_PART = Prepared(
    select(session_clients.c.sid).where(
        session_clients.c.session == bindparam("session_id"), _IS_PART
    )
)


def hold(connection: Connection, session_id: str, client_id: str, now: float) -> None:
    """Pass, if a session lives with a client in it, and keep that so for the transaction.

    Raises:
        InvalidGrant: the session has ended, or the person has signed out of the client alone.
    """
    _check_lives(connection, _WITH_PART(session_id=session_id, client_id_=client_id), now)


def hold_alone(connection: Connection, session_id: str, now: float) -> None:
    """Pass, if a session lives, and let nobody else look at it before the transaction ends.

    Raises:
        InvalidGrant: the session has ended.
    """
    _check_lives(connection, _ALONE(session_id=session_id), now)


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


def _check_lives(connection: Connection, locking: Statement, now: float) -> None:
    row = locking.first(connection)
    if row is None or row["expires_at"] <= now:
        raise signed_out()
